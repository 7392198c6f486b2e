"""Applications: what a portal files, checked against the matter before any case starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from compiler.applicant import Applicant, MaterialRef
from compiler.catalogue import Catalogue
from compiler.fields import FieldValueError, Value, parse
from compiler.findings import Finding, Mark, did_you_mean, finding
from compiler.guards import evaluate
from compiler.persons import check_persons
from compiler.plan import Plan
from compiler.typed import validate
from compiler.yaml_text import Node, located, read
from errors import FilingError, NotFoundError

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
"""What a portal calls its application. It becomes part of a workflow id: never personal."""


class Application(BaseModel):
    """A checked application.

    `application` holds canonical values (`compiler.fields.parse`): money in 分, dates in ISO.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    portal: Reference
    application_ref: Reference
    matter: str
    mode: str = ""
    filed_at: AwareDatetime
    applicant: Applicant
    # Left out when empty, so that a matter of one applicant keeps the digest of its payload.
    co_applicants: tuple[Applicant, ...] = Field(default=(), exclude_if=lambda others: not others)
    application: dict[str, Any] = Field(default_factory=dict)
    materials: tuple[MaterialRef, ...] = ()


def read_application(path: Path) -> Node:
    """Read an application, YAML or JSON, for `check_application`.

    Raises:
        FilingError: It cannot be read, one `file:line:col: CODE text` a problem.
    """
    node, found = read(path)
    if node is None or found:
        raise _refusal(found)
    return node


def check_filed(catalogue: Catalogue, filed: Mapping[str, Any]) -> Application:
    """Check an application that a portal sent as JSON, already parsed.

    Raises:
        FilingError: With every problem, one `path: CODE text` a line.
    """
    return check_application(catalogue, located(dict(filed), "application"))


def check_application(catalogue: Catalogue, node: Node) -> Application:
    """Check a located application against the matter and mode that it names.

    Raises:
        FilingError: With every problem.
    """
    parsed = validate(Application, _as_written(node))
    if isinstance(parsed, list):
        # What stands without a matter is wrong; the rest of the checks would only guess.
        raise _refusal([_renamed(f) for f in parsed] + _matter_findings(catalogue, node))
    found: list[Finding] = []
    plan = _plan(catalogue, parsed, node, found)
    applicants = check_persons(
        (parsed.applicant, *parsed.co_applicants), node, plan, parsed.filed_at, found
    )
    values = _fields(plan, node, found) if plan else {}
    if plan:
        found += _materials(parsed, plan, node)
        if not found:
            found += _conditions(plan, parsed, values, node)
    if found or plan is None:
        raise _refusal(found)
    return parsed.model_copy(
        update={
            "matter": plan.matter,
            "mode": plan.mode,
            "applicant": applicants[0],
            "co_applicants": applicants[1:],
            "application": values,
        }
    )


_TEXTS = ("portal", "application_ref", "matter", "mode")
_PERSONS = ("applicant", "co_applicants")


def _as_written(node: Node) -> Node:
    """Take numbers as text where text is meant: an ID number need not be quoted."""
    if not isinstance(node.value, dict):
        return node
    value = {k: _text(n) if k in _TEXTS else n for k, n in node.items()}
    value |= {k: _texts(value[k]) for k in _PERSONS if k in value}
    return Node(value, node.mark, node.keys)


def _texts(node: Node) -> Node:
    """Take every number of a person as text."""
    if isinstance(node.value, dict):
        return Node({k: _texts(n) for k, n in node.items()}, node.mark, node.keys)
    if isinstance(node.value, list):
        return Node([_texts(n) for n in node.value], node.mark)
    return _text(node)


def _text(node: Node) -> Node:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return Node(node.text, node.mark, text=node.text)
    return node


def _renamed(f: Finding) -> Finding:
    """Say what a reference may look like instead of showing the pattern."""
    if "A-Za-z0-9._-" not in f.message:
        return f
    message = f.message.split(" must be ")[0] + " must be 1 to 64 letters, digits, `.`, `_` or `-`"
    return Finding(f.file, f.line, f.col, "KS061", message, f.fix)


