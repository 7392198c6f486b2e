"""Somebody appears: captured, reviewed by two officers, decided by a third, handed out."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt

import pytest
from house import ACCEPTOR, CLERK, DECIDER, JACK_OF_ALL, Case, House, events

from cli import acts
from compiler.applicant import MaterialRef
from compiler.catalogue import Catalogue
from compiler.published import PlanStore
from errors import ActRefusedError
from workflows.contracts import CaseView, Report
from workflows.handling import QUERY_REPORT

pytestmark = pytest.mark.xdist_group("cases")

REVIEWER, SECOND = "430000-reviewer", "430000-reviewer-2"
PHOTO = MaterialRef(id="photo", digest="cd" * 32)
FINGERPRINT = MaterialRef(id="fingerprint", digest="ef" * 32)
SIGNATURE = MaterialRef(id="signature")


def captured(*evidence: MaterialRef) -> acts.Maker:
    """Capture by a clerk of the place where the applicant is."""
    return acts.capture("440000-clerk", evidence)


async def reviewed(house: House, acceptor: str = ACCEPTOR) -> Case:
    """Return a case whose two reviews are open."""
    case = await house.file("in_person")
    await case.act("capture", captured(PHOTO, FINGERPRINT))
    await case.act("accept", acts.accept(acceptor))
    return case


async def refused(case: Case, act: str, make: acts.Maker) -> str:
    """Return why an act is refused."""
    with pytest.raises(ActRefusedError) as refusal:
        await case.act(act, make)
    return str(refusal.value)


async def dated(case: Case, act: str) -> dt.datetime:
    """Return when the task for an act is due, once its clock runs."""
    view = await case.until(lambda v: _due(v, act), f"a due date for {act}")
    return _due(view, act)[0]


def _due(view: CaseView, act: str) -> list[dt.datetime]:
    return [row.due for row in view.awaiting if act in row.acts and row.due]


async def test_exactly_what_is_asked_for_is_captured_and_travels_with_the_order(
    house: House,
) -> None:
    """Too little or too much is refused, another place's clerk too; references reach 办理地."""
    case = await house.file("in_person")
    task = await case.task("capture")
    assert (task.province, task.row.role) == ("440000", "clerk")
    assert task.row.what == "现场采集: 照片、指纹"
    assert await dated(case, "capture") > task.row.since
    for evidence in ((), (PHOTO,), (PHOTO, FINGERPRINT, SIGNATURE)):
        assert await refused(case, "capture", captured(*evidence)) == (
            "capture refused: 现场采集 takes exactly photo、fingerprint (照片、指纹), each of it"
        )
    assert "行政区划不符" in await refused(
        case, "capture", acts.capture(CLERK, (PHOTO, FINGERPRINT))
    )
    answer = await case.act("capture", captured(FINGERPRINT, PHOTO))
    assert "采集〔" in answer.document_no
    await case.task("accept")
    report = await case.hand.query(QUERY_REPORT, result_type=Report)
    assert report.outputs["capture"]["evidence"] == [
        FINGERPRINT.model_dump(mode="json"),
        PHOTO.model_dump(mode="json"),
    ]
    assert (await case.happened("captured")).text == "现场采集: 已采集照片、指纹"


async def test_two_different_officers_give_an_opinion_within_one_limit(house: House) -> None:
    """The same officer twice is refused by name; each opinion is a document of its own."""
    case = await reviewed(house)
    first = await case.task("review")
    assert (first.row.role, first.row.what) == ("reviewer", "出具审查意见(第1人, 共2人)")
    due = await dated(case, "review")
    assert "岗位不符" in await refused(case, "review", acts.review(ACCEPTOR))
    one = await case.act("review", acts.review(REVIEWER, reason="现场核查合格"))
    second = await case.task("review")
    assert second.row.what == "出具审查意见(第2人, 共2人)"
    assert second.row.task != first.row.task
    assert second.row.due == due
    assert await refused(case, "review", acts.review(REVIEWER)) == (
        "review refused: 430000-reviewer has given an opinion already (审查人员不得重复): "
        "2 different officers must"
    )
    two = await case.act("review", acts.review(SECOND))
    assert one.document_no != two.document_no
    assert "审查意见〔" in one.document_no
    assert "审查意见〔" in two.document_no
    report = await case.hand.query(QUERY_REPORT, result_type=Report)
    assert report.outputs["review"] == {"passed": True}
    view = await case.view()
    opinions = [(e.by, e.text) for e in view.timeline if e.event.startswith("reviewed-")]
    assert opinions == [(REVIEWER, "审查意见1: 通过, 现场核查合格"), (SECOND, "审查意见2: 通过")]


