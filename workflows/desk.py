"""The desk: where people's commands reach a workflow.

An update is checked and *claimed* before any await: the task's revision goes up and the command is
queued in the same moment, so of two contradictory decisions in one workflow task the second already
meets a newer revision. The main loop then acts and answers; the update only waits for that answer.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from compiler.fields import FieldValueError, parse
from workflows.contracts import AnyCommand, CommandAnswer, ReplyCommand, WithdrawCommand
from workflows.state import Task, WalkState


def refuse(kind: str, text: str) -> ApplicationError:
    """Return the refusal of a command as the error that its sender gets."""
    return ApplicationError(text, type=kind, non_retryable=True)


class Desk:
    """Takes commands in, hands them to the step that owns the task, keeps every answer."""

    def __init__(self, state: WalkState, instantly: Callable[[Task, AnyCommand], str]) -> None:
        self._state = state
        self._instantly = instantly
        self._queue: deque[AnyCommand] = deque()
        self._claimed: set[str] = set()
        self._in_flight = 0

    @property
    def idle(self) -> bool:
        """Whether no update is on its way: only then may the run end or continue as new."""
        return self._in_flight == 0 and not self._queue

    def check(self, command: AnyCommand) -> None:
        """Refuse a command that cannot be done; a refused one leaves nothing in the history.

        Raises:
            ApplicationError: `StaleTask`, `UnknownTask`, `WrongAct`, `BadField` or `TooLate`.
        """
        if command.command_id in self._state.answers or command.command_id in self._claimed:
            return
        check = WORDS.get(command.act)
        if check is not None:
            check(self._state)
            return
        task = self._state.tasks.get(command.task)
        if task is None:
            open_tasks = "、".join(sorted(self._state.tasks)) or "none"
            raise refuse("UnknownTask", f"task {command.task} is not open (open: {open_tasks})")
        if task.claimed or task.rev != command.task_rev:
            raise refuse(
                "StaleTask",
                f"task {command.task} has moved on: it is at revision {task.rev}, the command "
                f"names {command.task_rev}; look at the case again",
            )
        if command.act not in (*task.acts, *task.operations):
            raise refuse(
                "WrongAct",
                f"task {command.task} takes {'/'.join(task.acts)}, not {command.act}",
            )
        if isinstance(command, ReplyCommand) and not command.refuse:
            check_fields(task, command)

    async def submit(self, command: AnyCommand) -> CommandAnswer:
        """Claim the task and wait for the answer; the same id always gets the first answer."""
        known = command.command_id
        if command.act in WORDS and known not in self._state.answers:
            # Recorded and answered at once; what comes of it may take a province's absence.
            self._answer(command, done=True, message=_taken_down(self._state, command))
        elif known not in self._state.answers and known not in self._claimed:
            # Claimed here, before the first await: see the module's docstring.
            task = self._state.tasks[command.task]
            task.rev += 1
            if task.instant:
                self.done(command, self._instantly(task, command))
            else:
                task.claimed = True
                self._claimed.add(known)
                self._queue.append(command)
        with self.busy():
            await workflow.wait_condition(lambda: known in self._state.answers)
        return self._state.answers[known]

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Hold the run open while an update does something of its own."""
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def said(
        self, command: AnyCommand, *, done: bool, message: str, count: int = 0
    ) -> CommandAnswer:
        """Keep the answer to a command that names no task, and return it."""
        answer = CommandAnswer(
            command_id=command.command_id, done=done, message=message, count=count
        )
        self._state.answers[command.command_id] = answer
        return answer

    def has(self, task: str) -> bool:
        """Whether a claimed command waits for this task."""
        return any(command.task == task for command in self._queue)

    def take(self, task: str) -> AnyCommand:
        """Take the claimed command of this task out of the queue."""
        for command in self._queue:
            if command.task == task:
                self._queue.remove(command)
                return command
        raise LookupError(task)

    def done(
        self, command: AnyCommand, message: str, document_no: str = "", *, keep_clock: bool = False
    ) -> None:
        """Answer a command that was carried out, and close its task."""
        self._answer(command, done=True, message=message, document_no=document_no)
        self.close(command.task, keep_clock=keep_clock)

    def reopened(self, command: AnyCommand, message: str, document_no: str = "") -> None:
        """Answer an operation that was carried out; its task is open as before."""
        self._answer(command, done=True, message=message, document_no=document_no)
        self._open(command)

    def close(self, task_id: str, *, keep_clock: bool = False) -> None:
        """Close a task; one opened again under its id goes on with its revisions.

        Its clock may run on meanwhile: a case that was sent back (退回) gains no time by that.
        """
        task = self._state.tasks.pop(task_id, None)
        if not keep_clock:
            self._state.clocks.pop(task_id, None)
        if task is not None:
            self._state.revs[task.id] = task.rev

    def refused(self, command: AnyCommand, message: str) -> None:
        """Answer a command that may not be done, and open its task again."""
        self._answer(command, done=False, message=message)
        self._open(command)

    def _open(self, command: AnyCommand) -> None:
        task = self._state.tasks.get(command.task)
        if task is not None:
            task.claimed = False
            task.awaiting = task.awaiting.model_copy(update={"task_rev": task.rev})

    def _answer(
        self, command: AnyCommand, *, done: bool, message: str, document_no: str = ""
    ) -> None:
        self._claimed.discard(command.command_id)
        self._state.answers[command.command_id] = CommandAnswer(
            command_id=command.command_id, done=done, message=message, document_no=document_no
        )


