"""Paper that leaves the applicant comes back, or a file accounts for it, on every path."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.draft import Draft
from compiler.findings import Finding, finding
from compiler.graph import forward
from compiler.kinds import Archive, BaseStep, Deliver, Transport

Holding = frozenset[str]
"""Roles of the places at which papers of the applicant may be."""


def papers_come_back(draft: Draft) -> Iterator[Finding]:
    """Wherever the case can end, no place holds papers that were sent on to it.

    They go back with a delivery by courier or over the counter, or by a transport; a place that
    archives them accounts for them.
    """
    if not draft.whole:
        return
    ends = forward(
        draft.graph,
        frozenset[str](),
        lambda name, _label, before: _after(draft.steps[name], before),
        lambda a, b: a | b,
        lambda branches: frozenset[str]().union(*branches),
    ).ends
    for name, label, holding in ends:
        if holding:
            where = "、".join(sorted(holding))
            yield finding(
                draft.texts[name].mark,
                "KS049",
                f"the case can end after step `{name}` ({label}) while {where} holds its papers",
                "lead to a `deliver` by courier or pick_up, or to an `archive`, with `on`",
            )


def _after(step: BaseStep, holding: Holding) -> Holding:
    if isinstance(step, Transport) and step.what == "materials":
        return (holding - {step.source}) | ({step.to} if step.by != "network" else set())
    if isinstance(step, Deliver) and step.by in ("courier", "pick_up"):
        return holding - {step.at}
    if isinstance(step, Archive):
        return holding - {step.at}
    return holding
