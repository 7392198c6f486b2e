"""Wiring steps: whatever authors write, it ends."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from compiler.findings import Finding
from compiler.graph import forward, wire
from compiler.plan import END, RETURN
from compiler.steps import Reader
from compiler.yaml_text import parse

IDS = st.sampled_from(["a", "b", "c", "d", "e"])
LABELS = st.sampled_from(["done", "approved", "rejected", "refused", "exhausted", "true", "x"])
ON = st.dictionaries(LABELS, IDS | st.sampled_from([END, RETURN, "nowhere"]), max_size=2)
PLAIN = st.fixed_dictionaries(
    {"kind": st.sampled_from(["intake", "decide", "exchange", "pay", "nothing"]), "on": ON}
)


def _blocks(inner: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[dict[str, object]]:
    steps = st.lists(st.dictionaries(IDS, inner, min_size=1, max_size=1), max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {"kind": st.sampled_from(["handle", "repeat"]), "steps": steps, "on": ON}
        ),
        st.fixed_dictionaries({"kind": st.just("when"), "then": steps, "else": steps, "on": ON}),
        st.fixed_dictionaries(
            {"kind": st.just("parallel"), "branches": st.dictionaries(IDS, steps, max_size=3)}
        ),
        st.fixed_dictionaries(
            {
                "kind": st.just("choose"),
                "cases": st.dictionaries(IDS, st.fixed_dictionaries({"steps": steps}), max_size=2),
            }
        ),
    )


STEPS = st.lists(
    st.dictionaries(IDS, st.recursive(PLAIN, _blocks, max_leaves=6), min_size=1, max_size=1),
    max_size=6,
)


@given(STEPS)
def test_any_steps_terminate_and_lead_only_to_steps(steps: list[object]) -> None:
    """However odd the text, wiring and walking end, and no edge points to nothing or back."""
    node, problems = parse(json.dumps(steps), "f")
    assert node is not None
    assert not problems
    findings: list[Finding] = []
    reader = Reader((), {}, None, findings)
    graph = wire(reader.procedure(node), reader.dropped, findings)
    order = [*graph.texts, END, RETURN]
    for source, targets in graph.edges.items():
        assert all(order.index(target) > order.index(source) for target in targets.values())
    passage = forward(graph, 0, lambda *_: 0, lambda *_: 0, lambda _: 0)
    assert passage.at.keys() <= {graph.start, *graph.texts}
