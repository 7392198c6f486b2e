"""The handling workflow: one place's work on a case, in that place's own namespace.

It pins its own Plan, loaded by digest from its province's published catalogue; the order only says
which step of it to do. It never waits for a report before deciding, and never fails on purpose: how
it ended is data.
"""

import asyncio
import datetime as dt

from temporalio import workflow

from compiler.kinds import BaseStep, Deliver, Exchange, Handle, Transport
from compiler.plan import RETURN, Plan
from workflows import acting, duplicates, paperwork, undo
from workflows.contracts import (
    QUERY_AWAITING,
    QUERY_SUBJECT,
    QUERY_TIMELINE,
    QUERY_VIEW,
    SIGNAL_ANSWERED,
    SIGNAL_ORDERED,
    UPDATE_ACT,
    Awaiting,
    CaseView,
    CommandAnswer,
    CommandEnvelope,
    HandlingInput,
    HandOver,
    Order,
    Reply,
    Report,
    ReportAck,
    ReportEnvelope,
    StepResult,
    Subject,
    TimelineEntry,
)
from workflows.desk import WORDS, refuse
from workflows.handover import Line, ProvinceAwayError, backoff
from workflows.interpreter import Runner, walk
from workflows.patience import keep_watch
from workflows.side import Docket, RenewRequestedError, Side, WithdrawnError
from workflows.state import HandlingState
from workflows.steps import exchange, transport
from workflows.steps.runners import AT_HAND

QUERY_REPORT = "report"

AWAY: dict[type[BaseStep], Runner[Side]] = {Exchange: exchange.answer, Transport: transport.part}
"""Steps that the home runs together with another place → what is done here."""


def duties(plan: Plan, place: str) -> frozenset[str]:
    """Return the steps of a Plan that the home hands over to this place."""
    return frozenset(
        step_id
        for step_id, step in plan.steps.items()
        if (isinstance(step, Handle) and step.at == place)
        or (isinstance(step, Exchange) and exchange.away(step, plan.home) == place)
        or (isinstance(step, Transport) and place in transport.parts(step) and place != plan.home)
    )


def delivery_after(plan: Plan, step_id: str) -> str:
    """Return the nearest delivery that can follow a step within its block, else `return`."""
    seen, front = {step_id}, [step_id]
    while front:
        for found in front:
            if isinstance(plan.steps[found], Deliver):
                return found
        nearby = [edge.target for edge in plan.edges if edge.source in front]
        front = [target for target in nearby if target in plan.steps and target not in seen]
        seen.update(front)
    return RETURN


