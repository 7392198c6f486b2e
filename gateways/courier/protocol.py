"""What the courier is asked and answers."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal, Protocol

from gateways.http import Pending, Question, Wire

ParcelState = Literal[
    "booked", "picked_up", "in_transit", "signed_for", "lost", "returned", "cancelled"
]
"""已下单, 已揽收, 运输中, 已签收, 丢失, 退回, 已取消."""


class Booking(Question):
    """One parcel to one addressee: a person, or a unit in a division. No ID number goes along."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("name", "phone", "address")

    case_no: str
    leg: str
    sender: str
    name: str = ""
    phone: str = ""
    address: str = ""
    division: str = ""
    unit: str = ""
    contents: tuple[str, ...] = ()


class Consignment(Wire):
    """A parcel as the courier sees it; `at` is when this state began."""

    waybill: str
    state: ParcelState
    at: dt.datetime


class CourierGateway(Protocol):
    """The courier."""

    async def book(
        self, key: str, question: Booking, pending: Pending | None = None
    ) -> Consignment | Pending:
        """Book one parcel under `key`, or ask again about a `pending` booking.

        Raises:
            GatewayRefusedError: The courier does not take it.
            GatewayUnavailableError: No usable answer; the same key never books a second parcel.
        """
        ...

    async def track(self, waybill: str) -> Consignment:
        """Return where a parcel is.

        Raises:
            GatewayRefusedError: The courier knows no such waybill.
            GatewayUnavailableError: No usable answer.
        """
        ...

    async def cancel(self, key: str) -> Consignment:
        """Ensure that no parcel booked under `key` is picked up; return what it is then.

        Also when there was none: a booking that arrives later under the key is refused. A parcel
        that was picked up before travels on.

        Raises:
            GatewayRefusedError: The courier will not cancel it.
            GatewayUnavailableError: No usable answer; asking again is safe.
        """
        ...
