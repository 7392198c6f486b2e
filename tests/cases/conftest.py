"""One server, one sandbox and one pool of workers for all tests about cases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from house import CATALOGUE, JACK_OF_ALL, House

from cli.stack import stack
from compiler.catalogue import Catalogue
from engine.cases import Cases
from engine.settings import Settings
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.services import Behaviour
from worker import pool

PROVINCES = "440000,430000,110000,330000"
WORKED = ("440000", "430000")
"""Provinces with workers; a test that wants the other two brings its own."""

JACK = f"""
  - id: {JACK_OF_ALL}
    division: "430000"
    units: ["*"]
    roles: [acceptor, reviewer, decider, clerk]
"""


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The running house."""
    data = tmp_path_factory.mktemp("house")
    settings = Settings.load(data=data, matters=CATALOGUE)
    officers = data / "officers.yaml"
    officers.write_text(settings.officers.read_text("utf-8") + JACK, "utf-8")
    settings = settings.model_copy(update={"officers": officers})
    behaviour = Behaviour(pace=0.1)
    async with stack(settings, ui_port=None, provinces=PROVINCES, behaviour=behaviour) as running:
        clients = await running.connections.clients(running.provinces)
        worked = {p: client for p, client in clients.items() if p.code in WORKED}
        async with pool(running.settings, worked):
            with SandboxControl(running.sandbox_url) as sandbox:
                yield House(
                    running,
                    Catalogue.load(CATALOGUE),
                    sandbox,
                    Cases(running.connections),
                    {p.code: client for p, client in clients.items()},
                )
