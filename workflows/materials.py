"""Which materials a case has: given by the applicant, or borne out by a unit's data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.plan import Material

if TYPE_CHECKING:
    from workflows.side import Side


def given(side: Side) -> frozenset[str]:
    """Return the ids of the materials that the applicant gave, at filing or later.

    A signed pledge (告知承诺) stands for its paper.
    """
    papers = (m.id for m in (*side.filing.materials, *side.state.materials))
    return frozenset((*papers, *side.state.pledged))


def checked_by(side: Side, step_id: str) -> tuple[Material, ...]:
    """Return the materials that a data check waives when it verifies (不再要求核验原件)."""
    waives = getattr(side.plan.steps[step_id], "waives", ())
    return tuple(m for m in side.plan.materials if m.waived_by == step_id or m.id in waives)


def waived(side: Side) -> frozenset[str]:
    """Return the ids of the materials that a data check has verified."""
    checks = [
        step_id
        for step_id, outputs in side.state.outputs.items()
        if outputs.get("verified") is True and step_id in side.plan.steps
    ]
    return frozenset(m.id for step_id in checks for m in checked_by(side, step_id))


def missing(side: Side) -> tuple[Material, ...]:
    """Return what must be there and is neither given nor waived."""
    there = given(side) | waived(side)
    return tuple(m for m in side.plan.materials if not m.optional and m.id not in there)


def to_be_checked(side: Side) -> frozenset[str]:
    """Return the ids of the materials whose data check is still to come."""
    kinds = side.plan.steps.items()
    checks = [s for s, step in kinds if step.kind == "data_check" and s not in side.state.outputs]
    return frozenset(m.id for step_id in checks for m in checked_by(side, step_id))
