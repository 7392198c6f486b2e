"""Merging definitions: what comes last wins, and everything keeps its place."""

from __future__ import annotations

import json
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from compiler.merge import leaves, merge
from compiler.yaml_text import Node, parse


def node(text: str, file: str) -> Node:
    """Parse a text that is right."""
    parsed, found = parse(text, file)
    assert parsed is not None
    assert not found
    return parsed


def test_mappings_merge_and_lists_replace() -> None:
    """A matter adds a field to its family's; a list it gives is the whole list."""
    base = node("a: {x: 1, y: 2}\nb: [1, 2]\n", "base")
    over = node("a: {y: 3}\nb: [4]\nc: new\n", "over")
    merged = merge(base, over)
    assert merged.plain() == {"a": {"x": 1, "y": 3}, "b": [4], "c": "new"}
    places = {path: (mark.file, mark.line) for path, _, mark in leaves(merged)}
    assert places == {
        "a.x": ("base", 1), "a.y": ("over", 1), "b[0]": ("over", 2), "c": ("over", 3),
    }  # fmt: skip


TREES = st.recursive(
    st.integers(0, 99),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3),
    max_leaves=12,
).filter(lambda tree: isinstance(tree, dict))


@given(st.lists(TREES, min_size=1, max_size=5))
def test_any_merges_keep_the_place_of_each_value(trees: list[object]) -> None:
    """After any number of merges each value still stands in its own file at its own position."""
    layers = [node(json.dumps(tree, indent=1), str(i)) for i, tree in enumerate(trees)]
    sources = {(path, mark): below.value for layer in layers for path, below, mark in leaves(layer)}
    merged = reduce(merge, layers)
    for path, below, mark in leaves(merged):
        assert sources[path, mark] == below.value
    last = {path for path, _, _ in leaves(layers[-1])}
    assert last <= {path for path, _, _ in leaves(merged)}


SHAPED = st.dictionaries(
    st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 9), min_size=1)
)


@given(SHAPED, SHAPED, SHAPED)
def test_merging_is_associative(one: object, two: object, three: object) -> None:
    """A chain of families of one shape can be merged from either end."""
    a, b, c = (node(json.dumps(t), n) for t, n in ((one, "1"), (two, "2"), (three, "3")))
    assert merge(merge(a, b), c).plain() == merge(a, merge(b, c)).plain()
