"""An office: what a unit has to do for a case besides its Plan (评价, 整改, 信用记录).

One task after the other, each with an owner, a due time and the ladder that is climbed while nobody
acts, and every act checked and put on record as in a case. It has no Plan to walk and no other
place to report to, which is what `Side` is for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

from workflows.clocks import LADDER, LIGHTS, TEXTS, LimitPassedError
from workflows.contracts import (
    DEADLINE,
    RECORD_ACT,
    ActRecord,
    ActRequest,
    AnyCommand,
    Awaiting,
    CommandAnswer,
    Deadline,
    DeadlineRequest,
    RecomputeCommand,
    Responsible,
    Subject,
    TimelineEntry,
)
from workflows.desk import WORDS, Desk, refuse
from workflows.publishing import worst
from workflows.search import AWAITING, DUE_AT, LIGHT
from workflows.state import Clock, Task, WalkState

APPLICANT = "applicant"

ACT_ATTEMPT = timedelta(seconds=20)
"""How long one attempt at checking and numbering an act may take, as in a step's `retry`."""


def _never(task: Task, command: AnyCommand) -> str:
    raise NotImplementedError(f"{task.id}: {command.act}")


def _free(_command: AnyCommand) -> str:
    return ""


def _undocumented(_command: AnyCommand) -> tuple[Subject | None, dict[str, str]]:
    return None, {}


