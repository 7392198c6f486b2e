"""The payment platform over HTTP.

====================================  ========================
POST   /payment/orders                create an order
GET    /payment/orders/{number}       what became of it
DELETE /payment/orders                close the key's order
POST   /payment/refunds               refund a paid one
POST   /payment/payouts               pay to a person
====================================  ========================
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from gateways.http import Connection, Pending
from gateways.payment.protocol import Fee, MoneyReceipt, PayOrder, PayOut, Refund

ORDERS = "/payment/orders"


@dataclass(frozen=True)
class HttpPayment:
    """See `PaymentGateway`."""

    connection: Connection

    async def order(
        self, key: str, question: Fee, pending: Pending | None = None
    ) -> PayOrder | Pending:
        """Create one order under `key`, or ask again about a `pending` one."""
        return await self.connection.ask(ORDERS, key, question, PayOrder, pending)

    async def look(self, number: str) -> PayOrder:
        """Return what became of an order."""
        return await self.connection.look(f"{ORDERS}/{quote(number, safe='')}", PayOrder)

    async def close(self, key: str) -> PayOrder:
        """Ensure that nothing can be paid on the key's order."""
        return await self.connection.recall(ORDERS, key, PayOrder)

    async def refund(
        self, key: str, question: Refund, pending: Pending | None = None
    ) -> MoneyReceipt | Pending:
        """Refund once under `key`, or ask again about a `pending` refund."""
        return await self.connection.ask("/payment/refunds", key, question, MoneyReceipt, pending)

    async def pay_out(
        self, key: str, question: PayOut, pending: Pending | None = None
    ) -> MoneyReceipt | Pending:
        """Pay once under `key`, or ask again about a `pending` payment."""
        return await self.connection.ask("/payment/payouts", key, question, MoneyReceipt, pending)
