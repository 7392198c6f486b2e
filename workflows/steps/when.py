"""条件: which of two ways a case goes, by its guard."""

from __future__ import annotations

from compiler.guards import evaluate
from compiler.kinds import When
from workflows.contracts import StepResult
from workflows.side import Side


async def run(side: Side, step_id: str, step: When) -> StepResult:
    """Evaluate the guard over the application and the outputs so far."""
    holds = evaluate(side.plan.guards[step_id], side.values())
    side.note(step_id, str(holds), f"{step.label}: {step.guard} → {'是' if holds else '否'}")
    return StepResult(label="true" if holds else "false")
