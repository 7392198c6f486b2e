"""全程网办: nobody has to appear (三(一))."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.draft import Draft
from compiler.findings import Finding, finding
from compiler.kinds import BaseStep, Capture, IdentityCheck


def nobody_must_appear(draft: Draft) -> Iterator[Finding]:
    """No step of the online mode forces the applicant to appear, unless a law is named."""
    if draft.mode != "online" or draft.rule.onsite_required_by:
        return
    for name, step in draft.steps.items():
        if _in_person(step):
            message = f"step `{name}` ({step.TITLE}) forces the applicant to appear in online mode"
            fix = "check remotely, or name the law in `onsite_required_by`"
            yield finding(draft.texts[name].mark, "KS042", message, fix)


def _in_person(step: BaseStep) -> bool:
    return isinstance(step, Capture) or (
        isinstance(step, IdentityCheck) and step.level == "in_person"
    )
