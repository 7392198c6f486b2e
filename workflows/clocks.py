"""Clocks: when what is waited for is due, and the ladder that is climbed while nobody acts.

Never a decision by time-out: a rung reminds, warns, asks the superior to supervise, or records a
red light. What the law itself lets time do (视为受理) is the business of the step concerned, which
asks for it by `lapses`. A clock stops only for a special procedure (行政许可法 45), and its end is
computed again from what it was made of when that is over, when more time is given (延期), or when
a calendar is published anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

from workflows.contracts import (
    DEADLINE,
    Deadline,
    DeadlineRequest,
    Light,
    Stop,
)
from workflows.side import Side
from workflows.state import Clock, Row, Suspension

CHINA = dt.timezone(dt.timedelta(hours=8))

TEXTS = {
    "remind": "提醒: 请{unit}及时办理",
    "yellow": "黄灯预警: {unit}临近时限",
    "supervise": "提请{unit}的上级机关督办",
    "red": "红灯: {unit}超过时限, 记入责任单位",
}
"""Rung → what stands in the timeline."""

LIGHTS: dict[str, Light] = {"yellow": "yellow", "red": "red"}
"""Rungs that change the light."""

LADDER = ("remind@50%", "yellow@80%", "supervise@90%", "red@100%")
"""The ladder of what has no wait of its own in the definition: troubles and incidents."""


class LimitPassedError(Exception):
    """The limit of a task that may lapse has passed before anybody acted."""


async def watch(
    side: Side, row: Row, until: Callable[[], bool], *, lapses: bool = False, firm: bool = False
) -> None:
    """Rest until something has happened, climbing the row's ladder meanwhile.

    Args:
        side: The side that waits.
        row: What is waited for; without a limit it is a plain rest.
        until: Whether it has happened.
        lapses: Whether the limit's end ends the wait.
        firm: See `Side.rest`.

    Raises:
        LimitPassedError: `lapses` is set and the limit has passed.
    """
    clock = await wound(side, row)
    if clock is None:
        await side.rest(until, firm=firm)
        return
    while not until():
        if clock.suspended is not None:
            await _stand_still(side, row, clock, until)
            continue
        turn = clock.turn
        pending = clock.deadline.rungs[clock.climbed :]
        moments = [rung.at for rung in pending[:1]]
        if lapses and (not moments or clock.deadline.due < moments[0]):
            moments = [clock.deadline.due]
        moved = lambda: until() or clock.turn != turn or clock.suspended is not None  # noqa: B023,E731
        if not moments:
            await side.rest(moved, firm=firm)
            continue
        # Never zero: a timer of no time is another command than a timer.
        seconds = max((moments[0] - workflow.now()).total_seconds(), 0.001)
        if await side.rest(moved, seconds, summary="时限", firm=firm):
            continue
        # Rungs may fall on one moment; all of them are climbed before the limit lapses.
        for rung in pending:
            if rung.at <= moments[0]:
                clock.climbed += 1
                _climb(side, row, rung.name)
        # Whoever acted in the limit's last moment has acted: their command is claimed already.
        if lapses and workflow.now() >= clock.deadline.due and not until():
            raise LimitPassedError


async def deadline(side: Side, limit: str, rungs: tuple[str, ...] = ()) -> Deadline:
    """Return when a limit ends that starts now at this side's place."""
    return await _ask(request(side, limit, rungs))


def request(side: Side, limit: str, rungs: tuple[str, ...] = ()) -> DeadlineRequest:
    """Return the question when a limit ends that starts now at this side's place."""
    return DeadlineRequest(
        start=workflow.now(), limit=limit, province=side.province(side.place), rungs=rungs
    )


async def _ask(asked: DeadlineRequest) -> Deadline:
    found: Deadline = await workflow.execute_local_activity(
        DEADLINE.name,
        asked,
        result_type=Deadline,
        start_to_close_timeout=timedelta(seconds=1),
    )
    return found


async def wound(side: Side, row: Row) -> Clock | None:
    """Return the row's clock, starting it if the row has a limit."""
    clocks = side.state.clocks
    if row.id not in clocks:
        if not row.within:
            return None
        asked = request(side, row.within, row.late)
        clocks[row.id] = Clock(deadline=await _ask(asked), request=asked)
        side.changed()
    clock = clocks[row.id]
    if clock.suspended is None and row.awaiting.due != clock.deadline.due:
        _show(row, clock)
    return clocks[row.id]


