"""A sandbox in a process of its own, and clients that speak to it over a real socket."""

from collections.abc import AsyncIterator, Iterator

import pytest

from gateways.registry import GATEWAYS, Gateways
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.process import running
from gateways.sandbox.services import Behaviour


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxControl]:
    """One sandbox for all tests; keys keep them apart."""
    data = tmp_path_factory.mktemp("sandbox")
    with running(data, Behaviour(pace=0.05)) as control:
        yield control


@pytest.fixture
def sandbox(process: SandboxControl) -> Iterator[SandboxControl]:
    """The sandbox, behaving."""
    yield process
    process.behave()


@pytest.fixture
async def gateways(sandbox: SandboxControl) -> AsyncIterator[Gateways]:
    """Clients of all gateways."""
    async with Gateways(dict.fromkeys(GATEWAYS, sandbox.url)) as opened:
        yield opened