class Office:
    """The tasks of one unit in one workflow.

    Args:
        responsible: The unit, and the case that it is about.
        root: The workflow's id: idempotency keys begin with it.
        step: The step of the case that this comes from; stands in the timeline.
        state: Where tasks, clocks, answers and the timeline are kept.
        instantly: Takes in an act that needs no officer's check; returns the answer to it.
    """

    def __init__(
        self,
        responsible: Responsible,
        root: str,
        step: str,
        state: WalkState,
        instantly: Callable[[Task, AnyCommand], str] = _never,
    ) -> None:
        self.responsible = responsible
        self.state = state
        self.desk = Desk(state, instantly)
        self.failed = False
        """Set when it ended badly: the light stays red."""
        self._root = root
        self._step = step
        self._published: tuple[object, ...] = ()

    # --- what people send ------------------------------------------------------------------------

    def check(self, command: AnyCommand) -> None:
        """Refuse at once what cannot be done.

        Raises:
            ApplicationError: see `Desk.check`; `WrongPlace` for words that go to the case.
        """
        if command.act in WORDS:
            raise refuse("WrongPlace", "撤回 and 催办 go to the case")
        if not isinstance(command, RecomputeCommand):
            self.desk.check(command)

    async def act(self, command: AnyCommand) -> CommandAnswer:
        """Carry a command out and answer it; the same id always gets the first answer."""
        if isinstance(command, RecomputeCommand) and command.command_id not in self.state.answers:
            return await self._recompute(command)
        return await self.desk.submit(command)

    # --- what is told ----------------------------------------------------------------------------

    def note(self, event: str, text: str, *, by: str = "", document_no: str = "") -> None:
        """Write one entry of the timeline; the same event is never written twice."""
        if any(entry.event == event for entry in self.state.timeline):
            return
        who = self.responsible
        self.state.timeline.append(
            TimelineEntry(
                at=workflow.now(),
                place=who.place,
                province=who.province,
                unit=who.unit,
                step=self._step,
                event=event,
                text=text,
                by=by,
                document_no=document_no,
            )
        )

    def awaited(self) -> tuple[Awaiting, ...]:
        """Return who must act now."""
        return tuple(task.awaiting for task in self.state.tasks.values())

    def publish(self) -> None:
        """Bring search attributes and the UI's details up to date, if anything changed.

        An applicant who may rate owes nothing: nobody's list of work shows that.
        """
        rows = self.awaited()
        waiting = "\n".join(f"- **{r.unit}** ({r.province}) · {r.role} · {r.what}" for r in rows)
        who = self.responsible
        workflow.set_current_details(f"**{who.matter}** {who.case_no}\n\n{waiting}")
        owed = [row for row in rows if row.role != APPLICANT]
        words = {
            word
            for row in owed
            for word in (f"place:{row.province}", f"unit:{row.unit}", f"role:{row.role}")
        }
        light = "red" if self.failed else worst([row.light for row in owed])
        due = min((row.due for row in rows if row.due), default=None)
        now = (tuple(sorted(words)), light, due)
        if now == self._published:
            return
        self._published = now
        workflow.upsert_search_attributes(
            [
                AWAITING.value_set(sorted(words)),
                LIGHT.value_set(light),
                DUE_AT.value_unset() if due is None else DUE_AT.value_set(due),
            ]
        )

    # --- tasks -----------------------------------------------------------------------------------

    def open(  # noqa: PLR0913 - a task is many words
        self,
        task_id: str,
        *,
        acts: tuple[str, ...],
        role: str,
        what: str,
        within: str,
        late: tuple[str, ...] = LADDER,
    ) -> Task:
        """Open a task of the unit; what the applicant does needs no officer's check.

        Args:
            task_id: Its id within the workflow.
            acts: What ends it.
            role: Who may act.
            what: What is to be done, Chinese, nothing personal.
            within: Its limit.
            late: The ladder that is climbed while it is open.
        """
        who = self.responsible
        task = Task(
            id=task_id,
            step=self._step,
            acts=acts,
            instant=role == APPLICANT,
            within=within,
            late=late,
            awaiting=Awaiting(
                place=who.place,
                province=who.province,
                unit=who.unit,
                role=role,
                what=what,
                since=workflow.now(),
                within=within,
                task=task_id,
                task_rev=1,
                acts=acts,
            ),
        )
        self.state.tasks[task_id] = task
        return task

    async def perform(
        self,
        task: Task,
        barred: Callable[[AnyCommand], str] = _free,
        documented: Callable[[AnyCommand], tuple[Subject | None, dict[str, str]]] = _undocumented,
    ) -> tuple[AnyCommand, ActRecord]:
        """Wait for an officer's act on a task until one is allowed; return it on record.

        Args:
            task: The task.
            barred: Returns why a command cannot be carried out; empty when it can.
            documented: Returns what the act's document is about and what it says; no subject, no
                document.
        """
        while True:
            await self.watch(task, lambda: self.desk.has(task.id))
            command = self.desk.take(task.id)
            refusal = barred(command)
            if not refusal:
                subject, facts = documented(command)
                record = await self.record(
                    command, task.awaiting.role, name=task.id, subject=subject, facts=facts
                )
                if record.allowed:
                    return command, record
                refusal = record.refusal
            self.desk.refused(command, refusal)

    async def record(
        self,
        command: AnyCommand,
        role: str,
        *,
        name: str,
        subject: Subject | None = None,
        facts: dict[str, str] | None = None,
    ) -> ActRecord:
        """Have an act checked against officer, unit, role and division, and numbered.

        Args:
            command: The act.
            role: The role that it needs.
            name: What its idempotency key is called within the workflow.
            subject: Set when the act issues a document: what that is about.
            facts: What the document says.
        """
        act = str(getattr(command, "verdict", "") or command.act)
        record: ActRecord = await workflow.execute_activity(
            RECORD_ACT.name,
            ActRequest(
                key=f"{self._root}/{name}/{act}",
                act=act,
                officer=command.by,
                role=role,
                unit=self.responsible.unit,
                division=self.responsible.division,
                case_no=self.responsible.case_no,
                reason=command.reason,
                step=self._step,
                subject=subject,
                facts=facts or {},
            ),
            result_type=ActRecord,
            start_to_close_timeout=ACT_ATTEMPT,
            summary="核对经办人员权限并登记",
        )
        return record

    def done(self, command: AnyCommand, record: ActRecord, event: str, text: str) -> None:
        """Note an act that is on record, answer it and close its task."""
        self.note(event, text, by=command.by, document_no=record.document_no)
        self.desk.done(command, text, record.document_no)

    # --- clocks ----------------------------------------------------------------------------------

    async def watch(self, task: Task, until: Callable[[], bool], *, lapses: bool = False) -> None:
        """Rest until something has happened, climbing the task's ladder meanwhile.

        Raises:
            LimitPassedError: `lapses` is set and the limit has passed.
        """
        clock = await self._wound(task)
        while not until():
            self.publish()
            turn = clock.turn
            pending = clock.deadline.rungs[clock.climbed :]
            at = pending[0].at if pending else clock.deadline.due if lapses else None
            moved = lambda: until() or clock.turn != turn  # noqa: B023,E731
            if at is None:
                await workflow.wait_condition(moved)
                continue
            # Never zero: a timer of no time is another command than a timer.
            seconds = max((at - workflow.now()).total_seconds(), 0.001)
            try:
                await workflow.wait_condition(
                    moved, timeout=timedelta(seconds=seconds), timeout_summary="时限"
                )
            except TimeoutError:
                if pending:
                    clock.climbed += 1
                    self._climb(task, pending[0].name)
                elif not until():
                    raise LimitPassedError from None
        self.publish()

    async def _wound(self, task: Task) -> Clock:
        clock = self.state.clocks.get(task.id)
        if clock is None:
            asked = DeadlineRequest(
                start=workflow.now(),
                limit=task.within,
                province=self.responsible.province,
                rungs=task.late,
            )
            clock = Clock(deadline=await _deadline(asked), request=asked)
            self.state.clocks[task.id] = clock
            _show(task, clock)
        return clock

    def _climb(self, task: Task, rung: str) -> None:
        text = TEXTS[rung].format(unit=self.responsible.unit)
        self.note(f"{rung}-{task.id}", f"{task.awaiting.what}: {text}")
        if rung in LIGHTS:
            task.awaiting = task.awaiting.model_copy(update={"light": LIGHTS[rung]})

    async def _recompute(self, command: RecomputeCommand) -> CommandAnswer:
        """Compute the due dates anew that another calendar, or none yet, stood behind."""
        moved = 0
        stale = ""
        with self.desk.busy():
            for task_id, clock in list(self.state.clocks.items()):
                old, asked = clock.deadline, clock.request
                if asked is None or (old.calendar == command.calendar and not old.provisional):
                    continue
                clock.deadline = await _deadline(asked)
                clock.climbed = sum(rung.at <= workflow.now() for rung in clock.deadline.rungs)
                clock.turn += 1
                moved += clock.deadline.due != old.due
                if clock.deadline.calendar != command.calendar:
                    stale = clock.deadline.calendar
                if task_id in self.state.tasks:
                    _show(self.state.tasks[task_id], clock)
        self.publish()
        text = f"the worker computes with calendar {stale}: deploy {command.calendar} first"
        return self.desk.said(
            command,
            done=not stale,
            message=text if stale else f"{moved} due dates moved",
            count=moved,
        )


async def _deadline(asked: DeadlineRequest) -> Deadline:
    found: Deadline = await workflow.execute_local_activity(
        DEADLINE.name, asked, result_type=Deadline, start_to_close_timeout=timedelta(seconds=1)
    )
    return found


def _show(task: Task, clock: Clock) -> None:
    """Say in `awaiting` when a task is due and how late it is."""
    climbed = [LIGHTS.get(rung.name) for rung in clock.deadline.rungs[: clock.climbed]]
    task.awaiting = task.awaiting.model_copy(
        update={
            "due": clock.deadline.due,
            "provisional": clock.deadline.provisional,
            "light": next((light for light in reversed(climbed) if light), "green"),
        }
    )
