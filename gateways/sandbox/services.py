"""The outside systems that the sandbox plays: one row each, and how each comes to its answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gateways.courier.protocol import Booking, Consignment, ParcelState
from gateways.delivery.protocol import DeliveryProof, ResultDelivery
from gateways.http import Question, Wire
from gateways.identity.protocol import IdentityAnswer, IdentityCheck
from gateways.sandbox.store import Facts, Thing

Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True)
class Behaviour:
    """How the played systems behave when nothing goes wrong.

    Attributes:
        pace: Seconds that a parcel stays in each state.
        impostor: A name that contains this never matches its papers.
    """

    pace: float = 0.3
    impostor: str = "冒名"


LIVES: dict[str, tuple[ParcelState, ...]] = {
    "signed_for": ("booked", "picked_up", "in_transit", "signed_for"),
    "lost": ("booked", "picked_up", "in_transit", "lost"),
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
    """

    name: str
    path: str
    prefix: str
    question: type[Q]
    facts: Callable[[Q, Behaviour], Facts]
    answer: Callable[[Thing, Behaviour, float], Wire]


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


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


IDENTITY = Service(
    "identity", "/identity/checks", "ID", IdentityCheck, _identity_facts, _identity_answer
)
COURIER = Service("courier", "/courier/parcels", "EM", Booking, _courier_facts, _courier_answer)
DELIVERY = Service(
    "delivery", "/delivery/results", "DL", ResultDelivery, _delivery_facts, _delivery_answer
)

SERVICES: tuple[Service[Any], ...] = (IDENTITY, COURIER, DELIVERY)
"""Every played system."""
