"""What the delivery service is asked and answers."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Protocol

from gateways.http import Pending, Question, Wire


class ResultDelivery(Question):
    """Put this document into this person's or organisation's space (电子送达)."""

    PERSONAL: ClassVar[tuple[str, ...]] = ("name", "id_number", "uscc")

    case_no: str
    document: str
    name: str
    id_number: str = ""
    uscc: str = ""


class DeliveryProof(Wire):
    """送达回执: when the document reached the space."""

    reference: str
    delivered_at: dt.datetime


class DeliveryGateway(Protocol):
    """The delivery service."""

    async def deliver(
        self, key: str, question: ResultDelivery, pending: Pending | None = None
    ) -> DeliveryProof | Pending:
        """Deliver once under `key`, or ask again about a `pending` delivery.

        Raises:
            GatewayRefusedError: There is no such space, or it does not take the document.
            GatewayUnavailableError: No usable answer; the same key never delivers twice.
        """
        ...
