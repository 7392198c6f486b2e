"""特别程序, 延期, 补正 and 容缺: what stops a limit, what moves it, and what lapses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import walk
from virtual import Virtual
from walk import DAY, MINUTE, Walk

from cli import acts
from compiler.applicant import MaterialRef
from compiler.calendars import load_calendar
from compiler.catalogue import Catalogue
from workflows.contracts import (
    Awaiting,
    ExtendCommand,
    ResumeCommand,
    SendBackCommand,
    SuspendCommand,
    Tempo,
)

pytestmark = pytest.mark.xdist_group("virtual")

CATALOGUE = Catalogue.load(Path(__file__).parent.parent / "data" / "operations")
CALENDAR = load_calendar()

PERMIT, SERVICE, TOGETHER = "2021-42", "2021-43", "2021-47"
"""A 行政许可, a 公共服务 by the same procedure, and a permit that three units decide (会签)."""

ACCEPTOR, REVIEWER, DECIDER = "440000-acceptor", "440000-reviewer", "440000-decider"

ALL = ("id_card", "design")


async def begin(
    virtual: Virtual,
    reference: str,
    matter: str = PERMIT,
    materials: tuple[str, ...] = ALL,
    tempo: Tempo | None = None,
) -> Walk:
    """Start a case."""
    plan = CATALOGUE.plan(matter, "online")
    where = {"handling_div": "440305", "amount": 1}
    return await walk.begin(virtual, CATALOGUE, plan, reference, where, materials, tempo=tempo)


async def to_be_decided(virtual: Virtual, reference: str, **how: Any) -> tuple[Walk, Awaiting]:
    """A case that was accepted and reviewed, and its open decision."""
    case = await begin(virtual, reference, **how)
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("review", acts.review(REVIEWER))
    return case, await case.row("decide")


def due(
    row: Awaiting,
    limit: str = "20 workdays",
    stops: list[tuple[dt.datetime, dt.datetime]] | None = None,
    extended: tuple[str, ...] = (),
) -> dt.datetime:
    """When the calendar says that a row's limit ends."""
    return CALENDAR.due(row.since, limit, "440000", stops=stops or [], extended=extended).at


HEARING = {"procedure": "听证", "within": "30 workdays", "reason": "申请人要求听证"}


async def test_a_special_procedure_takes_its_days_out_of_the_limit(virtual: Virtual) -> None:
    """Nobody decides meanwhile nor sends back; resumed, the limit ends by so many days later."""
    case, row = await to_be_decided(virtual, "STOP-1")
    assert row.due == due(row)
    await virtual.until(row.since + 3 * DAY)
    begun = await virtual.now()
    answer = await case.operate(row, SuspendCommand, DECIDER, **HEARING)
    assert answer.done, answer.message
    stopped = await case.row("decide")
    last = CALENDAR.due(begun, "30 workdays", "440000").at
    assert (stopped.due, stopped.light) == (last, "green")
    assert answer.message.startswith(f"特别程序(听证), 至{last:%F}, 期间不计入办理时限")
    assert (await case.view()).stage == "suspended"

    for make in (
        acts.decide(DECIDER),
        acts.on_task(SendBackCommand, DECIDER, to="review", reason="x"),
    ):
        refusal = await case.send(row, make)
        assert (refusal.done, refusal.message) == (
            False,
            "特别程序(听证) is under way: resume first",
        )
    assert not (await case.operate(row, SuspendCommand, DECIDER, **HEARING)).done
    # The ladder stands still too: 20 working days would have passed long ago.
    await virtual.until(begun + 35 * DAY)
    assert not {e for e in await case.events() if e.startswith(("remind-decide", "red-decide"))}

    assert (await case.operate(row, ResumeCommand, DECIDER, reason="听证结束")).done
    going = await case.row("decide")
    assert going.due == due(row, stops=[(begun, await virtual.now())])
    assert going.due > due(row)
    assert (await case.view()).stage == "reviewing"
    again = await case.operate(row, ResumeCommand, DECIDER)
    assert "nothing to resume" in again.message
    await case.act("decide", acts.decide(DECIDER))
    assert await case.handle.result() == "approved"


