"""What is checked while a case rests, and what becomes of a driver that dies."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pytest
from plans import Shelf

from errors import UnreachableError
from simulation.drivers import simulate
from simulation.people import at_rest, plain
from simulation.runs import Spec
from workflows.contracts import Awaiting
from workflows.desk import Desk
from workflows.state import Task, WalkState

NOW = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)

ROW = Awaiting(
    place="handling", province="430000", unit="公安机关", role="acceptor", what="受理", since=NOW
)


@dataclass
class Bench:
    """A place where people act, with a state that a test sets."""

    state: WalkState = field(default_factory=WalkState)

    @property
    def desk(self) -> Desk:
        return Desk(self.state, lambda task, command: f"{task.id} {command.act}")

    def awaited(self) -> tuple[Awaiting, ...]:
        return tuple(task.awaiting for task in self.state.tasks.values())


def bench(within: str = "", **changes: object) -> Bench:
    """Return a bench with one open task."""
    row = ROW.model_copy(update=changes)
    task = Task(id="accept", step="accept", acts=("accept",), within=within, awaiting=row)
    return Bench(WalkState(tasks={"accept": task}))


def test_a_case_at_rest_waits_for_somebody_and_says_everything() -> None:
    """Nobody, a row without its unit, a limit without its due time: each is told."""
    assert at_rest(Bench()) == ["nobody is waited for at stage received"]
    assert at_rest(Bench(WalkState(closed=True))) == []
    assert at_rest(bench()) == []
    assert at_rest(bench(unit="", what="")) == [
        "awaiting says not unit: ",
        "awaiting says not what: ",
    ]
    assert at_rest(bench("5 workdays")) == ["task accept has a limit and no due time"]
    assert at_rest(bench("5 workdays", due=NOW)) == []


def test_an_event_is_known_without_its_number_and_visit() -> None:
    """`lost-2` is a loss, `reviewed-1@2` an opinion."""
    assert [plain(event) for event in ("lost-2", "reviewed-1@2", "absent@2", "red-accept-1")] == [
        "lost", "reviewed", "absent", "red",
    ]  # fmt: skip


async def test_a_driver_that_dies_is_begun_again_and_then_an_error(shelf: Shelf) -> None:
    """The last line of its log says why."""
    case = shelf.spec(shelf.plan("2021-02", "online"), "approved").case
    rows = simulate([Spec(path="no_such_path", case=case)])
    with pytest.raises(UnreachableError, match=r"driver died \(KeyError: 'no_such_path'\)"):
        await anext(rows)


async def test_rows_come_with_the_index_of_their_case(shelf: Shelf) -> None:
    """In whatever order the cases end."""
    plan = shelf.plan("2020-25", "online")
    paths = ("approved", "identity_mismatch", "second_place_refuses")
    specs = [shelf.spec(plan, path, number) for number, path in enumerate(paths, 1)]
    found = {index: row.path async for index, row in simulate(specs)}
    assert found == dict(enumerate(paths))
