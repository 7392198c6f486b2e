"""A side: one workflow's view of a case, at home or at a handling place, as the steps use it.

Steps are written against `Side` and know neither workflow. It says where things are, keeps what is
told (timeline, documents, stage, whom the case waits for), and has the one safe point at which a
run may rest, be left, or continue as new. What people do is in `tasks`, what outside systems do in
`effects`.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow

from compiler.kinds import BaseStep, Outcome
from compiler.plan import ENGINE, Plan
from workflows.contracts import (
    AnyCommand,
    Awaiting,
    CaseView,
    Deadline,
    Filing,
    OfficialDocument,
    Subject,
    Tempo,
    TimelineEntry,
)
from workflows.desk import Desk
from workflows.materials import given, waived
from workflows.moves import after, conclude
from workflows.publishing import Publisher
from workflows.state import Row, Task, WalkState

SYSTEM = "system"
"""Role in `awaiting` where no person owes the next move, but a service, a carrier or a province."""

PATIENCE = timedelta(days=3)
"""How long a service, a carrier or a province may keep a case waiting (basis: default)."""

BRANCH: ContextVar[tuple[str, ...]] = ContextVar("branch", default=())
"""The regions of the parallel branches in which the running code is, the outermost first."""


class RenewRequestedError(Exception):
    """Raised at a rest when the history is long: the main method continues as new."""


class WithdrawnError(Exception):
    """Raised at a rest or between steps when the applicant has taken the application back."""


class BrokenOffError(Exception):
    """Raised in a parallel branch, at a rest or between steps, when another branch has failed."""


def _owes(row: Awaiting) -> str:
    """Return under which name the time of a row is counted."""
    if row.role in ("applicant", SYSTEM):
        return row.role
    return row.place


def province_of(division: str) -> str:
    """Return the province's code of a six-digit division."""
    return division[:2] + "0000"


@dataclass(frozen=True)
class Docket:
    """What is fixed about a case on one side: made from the workflow's input, never changed."""

    case_no: str
    plan: Plan
    filing: Filing
    divisions: dict[str, str]
    tempo: Tempo
    place: str
    home_workflow: str

    @property
    def home_province(self) -> str:
        """The code of the province in which the case lives."""
        return province_of(self.divisions[self.plan.home])


