"""Files that officers hand over themselves, and one question to several regions at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from house import CLERK, PERSON, TEMPO, Case, House, events

from cli import acts
from compiler.catalogue import Catalogue
from compiler.published import PlanStore
from engine.workers import Capacity
from worker import pool
from workflows.contracts import DispatchCommand, SignForCommand

pytestmark = pytest.mark.xdist_group("cases")

HOME_CLERK = "440000-clerk"


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    """The catalogue that comes with the program."""
    return Catalogue.load()


@pytest.fixture
def country(house: House, shipped: Catalogue) -> House:
    """The house with the real matters."""
    PlanStore(house.running.settings.data / "plans").publish(shipped)
    return dataclasses.replace(house, catalogue=shipped)


async def called_for(country: House, by: str) -> Case:
    """A personnel file (2021-26) that 转入地 has called for and 转出地 agrees to send."""
    plan = country.catalogue.plan("2021-26", "joint")
    ways = {
        name: step.model_copy(update={"by": by}) if step.kind == "transport" else step
        for name, step in plan.steps.items()
    }
    assert {step.by for step in plan.steps.values() if step.kind == "transport"} == {"classified"}
    changed = plan.model_copy(update={"steps": ways}).sealed()
    PlanStore(country.running.settings.data / "plans").put(changed)
    case = await country.file(
        "joint",
        plan=changed,
        matter="2021-26",
        application={"from_div": "430102", "to_div": "440305", "former_official": False},
        materials=[{"id": "id_card"}, {"id": "employment"}],
    )
    await case.act("accept", acts.accept("440000-acceptor"))
    await case.act("reply", acts.reply(CLERK, {"items": "2"}))
    return case


async def inspected(case: Case) -> None:
    """Open the file with two officers, and take it in."""
    for officer in ("440000-reviewer", "440000-reviewer-2"):
        await case.act("review", acts.review(officer, reason="密封完好"))
    await case.act("decide", acts.decide("440000-decider"))


SAYS = {"classified": "机要通信", "messenger": "专人送取", "hand": "直接移交"}


@pytest.mark.parametrize("by", SAYS)
async def test_who_sends_and_who_receives_both_sign(country: House, by: str) -> None:
    """转出地 gives the number, 转入地 what differs; no courier is asked, each has a number."""
    case = await called_for(country, by)
    sending = await case.task("dispatch")
    assert (sending.province, sending.row.role) == ("430000", "clerk")
    assert sending.row.what == f"封装并移交档案({SAYS[by]})"
    sent = acts.on_task(DispatchCommand, CLERK, number="机2026-118", items=2)
    assert (await case.act("dispatch", sent)).message == f"档案2件已交{SAYS[by]}, 编号机2026-118"
    receiving = await case.task("sign_for")
    assert receiving.province == "440000"
    wrong = await case.send(acts.on_task(SignForCommand, CLERK), receiving)
    assert "行政区划不符" in wrong.message
    differs = acts.on_task(SignForCommand, HOME_CLERK, differences="缺第三卷")
    answer = await case.act("sign_for", differs)
    assert answer.message == "签收档案, 差异: 缺第三卷"
    await inspected(case)
    view = await case.until(lambda v: "approved" in events(v), "the decision")
    custody = [e for e in view.timeline if e.step == "transport" and e.document_no and e.by]
    assert [(e.event, e.place, e.by) for e in custody] == [
        ("dispatched", "out", CLERK),
        ("signed_for", "into", HOME_CLERK),
    ]
    assert await case.parcels() == []


async def test_a_file_that_does_not_arrive_is_looked_for_and_never_sent_twice(
    country: House,
) -> None:
    """未收到 is a clerk's incident; when it is found it is signed for, and was sent once."""
    case = await called_for(country, "classified")
    await case.act("dispatch", acts.on_task(DispatchCommand, CLERK, number="机2026-119"))
    receiving = await case.task("sign_for")
    missing = acts.on_task(SignForCommand, HOME_CLERK, missing=True, reason="机要局无此件")
    told = await case.send(missing, receiving)
    assert (told.done, told.message) == (
        False,
        "登记为未收到, 已转查找: when it is found, sign for it",
    )
    trouble = await case.task("resolve")
    assert trouble.row.what == "档案逾期未收到, 请查找或补办: 机要局无此件"
    await case.act("resolve", acts.resolve(HOME_CLERK, reason="已在机要局找到"))
    answer = await case.act("sign_for", acts.on_task(SignForCommand, HOME_CLERK))
    assert answer.message == "签收档案, 与清单一致"
    await inspected(case)
    view = await case.until(lambda v: "approved" in events(v), "the decision")
    assert events(view).count("dispatched") == 1


async def test_one_question_goes_to_three_places_at_once(country: House) -> None:
    """The national platform, where one is insured and where one was: all asked, then all told."""
    clients = {p: country.clients[p.code] for p in country.running.provinces}
    away = {p: c for p, c in clients.items() if p.code in ("110000", "330000")}
    plan = country.catalogue.plan("2020-06", "online")
    national = plan.places["national"].model_copy(update={"value": "110000"})
    changed = plan.model_copy(update={"places": {**plan.places, "national": national}}).sealed()
    PlanStore(country.running.settings.data / "plans").put(changed)
    fields: dict[str, Any] = {"year": 2025, "insured_elsewhere": True, "earlier_div": "330102"}
    bound = plan.places["handling"].value.removeprefix("application.")
    async with pool(country.running.settings, away, Capacity(cached_workflows=20)):
        case = await country.file(
            "online",
            TEMPO,
            plan=changed,
            matter="2020-06",
            applicant=PERSON,
            application={**fields, bound: "430102"},
            materials=[{"id": "id_card"}],
        )
        asked = {"110000", "430000", "330000"}

        def all_asked(view: Any) -> bool:
            return {row.province for row in view.awaiting if "reply" in row.acts} == asked

        await case.until(all_asked, "three questions at once")
        for province, step in (
            ("330000", "ask_earlier"),
            ("110000", "ask_national"),
            ("430000", "ask_current"),
        ):
            reply = acts.reply(f"{province}-clerk", {"records": "3"})
            await country.cases.act(case.case_no, "reply", reply, step)
        view = await case.closed()
    assert view.outcome == "answered"
    replied = [e.province for e in view.timeline if e.event == "replied"]
    assert sorted(replied) == sorted(asked)
