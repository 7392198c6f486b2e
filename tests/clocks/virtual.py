"""What a test has in virtual time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from engine.settings import Settings
from engine.topology import Topology


@dataclass(frozen=True)
class Virtual:
    """Virtual time, and what a case needs to run in it."""

    env: WorkflowEnvironment
    client: Client
    topology: Topology
    settings: Settings

    async def now(self) -> dt.datetime:
        """The virtual time."""
        return await self.env.get_current_time()

    async def until(self, moment: dt.datetime) -> None:
        """Let virtual time pass until a moment."""
        await self.env.sleep(moment - await self.now())
