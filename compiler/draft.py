"""A matter in one mode while it is compiled: what the static rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.definition import Matter, ModeRule, Procedure
from compiler.findings import Mark
from compiler.graph import Graph
from compiler.kinds import BaseStep
from compiler.plan import Mode, Place
from compiler.steps import StepText
from compiler.yaml_text import Node

_ROLE_KEYS = ("at", "from", "to")


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything about one matter in one mode, located.

    Args:
        matter: After the merge, with the mode's own rules laid on.
        node: Its text.
        mode: Which mode.
        rule: What the matter says about the mode.
        procedure: The mode's procedure.
        procedure_node: Its text.
        places: Role → binding; a role without one is missing here.
        place_marks: Role → where its binding stands.
        texts: Step id → its text.
        steps: Step id → checked step; a step with findings is missing here.
        graph: The order of the steps.
        whole: Every step and reference could be read: questions about paths make sense.
    """

    matter: Matter
    node: Node
    mode: Mode
    rule: ModeRule
    procedure: Procedure
    procedure_node: Node
    places: Mapping[str, Place]
    place_marks: Mapping[str, Mark]
    texts: Mapping[str, StepText]
    steps: Mapping[str, BaseStep]
    graph: Graph
    whole: bool

    def mark(self, *keys: str) -> Mark:
        """Return where a key of the matter stands, or the deepest that exists above it."""
        return self.node.at(*keys)

    def users(self, role: str) -> list[str]:
        """Return the steps that act at, come from or go to a place."""
        return [
            name
            for name, text in self.texts.items()
            if any(n is not None and n.value == role for n in map(text.node.get, _ROLE_KEYS))
        ]

    def roles(self) -> dict[str, tuple[str, Mark]]:
        """Return each place role that a step uses → (the first such step, where it says so)."""
        used: dict[str, tuple[str, Mark]] = {}
        for name, text in self.texts.items():
            for key in _ROLE_KEYS:
                node = text.node.get(key)
                if node is not None and isinstance(node.value, str):
                    used.setdefault(node.value, (name, node.mark))
        return used
