"""Clocks: when an open task is due, and the ladder that is climbed while nobody acts.

Never a decision by time-out: a rung reminds, warns, asks the superior to supervise, or records a
red light. What the law itself lets time do (视为受理) is the business of the step concerned, which
asks for it by `lapses`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from temporalio import workflow

from compiler.kinds import BaseStep
from workflows.contracts import DEADLINE, Deadline, DeadlineRequest, Light
from workflows.state import Clock, Task

if TYPE_CHECKING:
    from workflows.side import Side

TEXTS = {
    "remind": "提醒: 请{unit}及时办理",
    "yellow": "黄灯预警: {unit}临近时限",
    "supervise": "提请{unit}的上级机关督办",
    "red": "红灯: {unit}超过时限, 记入责任单位",
}
"""Rung → what stands in the timeline."""

LIGHTS: dict[str, Light] = {"yellow": "yellow", "red": "red"}
"""Rungs that change the light."""

WORST: tuple[Light, ...] = ("red", "yellow", "green")


class LimitPassedError(Exception):
    """The limit of a task that may lapse has passed before anybody acted."""


async def watch(
    side: Side, step: BaseStep, task: Task, until: Callable[[], bool], *, lapses: bool = False
) -> None:
    """Rest until somebody has acted on a task, climbing its ladder meanwhile.

    Raises:
        LimitPassedError: `lapses` is set and the limit has passed.
    """
    clock = await _wound(side, step, task)
    if clock is None:
        await side.rest(until)
        return
    while not until():
        pending = clock.deadline.rungs[clock.climbed :]
        moments = [rung.at for rung in pending[:1]]
        if lapses and (not moments or clock.deadline.due < moments[0]):
            moments = [clock.deadline.due]
        if not moments:
            await side.rest(until)
            return
        # Never zero: a timer of no time is another command than a timer.
        seconds = max((moments[0] - workflow.now()).total_seconds(), 0.001)
        if await side.rest(until, seconds, summary="时限"):
            return
        if pending and moments[0] == pending[0].at:
            clock.climbed += 1
            _climb(side, task, pending[0].name)
        # Whoever acted in the limit's last moment has acted: their command is claimed already.
        if lapses and workflow.now() >= clock.deadline.due and not until():
            raise LimitPassedError


async def deadline(side: Side, limit: str, rungs: tuple[str, ...] = ()) -> Deadline:
    """Return when a limit ends that starts now at this side's place."""
    found: Deadline = await workflow.execute_local_activity(
        DEADLINE.name,
        DeadlineRequest(
            start=workflow.now(), limit=limit, province=side.province(side.place), rungs=rungs
        ),
        result_type=Deadline,
        start_to_close_timeout=timedelta(seconds=1),
    )
    return found


async def _wound(side: Side, step: BaseStep, task: Task) -> Clock | None:
    """Return the task's clock, starting it if the step has a limit.

    A side task (with a suffix) has a clock only if its step gave it one.
    """
    clocks = side.state.clocks
    if task.id not in clocks:
        if step.within is None or task.suffix:
            return None
        wait = side.plan.waits.get(step.wait or "")
        clock = Clock(deadline=await deadline(side, step.within, wait.late if wait else ()))
        clocks[task.id] = clock
        task.awaiting = task.awaiting.model_copy(
            update={"due": clock.deadline.due, "provisional": clock.deadline.provisional}
        )
        side.changed()
    return clocks[task.id]


def _climb(side: Side, task: Task, rung: str) -> None:
    unit = task.awaiting.unit
    side.note(task.step, f"{rung}-{task.id}-{task.rev}", TEXTS[rung].format(unit=unit))
    if rung in LIGHTS:
        task.awaiting = task.awaiting.model_copy(update={"light": LIGHTS[rung]})
    side.changed()


def worst(lights: list[Light]) -> Light:
    """Return the light that a whole case shows."""
    return next((light for light in WORST if light in lights), "green")
