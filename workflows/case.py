"""The case workflow: one application's life, in the namespace of the province where it was filed.

One dynamic workflow serves all matters: the workflow *type* is the matter (`2020-01 学历公证`), so
operators filter by it, and the Plan in the input is what it does. No `from __future__ import
annotations` here: the SDK needs `Sequence[RawValue]` as a real object on `run`.
"""

import asyncio
from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue

from compiler.plan import END
from workflows import acting, duplicates, paperwork, undo
from workflows.contracts import (
    QUERY_AWAITING,
    QUERY_SUBJECT,
    QUERY_TIMELINE,
    QUERY_VIEW,
    SIGNAL_REPORTED,
    UPDATE_ACT,
    Awaiting,
    CaseInput,
    CaseView,
    CommandAnswer,
    CommandEnvelope,
    Report,
    Subject,
    TimelineEntry,
    case_workflow_id,
)
from workflows.handover import HomeSide
from workflows.interpreter import walk
from workflows.patience import keep_watch
from workflows.side import Docket, RenewRequestedError, WithdrawnError
from workflows.state import CaseState
from workflows.steps.runners import AT_HOME


@workflow.defn(dynamic=True)
class CaseWorkflow:
    """One case at home."""

    @workflow.init
    def __init__(self, args: Sequence[RawValue]) -> None:
        """Take the input before any handler runs: an update may come first after a restart."""
        start = workflow.payload_converter().from_payload(args[0].payload, CaseInput)
        state = CaseState.model_validate(start.state) if start.state else CaseState()
        docket = Docket(
            case_no=start.case_no,
            plan=start.plan,
            filing=start.filing,
            divisions=start.divisions,
            tempo=start.tempo,
            place=start.plan.home,
            home_workflow=case_workflow_id(start.portal, start.application_ref),
        )
        self._start = start
        self._state = state
        self.side = HomeSide(docket, state, AT_HOME)

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> str:  # noqa: ARG002 - taken by __init__
        """Walk the Plan to its end; return the outcome."""
        side = self.side
        self._watching = asyncio.create_task(keep_watch(side))
        try:
            try:
                await walk(side, side.plan.start)
            except WithdrawnError:
                side.withdraw()
                self._state.cursors = {"": side.way_back()}
                await walk(side, END)
            await paperwork.withdrawn(side)
            await undo.carry_out(side)
            await duplicates.release(side)
            await side.release()
        except RenewRequestedError:
            carried = self._state.model_dump(mode="json")
            workflow.continue_as_new(args=[self._start.model_copy(update={"state": carried})])
        self._state.closed = True
        side.publish()
        await workflow.wait_condition(lambda: side.desk.idle)
        return self._state.outcome or ""

    @workflow.update(name=UPDATE_ACT)
    async def act(self, envelope: CommandEnvelope) -> CommandAnswer:
        """A person's act on an open task."""
        return await acting.act(self.side, envelope.command)

    @act.validator
    def _check_act(self, envelope: CommandEnvelope) -> None:
        acting.check(self.side, envelope.command)

    @workflow.signal(name=SIGNAL_REPORTED)
    def reported(self, report: Report) -> None:
        """A handling place reports; also what comes twice or late is harmless."""
        self.side.reported(report)

    @workflow.query(name=QUERY_VIEW)
    def view(self) -> CaseView:
        """Stage, awaiting and timeline over all places."""
        return self.side.view()

    @workflow.query(name=QUERY_AWAITING)
    def awaiting(self) -> list[Awaiting]:
        """Whom the case waits for: place, unit, role, for what, since when, until when."""
        return list(self.side.awaited())

    @workflow.query(name=QUERY_TIMELINE)
    def timeline(self) -> list[TimelineEntry]:
        """Who did what, where and when."""
        return self.side.timeline()

    @workflow.query(name=QUERY_SUBJECT)
    def subject(self) -> Subject:
        """What every document of this case is about."""
        return self.side.subject()
