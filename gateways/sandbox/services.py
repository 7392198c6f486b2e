"""The outside systems that the sandbox plays: one row each, and how each comes to its answer."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gateways.courier.protocol import Booking, Consignment, ParcelState
from gateways.data.protocol import DataAnswer, DataCheck
from gateways.delivery.protocol import DeliveryProof, ResultDelivery
from gateways.http import Question, Wire
from gateways.identity.protocol import IdentityAnswer, IdentityCheck
from gateways.payment.protocol import Fee, MoneyReceipt, OrderStatus, PayOrder, PayOut, Refund
from gateways.sandbox.store import Facts, SandboxStore, Thing

Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True)
class Behaviour:
    """How the played systems behave when nothing goes wrong.

    Attributes:
        pace: Seconds that a parcel stays in each state, and until a fee is paid.
        impostor: A name that contains this never matches its papers.
        stranger: A name that contains this is unknown to every unit's data.
        unproven: A name that contains this has no record of any fact.
        debtor: A name that contains this never pays a fee.
    """

    pace: float = 0.3
    impostor: str = "冒名"
    stranger: str = "查无此人"
    unproven: str = "无记录"
    debtor: str = "不缴费"


LIVES: dict[str, tuple[ParcelState, ...]] = {
    "signed_for": ("booked", "picked_up", "in_transit", "signed_for"),
    "lost": ("booked", "picked_up", "in_transit", "lost"),
    "stalled": ("booked",),
    "cancelled": ("cancelled",),
}
"""Fate of a parcel → the states it goes through."""


def parcel_state(fate: str, booked_at: float, pace: float, now: float) -> tuple[ParcelState, float]:
    """Return a parcel's state at `now` and when that state began, all in Unix seconds.

    Computed from the booking alone, so a parcel travels on while the sandbox is down.
    """
    life = LIVES[fate]
    step = min(int((now - booked_at) / pace), len(life) - 1) if pace > 0 else len(life) - 1
    step = max(step, 0)
    return life[step], booked_at + step * pace


def order_status(fate: str, made_at: float, pace: float, now: float) -> tuple[OrderStatus, float]:
    """Return an order's status at `now` and when that status began, all in Unix seconds."""
    if fate == "closed":
        return "closed", made_at
    if fate == "paid" and now >= made_at + pace:
        return "paid", made_at + pace
    return "unpaid", made_at


@dataclass(frozen=True)
class Recall:
    """How what was asked for is taken back: until when, and what it is then."""

    fate: str
    possible: Callable[[Thing, Behaviour, float], bool]


def _agreed(_question: Question, _behaviour: Behaviour, _store: SandboxStore) -> str:
    return ""


@dataclass(frozen=True)
class Service(Generic[Q]):
    """A played system.

    Attributes:
        name: Its name in the store.
        path: Where questions are posted; `path/{reference}` is one of them.
        prefix: How its references begin.
        question: The model of what is posted.
        facts: What is kept of a new question.
        answer: What is said at a time, in Unix seconds, about what exists.
        refusal: Why a new question is refused; empty when it is not.
        recall: How it is taken back by DELETE, where it can be.
    """

    name: str
    path: str
    prefix: str
    question: type[Q]
    facts: Callable[[Q, Behaviour], Facts]
    answer: Callable[[Thing, Behaviour, float], Wire]
    refusal: Callable[[Q, Behaviour, SandboxStore], str] = _agreed
    recall: Recall | None = None


def _identity_facts(check: IdentityCheck, behaviour: Behaviour) -> Facts:
    return Facts(fate="mismatched" if behaviour.impostor in check.name else "matched")


def _identity_answer(thing: Thing, _behaviour: Behaviour, _now: float) -> Wire:
    matched = thing.fate == "matched"
    reason = "" if matched else "人证不一致"
    return IdentityAnswer(reference=thing.reference, matched=matched, reason=reason)


def _courier_facts(booking: Booking, _behaviour: Behaviour) -> Facts:
    return Facts(fate="signed_for", case_no=booking.case_no, leg=booking.leg)


def _courier_answer(thing: Thing, behaviour: Behaviour, now: float) -> Wire:
    state, since = parcel_state(thing.fate, thing.at, behaviour.pace, now)
    return Consignment(waybill=thing.reference, state=state, at=_moment(since))


