"""The desk's rules over any sequence of commands, on plain objects: no server, no workflow."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from temporalio.exceptions import ApplicationError, TemporalError

from compiler.kinds import FieldType
from workflows.contracts import (
    AcceptCommand,
    AnyCommand,
    Awaiting,
    CommandAnswer,
    DecideCommand,
    ReplyCommand,
    ResolveCommand,
)
from workflows.desk import Desk, check_fields, parsed_fields
from workflows.handover import backoff
from workflows.state import Task, WalkState

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)

TASKS = {"accept": ("accept",), "decide": ("decide",), "dispatch!1": ("resolve",)}
"""Task → the acts it takes."""

COMMANDS = {"accept": AcceptCommand, "decide": DecideCommand, "resolve": ResolveCommand}

VERDICTS = {"accept": "refuse", "decide": "reject"}


def opened(task_id: str, rev: int, fields: dict[str, FieldType] | None = None) -> Task:
    """An open task, as `Side.task` makes it."""
    acts = TASKS.get(task_id, ("reply",))
    row = Awaiting(
        place="handling", province="430000", unit="公安机关", role="clerk", what=task_id,
        since=NOON, task=task_id, task_rev=rev, acts=acts,
    )  # fmt: skip
    return Task(id=task_id, step=task_id, rev=rev, acts=acts, awaiting=row, fields=fields or {})


def command_of(act: str, command_id: str, task: str, rev: int) -> AnyCommand:
    """A command of this act."""
    parts: dict[str, Any] = {"command_id": command_id, "task": task, "task_rev": rev, "by": "1"}
    if act in VERDICTS:
        parts["verdict"] = VERDICTS[act]
    return COMMANDS[act](**parts)


def submit(desk: Desk, command: AnyCommand) -> None:
    """Submit a checked command up to its first await: outside a workflow nobody can wait on."""
    with pytest.raises(TemporalError, match="Not in workflow event loop"):
        desk.submit(command).send(None)


def nothing_instant(task: Task, _command: AnyCommand) -> str:
    """No task here is answered without the main loop."""
    raise AssertionError(task.id)


class Desks(RuleBasedStateMachine):
    """Anybody sends anything; the main loop opens tasks, carries commands out or refuses them."""

    def __init__(self) -> None:
        super().__init__()
        self.state = WalkState()
        self.desk = Desk(self.state, nothing_instant)
        self.claims: dict[tuple[str, int], str] = {}
        self.waiting: dict[str, AnyCommand] = {}
        self.answers: dict[str, CommandAnswer] = {}

    @rule(task_id=st.sampled_from(sorted(TASKS)))
    def open_task(self, task_id: str) -> None:
        """A step opens its task, perhaps once more."""
        if task_id not in self.state.tasks:
            rev = self.state.revs.get(task_id, 0) + 1
            self.state.tasks[task_id] = opened(task_id, rev)

    @rule(
        act=st.sampled_from(sorted(COMMANDS)),
        task_id=st.sampled_from(sorted(TASKS)),
        off=st.sampled_from([-1, 0, 0, 0, 1]),
        command_id=st.sampled_from("abcdefghij"),
    )
    def send(self, act: str, task_id: str, off: int, command_id: str) -> None:
        """A command comes: it is known, refused with the state as it was, or the task is its."""
        task = self.state.tasks.get(task_id)
        rev = (task.rev if task else 1) + off
        command = command_of(act, command_id, task_id, rev)
        before = self.state.model_dump()
        known = command_id in self.waiting or command_id in self.answers
        fits = task is not None and not task.claimed and task.rev == rev and act in task.acts
        if not known and not fits:
            with pytest.raises(ApplicationError) as refusal:
                self.desk.check(command)
            assert refusal.value.type in ("UnknownTask", "StaleTask", "WrongAct")
            assert self.state.model_dump() == before
            return
        self.desk.check(command)
        submit(self.desk, command)
        if known:
            assert self.state.model_dump() == before
            return
        assert (task_id, rev) not in self.claims
        self.claims[task_id, rev] = command_id
        self.waiting[command_id] = command
        assert not self.desk.idle

    @precondition(lambda self: self.waiting)
    @rule(done=st.booleans(), data=st.data())
    def act(self, *, done: bool, data: st.DataObject) -> None:
        """The main loop takes a claimed command and answers it."""
        wanted = self.waiting[data.draw(st.sampled_from(sorted(self.waiting)))]
        assert self.desk.has(wanted.task)
        command = self.desk.take(wanted.task)
        assert command == wanted
        if done:
            self.desk.done(command, "done", "1号")
            assert command.task not in self.state.tasks
        else:
            self.desk.refused(command, "岗位不符")
            task = self.state.tasks[command.task]
            assert (task.claimed, task.rev) == (False, command.task_rev + 1)
            assert task.awaiting.task_rev == task.rev
        del self.waiting[command.command_id]
        self.answers[command.command_id] = self.state.answers[command.command_id]
        assert self.answers[command.command_id].done is done

    @precondition(lambda self: not self.waiting)
    @rule()
    def renew(self) -> None:
        """Continue-as-new, which an idle desk allows: only the state goes on."""
        assert self.desk.idle
        self.state = WalkState.model_validate_json(self.state.model_dump_json())
        self.desk = Desk(self.state, nothing_instant)

    @invariant()
    def first_answers_stand(self) -> None:
        """No answer is ever changed, and none is there without a command."""
        assert self.state.answers == self.answers

    @invariant()
    def only_claimed_tasks_are_closed_to_others(self) -> None:
        """A task is claimed exactly while a command for it waits."""
        claimed = {task.id for task in self.state.tasks.values() if task.claimed}
        assert claimed == {command.task for command in self.waiting.values()}


TestDesks = Desks.TestCase
TestDesks.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)


FIELDS: dict[str, FieldType] = {"amount": "money", "months": "integer"}


@given(
    given_names=st.sets(st.sampled_from(["amount", "months", "name", "Amount"])),
    yuan=st.integers(0, 10**9),
    fen=st.integers(0, 99),
)
def test_a_letter_is_taken_with_exactly_its_fields(
    given_names: set[str], yuan: int, fen: int
) -> None:
    """Money becomes 分; whatever is missing or too much, the refusal names the wanted fields."""
    values = {"amount": f"{yuan}.{fen:02}", "months": "96", "name": "x", "Amount": "1"}
    reply = ReplyCommand(
        command_id="1", task="letter", task_rev=1, by="430000-clerk",
        fields={name: values[name] for name in given_names},
    )  # fmt: skip
    letter = opened("letter", 1, FIELDS)
    if given_names == set(FIELDS):
        check_fields(letter, reply)
        assert parsed_fields(letter, reply) == {"amount": yuan * 100 + fen, "months": 96}
    else:
        with pytest.raises(ApplicationError) as refusal:
            check_fields(letter, reply)
        assert refusal.value.message == (
            "the reply's fields must be: amount (money), months (integer)"
        )
        assert refusal.value.type == "BadField"


@given(
    first=st.floats(0.1, 60),
    longest=st.floats(60, 86400),
    attempts=st.lists(st.integers(1, 10**6), min_size=2, max_size=10),
)
def test_pauses_between_calls_grow_and_stay_bounded(
    first: float, longest: float, attempts: list[int]
) -> None:
    """From the first pause, never shorter than before, never longer than the longest."""
    assert backoff(1, first, longest) == first
    pauses = [backoff(attempt, first, longest) for attempt in sorted(attempts)]
    assert pauses == sorted(pauses)
    assert all(first <= pause <= longest for pause in pauses)
    assert backoff(10**6, first, longest) == longest
