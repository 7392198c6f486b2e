"""网络送达: the result into the applicant's space, with a receipt."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.asking import settled
from gateways.delivery.protocol import DeliveryGateway, ResultDelivery
from workflows.contracts import DELIVER_RESULT, DeliveryReceipt, DeliveryRequest


@dataclass(frozen=True)
class DeliveryActivities:
    """What needs the delivery service."""

    gateway: DeliveryGateway

    @activity.defn(name=DELIVER_RESULT.name)
    async def deliver_result(self, request: DeliveryRequest) -> DeliveryReceipt:
        """Deliver once and return the receipt (送达回执)."""
        applicant = request.applicant
        question = ResultDelivery(
            case_no=request.case_no,
            document=request.document,
            name=applicant.name,
            id_number=applicant.id_number,
            uscc=applicant.uscc,
        )
        proof = await settled(lambda pending: self.gateway.deliver(request.key, question, pending))
        return DeliveryReceipt(reference=proof.reference, delivered_at=proof.delivered_at)
