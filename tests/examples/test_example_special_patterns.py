"""The patterns beside the three modes: clearing, report, several regions, one office for all."""

from __future__ import annotations

import pytest
from stage import Part, Played, Stage
from words import declined, letter

pytestmark = pytest.mark.xdist_group("examples")

CLEARING = {
    "good": Part(),
    "cannot": Part(says={"clear": declined("未备案")}),
    "silent": Part(takes={"clear": 1}),
}
REGIONS = {
    "good": Part(),
    "nowhere_else": Part(other_branch=True),
    "silent": Part(takes={"ask_earlier": 9}),
}
REPORT = {"good": Part(), "wrong": Part(says={"report": declined("不在本机构参保")})}


@pytest.fixture(scope="module", params=["2021-62", "later-07"])
async def clearing(stage: Stage, request: pytest.FixtureRequest) -> dict[str, Played]:
    """门诊费用跨省直接结算, 工伤职工异地就医结算."""
    return await stage.play(request.param, "settlement", CLEARING)


@pytest.fixture(scope="module", params=["2020-06", "later-06"])
async def regions(stage: Stage, request: pytest.FixtureRequest) -> dict[str, Played]:
    """社会保险个人权益记录单查询打印, 社会保险参保缴费记录查询."""
    return await stage.play(request.param, "online", REGIONS)


@pytest.fixture(scope="module", params=["2021-19", "2021-41"])
async def reports(stage: Stage, request: pytest.FixtureRequest) -> dict[str, Played]:
    """工伤事故备案, 测绘成果目录汇交."""
    return await stage.play(request.param, "online", REPORT)


def test_a_bill_is_cleared_within_the_minute(clearing: dict[str, Played]) -> None:
    """The patient pays the own share and goes."""
    case = clearing["good"]
    assert (case.outcome, case.problems) == ("settled", ())
    asked = next(e.at for e in case.at("clear") if e.event == "ordered")
    told = next(e.at for e in case.at("notify") if e.event == "notified")
    assert (told - asked).total_seconds() <= 60
    assert case.at("reverse") == []


def test_what_cannot_be_cleared_is_said_at_once(clearing: dict[str, Played]) -> None:
    """A refusal is an answer."""
    case = clearing["cannot"]
    assert case.outcome == "rejected"
    assert "退回结算请求: 未备案" in {e.text for e in case.at("clear")}
    assert case.at("fallback") == []


def test_silence_falls_back_to_paying_and_claiming_and_is_reversed(
    clearing: dict[str, Played],
) -> None:
    """After the minute the patient is told what to do; 参保地 proves that nothing was cleared."""
    case = clearing["silent"]
    assert case.outcome == "terminated"
    asked = next(e.at for e in case.at("clear") if e.event == "ordered")
    told = next(e for e in case.at("fallback") if e.event == "notified")
    assert (told.at - asked).total_seconds() <= 90
    assert "手工报销" in told.text
    assert "逾期未答复: 未能实时结算" in next(
        e.text for e in case.at("clear") if e.event == "lapsed"
    )
    assert not any(e.event == "replied" for e in case.at("clear"))
    assert [e.place for e in case.at("reverse") if e.event == "replied"] == ["handling"]


def test_a_report_is_acknowledged_and_nobody_decides(reports: dict[str, Played]) -> None:
    """接收回执, and no 受理 or 决定."""
    case = reports["good"]
    assert (case.outcome, case.problems) == ("acknowledged", ())
    way = (("identity", "matched"), ("report", "replied"), ("notify", "notified"))
    assert case.order(*way) == list(way)
    assert {row.role for look in case.looks for row in look.rows} <= {"clerk", "system"}


def test_a_report_to_the_wrong_place_is_told(reports: dict[str, Played]) -> None:
    """Not silently kept."""
    case = reports["wrong"]
    assert case.outcome == "not_accepted"
    assert "不予接收" in case.told("declined", "notified")


def test_all_regions_are_asked_at_once(regions: dict[str, Played]) -> None:
    """The national platform, where one is insured and where one was."""
    case = regions["good"]
    assert (case.outcome, case.problems) == ("answered", ())
    asked = {e.step: e.at for e in case.view.timeline if e.event == "ordered"}
    assert asked.keys() == {"ask_national", "ask_current", "ask_earlier"}
    assert (max(asked.values()) - min(asked.values())).total_seconds() < 5
    assert regions["nowhere_else"].at("ask_earlier") == []


def test_a_region_that_does_not_answer_is_named_and_holds_nobody_up(
    regions: dict[str, Played],
) -> None:
    """The answer goes out without it, and says so."""
    case = regions["silent"]
    assert case.outcome == "answered"
    lapsed = next(e for e in case.at("ask_earlier") if e.event == "lapsed")
    province = case.view.places["earlier"]
    assert lapsed.text == f"曾参保地({province})社会保险经办机构逾期未答复: 查询结果不含该地记录"
    answered = {e.step for e in case.view.timeline if e.event == "replied"}
    assert answered == {"ask_national", "ask_current"}
    assert case.days < 5
    assert case.told("regions", "failed-earlier")


async def test_a_province_that_cannot_be_reached_is_named_too(stage: Stage) -> None:
    """No endpoint, no worker: the others answer, the query ends."""
    away = stage.plan("2020-06", "online").places["national"].value
    cases = await stage.play("2020-06", "online", {"away": Part()}, frozenset({f"province-{away}"}))
    case = cases["away"]
    lapsed = next(e for e in case.at("ask_national") if e.event == "lapsed")
    assert "全国平台(000000)" in lapsed.text
    assert (case.outcome, case.problems) == ("answered", ())


async def test_a_used_car_is_transferred_at_the_new_place_only(stage: Stage) -> None:
    """1-28: the car is seen once, 转出地 only sends the file; an encumbered one is a task."""
    cases = await stage.play(
        "2020-28",
        "anywhere",
        {
            "good": Part(),
            "encumbered": Part(says={"file": letter(encumbered=True)}),
            "not_hers": Part(says={"file": declined("车辆被查封")}),
        },
    )
    case = cases["good"]
    way = (
        ("accept", "accepted"), ("inspect", "reviewed-1"), ("file", "replied"),
        ("decide", "approved"), ("invoice", "issued"), ("issue", "issued"),
        ("deliver", "delivered"),
    )  # fmt: skip
    assert (case.outcome, case.problems, case.order(*way)) == ("approved", (), list(way))
    assert {e.step for e in case.view.timeline if e.place == "out"} == {"file"}
    assert cases["encumbered"].told("decide", "trouble-1") == "车辆查验或档案不符"
    assert (cases["not_hers"].outcome, cases["not_hers"].at("issue")) == ("rejected", [])
