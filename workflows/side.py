"""A side: one workflow's view of a case, at home or at a handling place, as the steps use it.

Steps are written against `Side` and know neither workflow. Everything that a step does outside
itself goes through here, which gives three promises to all of them at once: an effect that is done
is never done again (also after continue-as-new), every wait names who owes what, and every note
stands in the timeline once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow

from compiler.applicant import MaterialRef
from compiler.kinds import BaseStep, FieldType
from compiler.plan import ENGINE, Plan
from workflows.clocks import watch, worst
from workflows.contracts import (
    RECORD_ACT,
    ActivityRef,
    ActRecord,
    ActRequest,
    AnyCommand,
    Awaiting,
    CaseView,
    Deadline,
    Filing,
    Stage,
    Tempo,
    TimelineEntry,
)
from workflows.desk import Desk
from workflows.effects import EffectFailedError, attempt
from workflows.materials import given, waived
from workflows.search import AWAITING, CASE_STAGE, DUE_AT, LIGHT, OUTCOME
from workflows.state import Task, WalkState

I = TypeVar("I", bound=BaseModel)  # noqa: E741
O = TypeVar("O", bound=BaseModel)  # noqa: E741

SYSTEM = "system"
"""Role in `awaiting` where no person owes the next move, but a service, a carrier or a province."""


class RenewRequestedError(Exception):
    """Raised at a rest when the history is long: the main method continues as new."""


class WithdrawnError(Exception):
    """Raised at a rest or between steps when the applicant has taken the application back."""


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

    def __init__(self, docket: Docket, state: WalkState) -> None:
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
        self.desk = Desk(state)
        self._renewing = False
        self._published: tuple[object, ...] = ()

    # --- where ---------------------------------------------------------------------------------

    def province(self, place: str) -> str:
        """Return the province's code of a place role."""
        return province_of(self.docket.divisions[place])

    def unit(self, place: str) -> str:
        """Return the name of the unit that acts at a place."""
        return self.plan.places[place].unit

    def key(self, step_id: str, name: str) -> str:
        """Return the idempotency key of an outside effect: the same for every retry of it."""
        return f"{self.case_no}/{self.place}/{step_id}/{name}"

    # --- what is told ----------------------------------------------------------------------------

    def note(
        self, step_id: str, event: str, text: str, *, by: str = "", document_no: str = ""
    ) -> None:
        """Write one entry of the timeline; the same step and event is never written twice."""
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
        self.state.outcome = "withdrawn"
        for task_id in list(self.state.tasks):
            self.desk.close(task_id)
        self.state.waiting.clear()
        reason = self.state.withdrawal
        text = "主办地已结案, 终止办理" if reason is None else f"申请人撤回申请: {reason}"
        self.note("withdrawal", "withdrawn", text)
        self.changed()

    def enter(self, stage: Stage) -> None:
        """Move the case to a stage."""
        if self.state.stage != stage:
            self.state.stage = stage
            self.changed()

    @abstractmethod
    def changed(self) -> None:
        """Stage, tasks or results have changed: what another province wants to know of."""

    @abstractmethod
    async def correction(
        self, step_id: str, step: BaseStep, wanted: tuple[str, ...], round_: int
    ) -> tuple[MaterialRef, ...]:
        """Ask the applicant for what is wanted (补正, told once) and return what was brought."""

    def awaited(self) -> tuple[Awaiting, ...]:
        """Return who must act now."""
        tasks = tuple(task.awaiting for task in self.state.tasks.values())
        return tasks + tuple(self.state.waiting.values())

    def timeline(self) -> list[TimelineEntry]:
        """Return the timeline in the order of time."""
        return sorted(self.state.timeline, key=lambda entry: entry.at)

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
            answers=self.state.answers,
        )

    def publish(self) -> None:
        """Bring search attributes and the UI's details up to date, if anything changed."""
        rows = self.awaited()
        waiting = "\n".join(f"- **{r.unit}** ({r.province}) · {r.role} · {r.what}" for r in rows)
        workflow.set_current_details(
            f"**{self.plan.title}** {self.case_no}\n\n{self.state.stage}\n\n{waiting}"
        )
        keywords = sorted({w for r in rows for w in _keywords(r)})
        light = worst([row.light for row in rows])
        due = min((row.due for row in rows if row.due), default=None)
        now = (self.state.stage, self.state.outcome or "", tuple(keywords), light, due)
        if now == self._published:
            return
        self._published = now
        workflow.upsert_search_attributes(
            [
                CASE_STAGE.value_set(self.state.stage),
                OUTCOME.value_set(self.state.outcome or ""),
                AWAITING.value_set(keywords),
                LIGHT.value_set(light),
                DUE_AT.value_unset() if due is None else DUE_AT.value_set(due),
            ]
        )

    # --- waiting ---------------------------------------------------------------------------------

    @contextmanager
    def waiting_for(
        self,
        step_id: str,
        what: str,
        *,
        place: str | None = None,
        unit: str = "",
        until: Deadline | None = None,
    ) -> Iterator[None]:
        """Name who owes the next move while the block runs, and until when if that is set."""
        where = place or self.place
        row = self.state.waiting.get(step_id)
        if row is None or row.what != what:
            row = Awaiting(
                place=where,
                province=self.province(where),
                unit=unit or self.unit(where),
                role=SYSTEM,
                what=what,
                since=workflow.now(),
                due=until.due if until else None,
                provisional=until.provisional if until else False,
            )
            self.state.waiting[step_id] = row
        try:
            yield
        finally:
            # A run that continues as new keeps the row: it still waits.
            if not self._renewing:
                self.state.waiting.pop(step_id, None)

    async def rest(
        self,
        until: Callable[[], bool],
        seconds: float | None = None,
        summary: str = "",
        *,
        firm: bool = False,
    ) -> bool:
        """Wait for a condition, at most `seconds`; return whether it came true.

        This is the one safe point where a long run continues as new: nothing is in flight here.
        A `firm` rest goes on through a withdrawal, whoever rests sees to it.

        Raises:
            RenewRequestedError: the history has become long.
            WithdrawnError: the applicant has taken the application back.
        """
        self.publish()
        timeout = None if seconds is None else timedelta(seconds=seconds)
        try:
            await workflow.wait_condition(
                lambda: until() or self._must_renew() or (self.withdrawing and not firm),
                timeout=timeout,
                timeout_summary=summary or None,
            )
        except TimeoutError:
            return False
        if until():
            return True
        if self.withdrawing and not firm:
            raise WithdrawnError
        self._renewing = True
        raise RenewRequestedError

    def _must_renew(self) -> bool:
        info = workflow.info()
        long = info.get_current_history_length() >= self.tempo.history_events
        return (long or info.is_continue_as_new_suggested()) and self.desk.idle

    # --- doing -----------------------------------------------------------------------------------

    async def effect(  # noqa: PLR0913 - one call says everything about one effect
        self,
        step_id: str,
        step: BaseStep,
        name: str,
        ref: ActivityRef[I, O],
        make: Callable[[str], I],
        *,
        summary: str,
    ) -> O:
        """Do one outside effect of a step, once, and return its result.

        Args:
            step_id: The step.
            step: Its parameters; `retry` bounds and paces the attempts, which never end.
            name: The effect's name within the step; a result under this name is reused.
            ref: The activity.
            make: Makes the activity's input from the idempotency key.
            summary: Chinese line for the Temporal UI; never personal data.

        An outside refusal (4xx) is not retried: it becomes an officer's task, and when that is
        seen to the effect is asked for anew, under a new key.
        """
        memo = self.state.memo.setdefault(step_id, {})
        if name in memo:
            return ref.gives.model_validate(memo[name])
        while True:
            round_ = memo.get(f"{name}#", 1)
            key = self.key(step_id, name if round_ == 1 else f"{name}/{round_}")
            try:
                return await attempt(self, step_id, step, name, ref, make(key), summary=summary)
            except EffectFailedError as error:
                await self.trouble(step_id, step, f"{summary}: {error}")
                memo[f"{name}#"] = round_ + 1

    async def perform(
        self, step: BaseStep, task: Task, *, lapses: bool = False
    ) -> tuple[AnyCommand, ActRecord]:
        """Wait for an officer's command on a task until one is allowed; return it on record.

        The officer's unit, role and division are checked by the approval activity. Who may not act
        is told so, and the task is open again. Meanwhile the task's ladder is climbed.

        Raises:
            LimitPassedError: `lapses` is set and nobody acted within the limit.
        """
        role = task.awaiting.role
        while True:
            self.state.tasks.setdefault(task.id, task)
            await watch(self, step, task, lambda: self.desk.has(task.id), lapses=lapses)
            command = self.desk.take(task.id)
            verdict = str(getattr(command, "verdict", "") or command.act)
            record: ActRecord = await workflow.execute_activity(
                RECORD_ACT.name,
                ActRequest(
                    key=self.key(task.id, f"{command.act}.{verdict}"),
                    act=verdict,
                    officer=command.by,
                    role=role,
                    unit=self.unit(self.place),
                    division=self.docket.divisions[self.place],
                    case_no=self.case_no,
                    reason=command.reason,
                ),
                result_type=ActRecord,
                start_to_close_timeout=timedelta(seconds=step.retry.attempt),
                summary=f"{step.label}: 核对经办人员权限并登记",
            )
            if record.allowed:
                return command, record
            self.refused(command, record.refusal)

    def refused(self, command: AnyCommand, message: str) -> None:
        """Tell a sender no; the task is open again, and everybody may see its new revision."""
        self.desk.refused(command, message)
        self.changed()

    def task(  # noqa: PLR0913 - a task is many words
        self,
        step_id: str,
        step: BaseStep,
        *,
        acts: tuple[str, ...],
        role: str,
        what: str,
        fields: dict[str, FieldType] | None = None,
        suffix: str = "",
    ) -> Task:
        """Return the step's open task, opening it if there is none."""
        task_id = step_id + suffix
        known = self.state.tasks.get(task_id)
        if known is not None:
            return known
        rev = self.state.revs.get(task_id, 0) + 1
        task = Task(
            id=task_id,
            step=step_id,
            suffix=suffix,
            rev=rev,
            acts=acts,
            fields=fields or {},
            awaiting=Awaiting(
                place=self.place,
                province=self.province(self.place),
                unit=self.unit(self.place),
                role=role,
                what=what,
                since=workflow.now(),
                within=step.within or "",
                task=task_id,
                task_rev=rev,
                acts=acts,
                fields=dict(fields or {}),
            ),
        )
        self.state.tasks[task_id] = task
        self.changed()
        return task

    async def trouble(self, step_id: str, step: BaseStep, what: str) -> None:
        """Make a trouble somebody's task (经办岗) and wait until it is seen to."""
        memo = self.state.memo.setdefault(step_id, {})
        count = memo.get("trouble#", 0) + 1
        task = self.task(
            step_id, step, acts=("resolve",), role="clerk", what=what, suffix=f"!{count}"
        )
        self.note(step_id, f"trouble-{count}", what)
        command, record = await self.perform(step, task)
        memo["trouble#"] = count
        self.note(
            step_id, f"resolved-{count}", f"已处置: {command.reason or what}", by=command.by,
            document_no=record.document_no,
        )  # fmt: skip
        self.desk.done(command, "resolved", record.document_no)

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


def _keywords(row: Awaiting) -> tuple[str, str, str]:
    return f"place:{row.province}", f"unit:{row.unit}", f"role:{row.role}"