class Side(ABC):
    """One workflow's view of a case. See the module's docstring."""

    def __init__(
        self, docket: Docket, state: WalkState, runners: Mapping[str, Callable[..., Any]]
    ) -> None:
        if docket.plan.engine > ENGINE:
            # Fails this workflow task, not the case: a newer worker takes it up again.
            raise RuntimeError(
                f"the Plan needs engine {docket.plan.engine}, this worker has {ENGINE}: update it"
            )
        self.docket = docket
        self.case_no = docket.case_no
        self.plan = docket.plan
        self.place = docket.place
        self.tempo = docket.tempo
        self.filing = docket.filing
        self.state = state
        self.runners = runners
        self.desk = Desk(state, self.instantly)
        self.renewing = False
        self.busy = 1
        """Walkers that are not at rest: only when there are none the run may continue as new."""
        self.beside = 0
        """Effects under way beside the walkers: a new run would lose their answers."""
        self._publisher = Publisher(docket.plan.title, docket.case_no)
        self._branched = docket.plan.branched()
        self._regions = docket.plan.regions()

    # --- where ---------------------------------------------------------------------------------

    def province(self, place: str) -> str:
        """Return the province's code of a place role."""
        return province_of(self.docket.divisions[place])

    @property
    def division(self) -> str:
        """The six-digit division of this side's place."""
        return self.docket.divisions[self.place]

    def unit(self, place: str) -> str:
        """Return the name of the unit that acts at a place."""
        return self.plan.places[place].unit

    def key(self, step_id: str, name: str) -> str:
        """Return the idempotency key of an outside effect: the same for every retry of it.

        A step that is done once more (退回, `repeat`) has effects of its own.
        """
        return f"{self.case_no}/{self.place}/{step_id}{self._visit(step_id)}/{name}"

    def memo(self, step_id: str) -> dict[str, Any]:
        """Return what a step remembers until it ends, also over continue-as-new."""
        return self.state.memo.setdefault(step_id, {})

    def _visit(self, step_id: str) -> str:
        visit = self.state.visits.get(step_id, 1)
        return "" if visit == 1 else f"@{visit}"

    # --- what is told ----------------------------------------------------------------------------

    def note(
        self, step_id: str, event: str, text: str, *, by: str = "", document_no: str = ""
    ) -> None:
        """Write one entry of the timeline; the same visit and event is never written twice."""
        event += self._visit(step_id)
        if any(e.step == step_id and e.event == event for e in self.state.timeline):
            return
        self.state.timeline.append(
            TimelineEntry(
                at=workflow.now(),
                place=self.place,
                province=self.province(self.place),
                unit=self.unit(self.place),
                step=step_id,
                event=event,
                text=text,
                by=by,
                document_no=document_no,
            )
        )

    def file(self, document: OfficialDocument | None) -> None:
        """Keep a document (文书) that an act has issued, once."""
        known = {kept.number for kept in self.state.documents}
        if document is not None and document.number not in known:
            self.state.documents.append(document)
            self.changed()

    def subject(self) -> Subject:
        """Return what every document of this case is about."""
        names = {material.id: material.name for material in self.plan.materials}
        there = sorted(given(self))
        return Subject(
            case_no=self.case_no,
            matter=self.plan.title,
            mode=self.plan.mode,
            regime=self.plan.legal_regime,
            applicant=self.filing.applicant,
            materials=tuple(names.get(found, found) for found in there),
            places={place.is_: place.unit for place in self.plan.places.values()},
        )

    @property
    def withdrawing(self) -> bool:
        """Whether the applicant wants out and it is not too late."""
        state = self.state
        wanted = state.withdrawal is not None and not state.point_of_no_return
        return wanted and state.outcome is None

    def may_stop(self) -> bool:
        """Whether a withdrawal may end the walk here, between two steps."""
        return True

    def withdraw(self) -> None:
        """End the work here as withdrawn (撤回): open tasks are closed, nothing is decided."""
        self.conclude("withdrawn")
        for task_id in list(self.state.tasks):
            self.desk.close(task_id)
        self.state.waiting.clear()
        reason = self.state.withdrawal
        text = "主办地已结案, 终止办理" if reason is None else f"申请人撤回申请: {reason}"
        self.note("withdrawal", "withdrawn", text)
        self.changed()

    def move(self, step_id: str, move: str) -> None:
        """Move the case to the stage that the state table gives.

        What parallel branches do moves the case only when they have come together again.

        Raises:
            IllegalMoveError: the table has no such move at this stage.
        """
        if step_id in self._branched:
            return
        stage = after(self.state.stage, move)
        if stage != self.state.stage:
            self.state.stage = stage
            self.changed()

    def conclude(self, outcome: Outcome) -> None:
        """Set how the case ends.

        Raises:
            IllegalMoveError: the case cannot end so at its stage.
        """
        conclude(self.state.stage, outcome)
        self.state.outcome = outcome

    @abstractmethod
    def changed(self) -> None:
        """Stage, tasks or results have changed: what another province wants to know of."""

    @abstractmethod
    def ask(  # noqa: PLR0913, PLR0917 - a question is many words
        self,
        step_id: str,
        step: BaseStep,
        what: str,
        wanted: tuple[str, ...],
        round_: int,
        due: dt.datetime | None,
    ) -> None:
        """Let the applicant know what to bring, and until when; asking again changes nothing."""

    @abstractmethod
    def brought(self, step_id: str, round_: int) -> bool:
        """Whether the applicant has answered what was asked in this round."""

    @abstractmethod
    def ask_no_more(self, step_id: str, round_: int) -> None:
        """Take back what was asked of the applicant: it is too late, or no longer needed."""

    def instantly(self, task: Task, command: AnyCommand) -> str:
        """Take in an act that needs no check, and return the answer to it."""
        raise NotImplementedError(f"{task.id}: {command.act}")

    def awaited(self) -> tuple[Awaiting, ...]:
        """Return who must act now."""
        tasks = tuple(task.awaiting for task in self.state.tasks.values())
        return tasks + tuple(row.awaiting for row in self.state.waiting.values())

    def timeline(self) -> list[TimelineEntry]:
        """Return the timeline in the order of time."""
        return sorted(self.state.timeline, key=lambda entry: entry.at)

    def documents(self) -> list[OfficialDocument]:
        """Return the documents in the order of time."""
        return sorted(self.state.documents, key=lambda document: document.at)

    def view(self) -> CaseView:
        """Return what the `view` query answers."""
        return CaseView(
            case_no=self.case_no,
            matter=self.plan.title,
            mode=self.plan.mode,
            stage=self.state.stage,
            outcome=self.state.outcome,
            closed=self.state.closed,
            home_province=self.docket.home_province,
            handling_province=self.province(self.plan.decided_by),
            places={
                role: province_of(division)
                for role, division in self.docket.divisions.items()
                if role != self.plan.home
            },
            awaiting=self.awaited(),
            timeline=tuple(self.timeline()),
            plan_digest=self.plan.digest,
            waybills=self.state.waybills,
            spent=self.spent(),
            documents=tuple(self.documents()),
            answers=self.state.answers,
        )

    def publish(self) -> None:
        """Bring search attributes and the UI's details up to date, if anything changed."""
        rows = self.awaited()
        self._count(rows)
        self._publisher.publish(self.state.stage, self.state.outcome, rows)

    def _count(self, rows: Sequence[Awaiting]) -> None:
        """Count the time since the last look for whoever owed the next move until now."""
        state = self.state
        state.spent = self.spent()
        state.counted_at = workflow.now()
        state.owing = sorted({_owes(row) for row in rows})

    def spent(self) -> dict[str, float]:
        """Return how long the case has waited for whom; see `CaseView.spent`."""
        state, found = self.state, dict(self.state.spent)
        if state.counted_at is not None:
            passed = (workflow.now() - state.counted_at).total_seconds()
            for who in state.owing:
                found[who] = found.get(who, 0.0) + passed
        return found

    # --- waiting ---------------------------------------------------------------------------------

    @contextmanager
    def waiting_for(  # noqa: PLR0913 - whom a case waits for is many words
        self,
        step_id: str,
        what: str,
        *,
        place: str | None = None,
        unit: str = "",
        until: Deadline | None = None,
        span: str = "",
    ) -> Iterator[Row]:
        """Name who owes the next move while the block runs.

        Args:
            step_id: The step that waits.
            what: For what, Chinese, nothing personal.
            place: Where; this side's place if not given.
            unit: Who; the place's unit if empty.
            until: When it ends by itself, if that is known.
            span: The limit that `until` is the end of.
        """
        where = place or self.place
        row = self.state.waiting.get(step_id)
        if row is None or row.awaiting.what != what:
            step = self.plan.steps.get(step_id)
            wait = self.plan.waits.get(step.wait or "") if step else None
            # Histories of the first engine have no clocks of systems.
            limit = (step.within if step and wait and self.plan.engine > 1 else "") or ""
            due = until.due if until else None
            if due is None and self.plan.engine > 1:
                due = workflow.now() + PATIENCE
            row = Row(
                id=f"{step_id}…",
                step=step_id,
                within=limit,
                late=wait.late if wait else (),
                timed=until is not None,
                awaiting=Awaiting(
                    place=where,
                    province=self.province(where),
                    unit=unit or self.unit(where),
                    role=SYSTEM,
                    what=what,
                    since=workflow.now(),
                    within=span or limit,
                    due=due,
                    provisional=until.provisional if until else False,
                ),
            )
            self.state.waiting[step_id] = row
        try:
            yield row
        finally:
            # A run that continues as new keeps the row: it still waits.
            if not self.renewing:
                self.state.waiting.pop(step_id, None)

    def unclocked(self) -> list[Row]:
        """Return what the system waits for here without a clock of its own.

        What another place has reported on has its clocks there.
        """
        waiting = self.state.waiting.values()
        return [row for row in waiting if not row.timed and row.id not in self.state.clocks]

    async def rest(
        self,
        until: Callable[[], bool],
        seconds: float | None = None,
        summary: str = "",
        *,
        firm: bool = False,
    ) -> bool:
        """Wait for a condition, at most `seconds`; return whether it came true.

        This is the one safe point where a long run continues as new: nothing is in flight here,
        and no other branch has anything in flight either. A `firm` rest goes on through a
        withdrawal and a broken branch, whoever rests sees to it.

        Raises:
            RenewRequestedError: the history has become long.
            WithdrawnError: the applicant has taken the application back.
            BrokenOffError: another branch has failed.
        """
        self.publish()
        timeout = None if seconds is None else timedelta(seconds=seconds)
        # Conditions are looked at outside of any branch: which one this is must be taken along.
        branch = BRANCH.get()
        self.busy -= 1
        try:
            await workflow.wait_condition(
                lambda: until() or self._must_renew() or (self.stopping(branch) and not firm),
                timeout=timeout,
                timeout_summary=summary or None,
            )
        except TimeoutError:
            return False
        finally:
            self.busy += 1
        if until():
            return True
        if not firm:
            self.stop_if_asked()
        self.renewing = True
        raise RenewRequestedError

    def stopping(self, branch: tuple[str, ...]) -> bool:
        """Whether who runs in these branches should leave when it can."""
        return (self.withdrawing and self.may_stop()) or self.broken_off(branch)

    def broken_off(self, branch: tuple[str, ...]) -> bool:
        """Whether one of these branches was broken off because another one failed."""
        return any(region in self.state.broken for region in branch)

    def stop_if_asked(self) -> None:
        """Leave a branch that was broken off, or a case that was withdrawn.

        Raises:
            BrokenOffError: another branch has failed.
            WithdrawnError: the applicant has taken the application back.
        """
        if self.broken_off(BRANCH.get()):
            raise BrokenOffError
        if self.withdrawing and self.may_stop():
            raise WithdrawnError

    def begin_effect(self) -> None:
        """Begin nothing outside any more once another branch waits for the run to be renewed.

        Raises:
            RenewRequestedError: that is so.
        """
        if self.renewing:
            raise RenewRequestedError

    def together(self, one: str, other: str) -> bool:
        """Whether two steps are in the same walk, so that one can lead back to the other."""
        return self._regions[one] == self._regions[other]

    def _must_renew(self) -> bool:
        if self.renewing:
            return True
        if self.busy > 0 or not self.quiet():
            return False
        info = workflow.info()
        long = info.get_current_history_length() >= self.tempo.history_events
        return long or info.is_continue_as_new_suggested()

    def quiet(self) -> bool:
        """Whether nothing is under way beside the walkers that a new run would lose."""
        return self.desk.idle and not self.beside

    def values(self) -> dict[str, Any]:
        """Return what guards may read, by dotted name."""
        found: dict[str, Any] = {"applicant.kind": self.filing.applicant.kind}
        for name, value in self.filing.application.items():
            found[f"application.{name}"] = value
        there = given(self) | waived(self)
        for material in self.plan.materials:
            found[f"materials.{material.id}"] = material.id in there
        for step_id, outputs in self.state.outputs.items():
            for name, value in outputs.items():
                found[f"{step_id}.{name}"] = value
        return found
