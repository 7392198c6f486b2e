"""督办: a supervision is a workflow of its own, which no case waits for."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.contracts import (
    OPEN_SUPERVISION,
    TASK_TIMEOUT,
    Invited,
    LateTask,
    supervision_workflow_id,
)
from workflows.rating import found_by
from workflows.supervision import SupervisionWorkflow


@dataclass(frozen=True)
class Supervisions:
    """Opens supervisions in one province; beside the case, not as its child (see `ratings`)."""

    client: Client

    @activity.defn(name=OPEN_SUPERVISION.name)
    async def open_supervision(self, late: LateTask) -> Invited:
        """Open a supervision; one that is there already, open or over, stays as it is."""
        workflow_id = supervision_workflow_id(late.responsible.case_no, late.mark)
        try:
            await self.client.start_workflow(
                SupervisionWorkflow.run,
                late,
                id=workflow_id,
                task_queue=activity.info().task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                task_timeout=TASK_TIMEOUT,
                search_attributes=found_by(late.responsible),
                static_summary=f"{late.responsible.matter} · 督办",
            )
        except WorkflowAlreadyStartedError:
            return Invited(workflow_id=workflow_id, first=False)
        return Invited(workflow_id=workflow_id, first=True)
