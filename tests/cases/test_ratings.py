"""好差评: invited to, given once, never by default; a bad one is put right or appealed against."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from house import ACCEPTOR, CLERK, DECIDER, JACK_OF_ALL, Case, House, events, eventually

from cli import acts
from compiler.catalogue import Catalogue
from compiler.plan import Plan
from compiler.published import PlanStore
from engine.ratings import Rating, Ratings
from errors import ActRefusedError, NotFoundError
from workflows.contracts import (
    CallBackCommand,
    CommandAnswer,
    RateCommand,
    RectifyCommand,
    RuleCommand,
    VerifyCommand,
    WithdrawCommand,
    rating_workflow_id,
    rectification_workflow_id,
)
from workflows.search import AWAITING, CASE_NO, LIGHT, MATTER_CODE

pytestmark = pytest.mark.xdist_group("cases")

SUPERVISOR = "430000-supervisor"
CATALOGUE = Catalogue.load()


@pytest.fixture(autouse=True)
def _published(house: House) -> None:
    """Let the handling province know today's Plans: the house runs a catalogue of its own."""
    store = PlanStore(house.running.settings.data / "plans")
    for mode in ("online", "collect"):
        store.put(plan(mode))


def plan(mode: str) -> Plan:
    """Return the Plan of today's catalogue, whose procedures invite to rate."""
    return CATALOGUE.plan({"online": "2020-29", "collect": "2021-02"}[mode], mode)


def ratings(house: House) -> Ratings:
    return Ratings(house.running.connections)


def rating(score: int, **said: Any) -> RateCommand:
    return RateCommand(command_id=uuid.uuid4().hex, score=score, **said)


async def finished(house: House) -> Case:
    """An online case that was approved and has ended; nobody has rated it."""
    case = await house.file("online", plan=plan("online"))
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))
    await case.closed()
    return case


async def bad(house: House, score: int = 1) -> Case:
    """A case whose result was rated badly."""
    case = await finished(house)
    await ratings(house).rate(case.case_no, "result", rating(score, tags=("办理效率",)))
    return case


async def result(house: House, case: Case) -> Rating:
    return await ratings(house).one(case.case_no, "result")


async def rectify(house: House, case: Case, act: str, make: acts.Maker) -> CommandAnswer:
    """Wait until the rectification asks for this act, then do it."""

    async def look() -> bool | None:
        opened = (await result(house, case)).rectification
        waits = opened is not None and any(act in row.acts for row in opened.awaiting)
        return True if waits else None

    await eventually(look, f"a task for {act}")
    return await ratings(house).rectify(case.case_no, "result", act, make)


async def ended(house: House, case: Case) -> Rating:
    """Wait until the rating has come to its end."""

    async def look() -> Rating | None:
        found = await result(house, case)
        return found if found.rating.outcome else None

    return await eventually(look, "the end of the rating")


async def test_a_case_ends_before_anybody_rates_and_silence_is_no_rating(house: House) -> None:
    """The invitation stands in the timeline, the case is over, and no score is kept."""
    case = await finished(house)
    view = await case.view()
    assert (view.stage, view.outcome, view.closed) == ("delivered", "approved", True)
    invited = [(e.step, e.province, e.text) for e in view.timeline if e.event == "invited"]
    assert invited == [("rate_result", "430000", "邀请评价: 办理结果")]
    found = (await result(house, case)).rating
    assert (found.score, found.counted, found.outcome) == (None, False, None)
    assert [(r.role, r.within) for r in found.awaiting] == [("applicant", "15 days")]


async def test_a_good_rating_is_kept_once_and_a_second_one_is_refused(house: House) -> None:
    """一次一评: the same command gets its answer again, any other one is told no."""
    case = await finished(house)
    given = rating(5, tags=("服务态度",), text="很好")
    first = await ratings(house).rate(case.case_no, "result", given)
    assert (first.done, first.message) == (True, "评价已收到")
    found = await ended(house, case)
    assert (found.rating.score, found.rating.counted) == (5, True)
    assert (found.rating.outcome, found.rectification) == ("rated", None)
    assert await ratings(house).rate(case.case_no, "result", given) == first
    with pytest.raises(ActRefusedError, match="一次一评"):
        await ratings(house).rate(case.case_no, "result", rating(1))
    assert (await result(house, case)).rating.score == 5


