"""数据核验: a unit's data instead of the applicant's paper."""

from __future__ import annotations

from compiler.kinds import DataCheck
from workflows.contracts import CHECK_DATA, DataRequest, StepResult
from workflows.effects import EffectFailedError, attempt
from workflows.materials import checked_by, given
from workflows.side import Side


async def run(side: Side, step_id: str, step: DataCheck) -> StepResult:
    """Ask the unit's data; a verified material is waived (不再要求核验原件).

    Data that says no, knows nobody or does not answer never blocks a case: the paper is asked for,
    as it always was.
    """
    materials = checked_by(side, step_id)
    papers = "、".join(m.name for m in materials if m.id not in given(side))
    try:
        verdict = await attempt(
            side,
            step_id,
            step,
            "check",
            CHECK_DATA,
            DataRequest(
                key=side.key(step_id, "check"),
                case_no=side.case_no,
                unit=step.unit,
                facts=tuple(m.name for m in materials),
                applicant=side.filing.applicant,
            ),
            summary=f"{step.label}: {step.unit}",
            attempts=step.attempts,
        )
    except EffectFailedError:
        ask = f", 请提交纸质材料{papers}" if papers else ""
        side.note(step_id, "unavailable", f"{step.label}: {step.unit}数据不可用{ask}")
        return StepResult(label="done", outputs={"verified": False})
    if verdict.verified:
        waived = f", 免交{papers}" if papers else ""
        text = f"{step.label}: {step.unit}数据一致{waived}"
        side.note(step_id, "verified", text, document_no=verdict.reference)
    else:
        ask = f", 请提交纸质材料{papers}" if papers else ""
        text = f"{step.label}: {step.unit}数据不一致{ask}"
        side.note(step_id, "unverified", text, document_no=verdict.reference)
    return StepResult(label="done", outputs={"verified": verdict.verified})
