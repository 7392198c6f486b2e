"""What every test with a server stands on: its provinces, and what the fixture gives."""

from __future__ import annotations

from dataclasses import dataclass

from engine.connect import Connections
from engine.embedded import EmbeddedServer
from engine.settings import Settings
from engine.topology import Topology

PROVINCES = "440000,430000,110000,000000"


@dataclass(frozen=True)
class Stack:
    """A running server, and all that a test needs to work with it."""

    server: EmbeddedServer
    settings: Settings
    topology: Topology
    connections: Connections
    """Clients of all four provinces, each with its own keys."""
