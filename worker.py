"""Workers of any provinces against any Temporal: `python worker.py --province 440000`.

Here the parts meet: the workflows, the activities with their gateways, and the answers to other
provinces. `kuasheng up` and the demo use the same `pool`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from temporalio.client import Client

from activities.documents import Issuer
from activities.duplicates import DuplicateActivities
from activities.handover import HandOverHandler
from activities.officers import load_officers
from activities.registry import build, of_province
from compiler.calendars import load_calendar
from compiler.catalogue import Catalogue
from compiler.published import PlanStore
from engine.connect import Connections
from engine.exit import leave
from engine.keys import purpose_keys
from engine.settings import Settings
from engine.topology import Province, Topology
from engine.workers import Capacity, WorkerPool, stop_on_signals
from errors import KuashengError
from gateways.registry import Gateways
from ledger.database import opened
from workflows.case import CaseWorkflow
from workflows.handling import HandlingWorkflow
from workflows.later import LaterActWorkflow
from workflows.rating import RatingWorkflow
from workflows.rectification import RectificationWorkflow
from workflows.supervision import SupervisionWorkflow

WORKFLOWS = (
    CaseWorkflow,
    HandlingWorkflow,
    RatingWorkflow,
    RectificationWorkflow,
    SupervisionWorkflow,
    LaterActWorkflow,
)


def publish(settings: Settings) -> PlanStore:
    """Publish this installation's catalogue: running cases keep finding the Plans of before."""
    store = PlanStore(settings.data / "plans")
    store.publish(Catalogue.load(settings.matters))
    return store


@asynccontextmanager
async def pool(
    settings: Settings, clients: Mapping[Province, Client], capacity: Capacity | None = None
) -> AsyncIterator[WorkerPool]:
    """Run the workers of these provinces for as long as the context lasts, then drain them.

    Raises:
        SettingsError: officers, gateways, the registers or the catalogue cannot be used.
    """
    store = publish(settings)
    officers = load_officers(settings.officers)
    with opened(settings.database_url) as registers:
        issuer = Issuer.of(registers, settings.matters)
        secrets = partial(purpose_keys, settings.keys, "duplicates")
        duplicates = DuplicateActivities.of(registers, secrets)
        async with Gateways(settings.gateway_urls) as gateways:
            shared = build(officers, gateways, load_calendar(), issuer, duplicates)
            workers = WorkerPool(
                clients,
                workflows=WORKFLOWS,
                activities=lambda _province, client: [*shared, *of_province(client)],
                nexus_handlers=lambda _province, _client: [HandOverHandler(store.get)],
                capacity=capacity or Capacity(),
            )
            async with workers:
                yield workers


async def work(provinces: str | None, settings: Settings, capacity: Capacity) -> None:
    """Work until SIGTERM or Ctrl-C; one line that starts with `ready:` says when it begins."""
    with stop_on_signals() as stop:
        connections = await Connections.open(Topology.load(settings.topology), settings)
        chosen = connections.topology.select(provinces)
        clients = await connections.clients(chosen)
        async with pool(settings, clients, capacity) as workers:
            print(f"ready: {len(chosen)} province(s)", flush=True)  # noqa: T201
            await workers.serve(stop)


def main() -> None:
    """Entry point of `python worker.py`."""
    parser = argparse.ArgumentParser(
        prog="python worker.py",
        description="Workers of provinces, against the Temporal that the `temporal` CLI finds.",
        epilog="Example: TEMPORAL_ADDRESS=127.0.0.1:7233 python worker.py --province 440000 430000",
    )
    parser.add_argument(
        "--province", nargs="+", action="extend", metavar="CODE", help="six digits; default all"
    )
    parser.add_argument("--data", type=Path, help="folder with keys; default KUASHENG_DATA")
    parser.add_argument("--cached", type=int, default=Capacity().cached_workflows,
                        help="cached workflows a province; 0 replays at every task")  # fmt: skip
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    provinces = ",".join(chosen.province) if chosen.province else None
    try:
        settings = Settings.load(data=chosen.data)
        asyncio.run(work(provinces, settings, Capacity(cached_workflows=chosen.cached)))
    except KuashengError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        leave(2)
    leave(0)


if __name__ == "__main__":
    main()
