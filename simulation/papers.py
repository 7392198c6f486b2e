"""Which papers a simulated applicant hands in, and which are left out where a script wants that."""

from __future__ import annotations

from typing import Any

from compiler.kinds import DataCheck, Transport
from compiler.plan import Material, Plan
from simulation.scripts import Lack


def indispensable(plan: Plan) -> tuple[Material, ...]:
    """Return the materials that must be handed in: no data check can stand in for them."""
    checks = [step for step in plan.steps.values() if isinstance(step, DataCheck)]
    waived = {name for step in checks for name in step.waives}
    needed = (m for m in plan.materials if not m.optional and not m.waived_by)
    may_follow = {m.id for m in tolerable(plan)}
    return tuple(m for m in needed if m.id not in waived | may_follow)


def tolerable(plan: Plan) -> tuple[Material, ...]:
    """Return the materials that may follow the acceptance (容缺受理)."""
    return tuple(m for m in plan.materials if plan.tolerant and m.tolerable and not m.optional)


def materials(plan: Plan, lacks: Lack | None = None) -> list[dict[str, Any]]:
    """Return what is handed in; on paper where papers travel; without one where that is wanted."""
    steps = plan.steps.values()
    paper = any(isinstance(s, Transport) and s.what == "materials" for s in steps)
    wanting = {"main": indispensable(plan)[:1], "tolerable": tolerable(plan)[:1], None: ()}[lacks]
    without = {m.id for m in wanting}
    return [{"id": m.id, "paper": paper} for m in plan.materials if m.id not in without]
