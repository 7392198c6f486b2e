"""Activities in Temporal's own test environment, against a sandbox process."""

import dataclasses
import datetime as dt
from collections.abc import Iterator

import pytest
from temporalio.testing import ActivityEnvironment

from gateways.sandbox.control import SandboxControl
from gateways.sandbox.process import running
from gateways.sandbox.services import Behaviour

SCHEDULED = dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)
"""When every activity here is scheduled: already 2027 in China."""


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxControl]:
    """One sandbox whose parcels stay in each state for an hour."""
    with running(tmp_path_factory.mktemp("sandbox"), Behaviour(pace=3600)) as control:
        yield control


@pytest.fixture
def env() -> ActivityEnvironment:
    """One attempt of an activity."""
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, scheduled_time=SCHEDULED)
    return environment
