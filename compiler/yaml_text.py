"""Bounded, safe YAML (and JSON) → located nodes.

Built on libyaml's events rather than on its node tree, so that bounds hold while reading and
nothing recurses in C. Scalars are those of YAML 1.2's core schema: `no`, `9:30` and
dates stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from compiler.findings import Finding, Mark, finding
from errors import FilingError

MAX_BYTES = 256 * 1024
"""A definition is a few KiB; the longest application is far below this."""

MAX_DEPTH = 40
MAX_NODES = 20_000
"""Values in a document after aliases are expanded."""

MAX_ALIASES = 100

Scalar = str | int | float | bool | None

_CORE: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"(?:~|null|Null|NULL|)"), lambda _: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text[0] in "tT"),
    # 18 digits hold every amount; longer digit strings are references, which stay text.
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"0o[0-7]{1,18}"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]{1,16}"), lambda text: int(text, 0)),
    (
        re.compile(r"[-+]?(?:\.[0-9]{1,18}|[0-9]{1,18}(?:\.[0-9]{0,18})?)(?:[eE][-+]?[0-9]{1,3})?"),
        float,
    ),
)
_FIRST = frozenset(["", *"~nNtTfF+-.0123456789"])
"""How a plain scalar begins that may be anything but text."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place in the text.

    Args:
        value: `dict[str, Node]`, `list[Node]` or a scalar.
        mark: Where the value begins.
        keys: For a mapping: where each key stands.
        text: For a scalar: as it was written, so that `000000` is not lost in 0.
        inset: For a scalar: columns from the mark to its first character (1 when quoted); None
            for a block of lines, where columns in the text say nothing.
    """

    value: dict[str, Node] | list[Node] | Scalar
    mark: Mark
    keys: Mapping[str, Mark] = field(default_factory=dict)
    text: str = ""
    inset: int | None = 0

    @property
    def file(self) -> str:
        """The file, as it was named."""
        return self.mark.file

    @property
    def line(self) -> int:
        """From 1."""
        return self.mark.line

    @property
    def col(self) -> int:
        """From 1."""
        return self.mark.col

    def get(self, key: str) -> Node | None:
        """Return the value under `key`, None when there is none or this is not a mapping."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def at(self, *keys: str) -> Mark:
        """Follow `keys` down as far as they exist; return where a scalar, else the key, stands."""
        node, mark = self, self.mark
        for key in keys:
            below = node.get(key)
            if below is None:
                break
            scalar = not isinstance(below.value, dict | list)
            mark = below.mark if scalar else node.keys.get(key, below.mark)
            node = below
        return mark

    def items(self) -> Iterator[tuple[str, Node]]:
        """Iterate over a mapping's pairs; nothing for anything else."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def plain(self) -> Any:
        """Return the value without positions."""
        value = self.value
        if isinstance(value, dict):
            return {key: node.plain() for key, node in value.items()}
        if isinstance(value, list):
            return [node.plain() for node in value]
        return value


def located(value: Any, where: str, depth: int = MAX_DEPTH) -> Node:
    """Return `value`, already parsed JSON, as nodes whose file is the path to each value.

    Raises:
        FilingError: It is nested deeper than `depth` levels.
    """
    mark = Mark(where)
    if isinstance(value, dict | list | tuple) and depth == 0:
        raise FilingError(f"nested deeper than {MAX_DEPTH} levels", "send plain values")
    if isinstance(value, dict):
        below = {str(k): located(v, f"{where}.{k}", depth - 1) for k, v in value.items()}
        return Node(below, mark, {key: node.mark for key, node in below.items()})
    if isinstance(value, list | tuple):
        return Node([located(v, f"{where}[{i}]", depth - 1) for i, v in enumerate(value)], mark)
    return Node(value, mark, text="" if value is None else str(value))


def read(path: Path, name: str | None = None) -> tuple[Node | None, list[Finding]]:
    """Read a file into nodes.

    Args:
        path: YAML or JSON.
        name: What findings call the file; its path by default.

    Returns:
        The document, None when it cannot be used, and what was found.
    """
    file = name or str(path)
    mark = Mark(file)
    try:
        if not path.is_file():
            return None, [finding(mark, "KS002", "no such file", "check the path")]
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"the file has {size:,} bytes, at most {MAX_BYTES:,} are read"
            return None, [
                finding(mark, "KS002", message, "split it or take out what is not needed")
            ]
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return None, [finding(mark, "KS002", f"cannot be read: {error.strerror or error}")]
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not UTF-8"
        return None, [finding(mark, "KS002", message, "save the file as UTF-8")]
    return parse(text, file)


def parse(text: str, file: str) -> tuple[Node | None, list[Finding]]:
    """Parse one YAML or JSON document; see `read` for what comes back."""
    reader = _Reader(file)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            reader.take(event)
    except _StopReading:
        return None, reader.findings
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(file, at.line + 1, at.column + 1) if at else Mark(file, 1, 1)
        reader.findings.append(finding(mark, "KS001", f"not YAML: {error.problem}"))
        return None, reader.findings
    except yaml.YAMLError as error:
        message = f"not YAML: {str(error).splitlines()[0]}"
        reader.findings.append(finding(Mark(file, 1, 1), "KS001", message))
        return None, reader.findings
    return reader.document, reader.findings


class _StopReading(Exception):  # noqa: N818 - a signal between two functions, not an error
    """Reading on makes no sense; the finding is recorded."""


@dataclass(slots=True)
class _Open:
    """A list or mapping that is not closed yet."""

    node: Node
    anchor: str | None
    before: int
    """Values read before this one, to know its size for aliases."""
    key: tuple[str, Mark] | None = None


class _Reader:
    """Builds nodes from events and keeps the bounds."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.document: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0
        self._aliases = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Take one event of libyaml."""
        mark = Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.ScalarEvent):
            self._tag(event, mark)
            inset = {"'": 1, '"': 1, "|": None, ">": None}.get(event.style or "", 0)
            node = Node(_scalar(event), mark, text=event.value, inset=inset)
            self._count(mark, 1)
            if event.anchor:
                self._anchors[event.anchor] = (node, 1)
            self._put(node)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._tag(event, mark)
            self._count(mark, 1)
            if len(self._open) >= MAX_DEPTH:
                self._stop(mark, f"nested deeper than {MAX_DEPTH} levels")
            value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._open.append(_Open(Node(value, mark, {}), event.anchor, self._nodes - 1))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = self._open.pop()
            if done.anchor:
                self._anchors[done.anchor] = (done.node, self._nodes - done.before)
            self._put(done.node)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", mark)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self.findings.append(
                    finding(mark, "KS001", "not YAML: a second document in one file")
                )
                raise _StopReading

    def _alias(self, anchor: str, mark: Mark) -> None:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            self._stop(mark, f"more than {MAX_ALIASES} aliases")
        if anchor not in self._anchors:
            self.findings.append(
                finding(mark, "KS001", f"not YAML: no anchor `{anchor}` before it")
            )
            raise _StopReading
        node, size = self._anchors[anchor]
        self._count(mark, size)
        self._put(node)

    def _put(self, node: Node) -> None:
        if not self._open:
            self.document = node
            return
        top = self._open[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif top.key is None:
            if isinstance(node.value, dict | list):
                self.findings.append(finding(node.mark, "KS006", "a key must be plain text"))
                raise _StopReading
            top.key = (node.text, node.mark)
        else:
            assert isinstance(top.node.value, dict)  # noqa: S101 - for the type checker
            key, at = top.key
            top.key = None
            if key in top.node.value:
                first = top.node.keys[key]
                self.findings.append(
                    finding(at, "KS005", f"`{key}` is given twice", f"first on line {first.line}")
                )
            top.node.value[key] = node
            top.node.keys[key] = at  # type: ignore[index] # read-only once it is handed out

    def _count(self, mark: Mark, size: int) -> None:
        self._nodes += size
        if self._nodes > MAX_NODES:
            self._stop(mark, f"more than {MAX_NODES:,} values once aliases are expanded")

    def _stop(self, mark: Mark, message: str) -> None:
        self.findings.append(finding(mark, "KS003", message, "write it out in plain values"))
        raise _StopReading

    def _tag(self, event: Any, mark: Mark) -> None:
        if event.tag is not None:
            short = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.findings.append(
                finding(mark, "KS004", f"tag `{short}` is not allowed", "take the tag out")
            )


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text: str = event.value
    if not event.style and text[:1] in _FIRST:
        for pattern, make in _CORE:
            if pattern.fullmatch(text):
                value: Scalar = make(text)
                return value
    return text
