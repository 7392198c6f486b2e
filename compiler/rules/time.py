"""Time limits: promises keep the law, and ladders have rungs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.draft import Draft
from compiler.findings import Finding, finding

_RUNG = re.compile(r"(remind|yellow|supervise|red)@([1-9][0-9]{0,2})%")
_MINUTES = {"workdays": 1440, "days": 1440, "hours": 60, "minutes": 1}


def promise_keeps_the_law(draft: Draft) -> Iterator[Finding]:
    """承诺时限 ≤ 法定时限, as far as it can be proved without a calendar."""
    limit = draft.matter.rules.time_limit
    if limit.promised and limit.statutory and _longer(limit.promised, limit.statutory):
        message = f"promised {limit.promised} is longer than statutory {limit.statutory}"
        mark = draft.mark("rules", "time_limit", "promised")
        yield finding(mark, "KS046", message, "promise at most what the law allows")


def _longer(promised: str, statutory: str) -> bool:
    """Tell whether `promised` is longer whatever the calendar."""
    (many, unit), (most, law_unit) = promised.split(), statutory.split()
    if law_unit == "workdays" and unit != "workdays":
        return False  # working days can be stretched by holidays; only a calendar could tell
    return int(many) * _MINUTES[unit] > int(most) * _MINUTES[law_unit]


def ladders_are_rungs(draft: Draft) -> Iterator[Finding]:
    """Each rung of a wait is an act at a share of the limit."""
    for name, wait in draft.procedure.waits.items():
        for rung in wait.late:
            if not _RUNG.fullmatch(rung):
                message = f"wait `{name}`: `{rung}` is no rung of a ladder"
                mark = draft.procedure_node.at("waits", name, "late")
                yield finding(mark, "KS047", message, "write it like `yellow@80%`")