async def test_the_visit_and_the_result_are_rated_apart(house: House) -> None:
    """A collect case: the window in 广东 and the deciding place in 湖南, each for itself."""
    case = await house.file("collect", plan=plan("collect"))
    await case.task("accept")
    with pytest.raises(NotFoundError, match="invited to no rating of its result"):
        await ratings(house).rate(case.case_no, "result", rating(3))
    await ratings(house).rate(case.case_no, "window", rating(4))
    await case.act("accept", acts.accept(ACCEPTOR, "refuse", reason="不属本机关职权"))
    view = await case.closed()
    assert view.outcome == "not_accepted"
    assert "invited" in events(view)
    await ratings(house).rate(case.case_no, "result", rating(3))
    found = await ratings(house).of_case(case.case_no)
    seen = [(r.rating.of, r.rating.province, r.rating.score) for r in found]
    assert seen == [("window", "440000", 4), ("result", "430000", 3)]


async def test_whoever_was_turned_away_at_the_window_may_rate_that(house: House) -> None:
    """当场告知: nothing was collected, and the visit is rated all the same."""
    case = await house.file("collect", plan=plan("collect"), materials=[])
    view = await case.closed()
    assert (view.stage, view.outcome) == ("received", "not_collected")
    await ratings(house).rate(case.case_no, "window", rating(3))
    (found,) = await ratings(house).of_case(case.case_no)
    assert (found.rating.step, found.rating.score) == ("rate_refusal", 3)


async def test_a_bad_rating_is_put_right_and_the_applicant_is_called_back(house: House) -> None:
    """核实, 整改, 回访: each by who may, each on record; it still counts as what it was."""
    case = await bad(house)
    await rectify(house, case, "verify", acts.on_task(VerifyCommand, CLERK, verdict="rectify"))
    how = acts.on_task(RectifyCommand, CLERK, reason="已简化流程")
    done = await rectify(house, case, "rectify", how)
    assert done.document_no.startswith("430102")
    asked = acts.on_task(CallBackCommand, SUPERVISOR, satisfied=True)
    await rectify(house, case, "call_back", asked)
    found = await ended(house, case)
    assert (found.rating.outcome, found.rating.score, found.rating.counted) == (
        "rectified",
        1,
        True,
    )
    assert found.rectification is not None
    assert [(e.event, e.by) for e in found.rectification.timeline] == [
        ("opened", ""),
        ("verified", CLERK),
        ("rectified-1", CLERK),
        ("called_back-1", SUPERVISOR),
    ]
    numbers = [e.document_no for e in found.rectification.timeline if e.by]
    series = [number.partition("〔")[0] for number in numbers]
    unit = "430102卫生健康主管部门"
    assert series == [f"{unit}整改", f"{unit}整改", f"{unit}回访"]
    assert len(set(numbers)) == 3


async def test_an_appeal_that_is_upheld_takes_the_rating_out_of_the_count(house: House) -> None:
    """误评: the superior rules; the score stays to be seen and does not count."""
    case = await bad(house, score=2)
    with pytest.raises(ActRefusedError, match="ground, mistaken"):
        await rectify(house, case, "verify", acts.on_task(VerifyCommand, CLERK, verdict="appeal"))
    appeal = acts.on_task(
        VerifyCommand, CLERK, verdict="appeal", ground="mistaken", reason="评价的是另一事项"
    )
    await rectify(house, case, "verify", appeal)
    ruling = acts.on_task(RuleCommand, DECIDER, verdict="uphold", reason="属实")
    with pytest.raises(ActRefusedError, match="督办岗"):
        await rectify(house, case, "rule", ruling)
    ruling = acts.on_task(RuleCommand, SUPERVISOR, verdict="uphold", reason="属实")
    await rectify(house, case, "rule", ruling)
    found = await ended(house, case)
    assert (found.rating.outcome, found.rating.score, found.rating.counted) == ("upheld", 2, False)