def _delivery_facts(delivery: ResultDelivery, _behaviour: Behaviour) -> Facts:
    return Facts(fate="delivered", case_no=delivery.case_no)


def _delivery_answer(thing: Thing, _behaviour: Behaviour, _now: float) -> Wire:
    return DeliveryProof(reference=thing.reference, delivered_at=_moment(thing.at))


def _booked(thing: Thing, behaviour: Behaviour, now: float) -> bool:
    return parcel_state(thing.fate, thing.at, behaviour.pace, now)[0] == "booked"


def _data_facts(check: DataCheck, behaviour: Behaviour) -> Facts:
    fate = "unproven" if behaviour.unproven in check.name else "verified"
    return Facts(fate=fate, case_no=check.case_no)


def _data_answer(thing: Thing, _behaviour: Behaviour, _now: float) -> Wire:
    verified = thing.fate == "verified"
    reason = "" if verified else "无相应记录"
    return DataAnswer(reference=thing.reference, verified=verified, reason=reason)


def _data_refusal(check: DataCheck, behaviour: Behaviour, _store: SandboxStore) -> str:
    return "查无此人" if behaviour.stranger in check.name else ""


def _order_facts(fee: Fee, behaviour: Behaviour) -> Facts:
    return Facts(fate="unpaid" if behaviour.debtor in fee.payer else "paid", case_no=fee.case_no)


def _status(thing: Thing, behaviour: Behaviour, now: float) -> tuple[OrderStatus, float]:
    return order_status(thing.fate, thing.at, behaviour.pace, now)


def _order_answer(thing: Thing, behaviour: Behaviour, now: float) -> Wire:
    status, since = _status(thing, behaviour, now)
    link = f"https://pay.example/{thing.reference}"
    return PayOrder(number=thing.reference, link=link, status=status, at=_moment(since))


def _unpaid(thing: Thing, behaviour: Behaviour, now: float) -> bool:
    return _status(thing, behaviour, now)[0] == "unpaid"


def _refund_facts(refund: Refund, _behaviour: Behaviour) -> Facts:
    return Facts(fate="refunded", case_no=refund.case_no, leg=refund.number)


def _refund_refusal(refund: Refund, behaviour: Behaviour, store: SandboxStore) -> str:
    order = store.by_reference(ORDER.name, refund.number)
    if order is None or _status(order, behaviour, time.time())[0] != "paid":
        return "该缴费单未缴费"
    done = any(thing.leg == refund.number for thing in store.things(REFUND.name))
    return "该缴费单已退费" if done else ""


def _payout_facts(payout: PayOut, _behaviour: Behaviour) -> Facts:
    return Facts(fate="paid_out", case_no=payout.case_no)


def _receipt(thing: Thing, _behaviour: Behaviour, _now: float) -> Wire:
    return MoneyReceipt(reference=thing.reference, at=_moment(thing.at))


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


IDENTITY = Service(
    "identity", "/identity/checks", "ID", IdentityCheck, _identity_facts, _identity_answer
)
COURIER = Service(
    "courier", "/courier/parcels", "EM", Booking, _courier_facts, _courier_answer,
    recall=Recall("cancelled", _booked),
)  # fmt: skip
DELIVERY = Service(
    "delivery", "/delivery/results", "DL", ResultDelivery, _delivery_facts, _delivery_answer
)

DATA = Service(
    "data", "/data/checks", "DS", DataCheck, _data_facts, _data_answer, refusal=_data_refusal
)
ORDER = Service(
    "order", "/payment/orders", "PY", Fee, _order_facts, _order_answer,
    recall=Recall("closed", _unpaid),
)  # fmt: skip
REFUND = Service(
    "refund", "/payment/refunds", "RF", Refund, _refund_facts, _receipt, refusal=_refund_refusal
)
PAYOUT = Service("payout", "/payment/payouts", "PO", PayOut, _payout_facts, _receipt)

SERVICES: tuple[Service[Any], ...] = (IDENTITY, COURIER, DELIVERY, DATA, ORDER, REFUND, PAYOUT)
"""Every played system."""
