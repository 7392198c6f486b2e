"""交办: the nested steps are done by the handling place, by its own Plan."""

from __future__ import annotations

from compiler.kinds import Handle
from workflows.contracts import StepResult
from workflows.handover import HomeSide


async def order(side: HomeSide, step_id: str, step: Handle) -> StepResult:
    """Home: order the block and wait until it is reported done."""
    return await side.hand_over(step_id, step, step.at)
