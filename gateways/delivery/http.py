"""The delivery service over HTTP: POST /delivery/results."""

from __future__ import annotations

from dataclasses import dataclass

from gateways.delivery.protocol import DeliveryProof, ResultDelivery
from gateways.http import Connection, Pending


@dataclass(frozen=True)
class HttpDelivery:
    """See `DeliveryGateway`."""

    connection: Connection

    async def deliver(
        self, key: str, question: ResultDelivery, pending: Pending | None = None
    ) -> DeliveryProof | Pending:
        """Deliver once under `key`, or ask again about a `pending` delivery."""
        return await self.connection.ask("/delivery/results", key, question, DeliveryProof, pending)