async def test_an_applicant_who_stays_dissatisfied_leaves_a_red_light(house: House) -> None:
    """An appeal that is dismissed leads back to 整改; after two rounds it is closed unresolved."""
    case = await bad(house)
    appeal = acts.on_task(
        VerifyCommand, CLERK, verdict="appeal", ground="malicious", reason="多次恶意差评"
    )
    await rectify(house, case, "verify", appeal)
    no = acts.on_task(RuleCommand, SUPERVISOR, verdict="dismiss", reason="证据不足")
    await rectify(house, case, "rule", no)
    for number in (1, 2):
        how = acts.on_task(RectifyCommand, JACK_OF_ALL, reason=f"第{number}次整改")
        await rectify(house, case, "rectify", how)
        asked = acts.on_task(CallBackCommand, SUPERVISOR, satisfied=False)
        await rectify(house, case, "call_back", asked)
    found = await ended(house, case)
    assert (found.rating.outcome, found.rating.counted) == ("unresolved", True)
    assert found.rectification is not None
    assert found.rectification.rounds == 2
    assert found.rectification.timeline[-1].event == "unresolved"
    workflow_id = rectification_workflow_id(case.case_no, "rate_result")

    async def red() -> bool | None:
        query = f"WorkflowId = '{workflow_id}' AND Light = 'red'"
        return True if [r async for r in house.clients["430000"].list_workflows(query)] else None

    await eventually(red, "the red light")


async def test_who_may_not_rectify_is_told_so_and_the_task_stays_open(house: House) -> None:
    """No role, another province, and the applicant's words: refused, nothing changes."""
    case = await bad(house)
    for officer, why in ((DECIDER, "岗位不符"), ("440000-clerk", "行政区划不符")):
        make = acts.on_task(VerifyCommand, officer, verdict="rectify")
        with pytest.raises(ActRefusedError, match=why):
            await rectify(house, case, "verify", make)
    client = house.clients["430000"]
    workflow_id = rectification_workflow_id(case.case_no, "rate_result")
    withdraw = WithdrawCommand(command_id=uuid.uuid4().hex, by="applicant")
    with pytest.raises(ActRefusedError, match="go to the case"):
        await house.cases.send(client, workflow_id, withdraw)
    opened = (await result(house, case)).rectification
    assert opened is not None
    assert [(row.what, row.role) for row in opened.awaiting] == [("核实差评", "clerk")]


async def test_operators_find_what_a_bad_rating_asks_for_and_no_case_list_shows_it(
    house: House,
) -> None:
    """Matter, case number and who must act are search attributes; nothing is listed as a case."""
    case = await bad(house)
    workflow_id = rectification_workflow_id(case.case_no, "rate_result")

    async def found() -> Any:
        query = f"CaseNo = '{case.case_no}' AND Awaiting = 'role:clerk'"
        rows = [r async for r in house.clients["430000"].list_workflows(query)]
        return rows[0] if rows else None

    row = await eventually(found, "the rectification in a list")
    assert row.id == workflow_id
    shown = row.typed_search_attributes
    assert (shown.get(MATTER_CODE), shown.get(CASE_NO)) == ("2020-29", case.case_no)
    assert shown.get(LIGHT) == "green"
    unit = (await case.view()).timeline[-1].unit
    assert set(shown.get(AWAITING) or ()) == {"place:430000", "role:clerk", f"unit:{unit}"}
    provinces = house.running.connections.topology.select("440000,430000")
    listed = [
        r.workflow_id async for r in house.cases.listed(provinces) if r.case_no == case.case_no
    ]
    assert listed == [case.started.workflow_id]
    rated = house.clients["430000"].get_workflow_handle(
        rating_workflow_id(case.case_no, "rate_result")
    )
    assert (await rated.describe()).typed_search_attributes.get(AWAITING) in (None, [])
