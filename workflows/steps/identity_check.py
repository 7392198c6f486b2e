"""身份核验: is the applicant the person of the papers."""

from __future__ import annotations

from compiler.kinds import IdentityCheck
from workflows.contracts import CHECK_IDENTITY, IdentityRequest, StepResult
from workflows.side import Side


async def run(side: Side, step_id: str, step: IdentityCheck) -> StepResult:
    """Ask the identity service, remotely or for a person at the window."""
    verdict = await side.effect(
        step_id,
        step,
        "check",
        CHECK_IDENTITY,
        lambda key: IdentityRequest(key=key, applicant=side.filing.applicant, level=step.level),
        summary="身份核验",
    )
    if verdict.matched:
        side.note(step_id, "matched", f"{step.label}: 一致", document_no=verdict.reference)
        return StepResult(label="matched")
    side.note(step_id, "mismatched", f"{step.label}: 不一致, 不予收件")
    return StepResult(label="mismatched")
