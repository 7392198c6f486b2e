"""What a guard can see: which values are there for certain at a point of a matter's steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compiler.findings import Finding, Mark, did_you_mean, finding
from compiler.graph import Graph, Passage, forward
from compiler.guards import check
from compiler.kinds import KINDS, BaseStep, Exchange, FieldType
from compiler.plan import FieldSpec, Guard, Material
from compiler.yaml_text import Node


def filed_names(
    application: Mapping[str, FieldSpec], materials: Iterable[Material]
) -> dict[str, FieldType]:
    """Return what is known when the case is filed; optional fields may be missing, so are not."""
    names: dict[str, FieldType] = {"applicant.kind": "text"}
    names |= {f"materials.{m.id}": "boolean" for m in materials}
    names |= {f"application.{n}": spec.type for n, spec in application.items() if not spec.optional}
    return names


def outputs(name: str, step: BaseStep) -> dict[str, FieldType]:
    """Return the values that a step puts out, by the names that guards use."""
    fields: dict[str, FieldType] = dict(step.OUTPUTS)
    if isinstance(step, Exchange):
        fields |= step.send.fields
        fields |= step.reply.fields if step.reply else {}
    return {f"{name}.{field}": kind for field, kind in fields.items()}


def passed_steps(graph: Graph, kinds: Mapping[str, str]) -> Passage[frozenset[str]]:
    """Return for each step the steps that were through, with their first result, on every path."""

    def leave(name: str, label: str, before: frozenset[str]) -> frozenset[str]:
        return before | {name} if label == KINDS[kinds[name]].LABELS[0] else before

    return forward(
        graph,
        frozenset(),
        leave,
        lambda a, b: a & b,
        lambda branches: frozenset().union(*branches),
    )


def guard_at(
    node: Node, names: Mapping[str, FieldType], elsewhere: Iterable[str], found: list[Finding]
) -> Guard | None:
    """Check the guard in `node`; report its problems at their own columns.

    Args:
        node: The expression.
        names: What is visible.
        elsewhere: Names that exist in this Plan but are not certain here.
        found: Takes the findings.
    """
    if not isinstance(node.value, str):
        found.append(finding(node.mark, "KS011", "a guard must be text"))
        return None
    result = check(node.value, names)
    if isinstance(result, Guard):
        return result
    later = set(elsewhere)
    for problem in result:
        mark = node.mark
        if node.inset is not None and problem.line == 1 and mark.line:
            mark = Mark(mark.file, mark.line, mark.col + node.inset + problem.col - 1)
        fix = ""
        message = problem.message
        if problem.unknown in later:
            message = f"`{problem.unknown}` is not certain here"
            fix = "guards see required fields, and outputs of steps that always come before"
        elif problem.unknown:
            fix = did_you_mean(problem.unknown, names, "visible here")
        found.append(finding(mark, "KS030", f"guard: {message}", fix))
    return None
