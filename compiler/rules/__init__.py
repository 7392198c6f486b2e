"""Static rules: what must be true of a matter in a mode before any case may run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from compiler.draft import Draft
from compiler.findings import Finding
from compiler.rules.authority import acts_at_the_deciding_place, places_are_bound
from compiler.rules.names import materials_are_known, waits_are_known
from compiler.rules.online import nobody_must_appear
from compiler.rules.papers import papers_come_back
from compiler.rules.paths import every_path_has_an_outcome, every_step_is_reached
from compiler.rules.source import code_is_the_number, mode_has_its_basis
from compiler.rules.time import ladders_are_rungs, promise_keeps_the_law

Rule = Callable[[Draft], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    every_step_is_reached,
    every_path_has_an_outcome,
    papers_come_back,
    places_are_bound,
    acts_at_the_deciding_place,
    nobody_must_appear,
    waits_are_known,
    materials_are_known,
    ladders_are_rungs,
    promise_keeps_the_law,
    mode_has_its_basis,
    code_is_the_number,
)
"""All of them; each is a proof about every case of the Plan."""
