"""收件: the intake receipt. It says what was handed in and is never an acceptance."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.documents import Issuer
from activities.numbers import word
from workflows.contracts import INTAKE, DocumentRequest, IntakeReceipt, IntakeRequest


@dataclass(frozen=True)
class IntakeActivities:
    """What gives receipts."""

    issuer: Issuer

    @activity.defn(name=INTAKE.name)
    async def intake(self, request: IntakeRequest) -> IntakeReceipt:
        """Give the receipt (收件凭证), numbered for the division where the case was filed."""
        at = activity.info().scheduled_time  # the same for every attempt
        division = request.division or request.case_no[:6]
        number = await self.issuer.number(
            word(INTAKE.name), division=division, unit=request.unit, key=request.key, at=at
        )
        receipt = IntakeReceipt(
            number=number,
            received_at=at,
            materials=tuple(material.id for material in request.materials),
        )
        template = self.issuer.templates.of_act(INTAKE.name)
        if request.subject is None or template is None:
            return receipt
        wanted = DocumentRequest(
            key=request.key,
            template=template.id,
            subject=request.subject,
            unit=request.unit,
            division=division,
            step=request.step,
        )
        document = self.issuer.issue(template, wanted, number, at)
        return receipt.model_copy(update={"document": document})
