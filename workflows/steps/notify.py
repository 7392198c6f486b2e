"""告知: a notice to the applicant that asks nothing of anybody."""

from __future__ import annotations

from compiler.kinds import Notify
from workflows.contracts import DELIVER_RESULT, DeliveryRequest, StepResult
from workflows.effects import effect
from workflows.side import Side


async def run(side: Side, step_id: str, step: Notify) -> StepResult:
    """Put the notice into the applicant's space."""
    receipt = await effect(
        side,
        step_id,
        step,
        "notice",
        DELIVER_RESULT,
        lambda key: DeliveryRequest(
            key=key,
            case_no=side.case_no,
            document=step.notice,
            applicant=side.filing.applicant,
        ),
        summary="告知申请人",
    )
    side.note(step_id, "notified", step.notice, document_no=receipt.reference)
    if side.state.outcome is not None:
        side.move(step_id, "delivered")
    return StepResult(label="done")
