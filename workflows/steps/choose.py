"""分支: which of several ways a case goes, by the first guard that holds."""

from __future__ import annotations

from compiler.guards import evaluate
from compiler.kinds import Choose
from workflows.contracts import StepResult
from workflows.side import Side

OTHERWISE = "otherwise"


async def run(side: Side, step_id: str, step: Choose) -> StepResult:
    """Evaluate the guards in their order; `otherwise` when none holds."""
    values = side.values()
    chosen = next(
        (case for case in step.guards if evaluate(side.plan.guards[f"{step_id}/{case}"], values)),
        OTHERWISE,
    )
    side.note(step_id, chosen, f"{step.label}: {chosen}")
    return StepResult(label=chosen)
