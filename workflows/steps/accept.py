"""受理: accept, refuse, or ask once for everything that is missing."""

from __future__ import annotations

from compiler.kinds import Accept
from workflows.contracts import AcceptCommand, StepResult
from workflows.side import Side


async def run(side: Side, step_id: str, step: Accept) -> StepResult:
    """Wait for the acceptance officer (受理岗); after a correction the same task opens again."""
    memo = side.state.memo.setdefault(step_id, {})
    while True:
        asked = memo.get("corrections")
        if asked is not None and "corrected" not in memo:
            side.enter("correcting")
            await side.correction(step_id, step, tuple(asked), 1)
            memo["corrected"] = True
            side.enter("signed_for")
        task = side.task(step_id, step, acts=("accept",), role="acceptor", what="作出受理决定")
        command, record = await side.perform(step, task)
        if not isinstance(command, AcceptCommand):
            raise TypeError(command.act)
        if command.verdict == "correct":
            if asked is not None:
                side.refused(command, "补正 is told once only (一次性告知): accept or refuse")
                continue
            memo["corrections"] = list(command.corrections) or [command.reason]
            side.note(
                step_id, "correct", f"补正告知: {'、'.join(memo['corrections'])}", by=command.by,
                document_no=record.document_no,
            )  # fmt: skip
            side.desk.done(command, "correction told", record.document_no)
            continue
        accepted = command.verdict == "accept"
        side.enter("accepted" if accepted else "not_accepted")
        text = "受理" if accepted else f"不予受理: {command.reason}"
        side.note(step_id, "accepted" if accepted else "not_accepted", text, by=command.by,
                  document_no=record.document_no)  # fmt: skip
        side.desk.done(command, text, record.document_no)
        return StepResult(label="accepted" if accepted else "not_accepted")
