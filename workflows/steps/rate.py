"""好差评: the applicant is invited to rate; the case goes on at once, whatever comes of it."""

from __future__ import annotations

from compiler.kinds import Rate
from workflows.contracts import INVITE_RATING, RatingInvitation, Responsible, StepResult
from workflows.effects import effect
from workflows.rectification import OF
from workflows.side import Side


async def run(side: Side, step_id: str, step: Rate) -> StepResult:
    """Open the invitation in this province; a step that is done again invites no second time.

    The rating outlives the case: it may come days after it.
    """
    responsible = Responsible(
        case_no=side.case_no,
        matter=side.plan.title,
        place=side.place,
        province=side.province(side.place),
        unit=side.unit(side.place),
        division=side.division,
    )
    invitation = RatingInvitation(responsible=responsible, step=step_id, of=step.of)
    if step.within:
        invitation = invitation.model_copy(update={"within": step.within})
    await effect(
        side, step_id, step, "invitation", INVITE_RATING, lambda _key: invitation,
        summary="邀请评价",
    )  # fmt: skip
    side.note(step_id, "invited", f"邀请评价: {OF[step.of]}")
    return StepResult(label="done")
