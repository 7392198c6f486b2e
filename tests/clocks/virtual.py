"""What a test has in virtual time."""

from __future__ import annotations

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
