"""A procedure's steps as a located tree, with a matter's changes and parameters put in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from compiler.definition import Param, Procedure
from compiler.findings import Finding, Mark, did_you_mean, finding
from compiler.kinds import KINDS, Limit, Name
from compiler.merge import merge, without
from compiler.plan import END, RETURN
from compiler.yaml_text import Node

ENTER = "enter"
OTHERWISE = "otherwise"

BLOCK_LABELS: dict[str, str] = {"then": "true", "else": "false", "steps": ENTER}
"""Key of nested steps in YAML → label of the edge into them; branches and cases name their own."""

THROUGH = frozenset({"when", "choose"})
"""Kinds whose nested steps go on to the step that follows the block, in the same region."""

RESERVED = frozenset({END, RETURN, "application", "materials", "applicant", "portal"})
"""Words that edges and guards use themselves."""

_PARAM = re.compile(r"\$([a-z][a-z0-9_]*)")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LIMIT: TypeAdapter[str] = TypeAdapter(Limit)


@dataclass(frozen=True, slots=True)
class StepText:
    """A step before its kind has checked it.

    Args:
        id: The author's name for it.
        mark: Where the id stands.
        kind: A key of `KINDS`.
        node: Its own parameters, without order.
        on: Result → where it leads, as written.
        blocks: Label of the edge → nested steps.
    """

    id: Name
    mark: Mark
    kind: str
    node: Node
    on: Mapping[str, Node] = field(default_factory=dict)
    blocks: Mapping[str, Sequence[StepText]] = field(default_factory=dict)


def flat(steps: Sequence[StepText]) -> Iterator[StepText]:
    """Iterate over steps and all nested ones in the order of the text."""
    for step in steps:
        yield step
        for nested in step.blocks.values():
            yield from flat(nested)


def parameters(
    procedure: Procedure, text: Node, given: Node | None, mark: Mark, found: list[Finding]
) -> dict[str, Node]:
    """Return the node of each parameter of a procedure.

    Args:
        procedure: What parameters there are.
        text: The procedure's file, for the defaults' positions.
        given: The mode's `with`.
        mark: Where to report that a parameter is missing.
        found: Takes the findings.
    """
    for name, node in given.items() if given else ():
        if name not in procedure.params:
            fix = did_you_mean(name, procedure.params, f"`{procedure.procedure}` has")
            found.append(
                finding(
                    given.keys.get(name, node.mark) if given else mark,
                    "KS020",
                    f"procedure `{procedure.procedure}` has no parameter `{name}`",
                    fix,
                )
            )
    values = {}
    declared = text.get("params")
    for name, param in procedure.params.items():
        own = declared.get(name) if declared else None
        value = (given.get(name) if given else None) or (own.get("default") if own else None)
        if value is None:
            message = f"procedure `{procedure.procedure}` needs parameter `{name}`"
            found.append(finding(mark, "KS023", message, f"say `with: {{{name}: …}}`"))
            continue
        wrong = _misfit(param, value)
        if wrong:
            found.append(finding(value.mark, "KS023", f"parameter `{name}` must be {wrong}"))
        values[name] = value
    return values


def _misfit(param: Param, node: Node) -> str:
    """Return what the parameter wants instead of `node`; empty when it fits."""
    value = node.value
    if param.type == "duration":
        try:
            _LIMIT.validate_python(value)
        except ValidationError:
            return "a span of time like `15 workdays`, `30 days`, `48 hours` or `30 minutes`"
    if param.type == "text" and not isinstance(value, str):
        return "text"
    if param.type == "boolean" and not isinstance(value, bool):
        return "true or false"
    if param.type == "choice" and value not in param.of:
        return f"one of: {', '.join(param.of)}"
    return ""


class Reader:
    """Reads the steps of one procedure for one mode of one matter."""

    def __init__(
        self,
        declared: Collection[str],
        values: Mapping[str, Node],
        changes: Node | None,
        found: list[Finding],
    ) -> None:
        self._declared = declared
        self._values = values
        self._changes = changes
        self._found = found
        self._seen: dict[str, Mark] = {}
        self.dropped: set[str] = set()
        self.unresolved: set[Mark] = set()

    def procedure(self, steps: Node) -> list[StepText]:
        """Return all steps; changes to steps that do not exist are found."""
        read = self._sequence(steps)
        for name, _ in self._changes.items() if self._changes else ():
            if name not in self._seen and name not in self.dropped:
                self._report(
                    self._changes.keys[name] if self._changes else steps.mark,
                    "KS021",
                    f"`change` names step `{name}`, which does not exist",
                    did_you_mean(name, self._seen, "steps"),
                )
        return read

    def _sequence(self, node: Node | None) -> list[StepText]:
        """Read a list of one-key mappings, or a mapping, of steps by id."""
        if node is None or node.value is None:
            return []
        entries = node.value if isinstance(node.value, list) else [node]
        read: list[StepText] = []
        for entry in entries:
            if not isinstance(entry.value, dict) or not entry.value:
                self._report(entry.mark, "KS011", "a step must be written `id: {kind: …}`")
                continue
            for name, below in entry.items():
                read += self._step(name, entry.keys[name], below)
        return read

    def _step(self, name: str, mark: Mark, node: Node) -> list[StepText]:
        change = self._changes.get(name) if self._changes and name not in self._seen else None
        if change is None:
            return self._one(name, mark, node)
        before = self._sequence(change.get("before"))
        drop = change.get("drop")
        own: list[StepText] = []
        if drop is not None and drop.value is True:
            self.dropped.add(name)
        else:
            override = without(change, "drop", "before", "after")
            own = self._one(name, mark, merge(node, override) if override.value else node)
        return [*before, *own, *self._sequence(change.get("after"))]

    def _one(self, name: str, mark: Mark, node: Node) -> list[StepText]:
        if not _NAME.fullmatch(name) or name in RESERVED:
            self._report(
                mark, "KS022", f"`{name}` cannot be a step id",
                "use small letters, digits and _; these words are taken: "
                + ", ".join(sorted(RESERVED)),
            )  # fmt: skip
            return []
        if name in self._seen:
            first = self._seen[name]
            self._report(
                mark,
                "KS022",
                f"step id `{name}` is used twice",
                f"first at {first.file}:{first.line}",
            )
            return []
        self._seen[name] = mark
        kind = node.get("kind")
        if kind is None:
            self._report(mark, "KS012", f"step `{name}` has no `kind`")
            return []
        if not isinstance(kind.value, str) or kind.value not in KINDS:
            fix = did_you_mean(kind.text, KINDS, "kinds")
            self._report(kind.mark, "KS020", f"unknown step kind `{kind.text}`", fix)
            return []
        model = KINDS[kind.value]
        own = self._put_in(without(node, "on", *model.BLOCKS))
        blocks: dict[str, list[StepText]] = {}
        for key in model.BLOCKS:
            own = self._block(blocks, key, node.get(key), own)
        if not any(blocks.values()) and model.BLOCKS:
            keys = " or ".join(f"`{key}`" for key in model.BLOCKS)
            self._report(mark, "KS012", f"step `{name}` needs nested steps in {keys}")
        on = node.get("on")
        if on is not None and not isinstance(on.value, dict):
            self._report(on.mark, "KS011", "`on` must be a mapping from result to step id")
        return [StepText(name, mark, kind.value, own, dict(on.items()) if on else {}, blocks)]

    def _block(
        self, blocks: dict[str, list[StepText]], key: str, node: Node | None, own: Node
    ) -> Node:
        """Read the nested steps under `key` into `blocks`; return the step's own parameters."""
        if key not in {"branches", "cases"}:
            if node is not None:
                blocks[BLOCK_LABELS.get(key, key)] = self._sequence(node)
            return own
        if node is not None and not isinstance(node.value, dict):
            self._report(node.mark, "KS011", f"`{key}` must be a mapping")
            return own
        guards: dict[str, Node] = {}
        for name, below in node.items() if node else ():
            if key == "branches":
                blocks[name] = self._sequence(below)
                continue
            when = below.get("when")
            if when is None:
                self._report(below.mark, "KS012", f"`when` is missing in case `{name}`")
            else:
                guards[name] = self._put_in(when)
            blocks[name] = self._sequence(below.get("steps"))
        if key == "cases" and node is not None and isinstance(own.value, dict):
            held = Node(dict(guards), node.mark, {k: n.mark for k, n in guards.items()})
            return Node({**own.value, "guards": held}, own.mark, {**own.keys, "guards": node.mark})
        return own

    def _put_in(self, node: Node) -> Node:
        """Replace every scalar that is exactly `$name`."""
        value = node.value
        if isinstance(value, dict):
            return Node({k: self._put_in(n) for k, n in value.items()}, node.mark, node.keys)
        if isinstance(value, list):
            return Node([self._put_in(n) for n in value], node.mark)
        match = _PARAM.fullmatch(value) if isinstance(value, str) else None
        if not match or not isinstance(value, str):
            return node
        if match[1] not in self._values:
            self.unresolved.add(node.mark)
            if match[1] not in self._declared:
                fix = did_you_mean(value, [f"${name}" for name in self._declared], "parameters")
                self._report(node.mark, "KS020", f"unknown parameter `{value}`", fix)
            return node
        return self._values[match[1]]

    def _report(self, mark: Mark, code: str, message: str, fix: str = "") -> None:
        self._found.append(finding(mark, code, message, fix))
