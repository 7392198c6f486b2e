"""What the system itself waits for, a service, a carrier, a province, and what if that lasts.

A person's task has its own clock. A wait for a system is short nearly always, so it has none: one
timer a run looks after all of them, and only what lasts longer than anybody should wait is shown
in yellow, then in red, with the unit that must see to it.
"""

from __future__ import annotations

import datetime as dt

from temporalio import workflow

from workflows.side import PATIENCE, Side
from workflows.state import Row

LEVELS = (
    ("yellow", PATIENCE, "已等待{days}日, 请{unit}核查: {what}"),
    ("red", 2 * PATIENCE, "已等待{days}日仍未恢复, 记入{unit}: {what}"),
)
"""Light, how long it must have lasted, and what stands in the timeline."""


async def keep_watch(side: Side) -> None:
    """Look after a run's waits for systems, for as long as the run lasts."""
    if side.plan.engine == 1:
        return  # histories of the first engine have no such timer
    while not side.renewing:
        await workflow.wait_condition(lambda: side.renewing or _next(side) is not None)
        moment = _next(side)
        if side.renewing or moment is None:
            continue
        await workflow.sleep(
            max((moment - workflow.now()).total_seconds(), 1.0), summary="查看等待事项"
        )
        for row in side.unclocked():
            _escalate(side, row)
        side.publish()


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
