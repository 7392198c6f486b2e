"""受理: accept, refuse, or ask once for everything that is missing."""

from __future__ import annotations

from compiler.kinds import Accept
from workflows.clocks import LimitPassedError
from workflows.contracts import AcceptCommand, StepResult
from workflows.materials import missing, to_be_checked
from workflows.side import Side

DEEMED = frozenset({"行政许可"})
"""Regimes whose law accepts for an officer who told nothing in time (行政许可法 32)."""


async def run(side: Side, step_id: str, step: Accept) -> StepResult:
    """Wait for the acceptance officer (受理岗); after a correction the same task opens again.

    Nothing is accepted by time-out but where the law says so (视为受理), and then it is shown as
    such, with a red light.
    """
    memo = side.state.memo.setdefault(step_id, {})
    while True:
        asked = memo.get("corrections")
        if asked is not None and "corrected" not in memo:
            side.enter("correcting")
            await side.correction(step_id, step, tuple(asked), 1)
            memo["corrected"] = True
            side.enter("signed_for")
        task = side.task(step_id, step, acts=("accept",), role="acceptor", what=_what(side))
        try:
            command, record = await side.perform(
                step, task, lapses=side.plan.legal_regime in DEEMED
            )
        except LimitPassedError:
            side.note(
                step_id,
                "deemed",
                "视为受理: 逾期未告知, 自收到申请材料之日起即为受理(行政许可法第三十二条)",
            )
            side.desk.close(task.id)
            side.enter("accepted")
            return StepResult(label="accepted")
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


def _what(side: Side) -> str:
    """Say what the officer has to do, and which papers data did not stand in for."""
    pending = to_be_checked(side)
    names = "、".join(m.name for m in missing(side) if m.id not in pending)
    return f"作出受理决定, 尚缺{names}" if names else "作出受理决定"
