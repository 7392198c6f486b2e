"""A located matter and a located procedure → the Plan of one mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compiler.definition import Matter, ModeRule, Procedure, Rules
from compiler.draft import Draft
from compiler.findings import Finding, Mark
from compiler.graph import Graph, wire
from compiler.kinds import KINDS, BaseStep, Choose, Decide, FieldType, Repeat, When
from compiler.merge import merge
from compiler.plan import ENGINE, CoApplicants, Condition, Edge, Guard, Material, Mode, Place, Plan
from compiler.regimes import terms
from compiler.rules import RULES
from compiler.sight import filed_names, guard_at, outputs, passed_steps
from compiler.steps import Reader, StepText, flat, parameters
from compiler.typed import validate
from compiler.yaml_text import Node


@dataclass(frozen=True, slots=True)
class Source:
    """A checked definition and its text."""

    matter: Matter
    node: Node


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked procedure and its text."""

    procedure: Procedure
    node: Node


@dataclass(frozen=True, slots=True)
class Built:
    """The result of compiling one matter in one mode.

    Args:
        plan: Without digest; None when there are findings.
        findings: Everything that is wrong.
        draft: What the Plan was made from, for explanations.
    """

    plan: Plan | None
    findings: tuple[Finding, ...]
    draft: Draft


def build(source: Source, mode: Mode, recipe: Recipe) -> Built:
    """Compile a matter in one of its modes."""
    found: list[Finding] = []
    draft = _draft(source, mode, recipe, found)
    guards, conditions = _guards(draft, found)
    for rule in RULES:
        found.extend(rule(draft))
    findings = tuple(sorted(set(found)))
    return Built(None if findings else _plan(draft, guards, conditions), findings, draft)


def _draft(source: Source, mode: Mode, recipe: Recipe, found: list[Finding]) -> Draft:
    rule = source.matter.modes[mode]
    node = source.node.get("modes")
    rule_node = node.get(mode) if node else None
    if rule_node is None:
        raise KeyError(mode)
    matter, matter_node = _with_own_rules(source, rule, rule_node, found)
    mark = source.node.at("modes", mode, "procedure")
    values = parameters(recipe.procedure, recipe.node, rule_node.get("with"), mark, found)
    reader = Reader(recipe.procedure.params.keys(), values, rule_node.get("change"), found)
    texts = reader.procedure(recipe.node.get("steps") or Node([], recipe.node.mark))
    graph = wire(texts, reader.dropped, found)
    steps = dict(_checked(texts, reader.unresolved, found))
    places, marks = _places(matter, matter_node, rule, rule_node, recipe)
    return Draft(
        matter=matter,
        node=matter_node,
        mode=mode,
        rule=rule,
        procedure=recipe.procedure,
        procedure_node=recipe.node,
        places=places,
        place_marks=marks,
        texts={text.id: text for text in flat(texts)},
        steps=steps,
        graph=graph,
        whole=not found,
    )


def _with_own_rules(
    source: Source, rule: ModeRule, rule_node: Node, found: list[Finding]
) -> tuple[Matter, Node]:
    """Lay the mode's own rule elements on the matter's."""
    own, common = rule_node.get("rules"), source.node.get("rules")
    if not rule.rules or own is None or common is None:
        return source.matter, source.node
    merged = merge(common, own)
    rules = validate(Rules, merged)
    if isinstance(rules, list):
        found.extend(rules)
        return source.matter, source.node
    mark = source.node.mark
    node = merge(source.node, Node({"rules": own}, mark, {"rules": own.mark}))
    return source.matter.model_copy(update={"rules": rules}), node


def _places(
    matter: Matter, node: Node, rule: ModeRule, rule_node: Node, recipe: Recipe
) -> tuple[dict[str, Place], dict[str, Mark]]:
    """Bind roles: the procedure's binding, the matter's over it, the mode's over that."""
    layers: tuple[tuple[Mapping[str, Place | None], Node], ...] = (
        (recipe.procedure.places, recipe.node),
        (matter.places, node),
        (rule.places, rule_node),
    )
    places: dict[str, Place] = {}
    marks: dict[str, Mark] = {}
    for bindings, text in layers:
        for role, place in bindings.items():
            if place is not None:
                places[role] = place
                marks[role] = text.at("places", role, "value")
    return places, marks


def _checked(
    texts: list[StepText], unresolved: set[Mark], found: list[Finding]
) -> Iterator[tuple[str, BaseStep]]:
    """Check each step by its kind; a parameter without a value was found already."""
    for text in flat(texts):
        step = validate(KINDS[text.kind], text.node)
        if isinstance(step, list):
            found.extend(f for f in step if Mark(f.file, f.line, f.col) not in unresolved)
        else:
            yield text.id, step


