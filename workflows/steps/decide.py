"""审批决定: approve or reject."""

from __future__ import annotations

from functools import partial
from typing import Literal

from compiler.guards import evaluate
from compiler.kinds import Accept, Decide, Pay, Review
from workflows.clocks import LimitPassedError
from workflows.contracts import ActRecord, AnyCommand, DecideCommand, StepResult
from workflows.correcting import promises_kept
from workflows.paperwork import issue
from workflows.side import Side
from workflows.state import Task
from workflows.tasks import open_task, perform, refuse, trouble
from workflows.together import mended, together

Verdict = Literal["approve", "reject", "terminate"]

SEVERAL = frozenset({"any", "all"})
"""Policies by which several units decide."""

LABELS: dict[Verdict, str] = {"approve": "approved", "reject": "rejected", "terminate": "lapsed"}
EVENTS: dict[Verdict, str] = {"approve": "approved", "reject": "rejected", "terminate": "ended"}
TEXTS: dict[Verdict, str] = {
    "approve": "准予",
    "reject": "不予: {reason}",
    "terminate": "终止办理: {reason}",
}
"""Verdict → how the step ends, the event, and what stands in the timeline."""


async def run(side: Side, step_id: str, step: Decide) -> StepResult:
    """Wait for the deciding officer (审批岗), once what the step requires holds.

    A requirement that does not hold is an officer's task first; it is never skipped silently.
    Who decides in sequence (依次) has not acted on the case before (四眼原则).
    """
    side.move(step_id, "consider")
    guard = side.plan.guards.get(step_id)
    memo = side.memo(step_id)
    if step.require is not None and guard is not None and "required" not in memo:
        if not evaluate(guard, side.values()):
            await trouble(side, step_id, step, step.require.otherwise.task)
        memo["required"] = True
    try:
        await promises_kept(side)
    except LimitPassedError:
        side.note(step_id, "lapsed", "逾期未补交容缺材料, 终止办理")
        await issue(side, step_id, step, "termination_notice", reason="逾期未补交容缺材料")
        await _fee_looked_at(side, step_id, step)
        return StepResult(label="lapsed")
    verdict = await (_several if step.policy in SEVERAL else _one)(side, step_id, step)
    if verdict == "terminate":
        await _fee_looked_at(side, step_id, step)
    else:
        side.move(step_id, "decide")
    return StepResult(label=LABELS[verdict])


async def _fee_looked_at(side: Side, step_id: str, step: Decide) -> None:
    """Have a clerk see to a fee that was paid for what is now not done (终止).

    Whether it is given back, and how much of it, is a decision: no money moves by itself.
    """
    steps = side.plan.steps
    if side.plan.fee and any(isinstance(steps.get(done), Pay) for done in side.state.outputs):
        await trouble(side, step_id, step, "办件终止, 已缴费用是否退还请核定办理")


async def _one(side: Side, step_id: str, step: Decide) -> Verdict:
    """Return what the one deciding officer says."""
    task = open_task(side, step_id, step, acts=("decide",), role="decider", what="作出审批决定")
    command, record = await _verdict(side, step, task)
    return _noted(side, step_id, command, record)


async def _several(side: Side, step_id: str, step: Decide) -> Verdict:
    """Return what the units say: whether one of them approves (或签), or all (会签).

    The first word of 或签 counts; in 会签 the first rejection does. Whoever has not spoken then is
    not asked any more.
    """
    said: dict[str, bool] = side.memo(step_id).setdefault("said", {})
    units = step.units or (side.unit(side.place),)
    await together(
        side,
        {
            f"{step_id}/{number}": partial(_unit, side, step_id, step, unit, number)
            for number, unit in enumerate(units, 1)
            if unit not in said
        },
    )
    for task in [task for task in side.state.tasks.values() if task.step == step_id]:
        side.desk.close(task.id)
    mended(side, step_id)
    approved = any(said.values()) if step.policy == "any" else all(said.values())
    return "approve" if approved else "reject"


async def _unit(side: Side, step_id: str, step: Decide, unit: str, number: int) -> None:
    """Wait for one unit's decision."""
    task = open_task(
        side,
        step_id,
        step,
        acts=("decide",),
        role="decider",
        what=f"作出审批决定({'或签' if step.policy == 'any' else '会签'})",
        unit=unit,
        suffix=f"/{number}",
        within=step.within or "",
    )
    command, record = await _verdict(side, step, task)
    approved = _noted(side, step_id, command, record, f"-{number}") == "approve"
    said: dict[str, bool] = side.memo(step_id)["said"]
    said[unit] = approved
    if step.policy == "any" or not approved:
        others = range(1, len(step.units) + 1)
        side.state.broken += [f"{step_id}/{other}" for other in others if other != number]


async def _verdict(side: Side, step: Decide, task: Task) -> tuple[AnyCommand, ActRecord]:
    """Wait for a decision by an officer who may decide after what has gone before."""
    while True:
        command, record = await perform(side, step, task)
        if step.policy in SEVERAL and getattr(command, "verdict", "") == "terminate":
            refuse(side, command, "one of several units cannot terminate: approve or reject")
            continue
        before = _acted_before(side).get(command.by)
        if step.policy != "sequential" or before is None:
            return command, record
        refuse(
            side,
            command,
            f"{command.by} has acted in {before} and may not decide too (四眼原则): "
            "ask another officer",
        )


def _noted(
    side: Side, step_id: str, command: AnyCommand, record: ActRecord, suffix: str = ""
) -> Verdict:
    """Note a decision and answer it; return it."""
    if not isinstance(command, DecideCommand):
        raise TypeError(command.act)
    text = TEXTS[command.verdict].format(reason=command.reason)
    event = EVENTS[command.verdict] + suffix
    side.note(step_id, event, text, by=command.by, document_no=record.document_no)
    side.desk.done(command, text, record.document_no)
    return command.verdict


def _acted_before(side: Side) -> dict[str, str]:
    """Return each officer who accepted or reviewed this case, and in which step."""
    steps = side.plan.steps
    return {
        entry.by: steps[entry.step].label
        for entry in side.timeline()
        if entry.by and isinstance(steps.get(entry.step), Accept | Review)
    }
