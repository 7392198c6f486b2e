"""Making a document: its text, a page to print, and the digest that proves it is the one issued.

Pure: the same template, document and subject give the same text, at every place and at any time.
So a document's text is kept nowhere; whoever may see the case makes it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from compiler.applicant import Applicant
from documents.environment import FRAME, PAGE, TEXT, chinese_date
from documents.templates import Template
from workflows.contracts.documents import OfficialDocument, Subject

_FRAME = TEXT.from_string(FRAME)

INDENT = "\u3000\u3000"
"""Two ideographs: how a paragraph begins."""


@dataclass(frozen=True)
class Rendered:
    """A document for people.

    Args:
        text: Plain text; what `digest` is of.
        html: A page for A4, with everything escaped.
        digest: SHA-256 of the text, hex.
    """

    text: str
    html: str
    digest: str


def render(template: Template, document: OfficialDocument, subject: Subject) -> Rendered:
    """Return a document's text and page.

    Args:
        template: The template that `document` names.
        document: The document, as it was issued; its own `version` and `digest` are not read.
        subject: What it is about, and whom it is for.
    """
    facts = {name: document.facts.get(name, "") for name in template.definition.facts}
    names = {
        "title": template.definition.title,
        "number": document.number,
        "unit": document.unit,
        "division": document.division,
        "date": chinese_date(document.at),
        "case_no": subject.case_no,
        "matter": subject.matter.partition(" ")[2] or subject.matter,
        "regime": subject.regime,
        "applicant": subject.applicant.name,
        "identity": identity(subject.applicant),
        "law": template.definition.law.get(subject.regime, ""),  # type: ignore[call-overload]
    }
    body = template.body.render(**names, facts=facts)
    lines = [line.strip() for line in (body, template.remedies.get(subject.regime, ""))
             for line in line.splitlines() if line.strip()]  # fmt: skip
    # Whom it addresses stands at the margin, a line of its own; paragraphs begin as print does.
    to = lines.pop(0) if lines and lines[0].endswith("：") else ""
    text = (
        _FRAME.render(**names, to=to, paragraphs=[INDENT + line for line in lines]).strip() + "\n"
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Rendered(text, PAGE.render(**names, to=to, paragraphs=lines, digest=digest), digest)


def issued(
    template: Template, document: OfficialDocument, subject: Subject, facts: Mapping[str, str]
) -> OfficialDocument:
    """Return a document that is issued now: with those of the facts that its template declares.

    Which papers there are changes while a case goes on, so a document that lists them keeps them.
    """
    there = {"materials": "、".join(subject.materials), **facts}
    declared = {name: there[name] for name in template.definition.facts if there.get(name)}
    made = document.model_copy(
        update={
            "title": template.definition.title,
            "facts": declared,
            "version": template.version,
        }
    )
    return made.model_copy(update={"digest": render(template, made, subject).digest})


def identity(applicant: Applicant) -> str:
    """Return what tells an applicant from others of the name, an ID number with its middle hidden.

    An organisation's code is public; of a person's number the date of birth is never shown.
    """
    if applicant.uscc:
        return f"统一社会信用代码：{applicant.uscc}"
    number = applicant.id_number
    if not number:
        return ""
    shown = (6, 4) if len(number) == 18 else (1, 2)
    hidden = "*" * max(len(number) - sum(shown), 0)
    return f"证件号码：{number[: shown[0]]}{hidden}{number[-shown[1] :]}"
