"""行政区划 (GB/T 2260): six-digit codes, their names, and which were abolished.

The table is python-stdnum's (`cn/loc`), read on first use. It lacks 新疆生产建设兵团 and
the central authorities, which here are provinces like any other: 660000 and 000000.
"""

from __future__ import annotations

import re
from functools import cache

CENTRAL = "000000"
OWN: dict[str, str] = {CENTRAL: "中央", "660000": "新疆生产建设兵团"}

_SPAN = re.compile(r"\[([0-9]*)-([0-9]*)\](.*)")


def name_of(code: str) -> str | None:
    """Return the division's current name, or None when there is no such division today."""
    if code in OWN:
        return OWN[code]
    return next((name for name, ended in _entries(code) if not ended), None)


def exists(code: str) -> bool:
    """Tell whether the division exists today."""
    return name_of(code) is not None


def abolished(code: str) -> str | None:
    """Return `name, until YEAR` when the division existed and does so no more, else None."""
    if exists(code):
        return None
    entries = _entries(code)
    return f"{entries[-1][0]}, until {entries[-1][1]}" if entries else None


def province_of(code: str) -> str:
    """Return the province's code: `440300` → `440000`."""
    return code[:2] + "0000"


@cache
def _entries(code: str) -> tuple[tuple[str, str], ...]:
    """Return (name, last year or empty) of everything that ever had this code."""
    # Imported late: a lint reads no divisions, and the table is 190 KB of text.
    from stdnum import numdb  # noqa: PLC0415

    if not re.fullmatch(r"[0-9]{6}", code):
        return ()
    county = ""
    for _, properties in numdb.get("cn/loc").info(code):
        county = properties.get("county", county)
    found = []
    for entry in filter(None, county.split(",")):
        span = _SPAN.fullmatch(entry)
        found.append((span[3], span[2]) if span else (entry, ""))
    return tuple(found)
