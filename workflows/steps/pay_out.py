"""资金拨付: money to the applicant's own account, under one payment key."""

from __future__ import annotations

from compiler.kinds import PayOut
from workflows.contracts import PAY_OUT, PayOutRequest, StepResult
from workflows.effects import EffectFailedError, attempt
from workflows.side import Side
from workflows.tasks import trouble


async def run(side: Side, step_id: str, step: PayOut) -> StepResult:
    """Pay once.

    An account that takes nothing is a clerk's task; when that is seen to, the payment is asked for
    again under the *same* key, other than all effects else: money that was on its way after all is
    then found and never paid a second time.
    """
    request = PayOutRequest(
        key=side.key(step_id, "payout"),
        case_no=side.case_no,
        item=side.plan.title,
        unit=side.unit(side.place),
        applicant=side.filing.applicant,
    )
    while True:
        try:
            receipt = await attempt(
                side, step_id, step, "payout", PAY_OUT, request, summary=step.label
            )
        except EffectFailedError as refusal:
            await trouble(side, step_id, step, f"{step.label}: {refusal}")
            continue
        side.note(step_id, "paid_out", f"{step.label}: 已拨付", document_no=receipt.reference)
        return StepResult(label="done")
