"""What is filed in simulations passes a portal's own checks, for every matter."""

from __future__ import annotations

import pytest
from plans import Shelf

from compiler.application import check_filed
from compiler.fields import parse
from compiler.kinds import When
from compiler.plan import Condition, Guard
from errors import FilingError
from simulation.filing import file, id_number
from simulation.paths import applicable
from simulation.scripts import Script
from workflows.side import province_of


def test_every_plan_can_be_filed_on_every_path(shelf: Shelf) -> None:
    """`file` runs all checks; the case lives at home, and its places are in different provinces."""
    for number, plan in enumerate(shelf.plans, 1):
        for path in applicable(plan):
            case = shelf.spec(plan, path, number).case
            home = case.divisions[plan.home]
            assert shelf.topology.of_portal(case.portal).code == province_of(home)
            handling = case.divisions[plan.decided_by]
            by_filing = plan.places[plan.decided_by].value != plan.places[plan.home].value
            if plan.decided_by != plan.home and by_filing:
                assert province_of(handling) != province_of(home), plan.title


def test_nobody_is_in_two_cases(shelf: Shelf) -> None:
    """The same person and matter twice would be a duplicate (重复申请)."""
    numbers = [id_number(number) for number in range(20_000)]
    assert len(set(numbers)) == len(numbers)
    assert all(parse("id_number", number) == number for number in (numbers[0], numbers[-1]))
    plan = shelf.plan("later-04", "anywhere")
    first, second = (shelf.spec(plan, "approved", number).case.filing for number in (1, 2))
    persons = [p.id_number for f in (first, second) for p in (f.applicant, *f.others)]
    assert len(persons) == 4
    assert len(set(persons)) == 4


def test_papers_travel_where_a_parcel_takes_them(shelf: Shelf) -> None:
    """异地代收代办 sends originals, 全程网办 has none."""
    collect = shelf.spec(shelf.plan("2021-02", "collect"), "approved").case
    online = shelf.spec(shelf.plan("2021-02", "online"), "approved").case
    assert all(material.paper for material in collect.filing.materials)
    assert not any(material.paper for material in online.filing.materials)


def test_a_missing_material_is_one_that_must_be_there(shelf: Shelf) -> None:
    """No data check could stand in for it."""
    plan = shelf.plan("2021-02", "collect")
    whole = shelf.spec(plan, "approved").case.filing.materials
    lacking = shelf.spec(plan, "told_at_window").case.filing.materials
    assert len(lacking) == len(whole) - 1


def test_both_branches_can_be_filed(shelf: Shelf) -> None:
    """The values follow the guards of `when`."""
    plan = shelf.plan("2020-22", "online")
    (guard,) = (plan.guards[name] for name, s in plan.steps.items() if isinstance(s, When))
    (field,) = (name.removeprefix("application.") for name in guard.names)
    own = file(shelf.catalogue, plan, shelf.topology, Script(), 1)
    others = file(shelf.catalogue, plan, shelf.topology, Script(other_branch=True), 2)
    assert own.filing.application[field] is True
    assert others.filing.application[field] is False


def test_conditions_are_met_by_values_that_stand_in_them(shelf: Shelf) -> None:
    """A literal of a guard is tried; what nothing satisfies is said so."""
    plan = shelf.plan("2020-40", "online")
    field = next(n for n, spec in plan.application.items() if spec.type == "integer")
    name = f"application.{field}"

    def with_condition(expr: str) -> Condition:
        return Condition(guard=Guard(expr=expr, names={name: "integer"}), otherwise="不符合")

    hard = plan.model_copy(update={"conditions": (with_condition(f"{name} > 4711"),)})
    case = file(shelf.catalogue, hard, shelf.topology, Script(), 1)
    assert case.filing.application[field] == 4712
    never = plan.model_copy(update={"conditions": (with_condition(f"{name} != {name}"),)})
    with pytest.raises(FilingError, match="no synthetic application"):
        file(shelf.catalogue, never, shelf.topology, Script(), 1)


def test_what_is_filed_is_not_taken_on_trust(shelf: Shelf) -> None:
    """The same checks refuse a field that is spoilt."""
    case = shelf.spec(shelf.plan("2021-02", "collect"), "approved").case
    filed = {
        "portal": case.portal,
        "application_ref": case.application_ref,
        "matter": case.plan.matter,
        "mode": case.plan.mode,
        "filed_at": case.filed_at.isoformat(),
        "applicant": case.filing.applicant.model_dump(mode="json"),
        "application": dict.fromkeys(case.filing.application, "999999"),
        "materials": [m.model_dump(mode="json") for m in case.filing.materials],
    }
    with pytest.raises(FilingError, match="999999"):
        check_filed(shelf.catalogue, filed)
