"""The catalogue, compiled once."""

from __future__ import annotations

import pytest
from stage import Stage

from compiler.catalogue import Catalogue
from engine.settings import Settings
from engine.topology import Topology


@pytest.fixture(scope="session")
def stage() -> Stage:
    """Where the shipped matters are played."""
    topology = Topology.load(Settings.model_fields["topology"].default)
    return Stage(Catalogue.load(), topology)
