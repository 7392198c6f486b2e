"""Connections to Temporal, found the way the `temporal` CLI finds it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import HeaderCodecBehavior
from temporalio.envconfig import ClientConfig
from temporalio.service import ConnectConfig, ServiceClient

from engine.keys import Keyring
from engine.plugin import CasePlugin
from engine.provision import claim_keys
from engine.settings import Settings
from engine.topology import Province, Topology
from errors import SettingsError, UnreachableError

CONNECT_SECONDS = 3.0
"""How long Temporal may take to answer before it counts as not reachable."""


async def open_service(address: str | None = None) -> ServiceClient:
    """Open one gRPC connection; the clients of all provinces can share it.

    Args:
        address: `host:port`, instead of what `TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE` and
            `temporal.toml` say.

    Raises:
        SettingsError: The profile or `temporal.toml` is wrong.
        UnreachableError: Nothing answers there.
    """
    try:
        found = ClientConfig.load_client_connect_config()
    except (RuntimeError, ValueError) as error:
        raise SettingsError(
            f"temporal.toml or its profile cannot be used ({error})", "check TEMPORAL_PROFILE"
        ) from error
    host = address or found.get("target_host") or "localhost:7233"
    config = ConnectConfig(
        target_host=host,
        api_key=found.get("api_key"),
        tls=found.get("tls"),
        rpc_metadata=found.get("rpc_metadata") or {},
        connect_timeout=timedelta(seconds=CONNECT_SECONDS),
    )
    try:
        return await asyncio.wait_for(ServiceClient.connect(config), CONNECT_SECONDS)
    except (RuntimeError, ValueError, TimeoutError) as error:
        raise UnreachableError(
            f"Temporal at {host} does not answer",
            "start it with `kuasheng up`, or set TEMPORAL_ADDRESS",
        ) from error


def client_for(
    service: ServiceClient, province: Province, keyring: Keyring, *, codec: bool = True
) -> Client:
    """Return a client of one province's namespace over a connection that is open."""
    return Client(
        service,
        namespace=province.namespace,
        plugins=[CasePlugin(keyring, codec=codec)],
        header_codec_behavior=HeaderCodecBehavior.CODEC,
    )


class Connections:
    """One gRPC connection and, over it, a client of each province that is asked for.

    Args:
        service: The open connection.
        topology: Who takes part.
        settings: Where the keys are.
    """

    def __init__(self, service: ServiceClient, topology: Topology, settings: Settings) -> None:
        self.service = service
        self.topology = topology
        self._settings = settings
        self._clients: dict[str, Client] = {}

    @classmethod
    async def open(
        cls, topology: Topology, settings: Settings, address: str | None = None
    ) -> Connections:
        """Connect to Temporal; see `open_service` for `address` and the errors raised."""
        return cls(await open_service(address), topology, settings)

    async def client(self, code: str) -> Client:
        """Return the client of a province's namespace, with that province's keys.

        Raises:
            NotFoundError: There is no such province.
            SettingsError: The keys are missing, or not those that the namespace was used with.
        """
        if code not in self._clients:
            province = self.topology.province(code)
            keyring = Keyring.for_province(self._settings.keys, province)
            if self._settings.codec:
                await claim_keys(self.service, province, keyring)
            self._clients[code] = client_for(
                self.service, province, keyring, codec=self._settings.codec
            )
        return self._clients[code]

    async def clients(self, provinces: Iterable[Province]) -> dict[Province, Client]:
        """Return the clients of several provinces, for their workers."""
        wanted = tuple(provinces)
        found = await asyncio.gather(*(self.client(province.code) for province in wanted))
        return dict(zip(wanted, found, strict=True))


async def connect(topology: Topology, code: str, settings: Settings) -> Client:
    """Return a client of one province's namespace, over a connection of its own.

    Raises:
        NotFoundError: There is no such province.
        SettingsError: The keys are missing, or not those that the namespace was used with.
        UnreachableError: Temporal does not answer.
    """
    return await (await Connections.open(topology, settings)).client(code)
