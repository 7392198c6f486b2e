"""The order of steps: nested text → edges, and questions about all paths.

`on` leads forward only, so the order of the text is an order of the graph: every question is one
pass over the steps, and every graph of definitions, however odd, terminates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from compiler.findings import Finding, did_you_mean, finding
from compiler.kinds import KINDS
from compiler.plan import END, RETURN
from compiler.steps import OTHERWISE, THROUGH, StepText, flat
from compiler.yaml_text import Node

S = TypeVar("S")

UNSAID = {"refused": "refuse", "lapsed": "lapse"}
"""Result of a letter → the key without which it cannot come about."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges by source and label, in the order of the text.

    Args:
        start: The first step.
        edges: Step → label → step, `end` or `return`.
        region: Step → the `block/label` that its `return` ends; empty at the top.
        texts: Step → its text.
    """

    start: str
    edges: Mapping[str, Mapping[str, str]]
    region: Mapping[str, str]
    texts: Mapping[str, StepText]


def wire(steps: Sequence[StepText], dropped: set[str], found: list[Finding]) -> Graph:
    """Return the graph of a procedure's steps; `dropped` explains references that dangle."""
    wiring = _Wiring(steps, dropped, found)
    wiring.sequence(steps, END, END)
    start = steps[0].id if steps else END
    return Graph(start, wiring.edges, wiring.region, wiring.texts)


class _Wiring:
    def __init__(self, steps: Sequence[StepText], dropped: set[str], found: list[Finding]) -> None:
        self.found = found
        self.dropped = dropped
        self.texts = {step.id: step for step in flat(steps)}
        self.order = {name: index for index, name in enumerate(self.texts)}
        self.region: dict[str, str] = {}
        self.edges: dict[str, dict[str, str]] = {name: {} for name in self.texts}
        self._regions(steps, "")

    def _regions(self, steps: Sequence[StepText], region: str) -> None:
        for step in steps:
            self.region[step.id] = region
            for label, nested in step.blocks.items():
                inner = region if step.kind in THROUGH else f"{step.id}/{label}"
                self._regions(nested, inner)

    def sequence(self, steps: Sequence[StepText], after: str, ending: str) -> None:
        """Wire a sequence: its last step goes to `after`, results that end it to `ending`."""
        for index, step in enumerate(steps):
            following = steps[index + 1].id if index + 1 < len(steps) else after
            self._step(step, following, ending)

    def _step(self, step: StepText, following: str, ending: str) -> None:
        through = step.kind in THROUGH
        for label, nested in step.blocks.items():
            if nested:
                self.edges[step.id][label] = nested[0].id
            elif not through:
                message = f"block `{label}` of step `{step.id}` is empty"
                self.found.append(finding(step.mark, "KS012", message))
            self.sequence(nested, following if through else RETURN, ending if through else RETURN)
        labels = _labels(step)
        for label, node in step.on.items():
            if label not in labels:
                self._unknown_result(step, label, node, labels)
        for label in labels:
            if label in self.edges[step.id]:
                continue  # a block of `when` or `choose` begins there
            if label in step.on:
                self.edges[step.id][label] = self._reference(step, step.on[label])
            elif through or label == labels[0]:
                self.edges[step.id][label] = following
            else:
                self._ended(step, label, ending)

    def _ended(self, step: StepText, label: str, ending: str) -> None:
        """Wire a result for which `on` says nothing: one that decides the case ends it."""
        if label in KINDS[step.kind].ENDINGS or label in {"refused", "lapsed", "failed"}:
            self.edges[step.id][label] = ending
            return
        message = f"step `{step.id}` can end with `{label}`, which leads nowhere"
        fix = f"say `on: {{{label}: STEP or end}}`"
        self.found.append(finding(step.mark, "KS025", message, fix))

    def _unknown_result(
        self, step: StepText, label: str, node: Node, labels: tuple[str, ...]
    ) -> None:
        message = f"step `{step.id}` cannot end with `{label}`"
        fix = did_you_mean(label, labels, "results")
        if label == "refused":
            fix = "say what a refusal means with `refuse`"
        elif label == "lapsed" and step.kind == "exchange":
            fix = "say what a silence means with `lapse`"
        self.found.append(finding(node.mark, "KS025", message, fix))

    def _reference(self, step: StepText, node: Node) -> str:
        """Return the target that `on` names, or `end` after reporting that it is none."""
        name = node.text
        region = self.region[step.id]
        if name == END or (name == RETURN and region):
            return name
        fix = ""
        if name == RETURN:
            message, fix = f"step `{step.id}` is in no block to return from", "say `end`"
        elif name in self.dropped:
            message = f"`on` leads to step `{name}`, which the matter's `change` drops"
        elif name not in self.texts:
            message = f"`on` leads to step `{name}`, which does not exist"
            here = [n for n in self.texts if self.region[n] == region]
            fix = did_you_mean(name, [*here, END], "steps here")
        elif self.region[name] != region:
            message = f"`on` leads to step `{name}`, which is in another block"
            fix = "say `return`, and go on from the block"
        elif self.order[name] <= self.order[step.id]:
            message = f"`on` leads back to step `{name}`"
            fix = "use a `repeat` block, which is bounded"
        else:
            return name
        self.found.append(finding(node.mark, "KS021", message, fix))
        return END


