"""The persons of an application, checked: applicants, co-applicants, and who acts for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from compiler.applicant import MANDATED, PROXIES, ROLE_NAMES, Applicant, Party
from compiler.fields import FieldValueError, Value, parse
from compiler.findings import Finding, Mark, finding
from compiler.kinds import FieldType
from compiler.plan import ApplicantKind, Plan
from compiler.yaml_text import Node

P = TypeVar("P", Applicant, Party)

NEEDS: dict[ApplicantKind, tuple[str, ...]] = {
    "individual": ("name", "id_number"),
    "enterprise": ("name", "uscc"),
    "individual_business": ("name", "uscc"),
    "farmer_cooperative": ("name", "uscc"),
    "organisation": ("name", "uscc"),
    "unfounded_company": ("name", "id_number"),
}
"""What must be known of an applicant; a company not yet founded is its founder's to apply for."""

REPRESENTED: frozenset[ApplicantKind] = frozenset(
    {"enterprise", "farmer_cooperative", "organisation"}
)
"""Legal persons: they act through people, which a matter may ask to know."""


@dataclass(frozen=True, slots=True)
class _Text:
    """Where a person stands: the path that messages name, the text, and the mark of its key."""

    path: str
    node: Node
    mark: Mark

    def at(self, key: str) -> Mark:
        """Return where the value of `key` stands, else the person."""
        below = self.node.get(key)
        return below.mark if below else self.mark

    def list(self, key: str, path: str) -> Iterator[_Text]:
        """Yield what stands in the list under `key`."""
        below = self.node.get(key)
        for index, item in enumerate(
            below.value if below and isinstance(below.value, list) else ()
        ):
            yield _Text(f"{path}[{index}]", item, item.mark)


def check_persons(
    applicants: tuple[Applicant, ...],
    node: Node,
    plan: Plan | None,
    filed_at: dt.datetime,
    found: list[Finding],
) -> tuple[Applicant, ...]:
    """Check all persons of an application; return the applicants with canonical numbers.

    Args:
        applicants: The applicant, then the co-applicants.
        node: The application's text.
        plan: What is applied for; without it only what holds for every matter is checked.
        filed_at: When mandates must hold.
        found: Takes what is wrong.
    """
    texts = (
        _Text("applicant", node.get("applicant") or node, node.at("applicant")),
        *_Text("", node, node.mark).list("co_applicants", "co_applicants"),
    )
    checked = []
    for applicant, text in zip(applicants, texts, strict=True):
        if plan:
            found += _fits(applicant, text, plan)
        found += _complete(applicant, text)
        clean = _canonical(applicant, text, found)
        parties = []
        for party, below in zip(
            clean.parties, text.list("parties", f"{text.path}.parties"), strict=True
        ):
            own = _canonical(party, below, found)
            found += _party(own, clean, below, plan)
            found += _mandate(own, below, filed_at)
            parties.append(own)
        checked.append(clean.model_copy(update={"parties": tuple(parties)}))
    found += _together(checked, texts, node, plan)
    return tuple(checked)


def _fits(applicant: Applicant, text: _Text, plan: Plan) -> Iterator[Finding]:
    """The matter's own rules for whoever applies."""
    if applicant.kind not in plan.applicants:
        message = f"{plan.title} does not serve applicants of kind `{applicant.kind}`"
        yield finding(text.at("kind"), "KS060", message, f"it serves {', '.join(plan.applicants)}")
    named = {party.role for party in applicant.parties}
    if (
        plan.representative_required
        and applicant.kind in REPRESENTED
        and not named & {"legal_representative", "handler"}
    ):
        message = (
            f"{plan.title}: {applicant.kind} must say who acts for it in `{text.path}.parties`"
        )
        fix = "name its legal_representative (法定代表人) or a handler (经办人)"
        yield finding(text.at("parties"), "KS060", message, fix)


def _complete(applicant: Applicant, text: _Text) -> Iterator[Finding]:
    for key in NEEDS[applicant.kind]:
        if not getattr(applicant, key).strip():
            message = f"{text.path} of kind `{applicant.kind}` needs `{key}`"
            yield finding(text.at(key), "KS060", message)


