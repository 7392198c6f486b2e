"""The courier over HTTP: POST and DELETE /courier/parcels, GET /courier/parcels/{waybill}."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from gateways.courier.protocol import Booking, Consignment
from gateways.http import Connection, Pending


@dataclass(frozen=True)
class HttpCourier:
    """See `CourierGateway`."""

    connection: Connection

    async def book(
        self, key: str, question: Booking, pending: Pending | None = None
    ) -> Consignment | Pending:
        """Book one parcel under `key`, or ask again about a `pending` booking."""
        return await self.connection.ask("/courier/parcels", key, question, Consignment, pending)

    async def track(self, waybill: str) -> Consignment:
        """Return where a parcel is."""
        return await self.connection.look(
            f"/courier/parcels/{quote(waybill, safe='')}", Consignment
        )

    async def cancel(self, key: str) -> Consignment:
        """Ensure that no parcel booked under `key` is picked up."""
        return await self.connection.recall("/courier/parcels", key, Consignment)
