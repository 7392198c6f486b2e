"""现场采集: fingerprint, photo or signature, taken from a person who is there."""

from __future__ import annotations

from compiler.kinds import Capture
from workflows.clocks import LimitPassedError
from workflows.contracts import CaptureCommand, StepResult
from workflows.paperwork import issue
from workflows.side import Side
from workflows.tasks import open_task, perform, refuse

WORDS = {"fingerprint": "指纹", "photo": "照片", "signature": "签名"}
"""What is taken → its Chinese name."""


async def run(side: Side, step_id: str, step: Capture) -> StepResult:
    """Wait for an officer (经办岗) to take all that is asked for, and nothing else.

    Of two persons (双方到场) one kind may come twice. Only references are kept here, and they go
    with the case to the other places. Who has not come within the limit is absent.
    """
    wanted = "、".join(WORDS[what] for what in step.what)
    task = open_task(
        side, step_id, step, acts=("capture",), role="clerk", what=f"{step.label}: {wanted}"
    )
    while True:
        try:
            command, record = await perform(side, step, task, lapses=True)
        except LimitPassedError:
            side.note(step_id, "absent", f"{step.label}: 期限届满, 申请人未到场")
            side.desk.close(task.id)
            reason = f"{step.label}: 期限届满未到场, 视为撤回"
            await issue(side, step_id, step, "withdrawal_notice", reason=reason)
            return StepResult(label="absent")
        if not isinstance(command, CaptureCommand):
            raise TypeError(command.act)
        given = {evidence.id for evidence in command.evidence}
        if given == set(step.what):
            break
        refuse(
            side,
            command,
            f"{step.label} takes exactly {'、'.join(step.what)} ({wanted}), each of it",
        )
    side.note(step_id, "captured", f"{step.label}: 已采集{wanted}", by=command.by,
              document_no=record.document_no)  # fmt: skip
    side.desk.done(command, f"已采集{wanted}", record.document_no)
    evidence = [ref.model_dump(mode="json") for ref in command.evidence]
    return StepResult(label="done", outputs={"evidence": evidence})
