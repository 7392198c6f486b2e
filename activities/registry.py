"""All activities of a worker, with what they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from activities.approval import ApprovalActivities
from activities.clock import ClockActivities
from activities.courier import CourierActivities
from activities.delivery import DeliveryActivities
from activities.identity import IdentityActivities
from activities.intake import intake
from activities.officers import Officers
from compiler.calendars import Calendar
from gateways.registry import COURIER, DELIVERY, IDENTITY, Gateways


def build(officers: Officers, gateways: Gateways, calendar: Calendar) -> list[Callable[..., Any]]:
    """Return the activities to register; all workers of a process share them.

    Args:
        officers: Who may act.
        calendar: The working days that deadlines are computed with.
        gateways: Open clients; whoever opened them closes them after the workers have drained.
    """
    courier = CourierActivities(gateways.client(COURIER))
    return [
        intake,
        IdentityActivities(gateways.client(IDENTITY)).check_identity,
        courier.book_parcel,
        courier.track_parcel,
        ApprovalActivities(officers).record_act,
        ClockActivities(calendar).deadline,
        DeliveryActivities(gateways.client(DELIVERY)).deliver_result,
    ]
