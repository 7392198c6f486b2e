"""重复: the nested steps again until the guard holds, at most so many times."""

from __future__ import annotations

from compiler.guards import evaluate
from compiler.kinds import Repeat
from compiler.plan import END
from workflows.contracts import StepResult
from workflows.interpreter import walk
from workflows.side import Side


async def run(side: Side, step_id: str, step: Repeat) -> StepResult:
    """Walk the block until the guard holds; what runs out says so, and the Plan says what then."""
    memo = side.memo(step_id)
    (entry,) = side.plan.blocks(step_id).values()
    region = f"{step_id}/enter"
    while True:
        target = await walk(side, entry, region)
        side.state.cursors.pop(region, None)
        if target == END:
            return StepResult(label=END)
        round_ = memo.setdefault("round", 1)
        holds = evaluate(side.plan.guards[step_id], side.values())
        side.note(
            step_id,
            f"round-{round_}",
            f"{step.label}: 第{round_}次, {'完成' if holds else '未完成'}",
        )
        if holds:
            return StepResult(label="done")
        if round_ >= step.most:
            return StepResult(label="exhausted")
        memo["round"] = round_ + 1
