"""形式审查: are all materials there."""

from __future__ import annotations

from compiler.kinds import FormReview
from workflows.contracts import StepResult
from workflows.materials import missing, to_be_checked
from workflows.side import Side


async def run(side: Side, step_id: str, step: FormReview) -> StepResult:
    """Compare what was given with the handling place's list; what is missing is told on the spot.

    A material that a data check has verified is waived (不再要求核验原件), and one whose check is
    still to come need not be there yet; nor need one that may follow (容缺受理).
    """
    pending = to_be_checked(side)
    absent = [material for material in missing(side) if material.id not in pending]
    later = [material for material in absent if side.plan.tolerant and material.tolerable]
    lacking = [material for material in absent if material not in later]
    if lacking:
        names = "、".join(material.name for material in lacking)
        side.note(step_id, "failed", f"{step.label}: 当场告知缺少{names}, 不予收件")
        return StepResult(label="failed")
    names = "、".join(material.name for material in later)
    text = f"{step.label}: 主要材料齐全, {names}可容缺后补" if later else f"{step.label}: 材料齐全"
    side.note(step_id, "passed", text)
    return StepResult(label="passed")
