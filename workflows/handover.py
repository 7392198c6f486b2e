"""The hand-over, home side: order a step from another place and wait until it is reported done.

Nothing is pending between two provinces for longer than one short call. Whatever gets lost (an
order, a report, a whole province for weeks) is made good by asking again: the order until it is
acknowledged, then an inquiry every `tempo.inquiry_every`, and the order once more when the other
side no longer knows it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeVar

import nexusrpc
from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

from compiler.applicant import MaterialRef
from compiler.kinds import BaseStep, Exchange, Transport
from compiler.plan import END
from workflows.clocks import LimitPassedError
from workflows.contracts import (
    ENDPOINT_KNOWN,
    AnyCommand,
    Awaiting,
    Deadline,
    EndpointQuery,
    HandOver,
    Inquiry,
    InquiryReply,
    OfficialDocument,
    Order,
    OrderAck,
    Reply,
    ReplyAck,
    Report,
    StepResult,
    SupplyCommand,
    TimelineEntry,
    order_ref,
)
from workflows.side import BRANCH, BrokenOffError, Docket, Side, WithdrawnError
from workflows.state import CaseState, HandOverState, Row, Task
from workflows.tasks import APPLICANT, open_task

I = TypeVar("I", bound=BaseModel)  # noqa: E741
O = TypeVar("O", bound=BaseModel)  # noqa: E741

CALL_TIMEOUT = timedelta(seconds=15)
"""schedule_to_close of one call between provinces."""


class ProvinceAwayError(Exception):
    """One call to a province got no usable answer; the reason is for operators."""


def endpoint_of(province: str) -> str:
    """Return the Nexus endpoint of a province; `deploy/topology.yaml` states the same pattern."""
    return f"province-{province}"


class Line:
    """A workflow's line to other provinces: one short call at a time."""

    def __init__(self) -> None:
        self._endpoints: set[str] = set()

    async def call(
        self,
        province: str,
        operation: nexusrpc.Operation[I, O],
        arg: I,
        gives: type[O],
        summary: str,
    ) -> O:
        """Call a province once.

        Raises:
            ProvinceAwayError: no endpoint, no worker, a refusal, or an answer nobody can read.
        """
        endpoint = endpoint_of(province)
        try:
            await self._check(endpoint)
            # Taken raw: an answer under a key that this province does not hold must be an error
            # that can be waited out here, not one that fails the workflow task for ever.
            raw = await workflow.create_nexus_client(
                service=HandOver, endpoint=endpoint
            ).execute_operation(
                operation.name,
                arg,
                output_type=RawValue,
                schedule_to_close_timeout=CALL_TIMEOUT,
                summary=summary,
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            self._endpoints.discard(endpoint)
            raise ProvinceAwayError(str(error.cause or error)) from error
        try:
            return workflow.payload_converter().from_payload(raw.payload, gives)
        except Exception as error:
            raise ProvinceAwayError(f"its answer cannot be read: {error}") from error

    async def _check(self, endpoint: str) -> None:
        """Ask the server first: an unknown endpoint would fail the workflow task, not the call."""
        if endpoint in self._endpoints:
            return
        known = await workflow.execute_local_activity(
            ENDPOINT_KNOWN.name,
            EndpointQuery(endpoint=endpoint),
            result_type=bool,
            start_to_close_timeout=timedelta(seconds=2),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        if not known:
            raise ProvinceAwayError(f"the server has no Nexus endpoint {endpoint}")
        self._endpoints.add(endpoint)


def backoff(attempt: int, first: float, longest: float) -> float:
    """Return the pause in seconds after failed attempt number `attempt` (from 1)."""
    return float(min(longest, first * 2 ** min(attempt - 1, 20)))


class HomeSide(Side):
    """A case at home, which can hand steps over to other places."""

    def __init__(
        self, docket: Docket, state: CaseState, runners: Mapping[str, Callable[..., Any]]
    ) -> None:
        super().__init__(docket, state, runners)
        self.case = state
        self.handovers = state.handovers
        self.line = Line()
        self._inquiry: asyncio.Task[None] | None = None

    def unclocked(self) -> list[Row]:
        """What another place has reported on has its clocks there."""
        return [row for row in super().unclocked() if not self._reported_on(row)]

    def _reported_on(self, row: Row) -> bool:
        known = self.handovers.get(row.awaiting.place)
        return known is not None and known.report is not None

    def quiet(self) -> bool:
        """Also no inquiry may be on its way."""
        return super().quiet() and (self._inquiry is None or self._inquiry.done())

    def changed(self) -> None:
        """Nothing to do: nobody is owed a report from home; whoever asks queries."""

    def timeline(self) -> list[TimelineEntry]:
        """Return the timelines of this side and of all handling sides, in the order of time."""
        reports = (known.report for known in self.handovers.values())
        entries = [entry for report in reports if report is not None for entry in report.timeline]
        return sorted([*self.state.timeline, *entries], key=lambda entry: entry.at)

    def awaited(self) -> tuple[Awaiting, ...]:
        """Return who must act now: a handling place's own rows stand for the hand-over to it."""
        rows: list[Awaiting] = []
        for step_id, row in self.state.waiting.items():
            known = self.handovers.get(row.awaiting.place)
            report = known.report if known else None
            there = report.awaiting if report and self._ref(step_id) not in report.results else ()
            rows.extend(found for found in there or (row.awaiting,) if found not in rows)
        tasks = tuple(task.awaiting for task in self.state.tasks.values())
        # What the applicant owes stands as their own task already.
        asked = {row.what for row in tasks}
        return tasks + tuple(row for row in rows if row.what not in asked)

    def documents(self) -> list[OfficialDocument]:
        """Return the documents of all places, in the order of time."""
        reports = (known.report for known in self.handovers.values())
        found = [document for report in reports if report for document in report.documents]
        return sorted([*self.state.documents, *found], key=lambda document: document.at)

    def reported(self, report: Report) -> None:
        """Take a report in; only the one with the highest `seq` of a place counts."""
        known = self.handovers.get(report.place)
        if known is None or (known.report is not None and report.seq <= known.report.seq):
            return
        known.report = report
        for step_id, outputs in report.outputs.items():
            self.state.outputs.setdefault(step_id, outputs)
        # Only the place with the power to decide moves the case; others just answer letters.
        if report.place == self.plan.decided_by and not self.state.closed:
            self.state.stage = report.stage
            self.state.outcome = report.outcome or self.state.outcome
        self.changed()

    async def hand_over(
        self, step_id: str, step: BaseStep, place: str, until: Deadline | None = None
    ) -> StepResult:
        """Order a step from another place and return its result, however long that takes.

        With `until` it is `lapsed` then, whether the place is silent or cannot be reached. The
        place itself lets the same limit pass, so what an order that got lost on its way back has
        opened there does not stay open.
        """
        known = self.handovers.setdefault(place, HandOverState(province=self.province(place)))
        what = f"{step.label}: 等待{self.plan.places[place].is_}({known.province})办理"
        branch, ref = BRANCH.get(), self._ref(step_id)
        while True:
            if self.broken_off(branch):
                raise BrokenOffError
            if self.withdrawing and isinstance(step, Exchange):
                raise WithdrawnError  # a letter asks for nothing to be brought back
            with self.waiting_for(step_id, what, place=place, until=until):
                if ref not in known.ordered and not await self._order(step_id, known, place, until):
                    return StepResult(label="lapsed")
                report = known.report
                if report is not None and ref in report.results:
                    return report.results[ref]
                if _passed(until):
                    return StepResult(label="lapsed")
                await self._pass_on(known, place)
                await self._ask_for(step_id, step, known, place)
                turn = self._turn(step_id, known, branch)
                if not await self.rest(
                    lambda: self._turn(step_id, known, branch) != turn,  # noqa: B023
                    _at_most(self.tempo.inquiry_every, until),
                    summary="催询",
                    firm=True,
                ) and not _passed(until):
                    self._inquire(step_id, known, place)

    def _ref(self, step_id: str) -> str:
        return order_ref(step_id, self.state.visits.get(step_id, 1))

    def _turn(
        self, step_id: str, known: HandOverState, branch: tuple[str, ...]
    ) -> tuple[object, ...]:
        """Return what, when it changes, gives the home something to do for a hand-over."""
        report = known.report
        return (
            report.seq if report else 0,
            self._ref(step_id) in known.ordered,
            self.withdrawing and not known.withdrawal_told,
            self.state.urged > known.urged_told,
            report is not None and self.brought(step_id, report.correction_round),
            self.broken_off(branch),
        )

    async def _pass_on(self, known: HandOverState, place: str) -> None:
        """Tell the handling place that the applicant wants out, or urges."""
        await self._pass_on_withdrawal(known, place)
        if self.state.urged > known.urged_told:
            told = self.state.urged
            await self._tell(known, place, "urged", "转告催办", round_=told)
            known.urged_told = told

    async def _tell(  # noqa: PLR0913
        self,
        known: HandOverState,
        place: str,
        kind: Literal["corrected", "withdrawn", "urged", "closed"],
        what: str,
        *,
        round_: int = 0,
        materials: tuple[MaterialRef, ...] = (),
        reason: str = "",
    ) -> None:
        """Send a handling place one message, until it is taken."""
        reply = Reply(
            case_no=self.case_no,
            place=place,
            kind=kind,
            round=round_,
            materials=materials,
            reason=reason,
        )
        await self._repeat(known.province, HandOver.answer, reply, ReplyAck, what)

    async def _pass_on_withdrawal(self, known: HandOverState, place: str) -> None:
        """Tell the handling place that the applicant wants out; it knows whether it is too late."""
        if not self.withdrawing or known.withdrawal_told:
            return
        await self._tell(known, place, "withdrawn", "转告撤回", reason=self.state.withdrawal or "")
        known.withdrawal_told = True

    def may_stop(self) -> bool:
        """Papers that have been sent on come back through the handling place only."""
        done = (self.plan.steps[step] for step in self.state.outputs if step in self.plan.steps)
        return not any(
            isinstance(step, Transport) and step.source == self.plan.home for step in done
        )

    def way_back(self) -> str:
        """Return the step that sends back what has come here (a called-for archive), or `end`."""
        steps = self.plan.steps
        came = {
            step.source
            for step_id, step in steps.items()
            if isinstance(step, Transport) and step_id in self.state.outputs
        }
        return next(
            (
                step_id
                for step_id, step in steps.items()
                if isinstance(step, Transport) and step.to in came
            ),
            END,
        )

    async def release(self) -> None:
        """Tell every place that still works on this case that it is over."""
        for place, known in self.handovers.items():
            if known.ordered and not (known.report and known.report.finished):
                with self.waiting_for("release", f"告知{known.province}结案", place=place):
                    await self._tell(known, place, "closed", "告知结案")

    async def _order(
        self, step_id: str, known: HandOverState, place: str, until: Deadline | None
    ) -> bool:
        """Order a step until that is taken; return whether it was before the limit's end."""
        order = Order(
            case_no=self.case_no,
            place=place,
            step=step_id,
            visit=self.state.visits.get(step_id, 1),
            division=self.docket.divisions[place],
            home_province=self.docket.home_province,
            home_workflow=self.docket.home_workflow,
            matter=self.plan.matter,
            mode=self.plan.mode,
            plan_digest=self.plan.digest,
            divisions=self.docket.divisions,
            filing=self.filing,
            outputs=self.state.outputs,
            tempo=self.tempo,
        )
        self.note(step_id, "ordered", f"向{self.plan.places[place].is_}({known.province})交办")
        attempt = 0
        while True:
            attempt += 1
            try:
                ack = await self._repeat(
                    known.province, HandOver.order, order, OrderAck, "交办", until
                )
                if ack.taken:
                    break
                self.note(step_id, f"refused-{ack.reason}", f"{known.province}未接收: {ack.reason}")
                await self._pause(attempt, until)
            except LimitPassedError:
                return False
        known.ordered.append(self._ref(step_id))
        self.note(step_id, "acknowledged", f"{known.province}已接收")
        return True

    def _inquire(self, step_id: str, known: HandOverState, place: str) -> None:
        """Ask beside the wait: a report that comes meanwhile is acted on at once."""
        if self._inquiry is None or self._inquiry.done():
            self._inquiry = asyncio.create_task(self._ask(step_id, known, place))

    async def _ask(self, step_id: str, known: HandOverState, place: str) -> None:
        inquiry = Inquiry(case_no=self.case_no, place=place)
        try:
            reply = await self.line.call(
                known.province, HandOver.inquire, inquiry, InquiryReply, "催询"
            )
        except ProvinceAwayError:
            return  # asked again at the next inquiry
        ref = self._ref(step_id)
        if reply.report is None and ref in known.ordered:
            known.ordered.remove(ref)
            known.report = None
            known.supplied_round = 0  # whoever begins anew counts its rounds anew
            known.withdrawal_told = False
            known.urged_told = 0
            self.case.supplied = [
                done for done in self.case.supplied if done[: done.rfind("~")] != step_id
            ]
            self.note(step_id, f"lost-{workflow.now():%Y%m%d%H%M%S}", "对方无此办件, 重新交办")
        elif reply.report is not None:
            self.reported(reply.report)

    async def _ask_for(
        self, step_id: str, step: BaseStep, known: HandOverState, place: str
    ) -> None:
        """Ask the applicant for what a handling place wants, and send on what was brought."""
        report = known.report
        if report is None or report.correction_round <= known.supplied_round:
            return
        round_ = report.correction_round
        if self.brought(step_id, round_):
            await self._tell(
                known, place, "corrected", "转送补正材料",
                round_=round_, materials=tuple(self.state.materials),
            )  # fmt: skip
            known.supplied_round = round_
        elif report.corrections and self.state.outcome is None and not self.withdrawing:
            what = f"补正: {'、'.join(report.corrections)}"
            self.ask(step_id, step, what, report.corrections, round_, report.correction_due)
        else:
            self.ask_no_more(step_id, round_)

    def ask(  # noqa: PLR0913, PLR0917 - a question is many words
        self,
        step_id: str,
        step: BaseStep,
        what: str,
        wanted: tuple[str, ...],  # noqa: ARG002 - stands in `what`
        round_: int,
        due: dt.datetime | None,
    ) -> None:
        """Open a task of the applicant, which is answered at once: no officer has to check it."""
        task = open_task(
            self,
            step_id,
            step,
            acts=("supply",),
            role=APPLICANT,
            what=what,
            unit="申请人",
            suffix=f"~{round_}",
            instant=True,
        )
        task.awaiting = task.awaiting.model_copy(update={"due": due})

    def brought(self, step_id: str, round_: int) -> bool:
        """Whether the applicant has answered the task of this round."""
        return f"{step_id}~{round_}" in self.case.supplied

    def ask_no_more(self, step_id: str, round_: int) -> None:
        """Close the applicant's task."""
        self.desk.close(f"{step_id}~{round_}")

    def instantly(self, task: Task, command: AnyCommand) -> str:
        """Take in what the applicant brings."""
        if isinstance(command, SupplyCommand):
            self.state.materials.extend(command.materials)
        self.case.supplied.append(task.id)
        self.note(
            task.step, f"supplied-{task.id.rpartition('~')[2]}", "申请人已补正", by="applicant"
        )
        return "supplied"

    async def _repeat(  # noqa: PLR0913, PLR0917 - a call is many words
        self,
        province: str,
        operation: nexusrpc.Operation[I, O],
        arg: I,
        gives: type[O],
        what: str,
        until: Deadline | None = None,
    ) -> O:
        """Call a province until it answers, with growing pauses.

        Raises:
            LimitPassedError: it has not answered at the end of `until`.
        """
        attempt = 0
        while True:
            attempt += 1
            self.publish()
            try:
                return await self.line.call(province, operation, arg, gives, what)
            except ProvinceAwayError as away:
                self._explain(province, str(away))
                await self._pause(attempt, until)

    def _explain(self, province: str, reason: str) -> None:
        """Say in `awaiting` why a province did not answer."""
        for row in self.state.waiting.values():
            if row.awaiting.province == province:
                row.awaiting = row.awaiting.model_copy(update={"reason": reason[:200]})

    async def _pause(self, attempt: int, until: Deadline | None = None) -> None:
        pause = backoff(attempt, self.tempo.handover_first, self.tempo.handover_longest)
        await self.rest(lambda: False, _at_most(pause, until), summary="再次联系", firm=True)
        if _passed(until):
            raise LimitPassedError


def _at_most(seconds: float, until: Deadline | None) -> float:
    """Return a pause that does not go beyond a limit. Never zero: that would be no timer."""
    if until is None:
        return seconds
    return max(min(seconds, (until.due - workflow.now()).total_seconds()), 0.001)


def _passed(until: Deadline | None) -> bool:
    return until is not None and workflow.now() >= until.due