def _show(row: Row, clock: Clock) -> None:
    """Say in `awaiting` when a row is due and how late it is."""
    climbed = [LIGHTS.get(rung.name) for rung in clock.deadline.rungs[: clock.climbed]]
    row.awaiting = row.awaiting.model_copy(
        update={
            "due": clock.deadline.due,
            "provisional": clock.deadline.provisional,
            "light": next((light for light in reversed(climbed) if light), "green"),
        }
    )


def resumed(side: Side, row: Row) -> None:
    """Show the clock of a row that was opened again: it has gone on meanwhile."""
    clock = side.state.clocks.get(row.id)
    if clock is not None:
        _show(row, clock)


def suspend(side: Side, row: Row, procedure: str, end: Deadline) -> None:
    """Stop a row's clock for a special procedure, at most until `end`."""
    clock = side.state.clocks[row.id]
    clock.suspended = Suspension(since=workflow.now(), end=end, procedure=procedure)
    row.awaiting = row.awaiting.model_copy(
        update={"due": end.due, "provisional": end.provisional, "light": "green"}
    )
    side.changed()


async def resume(side: Side, row: Row) -> Deadline:
    """Let a row's clock go on: the days of the special procedure are not counted."""
    clock = side.state.clocks[row.id]
    stopped, asked = clock.suspended, clock.request
    if stopped is None or asked is None:
        return clock.deadline
    stop = Stop(start=stopped.since, end=workflow.now())
    clock.suspended = None
    await _rewind(side, row, clock, asked.model_copy(update={"stops": (*asked.stops, stop)}))
    return clock.deadline


async def extend(side: Side, row: Row, by: str) -> Deadline:
    """Give a row more time (延期) and return its new end."""
    clock = side.state.clocks[row.id]
    asked = clock.request
    if asked is not None:
        more = asked.model_copy(update={"extended": (*asked.extended, by)})
        await _rewind(side, row, clock, more)
    return clock.deadline


async def recompute(side: Side, calendar: str) -> int:
    """Compute the due dates anew that another calendar, or none yet, stood behind.

    Returns:
        How many due dates have moved.
    """
    rows = {row.id: row for row in (*side.state.tasks.values(), *side.state.waiting.values())}
    moved = 0
    for row_id, clock in list(side.state.clocks.items()):
        old = clock.deadline
        if clock.request is None or row_id not in rows or clock.suspended is not None:
            continue
        if old.calendar == calendar and not old.provisional:
            continue
        await _rewind(side, rows[row_id], clock, clock.request)
        moved += clock.deadline.due != old.due
    return moved


async def _rewind(side: Side, row: Row, clock: Clock, asked: DeadlineRequest) -> None:
    """Compute a clock's end again. Rungs that now lie behind count as climbed."""
    clock.deadline = await _ask(asked)
    clock.request = asked
    clock.climbed = sum(rung.at <= workflow.now() for rung in clock.deadline.rungs)
    clock.turn += 1
    _show(row, clock)
    side.changed()


async def _stand_still(side: Side, row: Row, clock: Clock, until: Callable[[], bool]) -> None:
    """Rest while the clock stands still; at its latest end it goes on by itself."""
    stopped = clock.suspended
    if stopped is None:
        return
    seconds = max((stopped.end.due - workflow.now()).total_seconds(), 0.001)
    over = lambda: until() or clock.suspended is None  # noqa: E731
    if await side.rest(over, seconds, summary=stopped.procedure):
        return
    end = await resume(side, row)
    side.note(
        row.step, f"resumed-{clock.turn}", f"{stopped.procedure}期限届满, 恢复计时, 至{end.due:%F}"
    )
    if side.state.stage == "suspended":  # of several tasks under one limit the first moves the case
        side.move(row.step, "resume")


def _climb(side: Side, row: Row, rung: str) -> None:
    unit = row.awaiting.unit
    rev = getattr(row, "rev", 1)
    side.note(row.step, f"{rung}-{row.id}-{rev}", TEXTS[rung].format(unit=unit))
    if rung in LIGHTS:
        row.awaiting = row.awaiting.model_copy(update={"light": LIGHTS[rung]})
    side.changed()
