"""收件: the intake receipt. It says what was handed in and is never an acceptance."""

from __future__ import annotations

from temporalio import activity

from activities.numbers import document_no
from workflows.contracts import INTAKE, IntakeReceipt, IntakeRequest


@activity.defn(name=INTAKE.name)
async def intake(request: IntakeRequest) -> IntakeReceipt:
    """Give the receipt (收件凭证), numbered for the division where the case was filed."""
    at = activity.info().scheduled_time  # the same for every attempt
    return IntakeReceipt(
        number=document_no(request.case_no[:6], request.unit, "intake", at, request.key),
        received_at=at,
        materials=tuple(material.id for material in request.materials),
    )
