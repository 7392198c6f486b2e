"""并行办理: several branches at the same time, until all of them have ended."""

from __future__ import annotations

from functools import partial

from compiler.kinds import Outcome, Parallel
from workflows import undo
from workflows.contracts import StepResult
from workflows.interpreter import BranchFailedError, concluded, walk
from workflows.side import Side
from workflows.together import mended, together


async def run(side: Side, step_id: str, step: Parallel) -> StepResult:
    """Walk the branches together.

    A branch that fails breaks the others off at their next safe point, and what they had booked is
    undone (`on_failure: cancel`); or it is only reported, and the others go on.
    """
    ended: dict[str, Outcome | None] = side.memo(step_id).setdefault("ended", {})
    await together(
        side,
        {
            f"{step_id}/{label}": partial(_branch, side, step_id, step, label, entry)
            for label, entry in side.plan.blocks(step_id).items()
            if label not in ended
        },
    )
    await _clear_away(side, step_id)
    failed = {label: outcome for label, outcome in ended.items() if outcome}
    for label, outcome in failed.items():
        side.note(step_id, f"failed-{label}", f"{step.label}: {label}未办成({outcome})")
    # Nothing is left of this time, should the whole be done once more (`repeat`).
    for label in side.plan.blocks(step_id):
        side.state.cursors.pop(f"{step_id}/{label}", None)
    mended(side, step_id)
    outputs = {"failed": len(failed)}
    if not failed or step.on_failure == "report":
        return StepResult(label="done", outputs=outputs)
    for outcome in failed.values():
        if outcome:
            concluded(side, outcome)
            break
    return StepResult(label="failed", outputs=outputs)


async def _branch(side: Side, step_id: str, step: Parallel, label: str, entry: str) -> None:
    """Walk one branch to its end; one that fails breaks off those that have not ended."""
    ended: dict[str, Outcome | None] = side.memo(step_id)["ended"]
    try:
        await walk(side, entry, f"{step_id}/{label}")
        ended[label] = None
    except BranchFailedError as failed:
        ended[label] = failed.outcome
    if ended[label] and step.on_failure == "cancel":
        others = sorted(side.plan.blocks(step_id).keys() - ended.keys())
        side.state.broken += [f"{step_id}/{other}" for other in others]


async def _clear_away(side: Side, step_id: str) -> None:
    """Close what broken branches left open, and take back what they had booked."""
    for label, entry in side.plan.blocks(step_id).items():
        if f"{step_id}/{label}" not in side.state.broken:
            continue
        steps = side.plan.inside(entry)
        for task in [task for task in side.state.tasks.values() if task.step in steps]:
            side.desk.close(task.id)
        for waiting in steps & side.state.waiting.keys():
            side.state.waiting.pop(waiting)
        await undo.carry_out(side, steps)
        for found in steps & side.state.memo.keys():
            side.state.memo.pop(found)
        side.note(step_id, f"broken-{label}", f"{label}中止, 其预约和未缴订单已撤销")