def _canonical(person: P, text: _Text, found: list[Finding]) -> P:
    clean: dict[str, Value] = {}
    numbers: tuple[FieldType, ...] = ("id_number", "uscc", "phone")
    for key in numbers:
        raw = getattr(person, key, "")
        if not raw:
            continue
        try:
            clean[key] = parse(key, raw)
        except FieldValueError as error:
            found.append(finding(text.at(key), "KS061", f"`{text.path}.{key}`: {error}"))
    return person.model_copy(update=clean)


def _party(party: Party, applicant: Applicant, text: _Text, plan: Plan | None) -> Iterator[Finding]:
    """Check a party's role, and that nobody is their own proxy."""
    who = _named(party)
    if plan and plan.proxy == "forbidden" and party.role in PROXIES:
        message = f"{plan.title} takes no {who}: applicants come in person (本人到场)"
        yield finding(text.at("role"), "KS060", message)
    if party.role == "guardian" and applicant.kind != "individual":
        message = f"a {who} stands for an individual, not for an applicant of kind"
        yield finding(text.at("role"), "KS060", f"{message} `{applicant.kind}`")
    if party.role in {"handler", "legal_representative"} and applicant.kind == "individual":
        message = f"an individual has no {who}"
        fix = "who acts for an individual is an agent (代理人) or a guardian (监护人)"
        yield finding(text.at("role"), "KS060", message, fix)
    if party.role in PROXIES and party.id_number == applicant.id_number:
        message = f"`{text.path}`: the {who} may not be the applicant"
        yield finding(text.at("id_number"), "KS060", message)


def _mandate(party: Party, text: _Text, filed_at: dt.datetime) -> Iterator[Finding]:
    """Check what a party stands on."""
    who, mandate = _named(party), party.mandate
    mark = text.at("mandate")
    if party.role == "guardian" and mandate is None:
        fix = "`mandate.kind` says it: 出生医学证明, 户口簿, …"
        yield finding(mark, "KS060", f"the {who} needs a ground of guardianship", fix)
    if party.role not in MANDATED:
        return
    if mandate is None:
        fix = "`mandate` says its kind, scope and valid_until"
        yield finding(mark, "KS060", f"the {who} needs a mandate (授权委托书)", fix)
        return
    if not mandate.scope.strip():
        fix = "`mandate.scope` says what for (委托事项)"
        yield finding(mark, "KS060", f"the mandate of the {who} has no scope", fix)
    if mandate.valid_until is None:
        fix = "`mandate.valid_until` is the last day on which it holds"
        yield finding(mark, "KS060", f"the mandate of the {who} has no end", fix)
    elif party.expired(filed_at):
        message = f"the mandate of the {who} expired on {mandate.valid_until}, before it was filed"
        yield finding(mark, "KS061", message, "a new 授权委托书 is needed")


def _together(
    applicants: list[Applicant], texts: tuple[_Text, ...], node: Node, plan: Plan | None
) -> Iterator[Finding]:
    """Check the co-applicants: as many as the matter has, and each another person."""
    given = len(applicants) - 1
    rule = plan.co_applicants if plan else None
    if plan and rule is None and given:
        message = f"{plan.title} has one applicant: it takes no `co_applicants`"
        yield finding(node.at("co_applicants"), "KS060", message)
    if plan and rule and (given > rule.count or (rule.required and given < rule.count)):
        most = "" if rule.required else "at most "
        message = (
            f"{plan.title} takes {most}{rule.count} of `co_applicants` ({rule.label}), not {given}"
        )
        yield finding(node.at("co_applicants"), "KS060", message)
    seen: dict[str, str] = {}
    for applicant, text in zip(applicants, texts, strict=True):
        number = applicant.uscc or applicant.id_number
        if number and number in seen:
            message = f"`{text.path}` is the same as `{seen[number]}`"
            yield finding(text.at("id_number"), "KS060", message, "each applies once")
        seen[number] = text.path


def _named(party: Party) -> str:
    return f"{party.role} ({ROLE_NAMES[party.role]})"
