"""All activities of a worker, with what they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio.client import Client

from activities.approval import ApprovalActivities
from activities.clock import ClockActivities
from activities.courier import CourierActivities
from activities.data import DataActivities
from activities.delivery import DeliveryActivities
from activities.documents import DocumentActivities, Issuer
from activities.duplicates import DuplicateActivities
from activities.handover import Endpoints
from activities.identity import IdentityActivities
from activities.intake import IntakeActivities
from activities.officers import Officers
from activities.payment import PaymentActivities
from activities.ratings import Invitations
from activities.supervision import Supervisions
from compiler.calendars import Calendar
from gateways.registry import COURIER, DATA, DELIVERY, IDENTITY, PAYMENT, Gateways


def of_province(client: Client) -> list[Callable[..., Any]]:
    """Return the activities that work on one province's namespace.

    Args:
        client: Connected to that namespace.
    """
    return [
        Endpoints(client).endpoint_known,
        Invitations(client).invite_rating,
        Supervisions(client).open_supervision,
    ]


def build(
    officers: Officers,
    gateways: Gateways,
    calendar: Calendar,
    issuer: Issuer,
    duplicates: DuplicateActivities,
) -> list[Callable[..., Any]]:
    """Return the activities to register; all workers of a process share them.

    Args:
        officers: Who may act.
        calendar: The working days that deadlines are computed with.
        gateways: Open clients; whoever opened them closes them after the workers have drained.
        issuer: Numbers and templates of documents.
        duplicates: The register of open filings, with the key of its hashes.
    """
    courier = CourierActivities(gateways.client(COURIER))
    payment = PaymentActivities(gateways.client(PAYMENT))
    return [
        IntakeActivities(issuer).intake,
        IdentityActivities(gateways.client(IDENTITY)).check_identity,
        courier.book_parcel,
        courier.track_parcel,
        courier.cancel_parcel,
        DataActivities(gateways.client(DATA)).check_data,
        payment.create_order,
        payment.await_payment,
        payment.close_order,
        payment.refund,
        payment.pay_out,
        ApprovalActivities(officers, issuer).record_act,
        DocumentActivities(issuer).issue_document,
        duplicates.check_duplicate,
        duplicates.release_filing,
        ClockActivities(calendar).deadline,
        DeliveryActivities(gateways.client(DELIVERY)).deliver_result,
    ]