async def test_a_special_procedure_ends_by_itself_at_its_own_limit(virtual: Virtual) -> None:
    """The clock goes on, it is noted, and whoever decides may act again."""
    case, row = await to_be_decided(virtual, "STOP-2")
    begun = await virtual.now()
    short = HEARING | {"within": "5 workdays"}
    assert (await case.operate(row, SuspendCommand, DECIDER, **short)).done
    end = CALENDAR.due(begun, "5 workdays", "440000").at
    await virtual.until(end + MINUTE)
    going = await case.row("decide")
    assert going.due == due(row, stops=[(begun, end)])
    view = await case.view()
    assert view.stage == "reviewing"
    (resumed,) = [e for e in view.timeline if e.event.startswith("resumed-")]
    assert resumed.text.startswith("听证期限届满, 恢复计时")
    assert dt.timedelta(0) <= resumed.at - end < MINUTE
    await case.act("decide", acts.decide(DECIDER))
    assert await case.handle.result() == "approved"


async def test_a_run_renewed_in_a_special_procedure_still_stands_still(virtual: Virtual) -> None:
    """The next run enters its step again; the stop, its end and the stage are what they were."""
    tempo = virtual.settings.tempo.model_copy(update={"history_events": 60})
    case, row = await to_be_decided(virtual, "STOP-3", tempo=tempo)
    assert (await case.operate(row, SuspendCommand, DECIDER, **HEARING)).done
    stopped = await case.row("decide")
    await case.renew(tempo)
    assert await case.row("decide") == stopped
    assert (await case.view()).stage == "suspended"
    assert not (await case.send(row, acts.decide(DECIDER))).done
    assert (await case.operate(row, ResumeCommand, DECIDER)).done
    await case.act("decide", acts.decide(DECIDER))
    assert await case.handle.result() == "approved"


async def test_only_the_head_extends_and_only_once_and_before_the_end(virtual: Virtual) -> None:
    """20 working days become 30 (行政许可法 42); the rungs move with the end."""
    case, row = await to_be_decided(virtual, "MORE-1")
    no = await case.operate(row, ExtendCommand, DECIDER, reason="案情复杂")
    assert (no.done, "needs head (负责人)" in no.message) == (False, True)
    yes = await case.operate(row, ExtendCommand, "440000-head", reason="案情复杂")
    longer = due(row, extended=("10 workdays",))
    assert yes.message == f"延长期限10 workdays, 至{longer:%F}: 案情复杂"
    assert (await case.row("decide")).due == longer
    twice = await case.operate(row, ExtendCommand, "440000-head", reason="再延")
    assert twice.message == "the limit was extended already (延期以一次为限)"
    await virtual.until(due(row) + DAY)
    assert not {e for e in await case.events() if e.startswith("red-decide")}
    await virtual.until(longer + MINUTE)
    assert {e for e in await case.events() if e.startswith("red-decide")}
    await case.act("decide", acts.decide(DECIDER))

    late, row = await to_be_decided(virtual, "MORE-2")
    await virtual.until(due(row) + MINUTE)
    told = await late.operate(row, ExtendCommand, "440000-head", reason="迟了")
    assert (
        told.message == "the limit has passed: an extension must come before (应在期限届满前延期)"
    )
    await late.act("decide", acts.decide(DECIDER))


async def test_what_the_regime_does_not_know_is_refused(virtual: Virtual) -> None:
    """Only what the law lists stops a permit's clock; a service is neither stopped nor extended."""
    permit, row = await to_be_decided(virtual, "LAW-1")
    odd = {"procedure": "摇号", "within": "5 workdays", "reason": "x"}
    told = await permit.operate(row, SuspendCommand, DECIDER, **odd)
    assert told.message.startswith("摇号 is no special procedure of 行政许可: 听证、招标、")
    await permit.act("decide", acts.decide(DECIDER))

    service, row = await to_be_decided(virtual, "LAW-2", matter=SERVICE)
    told = await service.operate(row, SuspendCommand, DECIDER, **HEARING)
    assert told.message == "听证 is no special procedure of 公共服务: none"
    told = await service.operate(row, ExtendCommand, "440000-head", reason="x")
    assert told.message == "公共服务 knows no extension (延期)"
    await service.act("decide", acts.decide(DECIDER))