def _guards(draft: Draft, found: list[Finding]) -> tuple[dict[str, Guard], list[Condition]]:
    """Compile all guards, each with the names that are certain where it stands."""
    filed = filed_names(draft.matter.application, draft.matter.materials)
    optional = {f"application.{n}" for n, spec in draft.matter.application.items() if spec.optional}
    put_out = {name: outputs(name, step) for name, step in draft.steps.items()}
    elsewhere = optional | {name for names in put_out.values() for name in names}
    passed = passed_steps(draft.graph, {name: text.kind for name, text in draft.texts.items()})
    guards: dict[str, Guard] = {}
    for name, step in draft.steps.items():
        before = passed.inside if isinstance(step, Repeat) else passed.at
        if name not in before:
            continue  # unreachable: found by its own rule
        names: dict[str, FieldType] = dict(filed)
        for earlier in sorted(before[name]):
            names |= put_out.get(earlier, {})
        for key, node in _expressions(name, step, draft.texts[name].node):
            guard = guard_at(node, names, elsewhere, found)
            if guard:
                guards[key] = guard
    return guards, list(_conditions(draft, filed, elsewhere, found))


def _expressions(name: str, step: BaseStep, node: Node) -> Iterator[tuple[str, Node]]:
    """Return each guard of a step, by its key in the Plan."""
    if isinstance(step, When | Repeat):
        expression = node.get("guard" if isinstance(step, When) else "until")
        if expression is not None:
            yield name, expression
    elif isinstance(step, Decide) and step.require is not None:
        require = node.get("require")
        expression = require.get("guard") if require else None
        if expression is not None:
            yield name, expression
    elif isinstance(step, Choose):
        cases = node.get("guards")
        for case, expression in cases.items() if cases else ():
            yield f"{name}/{case}", expression


def _conditions(
    draft: Draft, filed: Mapping[str, FieldType], elsewhere: set[str], found: list[Finding]
) -> Iterator[Condition]:
    rules = draft.node.get("rules")
    texts = rules.get("conditions") if rules else None
    nodes = texts.value if texts and isinstance(texts.value, list) else []
    for rule, node in zip(draft.matter.rules.conditions, nodes, strict=True):
        expression = node.get("when")
        if rule.when is None or expression is None:
            continue
        guard = guard_at(expression, filed, elsewhere, found)
        if guard:
            yield Condition(guard=guard, otherwise=rule.otherwise or rule.text or rule.when)


def _plan(draft: Draft, guards: dict[str, Guard], conditions: list[Condition]) -> Plan:
    matter = draft.matter
    roles = {*draft.procedure.places, *draft.roles(), matter.decided_by.place}
    return Plan(
        matter=matter.code,
        name=matter.name,
        mode=draft.mode,
        procedure=draft.procedure.procedure,
        engine=ENGINE,
        legal_regime=matter.legal_regime,
        regime=terms(matter.legal_regime),
        tolerant=matter.rules.acceptance.tolerant,
        home=draft.procedure.home,
        decided_by=matter.decided_by.place,
        promised=matter.rules.time_limit.promised,
        fee=_fen(matter.rules.fee.amount),
        applicants=matter.applicants,
        co_applicants=_co_applicants(matter),
        proxy=matter.proxy.policy,
        representative_required=matter.representative.required,
        repeatable=matter.repeatable.allowed,
        application=matter.application,
        materials=tuple(
            Material(
                id=m.id,
                name=m.name,
                trust=m.trust,
                waived_by=m.waived_by,
                optional=m.optional,
                tolerable=m.tolerable,
            )
            for m in matter.materials
        ),
        places={role: place for role, place in draft.places.items() if role in roles},
        waits=draft.procedure.waits,
        conditions=tuple(conditions),
        guards=guards,
        start=draft.graph.start,
        steps=draft.steps,
        edges=_edges(draft.graph),
    )


def _co_applicants(matter: Matter) -> CoApplicants | None:
    rule = matter.co_applicants
    return rule and CoApplicants(count=rule.count, label=rule.label, required=rule.required)


def _fen(yuan: float | None) -> int | None:
    return None if yuan is None else round(yuan * 100)


def _edges(graph: Graph) -> tuple[Edge, ...]:
    return tuple(
        Edge(source=source, on=label, target=target)
        for source, edges in graph.edges.items()
        for label, target in edges.items()
    )
