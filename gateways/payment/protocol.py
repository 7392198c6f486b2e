"""What the payment platform is asked and answers. All amounts are in 分."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal, Protocol

from gateways.http import Pending, Question, Wire

OrderStatus = Literal["unpaid", "paid", "closed"]
"""待缴费, 已缴费, 已关闭."""


class Fee(Question):
    """A fee to be paid by one person or organisation. No ID number goes along."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("payer",)

    case_no: str
    item: str
    amount: int
    payer: str


class PayOrder(Wire):
    """An order (缴费单): where it is paid, and what became of it; `at` is when that began."""

    number: str
    link: str
    status: OrderStatus
    at: dt.datetime


class Refund(Question):
    """Give back, whole, what was paid on an order (退费)."""

    case_no: str
    number: str


class PayOut(Question):
    """Pay a person what the unit's books hold for this case (拨付).

    The account is the payee's own one that the platform has on record under the ID number or USCC,
    never one that somebody states; the amount is the one in the unit's books under the case number.
    """

    PERSONAL: ClassVar[tuple[str, ...]] = ("payee", "id_number", "uscc")

    case_no: str
    item: str
    unit: str
    payee: str
    id_number: str = ""
    uscc: str = ""


class MoneyReceipt(Wire):
    """回单 of a refund or of a payment to a person."""

    reference: str
    at: dt.datetime


class PaymentGateway(Protocol):
    """The payment platform."""

    async def order(
        self, key: str, question: Fee, pending: Pending | None = None
    ) -> PayOrder | Pending:
        """Create one order under `key`, or ask again about a `pending` one.

        Raises:
            GatewayRefusedError: The platform does not take it, or the key was closed before.
            GatewayUnavailableError: No usable answer; the same key never makes a second order.
        """
        ...

    async def look(self, number: str) -> PayOrder:
        """Return what became of an order.

        Raises:
            GatewayRefusedError: The platform knows no such number.
            GatewayUnavailableError: No usable answer.
        """
        ...

    async def close(self, key: str) -> PayOrder:
        """Ensure that nothing can be paid on the order made under `key`; return what it is then.

        Also when there was none: one that arrives later under the key is refused. An order that
        was paid before stays paid.

        Raises:
            GatewayRefusedError: The platform will not close it.
            GatewayUnavailableError: No usable answer; asking again is safe.
        """
        ...

    async def refund(
        self, key: str, question: Refund, pending: Pending | None = None
    ) -> MoneyReceipt | Pending:
        """Refund once under `key`, or ask again about a `pending` refund.

        Raises:
            GatewayRefusedError: The order is not paid, or was refunded before.
            GatewayUnavailableError: No usable answer; the same key never refunds twice.
        """
        ...

    async def pay_out(
        self, key: str, question: PayOut, pending: Pending | None = None
    ) -> MoneyReceipt | Pending:
        """Pay once under `key`, or ask again about a `pending` payment.

        A refusal pays nothing and does not use the key up: the same key may be asked again when
        the account is in order.

        Raises:
            GatewayRefusedError: The account does not take it (冻结, 户名不符).
            GatewayUnavailableError: No usable answer; the same key never pays twice.
        """
        ...
