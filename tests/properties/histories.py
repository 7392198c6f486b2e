"""What was written of a case: every run of its workflows, read and replayed."""

from __future__ import annotations

from people import Crowd
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.worker import Replayer
from world import WORKFLOWS

from engine.plugin import CasePlugin

NOBODYS_FAULT = frozenset({
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
})  # fmt: skip
"""Something came in while a task was ending the run: the server has it done again."""

FORGOTTEN = frozenset({
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
})  # fmt: skip
"""See `House.forgetful`: the task is done again, and the whole history must replay all the same."""


async def replayed(crowd: Crowd) -> int:
    """Replay everything that the case has written, in a fresh sandbox; return how many runs."""
    house, count = crowd.house, 0
    excused = NOBODYS_FAULT | (FORGOTTEN if house.forgetful else frozenset())
    for workflow_id in house.workflow_ids(crowd.case):
        for history in await house.histories(workflow_id):
            count += 1
            failed = [
                event.workflow_task_failed_event_attributes
                for event in history.events
                if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
            ]
            bugs = [str(f) for f in failed if f.cause not in excused]
            crowd.check(not bugs, f"a workflow task of {workflow_id} failed: {bugs}")
            replayer = Replayer(workflows=WORKFLOWS, plugins=[CasePlugin(house.keyring)])
            result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
            failure = result.replay_failure
            crowd.check(failure is None, f"{workflow_id} does not replay: {failure}")
    return count
