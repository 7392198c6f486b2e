"""What is looked after beside the walk: waits for systems that last, and tasks that are supervised.

A person's task has its own clock. A wait for a system is short nearly always, so it has none: one
timer a run looks after all of them, and only what lasts longer than anybody should wait is shown
in yellow, then in red, with the unit that must see to it. A task whose ladder has come to
`supervise` is put before the unit's own superior (督办), and the walk waits for nothing of that.
"""

from __future__ import annotations

import datetime as dt
from datetime import timedelta

from temporalio import workflow

from workflows.contracts import OPEN_SUPERVISION, Invited, LateTask, Responsible
from workflows.side import PATIENCE, SYSTEM, Side
from workflows.state import Row, Task
from workflows.tasks import APPLICANT

LEVELS = (
    ("yellow", PATIENCE, "已等待{days}日, 请{unit}核查: {what}"),
    ("red", 2 * PATIENCE, "已等待{days}日仍未恢复, 记入{unit}: {what}"),
)
"""Light, how long it must have lasted, and what stands in the timeline."""

SUPERVISE = "supervise"
"""The rung of a ladder at which the superior is called."""

ATTEMPT = timedelta(seconds=20)
"""How long one attempt at opening a supervision may take; it is tried until it succeeds."""


async def keep_watch(side: Side) -> None:
    """Look after a run's waits and late tasks, for as long as the run lasts."""
    if side.plan.engine == 1:
        return  # histories of the first engine have no such timer
    while True:
        await workflow.wait_condition(
            lambda: side.renewing or bool(_late(side)) or _next(side) is not None
        )
        if side.renewing:
            return
        for task, mark in _late(side):
            await _supervise(side, task, mark)
            if side.renewing:
                return
        moment = _next(side)
        if moment is None or side.renewing:
            continue
        seconds = max((moment - workflow.now()).total_seconds(), 1.0)
        try:
            await workflow.wait_condition(
                lambda: side.renewing or bool(_late(side)),
                timeout=seconds,
                timeout_summary="查看等待事项",
            )
        except TimeoutError:
            for row in side.unclocked():
                _escalate(side, row)
            side.publish()


def _late(side: Side) -> list[tuple[Task, str]]:
    """Return the tasks that must be supervised and are not yet, each with its mark."""
    found = []
    for task in side.state.tasks.values():
        clock = side.state.clocks.get(task.id)
        if clock is None or clock.request is None or task.awaiting.role in (APPLICANT, SYSTEM):
            continue
        climbed = {rung.name for rung in clock.deadline.rungs[: clock.climbed]}
        mark = f"{side.place}/{task.id}/{clock.request.start:%Y%m%d%H%M%S}"
        if SUPERVISE in climbed and mark not in side.state.supervised:
            found.append((task, mark))
    return found


async def _supervise(side: Side, task: Task, mark: str) -> None:
    """Open the supervision of a late task, once."""
    due = task.awaiting.due or workflow.now()
    side.beside += 1
    await workflow.execute_activity(
        OPEN_SUPERVISION.name,
        LateTask(
            responsible=Responsible(
                case_no=side.case_no,
                matter=side.plan.title,
                place=side.place,
                province=side.province(side.place),
                unit=task.awaiting.unit,
                division=side.division,
            ),
            subject=side.subject(),
            step=task.step,
            mark=mark,
            what=task.awaiting.what,
            due=due,
        ),
        result_type=Invited,
        start_to_close_timeout=ATTEMPT,
        summary="启动督办",
    )
    side.beside -= 1
    side.state.supervised.append(mark)
    side.note(task.step, f"supervising-{mark}", f"已提交{task.awaiting.unit}的上级机关督办")
    side.changed()


def _next(side: Side) -> dt.datetime | None:
    """Return when the next wait becomes too long; None when there is none that can."""
    moments = [
        row.awaiting.since + after
        for row in side.unclocked()
        for light, after, _ in LEVELS
        if not _shown(row, light)
    ]
    return min(moments, default=None)


def _shown(row: Row, light: str) -> bool:
    return row.awaiting.light in {"red", light}


def _escalate(side: Side, row: Row) -> None:
    waited = workflow.now() - row.awaiting.since
    for light, after, text in LEVELS:
        if waited < after or _shown(row, light):
            continue
        row.awaiting = row.awaiting.model_copy(update={"light": light})
        told = text.format(days=after.days, unit=row.awaiting.unit, what=row.awaiting.what)
        side.note(row.step, f"{light}-{row.id}-{row.awaiting.since:%Y%m%d%H%M%S}", told)
        side.changed()
