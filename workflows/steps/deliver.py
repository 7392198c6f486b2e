"""送达: the result reaches the applicant, by courier, online or over the counter, with proof."""

from __future__ import annotations

from temporalio import workflow

from compiler.applicant import mandate_expired
from compiler.kinds import Deliver, Issue
from workflows.contracts import (
    DELIVER_RESULT,
    DeliveryRequest,
    HandOutCommand,
    ParcelRequest,
    StepResult,
)
from workflows.effects import effect
from workflows.paperwork import issue
from workflows.side import Side
from workflows.steps import parcels
from workflows.tasks import open_task, perform, refuse


async def run(side: Side, step_id: str, step: Deliver) -> StepResult:
    """Deliver the result, or the notice when nothing was issued, with the originals."""
    side.move(step_id, "deliver")
    by = side.memo(step_id).get("by", step.by)
    if by == "courier":
        arrived = await parcels.send(
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
            lambda round_: _replaced(side, step_id, round_),
        )
        if arrived:
            waybill = side.state.waybills[step_id]
            await issue(
                side, step_id, step, "delivery_receipt",
                how="寄递", reference=waybill, delivered=workflow.now().isoformat(),
            )  # fmt: skip
            side.note(step_id, "delivered", "送达回执: 申请人已签收")
        else:
            by = side.memo(step_id)["by"] = "pick_up"
    if by == "pick_up":
        await _hand_out(side, step_id, step)
    elif by == "electronic":
        receipt = await effect(
            side,
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
        await issue(
            side, step_id, step, "delivery_receipt",
            how="网络送达", reference=receipt.reference, delivered=receipt.delivered_at.isoformat(),
        )  # fmt: skip
        side.note(step_id, "delivered", "送达回执: 网络送达", document_no=receipt.reference)
    side.move(step_id, "delivered")
    return StepResult(label="done")


def _replaced(side: Side, step_id: str, round_: int) -> None:
    """Make what was lost on its way anew (补发): the copy has a number of its own, the old is void.

    What is valid is what the issuing step puts out from now on.
    """
    for issuing, step in side.plan.steps.items():
        known = side.state.outputs.get(issuing, {})
        if not isinstance(step, Issue) or "number" not in known:
            continue
        number = f"{side.case_no}-{issuing}-{round_ + 1}"
        text = f"补发{step.document}, 原编号{known['number']}作废"
        side.note(step_id, f"replaced-{issuing}-{round_}", text, document_no=number)
        side.state.outputs[issuing] = {**known, "number": number}


async def _hand_out(side: Side, step_id: str, step: Deliver) -> None:
    """Wait for an officer (经办岗) to hand the result, with the originals, to who comes for it."""
    task = open_task(
        side, step_id, step, acts=("hand_out",), role="clerk", what="等待申请人领取结果"
    )
    while True:
        command, record = await perform(side, step, task)
        if not isinstance(command, HandOutCommand):
            raise TypeError(command.act)
        expired = mandate_expired(side.filing.applicant, workflow.now())
        if expired is not None:
            refuse(side, command, f"the mandate of {expired.role} has expired (授权委托书已过期)")
            continue
        if command.reason:
            break
        refuse(side, command, "say how who came proved who they are (核验方式), in `reason`")
    side.note(step_id, "delivered", f"送达回执: 当面领取, {command.reason}", by=command.by,
              document_no=record.document_no)  # fmt: skip
    side.desk.done(command, "当面领取", record.document_no)
