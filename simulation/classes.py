"""Classes of equal Plans, and which runs prove all of them.

Two Plans are of one class when the interpreter cannot tell them apart: the same graph of the same
kinds between the same places, with the same waits and sorts of limits. Names, texts, units, lengths
of limits and the fields of an application make no difference. So one Plan of a class goes every
path, and every Plan still goes some.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from compiler.kinds import BaseStep
from compiler.plan import Plan
from simulation.papers import indispensable, tolerable
from simulation.paths import applicable

TEXTS = frozenset({"title", "document", "notice", "unit", "legal_basis", "within", "span", "wait"})
"""A step's parameters that are words or lengths; what remains of the last three is kept apart."""

LEAST = 3
"""Paths that every Plan goes: the good one, and others by turns."""


def structure(plan: Plan) -> str:
    """Return the digest of what the interpreter sees of a Plan: 12 hex digits."""
    seen: dict[str, Any] = {
        "home": plan.home,
        "decided_by": plan.decided_by,
        "regime": plan.legal_regime,
        "fee": plan.fee != 0,
        "places": {role: place.value.partition(".")[0] for role, place in plan.places.items()},
        "steps": {name: _step(plan, step) for name, step in plan.steps.items()},
        "guards": {name: guard.expr for name, guard in plan.guards.items()},
        "edges": sorted((edge.source, edge.on, edge.target) for edge in plan.edges),
        "conditions": len(plan.conditions),
        "materials": bool(indispensable(plan)),
        "tolerable": bool(tolerable(plan)),
        "waived": sorted({m.waived_by for m in plan.materials if m.waived_by}),
    }
    text = json.dumps(seen, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _step(plan: Plan, step: BaseStep) -> dict[str, Any]:
    found = step.model_dump(mode="json", by_alias=True, exclude=set(TEXTS), exclude_defaults=True)
    wait = plan.waits.get(step.wait or "")
    found["late"] = wait.late if wait else ()
    for name in ("within", "span"):
        limit = getattr(step, name, None)
        found[name] = limit.partition(" ")[2] if limit else ""
    for letter in ("send", "reply"):
        if found.get(letter):
            found[letter] = sorted(found[letter].get("fields", {}).values())
    if found.get("refuse"):
        found["refuse"] = found["refuse"]["outcome"]
    if found.get("require"):
        found["require"] = found["require"]["guard"]
    if found.get("waives"):
        found["waives"] = True
    return found


def classes(plans: Iterable[Plan]) -> dict[str, list[Plan]]:
    """Return Plans by their class, in the order in which they are given."""
    found: dict[str, list[Plan]] = {}
    for plan in plans:
        found.setdefault(structure(plan), []).append(plan)
    return found


def chosen(plans: Iterable[Plan]) -> list[tuple[Plan, str]]:
    """Return the runs that prove all these Plans, as (Plan, path).

    The first Plan of each class goes every path that it can, every other one `LEAST` of them: the
    first, and further ones by turns, so that a class's paths are spread over its Plans.
    """
    return [
        (plan, path)
        for members in classes(plans).values()
        for turn, plan in enumerate(members)
        for path in (applicable(plan) if turn == 0 else some(applicable(plan), turn))
    ]


def some(paths: Sequence[str], turn: int) -> tuple[str, ...]:
    """Return the first path and, by turns, as many others as make `LEAST`."""
    first, *others = paths
    count = min(LEAST - 1, len(others))
    start = (turn - 1) * count
    return (first, *(others[(start + n) % len(others)] for n in range(count)))
