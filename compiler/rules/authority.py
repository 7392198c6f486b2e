"""Places are bound to divisions, and only the place with the power to decide acts officially."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.divisions import exists
from compiler.draft import Draft
from compiler.findings import Finding, did_you_mean, finding
from compiler.kinds import Accept, Decide
from compiler.steps import THROUGH, flat


def places_are_bound(draft: Draft) -> Iterator[Finding]:
    """Every role that a step, the procedure or the decision uses has a binding that holds."""
    used = draft.roles()
    roles = {role: mark for role, (_, mark) in used.items()}
    roles.setdefault(draft.matter.decided_by.place, draft.mark("decided_by", "place"))
    for role in draft.procedure.places:
        roles.setdefault(role, draft.mark("modes", draft.mode, "procedure"))
    declared = draft.procedure.places.keys() | draft.places.keys()
    for role, mark in roles.items():
        if role in draft.places:
            problem = _value(draft, role)
            if problem:
                yield finding(draft.place_marks[role], "KS043", *problem)
        elif role in declared:
            message = f"place `{role}` of procedure `{draft.procedure.procedure}` is not bound"
            fix = f"say `places: {{{role}: {{is: …, value: application.FIELD, unit: …}}}}`"
            yield finding(draft.mark("modes", draft.mode, "procedure"), "KS043", message, fix)
        else:
            yield finding(
                mark, "KS020", f"unknown place `{role}`", did_you_mean(role, declared, "places")
            )


def _value(draft: Draft, role: str) -> tuple[str, str] | None:
    """Return what is wrong with a binding and its fix."""
    value = draft.places[role].value
    bound = f"place `{role}` is bound to `{value}`, which is"
    if value.startswith("application."):
        return _field(draft, role, bound)
    if value == "portal.division" or (re.fullmatch(r"[0-9]{6}", value) and exists(value)):
        return None
    return f"{bound} no division", "use application.FIELD, portal.division or a division code"


def _field(draft: Draft, role: str, bound: str) -> tuple[str, str] | None:
    value, fields = draft.places[role].value, draft.matter.application
    spec = fields.get(value.removeprefix("application."))
    if spec is None:
        known = [f"application.{name}" for name, s in fields.items() if s.type == "division"]
        return f"{bound} no field", did_you_mean(value, known, "division fields")
    if spec.type != "division":
        return f"{bound} of type {spec.type}", "bind it to a field of type division"
    if spec.optional and not _only_conditional(draft, role):
        return f"{bound} optional", "make it required, or use the place only inside `when`"
    return None


def _only_conditional(draft: Draft, role: str) -> bool:
    """Tell whether all steps at a place stand inside a `when` or `choose`."""
    inside = {
        nested.id
        for text in draft.texts.values()
        if text.kind in THROUGH
        for block in text.blocks.values()
        for nested in flat(block)
    }
    fixed = {draft.procedure.home, draft.matter.decided_by.place}
    return role not in fixed and all(name in inside for name in draft.users(role))


def acts_at_the_deciding_place(draft: Draft) -> Iterator[Finding]:
    """受理 and 决定 happen where the power to decide lies (办理事权)."""
    place = draft.matter.decided_by.place
    for name, step in draft.steps.items():
        if isinstance(step, Accept | Decide) and step.at != place:
            node = draft.texts[name].node.get("at")
            yield finding(
                node.mark if node else draft.texts[name].mark,
                "KS044",
                f"step `{name}` ({step.TITLE}) acts at `{step.at}`, but `{place}` has the power",
                f"act at `{place}`, or correct `decided_by`",
            )
