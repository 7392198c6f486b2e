"""送达: the result reaches the applicant, by courier or online, with proof."""

from __future__ import annotations

from compiler.kinds import Deliver
from workflows.contracts import (
    DELIVER_RESULT,
    DeliveryRequest,
    ParcelRequest,
    StepResult,
)
from workflows.side import Side
from workflows.steps import parcels


async def run(side: Side, step_id: str, step: Deliver) -> StepResult:
    """Deliver the result, or the notice when nothing was issued, with the originals."""
    side.enter("delivering")
    if step.by == "courier":
        await parcels.send(
            side,
            step_id,
            step,
            lambda key: ParcelRequest(
                key=key,
                case_no=side.case_no,
                leg=step_id,
                sender=side.unit(side.place),
                recipient=side.filing.applicant,
                contents=("result", *(m.id for m in side.filing.materials if m.paper)),
            ),
        )
        side.note(step_id, "delivered", "送达回执: 申请人已签收")
    else:
        receipt = await side.effect(
            step_id,
            step,
            "result",
            DELIVER_RESULT,
            lambda key: DeliveryRequest(
                key=key,
                case_no=side.case_no,
                document=side.state.outcome or "result",
                applicant=side.filing.applicant,
            ),
            summary="网络送达",
        )
        side.note(step_id, "delivered", "送达回执: 网络送达", document_no=receipt.reference)
    side.enter("delivered")
    return StepResult(label="done")
