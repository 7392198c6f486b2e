"""Servers on which every province is the same worker, for cases of random people."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from world import Houses


@pytest.fixture(scope="session")
async def houses() -> AsyncIterator[Houses]:
    """The houses of most tests: their workers keep workflows cached."""
    async with Houses(cached_workflows=1000) as opened:
        yield opened


@pytest.fixture(scope="session")
async def real_houses() -> AsyncIterator[Houses]:
    """Houses in real time: their server is the one that a laptop runs."""
    async with Houses(cached_workflows=1000, real=True) as opened:
        yield opened


@pytest.fixture(scope="session")
async def forgetful_houses() -> AsyncIterator[Houses]:
    """Houses whose workers cache nothing: every workflow task replays from the first event."""
    async with Houses(cached_workflows=0, real=True) as opened:
        yield opened