async def test_a_failed_review_decides_nothing(house: House) -> None:
    """The case goes on to whoever decides, who knows that it did not pass."""
    case = await reviewed(house)
    await case.act("review", acts.review(REVIEWER))
    await case.act("review", acts.review(SECOND, "fail", reason="照片不符"))
    await case.task("decide")
    report = await case.hand.query(QUERY_REPORT, result_type=Report)
    assert report.outputs["review"] == {"passed": False}
    assert (report.stage, report.outcome) == ("reviewing", None)
    await case.act("decide", acts.decide(DECIDER, "reject", reason="审查未通过"))
    assert "审查意见2: 不通过, 照片不符" in [e.text for e in (await case.view()).timeline]


@pytest.mark.parametrize("role", ["acceptor", "reviewer"])
async def test_who_accepted_or_reviewed_does_not_decide(house: House, role: str) -> None:
    """四眼原则: refused by name and told where they acted; another officer decides."""
    case = await reviewed(house, JACK_OF_ALL if role == "acceptor" else ACCEPTOR)
    await case.act("review", acts.review(SECOND))
    await case.act("review", acts.review(JACK_OF_ALL if role == "reviewer" else REVIEWER))
    step = {"acceptor": "受理", "reviewer": "审查"}[role]
    assert await refused(case, "decide", acts.decide(JACK_OF_ALL)) == (
        f"decide refused: 430000-jack has acted in {step} and may not decide too (四眼原则): "
        "ask another officer"
    )
    assert (await case.act("decide", acts.decide(DECIDER))).done


async def test_a_result_is_handed_out_in_person_with_proof_of_identity(house: House) -> None:
    """A clerk says how who came proved who they are; nothing is sent."""
    case = await reviewed(house)
    await case.act("review", acts.review(REVIEWER))
    await case.act("review", acts.review(SECOND))
    await case.act("decide", acts.decide(DECIDER))
    task = await case.task("hand_out")
    assert (task.province, task.row.role, task.row.unit) == ("430000", "clerk", "公安机关")
    assert await dated(case, "hand_out") > task.row.since
    assert await refused(case, "hand_out", acts.hand_out(CLERK, reason="")) == (
        "hand_out refused: say how who came proved who they are (核验方式), in `reason`"
    )
    answer = await case.act("hand_out", acts.hand_out(CLERK, reason="核验居民身份证原件"))
    assert "送达〔" in answer.document_no
    view = await case.closed()
    assert (view.outcome, view.stage) == ("approved", "delivered")
    receipt = next(e for e in view.timeline if e.event == "delivered")
    assert (receipt.text, receipt.by) == ("送达回执: 当面领取, 核验居民身份证原件", CLERK)
    assert events(view).index("issued") < events(view).index("delivered")
    assert await case.legs() == []


async def test_a_pollutant_discharge_permit_of_the_real_catalogue_is_granted(house: House) -> None:
    """2020-24 排污许可: accepted, reviewed, the site visited by two officers, decided, sent."""
    real = dataclasses.replace(house, catalogue=Catalogue.load())
    plan = real.catalogue.plan("2020-24", "online")
    store = PlanStore(house.running.settings.data / "plans")
    await asyncio.to_thread(store.put, plan)
    materials = ("business_licence", "application_form", "pledge", "disclosure")
    case = await real.file(
        "online",
        matter="2020-24",
        applicant={
            "kind": "enterprise",
            "name": "湖南清源化工有限公司",
            "uscc": "91430100MA4L16JQ9D",
            "phone": "13800138001",
            "address": "湖南省长沙市芙蓉区人民东路1号",
        },
        application={"site_div": "430102", "eia_no": "湘环评〔2026〕1号", "management": "重点"},
        materials=[{"id": material} for material in materials],
    )
    await case.act("accept", acts.accept(ACCEPTOR))
    for officer in (REVIEWER, REVIEWER, SECOND):
        await case.act("review", acts.review(officer, reason="技术审查、现场核查合格"))
    await case.act("decide", acts.decide(DECIDER, reason="符合条件"))
    view = await case.closed()
    assert (view.outcome, view.stage) == ("approved", "delivered")
    assert [e for e in events(view) if e.startswith(("accepted", "reviewed", "approved"))] == [
        "accepted",
        "reviewed-1",
        "reviewed-1",
        "reviewed-2",
        "approved",
    ]
    assert (await case.legs()) == ["deliver"]
