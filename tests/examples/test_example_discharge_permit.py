"""1-24 排污许可: online, decided by 排污企业所在地生态环境部门."""

from __future__ import annotations

from typing import Any

import pytest
from stage import Part, Played, Stage
from words import after, rejected

from compiler.application import check_filed
from errors import FilingError

pytestmark = pytest.mark.xdist_group("examples")

PARTS = {
    "good": Part(),
    "not_told": Part(never=frozenset({"accept"})),
    "corrected": Part(accept=("correct", "accept")),
    "no_quota": Part(review=("fail",), says={"decide": rejected("缺少总量指标来源证明")}),
    "experts": Part(says={"review": after("专家评审", "20 days")}),
}


@pytest.fixture(scope="module")
async def cases(stage: Stage) -> dict[str, Played]:
    """One case for each part."""
    return await stage.play("2020-24", "online", PARTS)


def filed(stage: Stage, management: str, *papers: str) -> None:
    """File an application of an enterprise."""
    check_filed(
        stage.catalogue,
        {
            "portal": "gdzwfw",
            "application_ref": "PERMIT-1",
            "matter": "2020-24",
            "mode": "online",
            "filed_at": "2026-11-24T10:00:00+08:00",
            "applicant": {
                "kind": "enterprise",
                "name": "湖南清源化工有限公司",
                "uscc": "91430100MA4L16JQ9D",
            },
            "application": {"site_div": "430102", "eia_no": "1", "management": management},
            "materials": [{"id": paper} for paper in papers],
        },
    )


PAPERS = ("business_licence", "application_form", "pledge")


def test_a_permit_is_granted_in_the_order_of_the_example(cases: dict[str, Played]) -> None:
    """Filed anywhere; accepted, reviewed, visited by two, decided, made, made public, sent."""
    case = cases["good"]
    way = (
        ("intake", "received"), ("accept", "accepted"), ("review", "reviewed-1"),
        ("visit", "reviewed-1"), ("visit", "reviewed-2"), ("decide", "approved"),
        ("issue", "issued"), ("publish", "notified"), ("deliver", "delivered"),
    )  # fmt: skip
    assert (case.outcome, case.problems, case.order(*way)) == ("approved", (), list(way))
    visitors = {e.by for e in case.at("visit") if e.by}
    assert len(visitors) == 2
    assert case.at("decide")[-1].by not in visitors
    assert "信用中国" in case.told("publish", "notified")
    assert case.at("intake")[0].province != case.at("accept")[-1].province


@pytest.mark.parametrize(
    ("management", "papers", "said"),
    [
        ("登记", PAPERS, "登记管理的只填报排污登记表不核发许可证"),
        ("重点", PAPERS, "重点管理的须先公开五个工作日并提交信息公开情况说明表"),
    ],
)
def test_who_only_registers_or_has_not_published_is_told_and_no_case_begins(
    stage: Stage, management: str, papers: tuple[str, ...], said: str
) -> None:
    """登记管理 gets no permit; 重点管理 publishes five working days before it files."""
    with pytest.raises(FilingError, match=said):
        filed(stage, management, *papers)


@pytest.mark.parametrize(
    ("management", "papers"), [("简化", PAPERS), ("重点", (*PAPERS, "disclosure"))]
)
def test_who_needs_a_permit_can_file(
    stage: Stage, management: str, papers: tuple[str, ...]
) -> None:
    """简化管理 need not publish first."""
    filed(stage, management, *papers)


def test_each_production_site_is_a_case_of_its_own(stage: Stage) -> None:
    """Two sites of one enterprise are no duplicate filing."""
    plan: Any = stage.plan("2020-24", "online")
    assert plan.repeatable


def test_who_is_not_told_in_time_is_deemed_accepted_with_a_red_light(
    cases: dict[str, Played],
) -> None:
    """视为受理 (行政许可法 32): by law, not by an officer."""
    case = cases["not_told"]
    deemed = next(e for e in case.at("accept") if e.event == "deemed")
    assert (deemed.by, case.outcome) == ("", "approved")
    assert any(e.event.startswith("supervise") for e in case.at("accept"))


def test_what_is_missing_is_asked_for_once(cases: dict[str, Played]) -> None:
    """补正 and then accepted, in one case."""
    case = cases["corrected"]
    way = (("accept", "correct"), ("accept", "accepted"), ("decide", "approved"))
    assert case.order(*way) == list(way)


def test_a_failed_opinion_decides_nothing_and_a_refusal_names_its_reason(
    cases: dict[str, Played],
) -> None:
    """总量指标 missing: 不予许可 by the leader, with a document; nothing is made public."""
    case = cases["no_quota"]
    assert case.outcome == "rejected"
    assert case.told("decide", "rejected") == "不予: 缺少总量指标来源证明"
    assert (case.at("issue"), case.at("publish")) == ([], [])


def test_outside_experts_do_not_count_in_the_time_limit(cases: dict[str, Played]) -> None:
    """专家评审 (行政许可法 45) is told in writing, then the clock goes on."""
    case = cases["experts"]
    events = [e.event.partition("-")[0] for e in case.at("review")]
    assert [e for e in events if e in {"suspend", "resume", "reviewed"}] == [
        "suspend", "resume", "reviewed",
    ]  # fmt: skip
    assert "特别程序期限告知书" in {document.title for document in case.view.documents}
