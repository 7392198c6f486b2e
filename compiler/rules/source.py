"""What a matter says of the source document agrees with it."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.draft import Draft
from compiler.findings import Finding, finding

_LISTS = {"2020": 1, "2021": 2, "later": 3}

_HALF_WIDTH = str.maketrans("，。；：！？（）、“”‘’", ",.;:!?(),\"\"''")
"""The source's copies mix full-width and half-width punctuation: both count as the same."""


def plain_text(text: str) -> str:
    """Return `text` without blanks and with half-width punctuation, for comparing quotations."""
    return "".join(text.translate(_HALF_WIDTH).split())


def mode_has_its_basis(draft: Draft) -> Iterator[Finding]:
    """A mode from the source quotes it; any other says why."""
    where = ("modes", draft.mode)
    if draft.rule.basis != "source":
        if not draft.rule.reason.strip():
            message = f"mode `{draft.mode}` has `basis: {draft.rule.basis}` and no reason"
            yield finding(draft.mark(*where, "basis"), "KS045", message, "say why in `reason`")
        return
    evidence = plain_text(draft.rule.evidence)
    if not evidence:
        message = f"mode `{draft.mode}` has `basis: source` and no evidence"
        fix = "quote the scenario in `evidence`"
        yield finding(draft.mark(*where, "basis"), "KS045", message, fix)
    elif evidence not in plain_text(draft.matter.scenario):
        message = f"the evidence of mode `{draft.mode}` does not stand in the scenario"
        fix = "quote it word for word"
        yield finding(draft.mark(*where, "evidence"), "KS045", message, fix)


def code_is_the_number(draft: Draft) -> Iterator[Finding]:
    """`2020-07` is number 7 of list 1."""
    source = draft.matter.source
    prefix, number = draft.matter.code.split("-")
    if (_LISTS[prefix], int(number)) != (source.list, source.number):
        message = f"code {draft.matter.code} is not number {source.number} of list {source.list}"
        yield finding(draft.mark("code"), "KS048", message, "correct `code` or `source`")
