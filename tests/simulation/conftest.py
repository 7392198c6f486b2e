"""The catalogue, compiled once, and what is filed in simulations."""

from __future__ import annotations

import pytest
from plans import Shelf

from compiler.catalogue import Catalogue
from engine.settings import Settings
from engine.topology import Topology


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """Every Plan of the shipped catalogue."""
    catalogue = Catalogue.load()
    return Shelf(
        catalogue,
        Topology.load(Settings.model_fields["topology"].default),
        tuple(
            catalogue.plan(code, mode)
            for code, entry in catalogue.matters.items()
            for mode in entry.matter.modes
        ),
    )
