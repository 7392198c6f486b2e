"""What must hold of the catalogue so that its cases can be worked in real offices."""

from __future__ import annotations

import pytest

from compiler.catalogue import ROOT, Catalogue
from compiler.kinds import (
    Accept,
    Capture,
    Decide,
    Deliver,
    Exchange,
    IdentityCheck,
    Pay,
    Review,
    Transport,
)
from compiler.plan import Plan

PERSONAL_FIELDS = ("id_number", "phone")
ONE_OFFICE = ("online", "collect", "permit", "payout", "repayment", "joint", "notarisation")
"""Procedures in which all time between acceptance and decision is one office's own."""


@pytest.fixture(scope="module")
def plans(catalogue: Catalogue) -> list[Plan]:
    """The Plan of every matter in every mode."""
    return [
        catalogue.plan(code, mode)
        for code, entry in catalogue.matters.items()
        for mode in entry.matter.modes
    ]


def test_every_matter_compiles_in_every_mode(catalogue: Catalogue) -> None:
    """The whole catalogue has no finding."""
    assert catalogue.compile_all() == []


@pytest.mark.parametrize(
    ("code", "procedures"),
    [
        ("2020-07", {"joint": "transfer"}),
        ("2020-29", {"online": "online"}),
        ("2021-02", {"collect": "collect", "online": "online"}),
    ],
)
def test_the_demonstrated_matters_keep_their_ways(
    catalogue: Catalogue, code: str, procedures: dict[str, str]
) -> None:
    """The three matters of the demonstration go by the procedures that are run there."""
    modes = catalogue.matters[code].matter.modes
    assert {name: mode.procedure for name, mode in modes.items()} == procedures


def test_a_matter_repeats_nothing_that_a_family_could_say(catalogue: Catalogue) -> None:
    """On average a matter's file stays far below what a matter needs after the merge."""
    lines = [
        len(e.file.read_text(encoding="utf-8").splitlines()) for e in catalogue.matters.values()
    ]
    assert len(lines) == 140
    assert sum(lines) <= 140 * 25
    assert max(lines) <= 45


def test_files_lie_in_the_folder_of_their_list(catalogue: Catalogue) -> None:
    """`2020-07` is `2020/07-….yaml`."""
    for code, entry in catalogue.matters.items():
        folder, number = code.split("-")
        assert entry.file.parent == ROOT / folder
        assert entry.file.name.startswith(f"{number}-")


def test_paper_that_travels_comes_back(plans: list[Plan]) -> None:
    """Where papers are sent to the handling place, the delivery is by courier or by hand."""
    carried = 0
    for plan in plans:
        steps = plan.steps.values()
        if any(
            isinstance(s, Transport) and s.what == "materials" and s.by != "network" for s in steps
        ):
            carried += 1
            assert all(s.by != "electronic" for s in steps if isinstance(s, Deliver)), plan.title
    assert carried >= 20


def test_the_promise_is_the_time_that_officers_get(catalogue: Catalogue, plans: list[Plan]) -> None:
    """Where one office has all the time, review and decision together last as long as promised."""
    for plan in plans:
        if plan.procedure not in ONE_OFFICE:
            continue
        acts = [
            s.within for s in plan.steps.values() if isinstance(s, Review | Decide) and s.within
        ]
        promised = catalogue.matters[plan.matter].matter.rules.time_limit.promised
        assert promised, plan.title
        amount, unit = promised.split()
        assert {act.split()[1] for act in acts} == {unit}, plan.title
        assert sum(int(act.split()[0]) for act in acts) == int(amount), plan.title


def test_the_stated_review_is_the_one_that_is_run(catalogue: Catalogue, plans: list[Plan]) -> None:
    """审核程序 of a mode says the policy by which its decision is taken."""
    decided = 0
    for plan in plans:
        matter = catalogue.matters[plan.matter].matter
        own = matter.modes[plan.mode].rules.get("review", {})
        stated = own.get("policy", matter.rules.review.policy)
        for step in plan.steps.values():
            if isinstance(step, Decide):
                decided += 1
                assert step.policy == stated, plan.title
    assert decided >= 130


