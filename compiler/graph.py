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
        model = KINDS[step.kind]
        for label in labels:
            if label in self.edges[step.id]:
                continue
            if label in step.on:
                target = self._reference(step, step.on[label])
            elif through or label == labels[0]:
                target = following
            elif label in model.ENDINGS or label == "refused":
                target = ending
            else:
                message = f"step `{step.id}` can end with `{label}`, which leads nowhere"
                self.found.append(
                    finding(step.mark, "KS025", message, f"say `on: {{{label}: STEP or end}}`")
                )
                continue
            self.edges[step.id][label] = target

    def _unknown_result(
        self, step: StepText, label: str, node: Node, labels: tuple[str, ...]
    ) -> None:
        message = f"step `{step.id}` cannot end with `{label}`"
        fix = did_you_mean(label, labels, "results")
        if label == "refused":
            fix = "say what a refusal means with `refuse`"
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
    if step.kind == "exchange" and step.node.get("refuse") is None:
        return tuple(label for label in labels if label != "refused")
    return labels


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
    passage: Passage[S] = Passage({}, {}, [])
    members: dict[str, list[str]] = {}
    for name in graph.texts:
        members.setdefault(graph.region[name], []).append(name)

    def go(target: str, source: str, label: str, value: S, out: list[S]) -> None:
        if target == RETURN:
            out[:] = [meet(out[0], value)] if out else [value]
        elif target == END:
            passage.ends.append((source, label, value))
        else:
            known = passage.at
            known[target] = meet(known[target], value) if target in known else value

    def walk(region: str) -> list[S]:
        """Walk a region whose entry is set; return its state at `return`, if it is ever reached."""
        out: list[S] = []
        for name in members.get(region, ()):
            if name not in passage.at:
                continue
            edges, value, text = graph.edges[name], passage.at[name], graph.texts[name]
            blocks = () if text.kind in THROUGH else [b for b in text.blocks if b in edges]
            backs: list[list[S]] = []
            for label in blocks:
                passage.at[edges[label]] = value
                backs.append(walk(f"{name}/{label}"))
            if not all(backs):
                continue  # some block never returns: what follows is not reached from here
            if backs:
                passage.inside[name] = value = together([back[0] for back in backs])
            for label, target in edges.items():
                if label not in blocks:
                    go(target, name, label, leave(name, label, value), out)
        return out

    passage.at[graph.start] = state
    walk("")
    return passage
