"""收件: take the application in and give the intake receipt."""

from __future__ import annotations

from compiler.kinds import Intake
from workflows.contracts import INTAKE, IntakeRequest, StepResult
from workflows.effects import effect
from workflows.side import Side


async def run(side: Side, step_id: str, step: Intake) -> StepResult:
    """Register the application; the receipt (收件凭证) is not an acceptance."""
    receipt = await effect(
        side,
        step_id,
        step,
        "receipt",
        INTAKE,
        lambda key: IntakeRequest(
            key=key,
            case_no=side.case_no,
            unit=side.unit(step.at),
            materials=side.filing.materials,
            division=side.division,
            step=step_id,
            subject=side.subject(),
        ),
        summary="收件登记",
    )
    side.file(receipt.document)
    side.note(step_id, "received", "收件, 出具收件凭证", document_no=receipt.number)
    return StepResult(label="done")
