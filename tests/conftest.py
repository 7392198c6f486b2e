"""What all tests share: one real Temporal server a test process, with four provinces on it.

Tests of outside systems speak to a sandbox instead: each room has its own `process` of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from ground import PROVINCES, Stack

from engine.connect import Connections
from engine.embedded import EmbeddedServer
from engine.exit import leave
from engine.provision import provision
from engine.settings import Settings
from engine.topology import Topology
from gateways.registry import GATEWAYS, Gateways
from gateways.sandbox.control import SandboxControl


@pytest.fixture(scope="session")
def stack_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of this test process's server: database, log, keys."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
async def server(stack_dir: Path) -> AsyncIterator[Stack]:
    """A dev server on a free port; its provinces are provisioned, no worker runs yet."""
    settings = Settings.load(data=stack_dir)
    topology = Topology.load(settings.topology)
    async with EmbeddedServer(stack_dir) as embedded:
        connections = await Connections.open(topology, settings, embedded.address)
        await provision(connections.service, topology.select(PROVINCES), settings.keys)
        yield Stack(embedded, settings, topology, connections)


@pytest.fixture
def sandbox(process: SandboxControl) -> Iterator[SandboxControl]:
    """The room's sandbox, behaving."""
    yield process
    process.behave()


@pytest.fixture
async def gateways(sandbox: SandboxControl) -> AsyncIterator[Gateways]:
    """Clients of all gateways, on a real socket."""
    async with Gateways(dict.fromkeys(GATEWAYS, sandbox.url)) as opened:
        yield opened


_status: list[int] = []


def pytest_sessionfinish(exitstatus: int) -> None:
    """Remember how the run ended."""
    _status.append(int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End without interpreter teardown, like every entry point (xdist ends its own workers)."""
    if _status and not hasattr(config, "workerinput"):
        leave(_status[-1])
