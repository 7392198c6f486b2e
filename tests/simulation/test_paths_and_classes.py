"""Which ways a Plan can go, which Plans are alike, and which runs prove all of them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from plans import Shelf

from compiler.kinds import Decide
from compiler.plan import Plan
from simulation.classes import LEAST, chosen, classes, structure
from simulation.judging import ALWAYS
from simulation.operations import MANOEUVRES
from simulation.outside import JOURNEYS
from simulation.paths import PATHS, POSITIVE, applicable, expected, led, script_of

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def test_every_path_is_one_that_some_plan_can_go(shelf: Shelf) -> None:
    """And every Plan can go the good one; an entry that nothing goes would prove nothing."""
    gone = {name for plan in shelf.plans for name in applicable(plan)}
    assert gone == PATHS.keys()
    assert all(applicable(plan)[0] == "approved" for plan in shelf.plans)


def test_every_path_ends_in_an_outcome_that_its_plan_has(shelf: Shelf) -> None:
    """Of every Plan on every path: something is expected, and the Plan or the law has it."""
    for plan in shelf.plans:
        for name in applicable(plan):
            wanted = expected(plan, name)
            assert wanted, (plan.title, name)
            assert wanted <= plan.outcomes() | ALWAYS, (plan.title, name)


@pytest.mark.parametrize(
    ("matter", "mode", "gone", "never"),
    [
        ("2020-24", "online", {"deemed_accepted", "extended", "parcel_lost_twice"}, {"unpaid"}),
        ("2020-01", "online", {"unpaid", "data_source_down"}, {"deemed_accepted"}),
        ("2020-07", "joint", {"second_place_refuses"}, {"parcel_lost_once", "urged"}),
        ("later-02", "collect", {"withdrawn_by_silence"}, {"second_place_refuses"}),
        ("2021-42", "collect", {"deemed_accepted"}, {"withdrawn_by_silence"}),
        ("2020-25", "online", {"second_place_refuses"}, {"rejected", "withdrawn_under_review"}),
    ],
)
def test_a_plan_goes_the_paths_that_its_steps_have(
    shelf: Shelf, matter: str, mode: str, gone: set[str], never: set[str]
) -> None:
    """A licence is deemed accepted, a query is never decided, and so on."""
    paths = set(applicable(shelf.plan(matter, mode)))
    assert gone <= paths
    assert not never & paths


def test_after_a_point_of_no_return_no_withdrawal_is_expected(shelf: Shelf) -> None:
    """关系转移接续: the funds have moved before the decision."""
    transfer = shelf.plan("2020-07", "joint")
    assert "withdrawn_before_acceptance" in applicable(transfer)
    assert "withdrawn_under_review" not in applicable(transfer)


def test_a_path_looks_at_the_branch_that_its_case_takes(shelf: Shelf) -> None:
    """登记资料查询: one's own record is answered, another's request is decided: two good ends."""
    plan = shelf.plan("2020-22", "online")
    assert expected(plan, "approved") == {"answered"}
    assert expected(plan, "other_branch") == {"approved"}
    rejected = script_of(plan, "rejected")
    assert rejected is not None
    assert rejected.other_branch
    decides = [
        any(isinstance(step, Decide) for step in led(plan, other=other).steps.values())
        for other in (False, True)
    ]
    assert decides == [False, True]


def test_every_manoeuvre_and_every_fate_is_on_some_path() -> None:
    """Nothing is scripted that no case does."""
    scripts = [path.script for path in PATHS.values()]
    assert {script.manoeuvre for script in scripts} - {None} == MANOEUVRES.keys()
    assert {fate for script in scripts for fate in script.fates} | {"signed_for"} == JOURNEYS.keys()


def renamed(plan: Plan) -> Plan:
    """Return a Plan with other words and lengths everywhere, and the same graph."""
    steps = {
        name: step.model_copy(
            update={"title": "别的名称", **({"within": "7 workdays"} if step.within else {})}
        )
        for name, step in plan.steps.items()
    }
    places = {
        role: place.model_copy(update={"unit": "另一单位"}) for role, place in plan.places.items()
    }
    return plan.model_copy(update={"name": "另一事项", "steps": steps, "places": places}).sealed()


def test_names_and_lengths_of_limits_make_no_class(shelf: Shelf) -> None:
    """The interpreter does not see them."""
    for matter, mode in (("2020-24", "online"), ("2020-07", "joint"), ("2021-02", "collect")):
        plan = shelf.plan(matter, mode)
        workdays = {s.within.split(" ")[1] for s in plan.steps.values() if s.within}
        assert workdays == {"workdays"}
        assert structure(renamed(plan)) == structure(plan)
        assert renamed(plan).digest != plan.digest


def test_what_the_interpreter_sees_makes_a_class(shelf: Shelf) -> None:
    """An edge, the deciding place, the regime, a point of no return, a ladder."""
    plan = shelf.plan("2021-02", "collect")
    changed = next(edge for edge in plan.edges if edge.on == "rejected")
    edges = tuple(
        edge.model_copy(update={"target": "issue"}) if edge == changed else edge
        for edge in plan.edges
    )
    decide = next(name for name, step in plan.steps.items() if isinstance(step, Decide))
    final = {**plan.steps, decide: plan.steps[decide].model_copy(update={"no_return": True})}
    agency = {**plan.waits, "agency": plan.waits["agency"].model_copy(update={"late": ()})}
    others: list[dict[str, Any]] = [
        {"edges": edges},
        {"decided_by": plan.home},
        {"legal_regime": "行政许可"},
        {"steps": final},
        {"waits": agency},
    ]
    found = {structure(plan.model_copy(update=other)) for other in others}
    assert len(found) == len(others)
    assert structure(plan) not in found


def test_each_class_goes_every_path_and_each_plan_some(shelf: Shelf) -> None:
    """Nothing is chosen twice; the paths of a class are spread over its Plans."""
    runs = chosen(shelf.plans)
    names = [(plan.digest, path) for plan, path in runs]
    assert len(set(names)) == len(names)
    count = Counter(plan.digest for plan, _ in runs)
    for members in classes(shelf.plans).values():
        first = members[0]
        assert {path for digest, path in names if digest == first.digest} == set(applicable(first))
        for plan in members:
            assert count[plan.digest] >= min(LEAST, len(applicable(plan)))
            assert (plan.digest, "approved") in names
        others = {
            path for plan in members[1:] for path in (p for d, p in names if d == plan.digest)
        }
        turns = 1 + (LEAST - 1) * (len(members) - 1)
        assert len(members) == 1 or len(others) == min(turns, len(applicable(first)))


def test_the_documents_list_every_path() -> None:
    """Name, Chinese name and end, in the order of the table in the code."""
    text = OPERATIONS.read_text("utf-8").split("\n## Simulation\n")[1].split("\n## ")[0]
    said = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+) \|$", text, re.MULTILINE)
    assert [(name, title) for name, title, _ in said] == [
        (name, path.title) for name, path in PATHS.items()
    ]
    good = {name for name, _, end in said if end == "a good end"}
    assert good == {n for n, path in PATHS.items() if path.expects.__name__ == "positive"}
    last = text.strip().splitlines()[-1]
    assert set(re.findall(r"`(\w+)`", last)) == POSITIVE
