"""What happens while nobody acts: reminders, yellow, supervision, red; never a silent approval."""

from __future__ import annotations

import pytest
import walk
from virtual import Virtual
from walk import MINUTE, Walk

from cli import acts
from compiler.calendars import CHINA, load_calendar
from compiler.catalogue import Catalogue
from compiler.regimes import terms
from workflows.contracts import Awaiting

pytestmark = pytest.mark.xdist_group("virtual")

CATALOGUE = Catalogue.load()


async def begin(
    virtual: Virtual, reference: str, regime: str = "公共服务"
) -> tuple[Walk, Awaiting]:
    """Start a pension transfer, which is accepted at home; return it and its acceptance's row."""
    changes = {"legal_regime": regime, "regime": terms(regime)}
    plan = CATALOGUE.plan("2020-07", "joint").model_copy(update=changes).sealed()
    places = {"from_div": "430102", "to_div": "440305"}
    case = await walk.begin(virtual, CATALOGUE, plan, reference, places)
    return case, await case.row("accept")


async def test_an_overdue_officer_climbs_the_whole_ladder_and_nothing_is_approved(
    virtual: Virtual,
) -> None:
    """Remind at 50 %, yellow at 80 %, supervise at 90 %, red at 100 %; the task stays open."""
    case, row = await begin(virtual, "LADDER-1")
    assert row.due is not None
    assert row.due == load_calendar().due(row.since, row.within, row.province).at
    assert row.light == "green"

    calendar = load_calendar()
    seen: list[str] = []
    for percent, rung in ((50, "remind"), (80, "yellow"), (90, "supervise"), (100, "red")):
        at = calendar.share(row.since, row.within, percent, row.province).at
        await virtual.until(at + MINUTE)
        events = [e for e in (await case.view()).timeline if e.event.split("-")[0] == rung]
        assert [e.at.astimezone(CHINA).date() for e in events] == [at.date()]
        seen.append(rung)
    assert seen == ["remind", "yellow", "supervise", "red"]

    late = await case.view()
    assert late.awaiting[0].light == "red"
    assert late.awaiting[0].role == "acceptor"
    assert late.stage == "received"
    assert late.outcome is None

    refused = acts.accept("440000-acceptor", "refuse", reason="不符合条件")
    assert (await case.send(row, refused)).done
    assert await case.handle.result() == "not_accepted"


async def test_a_licence_that_nobody_answered_is_deemed_accepted_with_a_red_light(
    virtual: Virtual,
) -> None:
    """视为受理 (行政许可法 32) is law, shown as such, and no officer stands beside it."""
    case, row = await begin(virtual, "DEEMED-1", regime="行政许可")
    assert row.due is not None
    await virtual.until(row.due + MINUTE)
    seen = await case.view()
    assert seen.stage == "accepted"
    deemed = [e for e in seen.timeline if e.event == "deemed"]
    assert len(deemed) == 1
    assert deemed[0].by == ""
    assert any(e.event.startswith("red-") for e in seen.timeline)
    assert all(entry.task != row.task for entry in seen.awaiting)
    await case.handle.terminate()
