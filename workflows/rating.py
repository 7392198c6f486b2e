"""好差评: one invitation to rate, open until it is answered or its limit has passed.

A rating never holds a case up: the case has long gone on. Silence is no rating. A bad one (不满意,
非常不满意) opens a rectification, which this workflow waits for, because what comes of it says
whether the rating counts.
"""

from __future__ import annotations

import datetime as dt

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from workflows.clocks import LimitPassedError
from workflows.contracts import (
    BAD,
    QUERY_VIEW,
    TASK_TIMEOUT,
    UPDATE_ACT,
    AnyCommand,
    CommandAnswer,
    CommandEnvelope,
    RateCommand,
    RatingInvitation,
    RatingOutcome,
    RatingView,
    RectificationOrder,
    Responsible,
    rating_workflow_id,
    rectification_workflow_id,
)
from workflows.desk import refuse
from workflows.office import APPLICANT, Office
from workflows.rectification import RectificationWorkflow
from workflows.search import CASE_NO, MATTER_CODE
from workflows.state import Task, WalkState

TASK = "rate"


def found_by(responsible: Responsible) -> TypedSearchAttributes:
    """Return the attributes by which operators find what belongs to a case besides its Plan."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(MATTER_CODE, responsible.matter.partition(" ")[0]),
            SearchAttributePair(CASE_NO, responsible.case_no),
        ]
    )


@workflow.defn
class RatingWorkflow:
    """One invitation to rate."""

    @workflow.init
    def __init__(self, start: RatingInvitation) -> None:
        """Open the invitation before any handler runs."""
        self._start = start
        self._state = WalkState()
        self._given: RateCommand | None = None
        self._given_at: dt.datetime | None = None
        self._outcome: RatingOutcome | None = None
        root = rating_workflow_id(start.responsible.case_no, start.step)
        self.office = Office(start.responsible, root, start.step, self._state, self._take)
        self._task = self.office.open(
            TASK, acts=(TASK,), role=APPLICANT, what="邀请评价", within=start.within, late=()
        )

    @workflow.run
    async def run(self, start: RatingInvitation) -> RatingOutcome:
        """Wait for the rating, then for what a bad one leads to; return how it ended."""
        office = self.office
        outcome: RatingOutcome = "rated"
        try:
            await office.watch(self._task, lambda: self._given is not None, lapses=True)
        except LimitPassedError:
            office.desk.close(TASK)
            outcome = "unrated"
        given = self._given
        if given is not None and given.score <= BAD:
            outcome = await workflow.execute_child_workflow(
                RectificationWorkflow.run,
                RectificationOrder(
                    responsible=start.responsible,
                    step=start.step,
                    of=start.of,
                    score=given.score,
                    tags=given.tags,
                    text=given.text,
                ),
                id=rectification_workflow_id(start.responsible.case_no, start.step),
                task_timeout=TASK_TIMEOUT,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                search_attributes=found_by(start.responsible),
                static_summary=f"{start.responsible.matter} · 差评整改",
            )
        self._outcome = outcome
        office.publish()
        await workflow.wait_condition(lambda: office.desk.idle)
        return outcome

    def _take(self, task: Task, command: AnyCommand) -> str:  # noqa: ARG002 - the only task
        if not isinstance(command, RateCommand):
            raise TypeError(command.act)
        self._given = command
        self._given_at = workflow.now()
        return "评价已收到"

    @workflow.update(name=UPDATE_ACT)
    async def act(self, envelope: CommandEnvelope) -> CommandAnswer:
        """Take the applicant's rating."""
        return await self.office.act(envelope.command)

    @act.validator
    def _check_act(self, envelope: CommandEnvelope) -> None:
        command = envelope.command
        known = command.command_id in self._state.answers
        if isinstance(command, RateCommand) and self._given is not None and not known:
            raise refuse("RatedAlready", "a rating was given already (一次一评)")
        self.office.check(command)

    @workflow.query(name=QUERY_VIEW)
    def view(self) -> RatingView:
        """Return the rating, whether it counts, and until when it may be given."""
        start, given = self._start, self._given
        return RatingView(
            case_no=start.responsible.case_no,
            matter=start.responsible.matter,
            of=start.of,
            step=start.step,
            province=start.responsible.province,
            unit=start.responsible.unit,
            score=given.score if given else None,
            tags=given.tags if given else (),
            text=given.text if given else "",
            rated_at=self._given_at,
            outcome=self._outcome,
            counted=given is not None and self._outcome != "upheld",
            awaiting=self.office.awaited(),
            answers=self._state.answers,
        )
