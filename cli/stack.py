"""`kuasheng up`: the whole system on one machine, in the foreground."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engine.codec_endpoint import codec_endpoint
from engine.connect import Connections
from engine.embedded import EmbeddedServer, free_port
from engine.keys import Keyring, ensure_keys
from engine.provision import provision
from engine.serve import LOOPBACK, serve
from engine.settings import EMBEDDED_TEMPO, Settings
from engine.topology import Province, Topology
from engine.workers import stop_on_signals
from gateways.sandbox.app import create_app
from gateways.sandbox.services import Behaviour
from gateways.sandbox.store import SandboxStore
from worker import pool

progress = Console(stderr=True)


@dataclass(frozen=True)
class Stack:
    """A running server with its namespaces, codec endpoint and sandbox; workers come on top."""

    settings: Settings
    connections: Connections
    provinces: tuple[Province, ...]
    server: EmbeddedServer
    sandbox_url: str


@asynccontextmanager
async def stack(
    settings: Settings,
    *,
    port: int = 0,
    ui_port: int | None = 0,
    provinces: str | None = None,
    behaviour: Behaviour | None = None,
) -> AsyncIterator[Stack]:
    """Run everything but workers for as long as the context lasts.

    Args:
        settings: Where the data is; the addresses of the gateways are replaced by the sandbox's.
        port: gRPC port; 0 takes any free one.
        ui_port: Port of the Temporal UI; 0 takes any free one, None serves no UI.
        provinces: Codes with commas; None for all.
        behaviour: How the sandbox plays the outside systems.

    Raises:
        KuashengError: what is in the way, and what to do about it.
    """
    topology = Topology.load(settings.topology)
    chosen = topology.select(provinces)
    ensure_keys(settings.keys, topology.provinces)
    async with AsyncExitStack() as parts:
        ui_port = free_port() if ui_port == 0 else ui_port
        codec_url = None
        if ui_port is not None and settings.codec:
            keyrings = {p.namespace: Keyring.for_province(settings.keys, p) for p in chosen}
            app = codec_endpoint(keyrings, f"http://{LOOPBACK}:{ui_port}")
            codec_url = await parts.enter_async_context(serve(app))
        store = SandboxStore(settings.data / "sandbox")
        parts.callback(store.close)
        sandbox_url = await parts.enter_async_context(serve(create_app(store, behaviour)))
        server = EmbeddedServer(
            settings.data,
            port=port,
            ui_port=ui_port,
            codec_url=codec_url,
            program=settings.temporal_bin,
        )
        await parts.enter_async_context(server)
        settings = settings.with_gateways(sandbox_url).model_copy(update={"tempo": EMBEDDED_TEMPO})
        settings.store()
        connections = await Connections.open(topology, settings, server.address)
        await provision(connections.service, chosen, settings.keys)
        yield Stack(settings, connections, chosen, server, sandbox_url)


def up(
    data: Annotated[
        Path | None, typer.Option(help="Folder for keys and state; default KUASHENG_DATA.")
    ] = None,
    port: Annotated[int, typer.Option(help="Temporal's gRPC port; 0 for any.")] = 7233,
    ui_port: Annotated[int, typer.Option(help="Temporal UI's port; 0 for any.")] = 8233,
    provinces: Annotated[str, typer.Option(help="Codes with commas; default all.")] = "",
) -> None:
    """Run Temporal, all provinces' workers and the sandbox in the foreground, until Ctrl-C.

    State survives a restart with the same --data. Example: kuasheng up --data ./data
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(_up(Settings.load(data=data), port, ui_port, provinces or None))


async def _up(settings: Settings, port: int, ui_port: int, provinces: str | None) -> None:
    with stop_on_signals() as stop:
        async with AsyncExitStack() as parts:
            with progress.status("starting Temporal, namespaces and workers"):
                running = await parts.enter_async_context(
                    stack(settings, port=port, ui_port=ui_port, provinces=provinces)
                )
                clients = await running.connections.clients(running.provinces)
                workers = await parts.enter_async_context(pool(running.settings, clients))
            print(
                f"ready: Temporal {running.server.address}, UI {running.server.ui}, "
                f"{len(running.provinces)} provinces, data {settings.data}",
                flush=True,
            )
            crashed = asyncio.create_task(running.server.exited())
            serving = asyncio.create_task(workers.serve(stop))
            await asyncio.wait({crashed, serving}, return_when=asyncio.FIRST_COMPLETED)
            crashed.cancel()
            if serving.done():
                serving.result()
            progress.print("draining workers")