async def test_units_that_decide_together_stop_and_go_on_together(virtual: Virtual) -> None:
    """One limit over all of them: what one suspends no other decides meanwhile."""
    case = await begin(virtual, "STOP-ALL", matter=TOGETHER)
    await case.act("review", acts.review(REVIEWER))
    rows = [await case.row("decide", f"decide/{number}") for number in (1, 2, 3)]
    begun = await virtual.now()
    assert (await case.operate(rows[0], SuspendCommand, DECIDER, **HEARING)).done
    told = await case.send(rows[1], acts.decide(DECIDER))
    assert told.message == "特别程序(听证) is under way: resume first"
    await virtual.until(begun + 7 * DAY)
    assert (await case.operate(rows[2], ResumeCommand, DECIDER)).done
    for row in rows:
        going = await case.row("decide", row.task)
        assert going.due == due(row, stops=[(begun, await virtual.now())])
    for row in rows:
        assert (await case.send(row, acts.decide(DECIDER))).done
    assert await case.handle.result() == "approved"


async def test_a_correction_that_does_not_come_in_time_ends_the_case(virtual: Virtual) -> None:
    """The applicant has the regime's days; then it is terminated, and nobody has to act."""
    case = await begin(virtual, "LAPSE-1")
    asked = acts.accept(ACCEPTOR, "correct", reason="图纸不清", corrections=["design"])
    await case.act("accept", asked)
    row = await case.row("supply")
    assert (row.role, row.unit, row.what) == ("applicant", "申请人", "补正: design")
    assert row.due == due(row, "10 workdays")
    await virtual.until(row.due - MINUTE)
    assert (await case.view()).stage == "correcting"
    await virtual.until(row.due + MINUTE)
    assert await case.handle.result() == "terminated"
    view = await case.view()
    assert (view.awaiting, view.closed) == ((), True)
    lapsed = next(e for e in view.timeline if e.event == "lapsed")
    assert (lapsed.text, lapsed.by) == ("逾期未补正, 终止办理", "")


async def tolerated(virtual: Virtual, reference: str) -> tuple[Walk, Awaiting]:
    """A case accepted though a paper lacks, and the applicant's task to bring it."""
    case = await begin(virtual, reference, materials=("id_card",))
    wrong = acts.accept(ACCEPTOR, tolerated=["id_card"])
    told = await case.send(await case.row("accept"), wrong)
    assert told.message == "id_card is not missing; missing is design"
    await case.act("accept", acts.accept(ACCEPTOR, tolerated=["design"]))
    row = await case.row("supply")
    assert row.due == due(row, "10 workdays")
    accepted = next(e for e in (await case.view()).timeline if e.event == "accepted")
    assert accepted.text == "受理, 容缺受理: 技术设计书, 容后补交"
    return case, row


async def test_a_paper_that_was_to_follow_and_comes_in_time_is_decided_upon(
    virtual: Virtual,
) -> None:
    """Reviewed meanwhile; the decision opens when the paper is there (容缺受理)."""
    case, row = await tolerated(virtual, "FOLLOW-1")
    await case.act("review", acts.review(REVIEWER))
    await virtual.until(row.since + 2 * DAY)
    assert not [r for r in (await case.view()).awaiting if "decide" in r.acts]
    assert (await case.send(row, acts.supply((MaterialRef(id="design"),)))).done
    await case.act("decide", acts.decide(DECIDER))
    assert await case.handle.result() == "approved"


async def test_a_paper_that_was_to_follow_and_does_not_come_ends_the_case(
    virtual: Virtual,
) -> None:
    """At its day, also when what comes is another paper; nothing was decided."""
    case, row = await tolerated(virtual, "FOLLOW-2")
    await case.act("review", acts.review(REVIEWER))
    assert row.due is not None
    await virtual.until(row.due + MINUTE)
    assert await case.handle.result() == "terminated"
    view = await case.view()
    assert view.awaiting == ()
    lapsed = next(e for e in view.timeline if e.event == "lapsed")
    assert lapsed.text == "逾期未补交容缺材料, 终止办理"
    assert not {"approved", "rejected"} & {e.event for e in view.timeline}
