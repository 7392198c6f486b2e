"""Findings: what is wrong in a definition or an application, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from errors import DefinitionError


class Mark(NamedTuple):
    """A position in a text; line and column count from 1. Line 0: the file as a whole."""

    file: str
    line: int = 0
    col: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One problem. Sorts by place, then code.

    Args:
        file: As the author named it.
        line: From 1; 0 when the whole file is meant.
        col: From 1.
        code: A key of `CODES`, stable for ever.
        message: One line: what is wrong.
        fix: One line: what to do; may be empty.
    """

    file: str
    line: int
    col: int
    code: str
    message: str
    fix: str = ""

    def format(self) -> str:
        """Return `file:line:col: CODE message: fix`."""
        text = f"{Mark(self.file, self.line, self.col)}: {self.code} {self.message}"
        return f"{text}; {self.fix}" if self.fix else text


class Explained(NamedTuple):
    """Title and explanation of a code, for documents and editors."""

    title: str
    text: str


CODES: dict[str, Explained] = {
    "KS001": Explained(
        "YAML syntax",
        "The text is not YAML. The position is where the parser gave up; the mistake is there or "
        "a little before it, often an indentation, a missing colon or an open quote.",
    ),
    "KS002": Explained(
        "File cannot be read",
        "A definition or application must be a readable UTF-8 file of at most 256 KiB. The size is "
        "checked before anything is read.",
    ),
    "KS003": Explained(
        "Text out of bounds",
        "Nesting, number of values and number of aliases are bounded, also after aliases are "
        "expanded, so that a small file cannot become a huge document.",
    ),
    "KS004": Explained(
        "Tag",
        "Tags such as `!!python/object` or `!include` are never obeyed. Write plain values.",
    ),
    "KS005": Explained(
        "Duplicate key",
        "The same key twice in one mapping: one of them would silently be lost.",
    ),
    "KS006": Explained(
        "Key is not text",
        "Keys are plain words, not lists or mappings.",
    ),
    "KS010": Explained(
        "Unknown key",
        "Every key that is not known is an error: a misspelt one would silently do nothing.",
    ),
    "KS011": Explained(
        "Wrong value",
        "The value has another type than is asked for, or is not one of the values allowed. Note "
        "that YAML 1.2 is read: `no` and `9:30` are text, `440000` is a number unless quoted.",
    ),
    "KS012": Explained(
        "Missing key",
        "A key that is needed is neither in the matter nor in its family.",
    ),
    "KS020": Explained(
        "Unknown name",
        "A family, procedure, place, wait, parameter, material or step kind that nobody defines.",
    ),
    "KS021": Explained(
        "Dangling step reference",
        "`on` and `change` name steps by id. The step does not exist here, lies in another block, "
        "was dropped, or stands before the step that refers to it (go back with `repeat` only).",
    ),
    "KS022": Explained(
        "Step id",
        "A step id is unique over the whole Plan, nested steps included, and is none of the words "
        "that guards and edges use themselves.",
    ),
    "KS023": Explained(
        "Parameter",
        "A procedure's parameter needs a value of its type, from the mode's `with` or a default.",
    ),
    "KS024": Explained(
        "Code given twice",
        "Two files define a matter with the same code, or a procedure with the same name.",
    ),
    "KS025": Explained(
        "Result leads nowhere",
        "A step can end with a result for which neither the sequence nor `on` says what follows, "
        "or `on` names a result that the step cannot have.",
    ),
    "KS030": Explained(
        "Guard",
        "The CEL expression is wrong: its syntax, its types, or a name that is not known for "
        "certain at this point. A guard sees required application fields, `materials.ID`, "
        "`applicant.kind`, and outputs of steps that always come before it.",
    ),
    "KS040": Explained(
        "Unreachable step",
        "No path from the start leads to the step.",
    ),
    "KS041": Explained(
        "Path without an outcome",
        "A case must not end without an outcome: every path needs a decision, a refusal, or a step "
        "with `outcome`.",
    ),
    "KS042": Explained(
        "Appearance forced online",
        "全程网办: no step may force the applicant to appear, unless `onsite_required_by` names "
        "the law that does.",
    ),
    "KS043": Explained(
        "Place not bound",
        "Every place role of a procedure is bound to a division: by the procedure, the family, the "
        "matter or the mode; by a required application field of type division, `portal.division` "
        "or a division code.",
    ),
    "KS044": Explained(
        "Act without authority",
        "Only the unit with the power to decide (办理事权) accepts and decides: these steps act at "
        "`decided_by.place`.",
    ),
    "KS045": Explained(
        "Evidence",
        "A mode with `basis: source` quotes a phrase that stands in the scenario; any other basis "
        "states a reason.",
    ),
    "KS046": Explained(
        "Time limit",
        "A promised time limit (承诺时限) must not exceed the statutory one (法定时限).",
    ),
    "KS047": Explained(
        "Escalation ladder",
        "A rung of `late` is `remind`, `yellow`, `supervise` or `red`, at a percentage of the "
        "limit: `yellow@80%`.",
    ),
    "KS048": Explained(
        "Code and source differ",
        "The code says list and number: `2020-07` is number 7 of list 1.",
    ),
    "KS049": Explained(
        "Papers not returned",
        "Paper that leaves the applicant comes back on every path, or an `archive` accounts for it "
        "(退还原件).",
    ),
    "KS060": Explained(
        "Application",
        "The application cannot be started: a field, material, mode or applicant does not fit the "
        "matter.",
    ),
    "KS061": Explained(
        "Invalid value in an application",
        "A typed value does not hold: check digit, division, amount, date or reference.",
    ),
    "KS062": Explained(
        "Condition not met",
        "A condition of application (申请条件) that software can check does not hold.",
    ),
    "KS070": Explained(
        "Document template",
        "A template of an official document (文书) must be valid Jinja2, use only the names that "
        "documents have and the `facts` that it declares, and issue acts that no other template "
        "issues.",
    ),
}
"""Every code that `Finding` may carry. Codes are never reused or renumbered."""


def document() -> str:
    """Return the page that explains every code, `docs/findings.md`."""
    head = (
        "# Findings\n\nWhat `kuasheng matters lint` and `kuasheng case start` report, as "
        "`file:line:col: CODE message; fix`. Codes never change their meaning.\n"
    )
    return head + "".join(f"\n## {code} {e.title}\n\n{e.text}\n" for code, e in CODES.items())


def finding(mark: Mark, code: str, message: str, fix: str = "") -> Finding:
    """Return a finding at `mark`; `code` must be in `CODES`."""
    assert code in CODES, code  # noqa: S101 - a slip of ours, not of an author
    return Finding(mark.file, mark.line, mark.col, code, message, fix)


def did_you_mean(word: str, known: Iterable[str], what: str = "known") -> str:
    """Return `did you mean X?`, or the known words when none is near; empty when there is none."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if not words:
        return ""
    shown = ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
    return f"{what}: {shown}"


def definition_error(findings: Iterable[Finding]) -> DefinitionError:
    """Return the error that carries `findings`, sorted, each once."""
    return DefinitionError(tuple(f.format() for f in sorted(set(findings))))
