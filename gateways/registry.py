"""Which outside systems there are: one typed table, and the open clients of a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from errors import SettingsError
from gateways.courier.http import HttpCourier
from gateways.courier.protocol import CourierGateway
from gateways.data.http import HttpData
from gateways.data.protocol import DataGateway
from gateways.delivery.http import HttpDelivery
from gateways.delivery.protocol import DeliveryGateway
from gateways.http import TIMEOUT, Connection
from gateways.identity.http import HttpIdentity
from gateways.identity.protocol import IdentityGateway
from gateways.payment.http import HttpPayment
from gateways.payment.protocol import PaymentGateway

Client = TypeVar("Client")
Client_co = TypeVar("Client_co", covariant=True)


@dataclass(frozen=True)
class GatewayKind(Generic[Client_co]):
    """An outside system: its name in settings and errors, and what makes its client."""

    name: str
    client: Callable[[Connection], Client_co]


IDENTITY: GatewayKind[IdentityGateway] = GatewayKind("identity", HttpIdentity)
COURIER: GatewayKind[CourierGateway] = GatewayKind("courier", HttpCourier)
DELIVERY: GatewayKind[DeliveryGateway] = GatewayKind("delivery", HttpDelivery)
DATA: GatewayKind[DataGateway] = GatewayKind("data", HttpData)
PAYMENT: GatewayKind[PaymentGateway] = GatewayKind("payment", HttpPayment)

GATEWAYS: dict[str, GatewayKind[object]] = {
    kind.name: kind for kind in (IDENTITY, COURIER, DELIVERY, DATA, PAYMENT)
}
"""Every gateway by the name that settings use for it."""


class Gateways:
    """The clients of a process: one connection a gateway, opened once, closed on leaving.

    Args:
        urls: Gateway name → address, for every gateway of `GATEWAYS`.
        timeout: Seconds for one request.

    Raises:
        SettingsError: A gateway has no address, an address is none, or a name is not known.
    """

    def __init__(self, urls: Mapping[str, str], timeout: float = TIMEOUT) -> None:
        if unknown := sorted(urls.keys() - GATEWAYS.keys()):
            raise SettingsError(
                f"no gateway is named {unknown[0]!r}", f"use one of {', '.join(GATEWAYS)}"
            )
        if missing := sorted(GATEWAYS.keys() - urls.keys()):
            raise SettingsError(
                f"gateway {missing[0]} has no address", "give each gateway an http:// address"
            )
        self._connections = {name: Connection(name, url, timeout) for name, url in urls.items()}

    def client(self, kind: GatewayKind[Client]) -> Client:
        """Return the client of one gateway."""
        return kind.client(self._connections[kind.name])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        async with AsyncExitStack() as stack:
            for connection in self._connections.values():
                stack.push_async_callback(connection.aclose)
