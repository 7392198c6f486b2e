"""好差评: an invitation to rate is a workflow of its own, which no case waits for."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.contracts import (
    INVITE_RATING,
    TASK_TIMEOUT,
    Invited,
    RatingInvitation,
    rating_workflow_id,
)
from workflows.rating import RatingWorkflow, found_by


@dataclass(frozen=True)
class Invitations:
    """Starts ratings in one province.

    Not a child workflow: a rating outlives its case, and a child that ends after its parent stops
    the time of the time-skipping test server for good.
    """

    client: Client

    @activity.defn(name=INVITE_RATING.name)
    async def invite_rating(self, invitation: RatingInvitation) -> Invited:
        """Open an invitation; one that is there already, open or over, stays as it is."""
        responsible = invitation.responsible
        workflow_id = rating_workflow_id(responsible.case_no, invitation.step)
        try:
            await self.client.start_workflow(
                RatingWorkflow.run,
                invitation,
                id=workflow_id,
                task_queue=activity.info().task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                task_timeout=TASK_TIMEOUT,
                search_attributes=found_by(responsible),
                static_summary=f"{responsible.matter} · 好差评",
            )
        except WorkflowAlreadyStartedError:
            return Invited(workflow_id=workflow_id, first=False)
        return Invited(workflow_id=workflow_id, first=True)
