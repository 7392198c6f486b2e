"""Names that steps and materials use exist."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.draft import Draft
from compiler.findings import Finding, did_you_mean, finding
from compiler.kinds import DataCheck


def waits_are_known(draft: Draft) -> Iterator[Finding]:
    """A step waits in the way that the procedure describes."""
    known = draft.procedure.waits
    for name, step in draft.steps.items():
        if step.wait is not None and step.wait not in known:
            text = draft.texts[name]
            fix = did_you_mean(step.wait, known, "waits")
            yield finding(text.node.at("wait"), "KS020", f"unknown wait `{step.wait}`", fix)


def materials_are_known(draft: Draft) -> Iterator[Finding]:
    """A data check waives a material that there is; material ids are unique."""
    ids = [material.id for material in draft.matter.materials]
    for twice in sorted({m for m in ids if ids.count(m) > 1}):
        yield finding(draft.mark("materials"), "KS005", f"material `{twice}` is given twice")
    for name, step in draft.steps.items():
        for waived in step.waives if isinstance(step, DataCheck) else ():
            if waived not in ids:
                fix = did_you_mean(waived, ids, "materials")
                mark = draft.texts[name].node.at("waives")
                yield finding(mark, "KS020", f"unknown material `{waived}`", fix)
