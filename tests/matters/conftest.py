"""The catalogue and the source's table, read once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from compiler.catalogue import Catalogue

ANNEX = Path(__file__).parent.parent / "data" / "annex.tsv"
LISTS = ("2020", "2021", "later")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue that comes with the program."""
    return Catalogue.load()


@pytest.fixture(scope="session")
def annex() -> dict[str, dict[str, str]]:
    """The 140 rows of the source's annex by code."""
    with ANNEX.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {f"{LISTS[int(row['phase']) - 1]}-{int(row['no']):02d}": row for row in rows}
