"""A Plan as text for a terminal: its steps as a tree, and where each value comes from."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.build import Built
from compiler.kinds import BaseStep, BetweenStep, PlacedStep
from compiler.merge import leaves
from compiler.plan import END, RETURN, Plan


def plan_text(plan: Plan) -> str:
    """Return head, places and steps; nested steps are indented."""
    lines = [f"{plan.title} · {plan.mode} · {plan.procedure} · {plan.digest[:12]}"]
    for role, place in plan.places.items():
        marks = [w for w, on in (("home", plan.home), ("decides", plan.decided_by)) if on == role]
        note = f" ({', '.join(marks)})" if marks else ""
        lines.append(f"  {role:<12} {place.is_} = {place.value}, {place.unit}{note}")
    lines += (f"  if {c.guard.expr} else {c.otherwise}" for c in plan.conditions)
    lines += _steps(plan, plan.start, 1, set())
    return "\n".join(lines)


def _steps(plan: Plan, start: str, depth: int, seen: set[str]) -> Iterator[str]:
    """Walk the graph from `start`; each step once, blocks before what follows them."""
    if start in (END, RETURN) or start in seen:
        return
    seen.add(start)
    step = plan.steps[start]
    edges = [edge for edge in plan.edges if edge.source == start]
    inside = [edge for edge in edges if edge.on not in step.LABELS]
    shown = "".join(f"  {e.on} → {e.target}" for e in edges if e not in inside)
    limit = f" within {step.within}" if step.within else ""
    yield f"{'  ' * depth}{start}: {step.label} @ {_where(step)}{limit}{shown}"
    for edge in inside:
        if edge.on != "enter":
            yield f"{'  ' * (depth + 1)}[{edge.on}]"
        yield from _steps(plan, edge.target, depth + 1, seen)
    for edge in edges:
        if edge not in inside:
            yield from _steps(plan, edge.target, depth, seen)


def _where(step: BaseStep) -> str:
    if isinstance(step, BetweenStep):
        return f"{step.source} → {step.to}"
    return step.at if isinstance(step, PlacedStep) else ""


def explained(built: Built) -> str:
    """Return every value of the merged definition and of the steps with its file and line."""
    draft = built.draft
    rows = [(path, node.text or str(node.plain()), mark) for path, node, mark in leaves(draft.node)]
    for name, text in draft.texts.items():
        rows += [
            (f"steps.{path}", node.text or str(node.plain()), mark)
            for path, node, mark in leaves(text.node, name)
        ]
    width = min(48, max(len(path) for path, _, _ in rows))
    return "\n".join(f"  {path:<{width}}  {value}  ← {m.file}:{m.line}" for path, value, m in rows)
