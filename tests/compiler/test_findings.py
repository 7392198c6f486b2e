"""Codes of findings: stable and documented."""

from __future__ import annotations

import re
from pathlib import Path

from compiler.findings import CODES, document


def test_every_code_is_documented() -> None:
    """The page of codes is that of the table; `compiler.findings.document()` writes it."""
    page = Path(__file__).resolve().parents[2] / "docs" / "findings.md"
    assert page.read_text(encoding="utf-8") == document()
    used = {
        code
        for path in (page.parents[1] / "compiler").rglob("*.py")
        for code in re.findall(r'"(KS[0-9]{3})"', path.read_text(encoding="utf-8"))
    }
    assert used == CODES.keys()