class HandlingSide(Side):
    """A case at a handling place."""

    def __init__(self, docket: Docket, state: HandlingState) -> None:
        super().__init__(docket, state, AT_HAND)
        self.handling = state
        self.duties = duties(docket.plan, docket.place)
        self._coming_again = bool(self.duties & docket.plan.repeated())

    def changed(self) -> None:
        """Make the next report due."""
        self.handling.seq += 1

    @property
    def withdrawing(self) -> bool:
        """Also a case that is over at home needs nothing more from here."""
        return super().withdrawing or (self.handling.released and self.state.outcome is None)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do here."""
        if self.handling.released:
            return True
        # What may come again is over only when the home says so.
        return not self._coming_again and self.duties <= set(self.handling.results)

    def ask(  # noqa: PLR0913, PLR0917 - a question is many words
        self,
        step_id: str,  # noqa: ARG002 - the home opens the task, here nothing is opened
        step: BaseStep,  # noqa: ARG002
        what: str,  # noqa: ARG002
        wanted: tuple[str, ...],
        round_: int,
        due: dt.datetime | None,
    ) -> None:
        """Report what is wanted; the home asks the applicant and answers."""
        state = self.handling
        if (state.corrections, state.correction_round) != (wanted, round_):
            state.corrections, state.correction_round, state.correction_due = wanted, round_, due
            self.changed()

    def brought(self, step_id: str, round_: int) -> bool:
        """Whether the home has sent on what the applicant brought."""
        if self.handling.corrected_round < round_:
            return False
        self.note(step_id, f"supplied-{round_}", "收到补正材料")
        return True

    def ask_no_more(self, step_id: str, round_: int) -> None:  # noqa: ARG002 - one at a time
        """Report that nothing is wanted any more."""
        self.handling.corrections = ()
        self.changed()

    def report(self) -> Report:
        """Return everything that the home may know by now."""
        state = self.handling
        return Report(
            case_no=self.case_no,
            place=self.place,
            seq=state.seq,
            stage=state.stage,
            outcome=state.outcome,
            results=state.results,
            outputs=state.outputs,
            awaiting=self.awaited(),
            timeline=tuple(state.timeline),
            corrections=state.corrections,
            correction_round=state.correction_round,
            correction_due=state.correction_due,
            documents=tuple(state.documents),
            finished=self.finished,
        )


@workflow.defn
class HandlingWorkflow:
    """One place's work on a case."""

    @workflow.init
    def __init__(self, start: HandlingInput) -> None:
        """Take the order before any handler runs."""
        order = start.order
        self._start = start
        self._state = (
            HandlingState.model_validate(start.state)
            if start.state
            else HandlingState(stage="signed_for", orders={order.ref: order})
        )
        docket = Docket(
            case_no=order.case_no,
            plan=start.plan,
            filing=order.filing,
            divisions=order.divisions,
            tempo=order.tempo,
            place=order.place,
            home_workflow=order.home_workflow,
        )
        self.side = HandlingSide(docket, self._state)
        self._calling = False

    @workflow.run
    async def run(self, start: HandlingInput) -> str:
        """Do what is ordered until nothing is left, and see that the home knows; return outcome."""
        reporter = asyncio.create_task(self._keep_reporting())
        self._watching = asyncio.create_task(keep_watch(self.side))
        try:
            await self._work()
            await duplicates.release(self.side)
            await self._settle()
        except RenewRequestedError:
            # A call that began in this very moment ends first: nothing may follow the renewal.
            await workflow.wait_condition(lambda: not self._calling)
            carried = self._state.model_dump(mode="json")
            workflow.continue_as_new(start.model_copy(update={"state": carried}))
        reporter.cancel()
        self.side.publish()
        await workflow.wait_condition(lambda: self.side.desk.idle)
        return self._state.outcome or ""

    async def _work(self) -> None:
        side, state = self.side, self._state
        while not side.finished:
            ref = next((known for known in state.orders if known not in state.results), None)
            if ref is None:
                home = side.plan.home
                with side.waiting_for("order", "等待对方交办下一步", place=home) as row:
                    row.timed = True  # the home has clocks of its own for what it does meanwhile
                    await side.rest(
                        lambda: state.released or any(r not in state.results for r in state.orders),
                        firm=True,
                    )
                continue
            order = state.orders[ref]
            due = order.step
            if order.visit > 1:
                state.visits[due] = order.visit
            state.outputs = {**order.outputs, **state.outputs}
            if due not in state.memo:
                side.note(due, "taken", f"接收交办: {side.plan.steps[due].label}")
            state.results[ref] = await self._do(due, side.plan.steps[due])
            side.changed()

    async def _do(self, step_id: str, step: BaseStep) -> StepResult:
        if isinstance(step, Exchange | Transport):
            try:
                result = await AWAY[type(step)](self.side, step_id, step)
            except WithdrawnError:
                self.side.withdraw()
                result = StepResult(label="refused")
            self._state.memo.pop(step_id, None)
            return result
        entry = self.side.plan.target(step_id, "enter") or ""
        try:
            await walk(self.side, entry, step_id)
        except WithdrawnError:
            self.side.withdraw()
            # What the applicant handed in goes back the way a result would have gone.
            here = self._state.cursors.get(step_id, entry)
            self._state.cursors[step_id] = delivery_after(self.side.plan, here)
            await walk(self.side, RETURN, step_id)
        # Before the block is reported done: the home may end as soon as it knows that.
        await paperwork.withdrawn(self.side)
        await undo.carry_out(self.side)
        self._state.cursors.pop(step_id, None)
        return StepResult(label="done")

    async def _settle(self) -> None:
        """Stay until the home has the last report, or has said itself that the case is over."""
        side, state = self.side, self._state
        state.closed = True
        with side.waiting_for("report", "等待对方接收办理结果", place=side.plan.home):
            await side.rest(lambda: state.acknowledged >= state.seq or state.released, firm=True)

    async def _keep_reporting(self) -> None:
        side, state = self.side, self._state
        line = Line()
        attempt = 0
        while True:
            await workflow.wait_condition(
                lambda: state.acknowledged < state.seq and not side.renewing
            )
            if side.renewing:
                continue
            self._calling = True
            report = side.report()
            envelope = ReportEnvelope(home_workflow=side.docket.home_workflow, report=report)
            try:
                await line.call(
                    side.docket.home_province, HandOver.report, envelope, ReportAck, "报告办理情况"
                )
            except ProvinceAwayError as away:
                self._calling = False
                attempt += 1
                workflow.logger.info("home province away: %s", away)
                await workflow.sleep(
                    backoff(attempt, side.tempo.handover_first, side.tempo.handover_longest),
                    summary="再次报告",
                )
                continue
            self._calling = False
            attempt = 0
            state.acknowledged = max(state.acknowledged, report.seq)

    @workflow.update(name=UPDATE_ACT)
    async def act(self, envelope: CommandEnvelope) -> CommandAnswer:
        """A person's act on an open task."""
        return await acting.act(self.side, envelope.command)

    @act.validator
    def _check_act(self, envelope: CommandEnvelope) -> None:
        if envelope.command.act in WORDS:
            raise refuse("WrongPlace", "撤回 and 催办 go to the case, not to a place")
        acting.check(self.side, envelope.command)

    @workflow.signal(name=SIGNAL_ORDERED)
    def ordered(self, order: Order) -> None:
        """The home orders a step, perhaps again."""
        self._state.orders.setdefault(order.ref, order)

    @workflow.signal(name=SIGNAL_ANSWERED)
    def answered(self, reply: Reply) -> None:
        """The home answers a correction, or says that the case is over."""
        if reply.kind == "closed":
            self._state.released = True
        elif reply.kind == "withdrawn":
            self._state.withdrawal = reply.reason
        elif reply.kind == "urged":
            self._state.urged = max(self._state.urged, reply.round)
            self.side.note("urge", f"urged-{reply.round}", "申请人催办, 请及时办理")
            self.side.changed()
        elif reply.round > self._state.corrected_round:
            self._state.corrected_round = reply.round
            self._state.materials.extend(reply.materials)

    @workflow.query(name=QUERY_VIEW)
    def view(self) -> CaseView:
        """Stage, awaiting and timeline of this place."""
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

    @workflow.query(name=QUERY_REPORT)
    def report(self) -> Report:
        """The latest report, for an inquiry."""
        return self.side.report()
