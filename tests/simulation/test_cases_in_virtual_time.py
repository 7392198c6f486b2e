"""Whole cases on the time-skipping server: each path leads where it must, and trouble is found."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from plans import Shelf

from compiler.kinds import Deliver
from compiler.plan import Plan
from simulation import driver, paths
from simulation.driver import play
from simulation.judging import judged
from simulation.paths import PATHS, Path, applicable, positive
from simulation.runs import Parcel, Row, Run, Spec
from simulation.scripts import Script
from workflows.steps.runners import AT_HOME

pytestmark = pytest.mark.xdist_group("simulation")

SAMPLE = (("2020-24", "online"), ("2020-01", "online"), ("2020-22", "online"),
          ("later-02", "collect"), ("2021-26", "joint"), ("2021-49", "online"),
          ("2021-62", "settlement"))  # fmt: skip
"""A licence with a site visit and a deemed acceptance, a notarisation with fee and data, a matter
with two branches, one with fingerprints and parcels, an archive that officers carry, one with a
paper that may follow, a settlement that does not wait. The first goes every path that it
can, each further one the good path and what those before it cannot."""


def sampled(shelf: Shelf) -> list[tuple[Plan, str]]:
    """Return the runs of the sample, which together go every path."""
    found: list[tuple[Plan, str]] = []
    for matter, mode in SAMPLE:
        plan = shelf.plan(matter, mode)
        gone = {path for _, path in found} - {"approved"}
        found += [(plan, path) for path in applicable(plan) if path not in gone]
    assert {path for _, path in found} == PATHS.keys()
    return found


async def played(*specs: Spec) -> list[Row]:
    """Play cases at once."""
    return [row async for row in play(specs)]


@pytest.fixture(scope="module")
async def rows(shelf: Shelf) -> dict[tuple[str, str], Row]:
    """The sample on every path that applies: (matter, path) → what became of it."""
    runs = sampled(shelf)
    specs = [shelf.spec(plan, path, number) for number, (plan, path) in enumerate(runs, 1)]
    return {(row.matter, row.path): row for row in await played(*specs)}


@pytest.mark.parametrize("path", PATHS)
async def test_a_path_leads_where_it_must(rows: dict[tuple[str, str], Row], path: str) -> None:
    """For every matter of the sample that can go it: nothing is wrong, nobody is stuck."""
    here = [row for (_, name), row in rows.items() if name == path]
    assert here
    assert {row.matter: (row.stuck, row.problems) for row in here} == {
        row.matter: (False, ()) for row in here
    }


async def test_months_pass_by_the_calendar(rows: dict[tuple[str, str], Row]) -> None:
    """A silent office takes its weeks, an early end none; dates in the timeline never go back."""
    good, silent = (rows["2020-24", p] for p in ("approved", "handling_silent_20_workdays"))
    assert silent.days - good.days >= 28
    assert rows["2020-24", "told_at_window"].days < 0.1
    for row in rows.values():
        assert row.view is not None
        dates = [entry.at for entry in row.view.timeline]
        assert dates == sorted(dates)
        assert dates[-1] - dates[0] <= dt.timedelta(days=row.days + 0.1)


async def test_a_deemed_acceptance_has_no_officer_and_comes_after_warnings(
    rows: dict[tuple[str, str], Row],
) -> None:
    """视为受理 is shown as such."""
    view = rows["2020-24", "deemed_accepted"].view
    assert view is not None
    events = {entry.event.partition("-")[0]: entry for entry in view.timeline}
    assert events["deemed"].by == ""
    assert {"remind", "yellow", "supervise"} <= events.keys()


async def test_every_parcel_that_was_lost_was_seen_to_and_sent_again(
    rows: dict[tuple[str, str], Row],
) -> None:
    """Two losses: two troubles of a clerk, a third parcel."""
    view = rows["2020-24", "parcel_lost_twice"].view
    assert view is not None
    events = [entry.event for entry in view.timeline]
    assert [e for e in events if e.startswith(("lost", "resolved", "booked"))] == [
        "booked-1", "lost-1", "resolved-1", "booked-2", "lost-2", "resolved-2", "booked-3",
    ]  # fmt: skip


async def test_a_case_that_nobody_decides_is_stuck_and_says_whom_it_waits_for(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a simulation is for: it finds the case that never ends."""
    lazy = Path("无人决定", Script(never=frozenset({"decide"})), bool, positive)
    monkeypatch.setitem(paths.PATHS, "nobody_decides", lazy)
    plan = shelf.plan("2021-02", "online")
    (row,) = await played(shelf.spec(plan, "nobody_decides"))
    assert row.stuck
    assert row.outcome is None
    assert row.view is None
    assert any("awaiting" in text and "decider" in text for text in row.problems)


async def test_another_end_than_the_paths_is_a_problem(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also an event and a refusal that did not come about."""
    odd: dict[str, Any] = {"shows": ("deemed",), "refused": ("StaleTask",)}
    wrong = Path("准予却不予", Script(decide=("reject",)), bool, positive, **odd)
    monkeypatch.setitem(paths.PATHS, "approved_in_vain", wrong)
    (row,) = await played(shelf.spec(shelf.plan("2021-02", "online"), "approved_in_vain"))
    assert row.problems == (
        "outcome rejected instead of approved",
        "the timeline shows no deemed",
        "nobody was refused as StaleTask",
    )


async def test_originals_that_stay_away_are_a_problem(shelf: Shelf) -> None:
    """What was sent to the handling place must come back by a parcel, or be handed out."""
    plan = shelf.plan("2021-02", "collect")
    assert any(isinstance(s, Deliver) and s.by == "courier" for s in plan.steps.values())
    spec = shelf.spec(plan, "approved")
    papers = tuple(material.id for material in spec.case.filing.materials)
    (row,) = await played(spec)
    run = Run(spec, Script(), view=row.view, started=spec.case.filed_at, ended=spec.case.filed_at)
    at = spec.case.filed_at
    there = Parcel("P1", "dispatch", papers, to_applicant=False, at=at, fate="signed_for")
    back = Parcel("P2", "deliver", papers, to_applicant=True, at=at, fate="signed_for")
    run.parcels = {"there": there}
    assert [p for p in judged(run).problems if "originals" in p] == [
        f"originals are not back: {', '.join(sorted(papers))}"
    ]
    run.parcels = {"there": there, "back": back}
    assert judged(run).problems == ()
    back.fate = "lost"
    assert any("originals" in problem for problem in judged(run).problems)


async def test_a_workflow_that_fails_is_stuck_and_says_why(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake in a step's code stops the server's time: it is reported, not waited for."""

    async def broken(*_args: object) -> None:
        raise RuntimeError("a mistake in the code")

    monkeypatch.setattr(driver, "PATIENCE", 2.0)
    monkeypatch.setitem(AT_HOME, "identity_check", broken)
    (row,) = await played(shelf.spec(shelf.plan("2021-02", "online"), "approved"))
    assert row.stuck
    assert any("a mistake in the code" in problem for problem in row.problems)
