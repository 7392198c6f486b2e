"""Deep merge of located nodes: every value keeps the file and line that it came from."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings import Mark
from compiler.yaml_text import Node


def merge(base: Node, over: Node) -> Node:
    """Return `base` with `over` laid on it: mappings merge, lists and scalars replace.

    The result of two mappings lies where `over` lies; keys keep their own marks and order, those
    of `base` first.
    """
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    value = dict(base.value)
    for key, node in over.value.items():
        below = value.get(key)
        value[key] = node if below is None else merge(below, node)
    return Node(value, over.mark, {**base.keys, **over.keys})


def without(node: Node, *keys: str) -> Node:
    """Return a mapping without some of its keys."""
    if not isinstance(node.value, dict):
        return node
    return Node({k: v for k, v in node.value.items() if k not in keys}, node.mark, node.keys)


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Node, Mark]]:
    """Iterate over all scalars (and empty collections) as (dotted path, node, its mark)."""
    value = node.value
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, below in enumerate(value):
            yield from leaves(below, f"{path}[{index}]")
    else:
        yield path, node, node.mark