def _labels(step: StepText) -> tuple[str, ...]:
    """Return the results that a step can have, the one that goes on first."""
    if step.kind == "choose":
        return (*(label for label in step.blocks if label != OTHERWISE), OTHERWISE)
    labels = KINDS[step.kind].LABELS
    if step.kind == "exchange":
        unsaid = {on for on, key in UNSAID.items() if step.node.get(key) is None}
        return tuple(label for label in labels if label not in unsaid)
    if step.kind == "parallel" and _reports(step):
        return tuple(label for label in labels if label != "failed")
    return labels


def _reports(step: StepText) -> bool:
    """Tell whether a failed branch of a `parallel` is only reported."""
    said = step.node.get("on_failure")
    return said is not None and said.value == "report"


@dataclass(frozen=True, slots=True)
class Passage(Generic[S]):
    """What `forward` found, as far as steps can be reached.

    Args:
        at: Step → state before it.
        inside: Block → state when its nested steps are through, before it goes on.
        ends: (step, label, state) wherever the case ends.
    """

    at: dict[str, S]
    inside: dict[str, S]
    ends: list[tuple[str, str, S]]


def forward(
    graph: Graph,
    state: S,
    leave: Callable[[str, str, S], S],
    meet: Callable[[S, S], S],
    together: Callable[[list[S]], S],
) -> Passage[S]:
    """Carry a state along all paths, each step once.

    Args:
        graph: The steps.
        state: At the start.
        leave: (step, label, state) → state after the step ended with that label.
        meet: Joins two states where paths meet.
        together: Joins the states of the branches of a `parallel`.
    """
    walk = _Walk(graph, leave, meet, together)
    walk.passage.at[graph.start] = state
    walk.region("")
    return walk.passage


class _Walk(Generic[S]):
    """One pass of `forward`."""

    def __init__(
        self,
        graph: Graph,
        leave: Callable[[str, str, S], S],
        meet: Callable[[S, S], S],
        together: Callable[[list[S]], S],
    ) -> None:
        self.graph, self.leave, self.meet, self.together = graph, leave, meet, together
        self.passage: Passage[S] = Passage({}, {}, [])
        self.members: dict[str, list[str]] = {}
        for name in graph.texts:
            self.members.setdefault(graph.region[name], []).append(name)

    def region(self, region: str) -> list[S]:
        """Walk a region whose entry is set; return its state at `return`, if that is reached."""
        out: list[S] = []
        for name in self.members.get(region, ()):
            if name in self.passage.at:
                self._step(name, out)
        return out

    def _step(self, name: str, out: list[S]) -> None:
        edges, value, text = self.graph.edges[name], self.passage.at[name], self.graph.texts[name]
        blocks = () if text.kind in THROUGH else [label for label in text.blocks if label in edges]
        backs: list[list[S]] = []
        for label in blocks:
            self.passage.at[edges[label]] = value
            backs.append(self.region(f"{name}/{label}"))
        if not all(backs):
            return  # some block never returns: nothing follows
        if backs:
            self.passage.inside[name] = value = self.together([back[0] for back in backs])
        for label, target in edges.items():
            if label not in blocks:
                self._go(target, name, label, self.leave(name, label, value), out)

    def _go(self, target: str, source: str, label: str, value: S, out: list[S]) -> None:
        if target == RETURN:
            out[:] = [self.meet(out[0], value)] if out else [value]
        elif target == END:
            self.passage.ends.append((source, label, value))
        else:
            at = self.passage.at
            at[target] = self.meet(at[target], value) if target in at else value