def check_withdrawal(state: WalkState) -> None:
    """Refuse a withdrawal (撤回) that comes too late."""
    if state.closed or state.outcome is not None:
        raise refuse("TooLate", f"the case is already decided or over ({state.outcome})")
    if state.point_of_no_return:
        raise refuse(
            "TooLate", f"{state.point_of_no_return} has begun: from there nothing can be taken back"
        )


def check_urging(state: WalkState) -> None:
    """Refuse an urging (催办) of a case that is over, or a second one within a day."""
    if state.closed:
        raise refuse("TooLate", f"the case is over ({state.outcome})")
    if state.urged_at is not None and workflow.now() - state.urged_at < URGE_AGAIN:
        raise refuse("TooOften", "the case was urged within the last day (每日限催办一次)")


URGE_AGAIN = dt.timedelta(days=1)

WORDS: dict[str, Callable[[WalkState], None]] = {
    "withdraw": check_withdrawal,
    "urge": check_urging,
}
"""Commands that name no task, and what refuses them."""


def _taken_down(state: WalkState, command: AnyCommand) -> str:
    """Record a word that names no task; return the answer to it."""
    if isinstance(command, WithdrawCommand):
        state.withdrawal = command.reason
        return "撤回申请已收到"
    state.urged += 1
    state.urged_at = workflow.now()
    return "催办已收到"


def check_fields(task: Task, command: ReplyCommand) -> None:
    """Refuse a reply whose fields are not exactly those that the letter asks for."""
    missing = sorted(set(task.fields) - set(command.fields))
    unknown = sorted(set(command.fields) - set(task.fields))
    if missing or unknown:
        wanted = ", ".join(f"{name} ({kind})" for name, kind in task.fields.items()) or "none"
        raise refuse("BadField", f"the reply's fields must be: {wanted}")
    for name, kind in task.fields.items():
        try:
            parse(kind, command.fields[name])
        except FieldValueError as error:
            raise refuse("BadField", f"field {name}: {error}") from error


def parsed_fields(task: Task, command: ReplyCommand) -> dict[str, str | int | bool]:
    """Return the reply's fields as guards see them (money in 分)."""
    return {name: parse(kind, command.fields[name]) for name, kind in task.fields.items()}
