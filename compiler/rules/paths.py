"""Every step can be reached, and no path ends without an outcome."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from compiler.draft import Draft
from compiler.findings import Finding, finding
from compiler.graph import forward


def every_step_is_reached(draft: Draft) -> Iterator[Finding]:
    """No step stands where no path leads."""
    if not draft.whole:
        return
    reached = forward(draft.graph, 0, lambda *_: 0, lambda *_: 0, lambda _: 0).at
    for name, text in draft.texts.items():
        if name not in reached:
            message = f"step `{name}` can never be reached"
            yield finding(text.mark, "KS040", message, "lead to it with `on`, or take it out")


def every_path_has_an_outcome(draft: Draft) -> Iterator[Finding]:
    """However the steps end, the case has an outcome when it ends."""
    if not draft.whole:
        return

    def leave(name: str, label: str, before: frozenset[bool]) -> frozenset[bool]:
        # A parallel fails with the outcome of the branch that did.
        ended = draft.steps[name].ending(label) or label == "failed"
        return frozenset({True}) if ended else before

    ends = forward(
        draft.graph,
        frozenset({False}),
        leave,
        lambda a, b: a | b,
        lambda branches: frozenset(any(flags) for flags in product(*branches)),
    ).ends
    for name, label, flags in ends:
        if False in flags:
            yield finding(
                draft.texts[name].mark,
                "KS041",
                f"the case can end after step `{name}` ({label}) without an outcome",
                "decide before, or give the step an `outcome`",
            )
