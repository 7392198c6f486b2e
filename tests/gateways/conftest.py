"""A sandbox in a process of its own."""

from collections.abc import Iterator

import pytest

from gateways.sandbox.control import SandboxControl
from gateways.sandbox.process import running
from gateways.sandbox.services import Behaviour


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxControl]:
    """One sandbox for all tests; keys keep them apart."""
    data = tmp_path_factory.mktemp("sandbox")
    with running(data, Behaviour(pace=0.05)) as control:
        yield control
