"""Families lie in `families.yaml` and in the files of `families/`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.catalogue import ROOT, Catalogue


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A catalogue of its own that a test may change."""
    return Path(shutil.copytree(ROOT, tmp_path / "matters"))


def test_a_family_in_two_files_is_a_finding(copied: Path) -> None:
    """The first one holds; the second is reported where it stands."""
    text = "families:\n  公证:\n    item_type: 公共服务\n"
    (copied / "families" / "second.yaml").write_text(text, encoding="utf-8")
    found = Catalogue.load(copied).findings
    assert [(f.code, f.line, f.message) for f in found] == [
        ("KS024", 3, "family 公证 is defined in two files")
    ]


def test_every_family_is_used(copied: Path) -> None:
    """Each family has a matter or another family that belongs to it; none is left over."""
    catalogue = Catalogue.load(copied)
    used = {entry.matter.family for entry in catalogue.matters.values()}
    parents = {
        line.split(":")[1].strip()
        for path in (copied / "families").glob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("    family:")
    }
    named = {
        line.strip().removesuffix(":")
        for path in (copied / "families").glob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("  ") and not line.startswith("   ") and line.endswith(":")
    }
    assert named == used | parents
