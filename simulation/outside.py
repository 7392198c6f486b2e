"""The outside world in virtual time: every gateway, played by the scripts of the cases.

The real activities run over these. Their clock is the server's: when an attempt of an activity
began. Nothing waits here; what is not there yet is asked for again, as with real systems.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from temporalio import activity

from errors import GatewayRefusedError, GatewayUnavailableError
from gateways.courier.protocol import Booking, Consignment, ParcelState
from gateways.data.protocol import DataAnswer, DataCheck
from gateways.delivery.protocol import DeliveryProof, ResultDelivery
from gateways.http import Pending
from gateways.identity.protocol import IdentityAnswer, IdentityCheck
from gateways.payment.protocol import Fee, MoneyReceipt, PayOrder, PayOut, Refund
from gateways.registry import COURIER, DATA, DELIVERY, IDENTITY, PAYMENT, GatewayKind, Gateways
from simulation.runs import Order, Parcel, Run
from simulation.scripts import Fate

Client = TypeVar("Client")

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)

JOURNEYS: dict[Fate, tuple[tuple[dt.timedelta, ParcelState], ...]] = {
    "signed_for": ((20 * HOUR, "picked_up"), (44 * HOUR, "in_transit"), (92 * HOUR, "signed_for")),
    "lost": ((20 * HOUR, "picked_up"), (44 * HOUR, "in_transit"), (8 * DAY, "lost")),
    "returned": ((20 * HOUR, "picked_up"), (44 * HOUR, "in_transit"), (6 * DAY, "returned")),
}
"""Fate → after how long since the booking a parcel is where; polled once a day (`TEMPO`)."""

PAID_AFTER = DAY

Runs = Mapping[str, Run]
"""Case number → its run."""


def now() -> dt.datetime:
    """Return the virtual time at which this attempt began."""
    return activity.info().started_time


def run_of(runs: Runs, key: str) -> Run:
    """Return the run that an idempotency key (`CASE_NO/place/step/effect`) belongs to."""
    return runs[key.partition("/")[0]]


@dataclass(frozen=True)
class Identity:
    """身份核验."""

    runs: Runs

    async def check(
        self, key: str, question: IdentityCheck, pending: Pending | None = None
    ) -> IdentityAnswer:
        """Match, unless the script says otherwise."""
        del question, pending
        matched = run_of(self.runs, key).script.identity_matches
        return IdentityAnswer(
            reference="ID-1", matched=matched, reason="" if matched else "人证不一致"
        )


@dataclass(frozen=True)
class Courier:
    """寄递: parcels that travel in virtual time."""

    runs: Runs

    async def book(
        self, key: str, question: Booking, pending: Pending | None = None
    ) -> Consignment:
        """Book once under a key; a key that was cancelled before is refused."""
        del pending
        run = run_of(self.runs, key)
        if key not in run.parcels:
            run.parcels[key] = Parcel(
                waybill=f"{run.spec.case.case_no}-P{len(run.parcels) + 1}",
                leg=question.leg,
                contents=question.contents,
                to_applicant=bool(question.name),
                at=now(),
                fate=_fate(run, to_applicant=bool(question.name)),
            )
        if run.parcels[key].cancelled:
            raise GatewayRefusedError("courier refused (409): the key was cancelled")
        return consignment(run.parcels[key], now())

    async def track(self, waybill: str) -> Consignment:
        """Say where a parcel is now."""
        run = self.runs[waybill.rpartition("-P")[0]]
        parcel = next(p for p in run.parcels.values() if p.waybill == waybill)
        return consignment(parcel, now())

    async def cancel(self, key: str) -> Consignment:
        """Cancel what is not picked up yet."""
        run = run_of(self.runs, key)
        never = Parcel("none", "", (), to_applicant=False, at=now(), fate="signed_for")
        parcel = run.parcels.setdefault(key, never)
        if parcel.cancelled is None and consignment(parcel, now()).state == "booked":
            parcel.cancelled = now()
        return consignment(parcel, now())


def _fate(run: Run, *, to_applicant: bool) -> Fate:
    fates = run.script.fates
    if run.script.fates_of_results:
        if not to_applicant:
            return "signed_for"
        before = [parcel for parcel in run.parcels.values() if parcel.to_applicant]
    else:
        before = list(run.parcels.values())
    return fates[len(before)] if len(before) < len(fates) else "signed_for"


def consignment(parcel: Parcel, at: dt.datetime) -> Consignment:
    """Return where a parcel is at a moment."""
    if parcel.cancelled:
        return Consignment(waybill=parcel.waybill, state="cancelled", at=parcel.cancelled)
    state: ParcelState = "booked"
    since = parcel.at
    for after, following in JOURNEYS[parcel.fate]:
        if parcel.at + after <= at:
            state, since = following, parcel.at + after
    return Consignment(waybill=parcel.waybill, state=state, at=since)


@dataclass(frozen=True)
class Delivery:
    """网络送达."""

    runs: Runs

    async def deliver(
        self, key: str, question: ResultDelivery, pending: Pending | None = None
    ) -> DeliveryProof:
        """Deliver at once."""
        del key, question, pending
        return DeliveryProof(reference="DELIVERY-1", delivered_at=now())


@dataclass(frozen=True)
class Data:
    """数据共享."""

    runs: Runs

    async def check(
        self, key: str, question: DataCheck, pending: Pending | None = None
    ) -> DataAnswer:
        """Bear the facts out, unless the source is down."""
        del question, pending
        if not run_of(self.runs, key).script.data_answers:
            raise GatewayUnavailableError("data is unavailable (503)")
        return DataAnswer(reference="DATA-1", verified=True)


@dataclass(frozen=True)
class Payment:
    """缴费、退费、拨付."""

    runs: Runs

    async def order(self, key: str, question: Fee, pending: Pending | None = None) -> PayOrder:
        """Make one order a key."""
        del question, pending
        run = run_of(self.runs, key)
        number = f"{run.spec.case.case_no}-O{len(run.orders) + 1}"
        order = run.orders.setdefault(key, Order(number=number, at=now()))
        return _seen(run, order)

    async def look(self, number: str) -> PayOrder:
        """Say whether an order is paid by now."""
        run = self.runs[number.rpartition("-O")[0]]
        return _seen(run, next(o for o in run.orders.values() if o.number == number))

    async def close(self, key: str) -> PayOrder:
        """Close what is not paid."""
        run = run_of(self.runs, key)
        order = run.orders.setdefault(key, Order(number="none", at=now()))
        if _seen(run, order).status == "unpaid":
            order.closed = now()
        return _seen(run, order)

    async def refund(
        self, key: str, question: Refund, pending: Pending | None = None
    ) -> MoneyReceipt:
        """Refund."""
        del key, question, pending
        return MoneyReceipt(reference="REFUND-1", at=now())

    async def pay_out(
        self, key: str, question: PayOut, pending: Pending | None = None
    ) -> MoneyReceipt:
        """Pay."""
        del key, question, pending
        return MoneyReceipt(reference="PAYOUT-1", at=now())


def _seen(run: Run, order: Order) -> PayOrder:
    link = "https://pay.invalid/"
    if order.closed:
        return PayOrder(number=order.number, link=link, status="closed", at=order.closed)
    due = order.at + PAID_AFTER
    if run.script.pays and due <= now():
        return PayOrder(number=order.number, link=link, status="paid", at=due)
    return PayOrder(number=order.number, link=link, status="unpaid", at=order.at)


class World(Gateways):
    """All gateways of a driver; there is nothing to open or to close."""

    def __init__(self, runs: Runs) -> None:
        self._connections = {}
        self._played: dict[str, object] = {
            IDENTITY.name: Identity(runs),
            COURIER.name: Courier(runs),
            DELIVERY.name: Delivery(runs),
            DATA.name: Data(runs),
            PAYMENT.name: Payment(runs),
        }

    def client(self, kind: GatewayKind[Client]) -> Client:
        """Return what plays this gateway."""
        return cast("Client", self._played[kind.name])