def _matter_findings(catalogue: Catalogue, node: Node) -> list[Finding]:
    matter = node.get("matter")
    if matter is None or not matter.text:
        return []
    try:
        catalogue.find(matter.text)
    except NotFoundError as error:
        return [finding(matter.mark, "KS060", error.message, error.fix)]
    return []


def _plan(
    catalogue: Catalogue, parsed: Application, node: Node, found: list[Finding]
) -> Plan | None:
    try:
        entry = catalogue.find(parsed.matter)
    except NotFoundError as error:
        found.append(finding(_value(node, "matter"), "KS060", error.message, error.fix))
        return None
    modes = list(entry.matter.modes)
    if not parsed.mode and len(modes) > 1:
        message = (
            f"{entry.matter.code} {entry.matter.name} has several modes: `mode` must say which"
        )
        found.append(
            finding(_value(node, "matter"), "KS060", message, f"it has {', '.join(modes)}")
        )
        return None
    try:
        return catalogue.plan(entry.matter.code, parsed.mode or modes[0])
    except NotFoundError as error:
        found.append(finding(_value(node, "mode"), "KS060", error.message, error.fix))
        return None


def _fields(plan: Plan, node: Node, found: list[Finding]) -> dict[str, Value]:
    """Check the typed fields; return their canonical values."""
    filed = node.get("application")
    values: dict[str, Value] = {}
    for name, _ in filed.items() if filed else ():
        if name not in plan.application:
            fix = did_you_mean(name, plan.application, "fields")
            mark = filed.keys[name] if filed else node.mark
            found.append(finding(mark, "KS060", f"{plan.title} has no field `{name}`", fix))
    for name, spec in plan.application.items():
        below = filed.get(name) if filed else None
        if below is None or below.value is None:
            if not spec.optional:
                label = f" ({spec.label})" if spec.label else ""
                message = f"field `{name}`{label} is missing"
                found.append(
                    finding(node.at("application"), "KS060", message, f"it is a {spec.type}")
                )
            continue
        try:
            raw = below.value if isinstance(below.value, bool | dict | list) else below.text
            values[name] = parse(spec.type, raw)
        except FieldValueError as error:
            found.append(finding(below.mark, "KS061", f"`application.{name}`: {error}"))
    return values


def _materials(parsed: Application, plan: Plan, node: Node) -> list[Finding]:
    known = {material.id for material in plan.materials}
    found, seen = [], set[str]()
    nodes = node.get("materials")
    texts = nodes.value if nodes and isinstance(nodes.value, list) else []
    for material, text in zip(parsed.materials, texts, strict=True):
        mark = _value(text, "id")
        if material.id not in known:
            fix = did_you_mean(material.id, known, "materials")
            found.append(
                finding(mark, "KS060", f"{plan.title} asks for no material `{material.id}`", fix)
            )
        elif material.id in seen:
            found.append(finding(mark, "KS060", f"material `{material.id}` is given twice"))
        seen.add(material.id)
    return found


def _conditions(
    plan: Plan, parsed: Application, values: Mapping[str, Value], node: Node
) -> list[Finding]:
    """申请条件 that software can check."""
    given = {material.id for material in parsed.materials}
    names: dict[str, object] = {"applicant.kind": parsed.applicant.kind}
    names |= {f"materials.{m.id}": m.id in given for m in plan.materials}
    names |= {f"application.{name}": value for name, value in values.items()}
    mark = node.at("application")
    return [
        finding(mark, "KS062", f"{plan.title}: {condition.otherwise}", condition.guard.expr)
        for condition in plan.conditions
        if not evaluate(condition.guard, names)
    ]


def _value(node: Node, *keys: str) -> Mark:
    """Return where the value under `keys` stands, else the deepest key above it."""
    below: Node | None = node
    for key in keys:
        below = below.get(key) if below else None
    return below.mark if below else node.at(*keys)


def _refusal(found: list[Finding]) -> FilingError:
    return FilingError("\n".join(f.format() for f in sorted(set(found))))
