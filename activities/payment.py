"""缴费, 退费, 拨付: money that applicants pay, and money that is paid to them."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.asking import not_yet, outside, settled
from gateways.payment import protocol
from gateways.payment.protocol import PaymentGateway
from workflows.contracts import (
    AWAIT_PAYMENT,
    CLOSE_ORDER,
    CREATE_ORDER,
    PAY_OUT,
    REFUND,
    FeeRequest,
    MoneyReceipt,
    PaymentWatch,
    PayOrder,
    PayOutRequest,
    Recall,
    RefundRequest,
)


@dataclass(frozen=True)
class PaymentActivities:
    """What needs the payment platform."""

    gateway: PaymentGateway

    @activity.defn(name=CREATE_ORDER.name)
    async def create_order(self, request: FeeRequest) -> PayOrder:
        """Create one order; however often this is tried, the key makes no second one."""
        fee = protocol.Fee(
            case_no=request.case_no,
            item=request.item,
            amount=request.amount,
            payer=request.applicant.name,
        )
        return _order(await settled(lambda pending: self.gateway.order(request.key, fee, pending)))

    @activity.defn(name=AWAIT_PAYMENT.name)
    async def await_payment(self, request: PaymentWatch) -> PayOrder:
        """Look once; an unpaid order is looked at again after `poll` seconds."""
        with outside():
            seen = await self.gateway.look(request.number)
        if seen.status == "unpaid":
            raise not_yet(f"order {request.number} is still unpaid", request.poll)
        return _order(seen)

    @activity.defn(name=CLOSE_ORDER.name)
    async def close_order(self, request: Recall) -> PayOrder:
        """Ensure that nothing can be paid on the key's order; that it is paid is a result."""
        with outside():
            return _order(await self.gateway.close(request.key))

    @activity.defn(name=REFUND.name)
    async def refund(self, request: RefundRequest) -> MoneyReceipt:
        """Refund once."""
        refund = protocol.Refund(case_no=request.case_no, number=request.number)
        return _receipt(
            await settled(lambda pending: self.gateway.refund(request.key, refund, pending))
        )

    @activity.defn(name=PAY_OUT.name)
    async def pay_out(self, request: PayOutRequest) -> MoneyReceipt:
        """Pay the applicant once; a refused account has used nothing up."""
        applicant = request.applicant
        payout = protocol.PayOut(
            case_no=request.case_no,
            item=request.item,
            unit=request.unit,
            payee=applicant.name,
            id_number=applicant.id_number,
            uscc=applicant.uscc,
        )
        return _receipt(
            await settled(lambda pending: self.gateway.pay_out(request.key, payout, pending))
        )


def _order(seen: protocol.PayOrder) -> PayOrder:
    return PayOrder(number=seen.number, link=seen.link, status=seen.status, at=seen.at)


def _receipt(seen: protocol.MoneyReceipt) -> MoneyReceipt:
    return MoneyReceipt(reference=seen.reference, at=seen.at)
