"""形式审查: are all materials there."""

from __future__ import annotations

from compiler.kinds import FormReview
from workflows.contracts import StepResult
from workflows.side import Side


async def run(side: Side, step_id: str, step: FormReview) -> StepResult:
    """Compare what was given with the handling place's list; what is missing is told on the spot.

    A material that a data check has verified is waived (不再要求核验原件).
    """
    given = {material.id for material in side.filing.materials}
    missing = [
        material.name
        for material in side.plan.materials
        if not material.optional
        and material.id not in given
        and not side.state.outputs.get(material.waived_by or "", {}).get("verified")
    ]
    if missing:
        side.note(step_id, "failed", f"{step.label}: 当场告知缺少{'、'.join(missing)}, 不予收件")
        return StepResult(label="failed")
    side.note(step_id, "passed", f"{step.label}: 材料齐全")
    return StepResult(label="passed")
