"""好差评: the applicant is invited to rate; the case goes on at once, whatever comes of it."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from compiler.kinds import Rate
from workflows.contracts import (
    TASK_TIMEOUT,
    RatingInvitation,
    Responsible,
    StepResult,
    rating_workflow_id,
)
from workflows.rating import RatingWorkflow, found_by
from workflows.rectification import OF
from workflows.side import Side


async def run(side: Side, step_id: str, step: Rate) -> StepResult:
    """Start the rating in this province; a step that is done again invites no second time.

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
    try:
        await workflow.start_child_workflow(
            RatingWorkflow.run,
            invitation,
            id=rating_workflow_id(side.case_no, step_id),
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            task_timeout=TASK_TIMEOUT,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            search_attributes=found_by(responsible),
            static_summary=f"{side.plan.title} · 好差评",
        )
    except WorkflowAlreadyStartedError:
        return StepResult(label="done")
    side.note(step_id, "invited", f"邀请评价: {OF[step.of]}")
    return StepResult(label="done")