def test_everything_that_a_person_owes_has_a_due_time_and_a_ladder(plans: list[Plan]) -> None:
    """Acts, letters, payments and appearances name who owes them, until when, and what then."""
    owed = Accept | Capture | Decide | Deliver | Exchange | Pay | Review
    for plan in plans:
        for name, step in plan.steps.items():
            if isinstance(step, owed):
                assert step.within, (plan.title, name)
                assert step.wait, (plan.title, name)
                assert plan.waits[step.wait].owner, (plan.title, name)
                assert plan.waits[step.wait].late, (plan.title, name)


def test_a_joint_matter_sends_the_applicant_to_one_place(plans: list[Plan]) -> None:
    """All steps that need the applicant in person are at the place where the case lives."""
    joint = [plan for plan in plans if plan.mode == "joint"]
    assert len(joint) >= 15
    for plan in joint:
        for step in plan.steps.values():
            if isinstance(step, Capture | IdentityCheck):
                assert step.at == plan.home, plan.title


def test_who_must_come_in_person_knows_why(catalogue: Catalogue) -> None:
    """A window mode names what requires the presence, and whether that is law, source or ours."""
    for code, entry in catalogue.matters.items():
        for name in ("collect", "anywhere"):
            mode = entry.matter.modes.get(name)
            if mode is not None:
                assert mode.onsite_required_by.endswith(("(source)", "(law)", "(default)")), code


def test_numbers_of_people_are_marked_personal(catalogue: Catalogue) -> None:
    """An ID or phone number in an application is never an ordinary field."""
    for code, entry in catalogue.matters.items():
        for name, spec in entry.matter.application.items():
            assert spec.label, (code, name)
            assert spec.personal or spec.type not in PERSONAL_FIELDS, (code, name)


def test_a_wider_matter_names_the_one_that_it_replaces(catalogue: Catalogue) -> None:
    """The second list widens four matters of the first, so that a router finds one match."""
    replaced = {
        code: entry.matter.supersedes
        for code, entry in catalogue.matters.items()
        if entry.matter.supersedes
    }
    assert replaced == {
        "2021-11": ("2020-04",),
        "2021-27": ("2020-21",),
        "2021-28": ("2020-22",),
        "2021-29": ("2020-23",),
    }


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("2020-31", {"unfounded_company", "enterprise"}),
        ("2020-34", {"unfounded_company", "enterprise"}),
        ("2020-37", {"individual"}),
        ("2020-38", {"individual_business"}),
        ("2020-42", {"farmer_cooperative"}),
        ("2021-04", {"individual"}),
    ],
)
def test_applicants_are_those_who_exist_at_that_time(
    catalogue: Catalogue, code: str, kinds: set[str]
) -> None:
    """Who founds is not yet a company; who changes or closes is what was founded."""
    assert set(catalogue.matters[code].matter.applicants) == kinds


@pytest.mark.parametrize("code", ["later-03", "later-04", "2021-27", "2021-29", "2020-28"])
def test_matters_of_two_parties_say_so(catalogue: Catalogue, code: str) -> None:
    """共同申请: both parties belong to the case; couples come both, and in person."""
    matter = catalogue.matters[code].matter
    assert matter.co_applicants is not None
    assert matter.co_applicants.count == 1
    couple = matter.family == "婚姻登记"
    assert matter.co_applicants.required == couple
    assert (matter.proxy.policy == "forbidden") == couple


def test_a_divorce_waits_and_lapses(catalogue: Catalogue) -> None:
    """30 natural days pass with a legal basis, then 30 to come, else it counts as withdrawn."""
    plan = catalogue.plan("later-04", "anywhere")
    cooling, appear = plan.steps["cooling"], plan.steps["appear"]
    assert (cooling.kind, cooling.span, cooling.stops_clock) == ("hold", "30 days", True)  # type: ignore[union-attr]
    assert appear.within == "30 days"
    assert plan.target("appear", "absent") == "deliver"
    assert "withdrawn" in plan.outcomes()


def test_an_acknowledgement_is_no_decision(plans: list[Plan]) -> None:
    """Queries, reports, self-service and clearing have no act of acceptance or decision."""
    free = {"query", "query_regions", "report", "self_service", "settlement"}
    found = [plan for plan in plans if plan.procedure in free]
    assert len(found) >= 20
    for plan in found:
        assert not plan.kinds() & {"accept", "decide"}, plan.title
        assert plan.outcomes() & {"answered", "acknowledged", "settled"}, plan.title
        assert "approved" not in plan.outcomes(), plan.title
