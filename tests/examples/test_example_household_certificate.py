"""2-2 开具户籍类证明: 异地代收代办, for people who cannot get at the 户口簿."""

from __future__ import annotations

import pytest
from stage import Part, Played, Stage
from words import not_accepted, rejected

pytestmark = pytest.mark.xdist_group("examples")

PARTS = {
    "good": Part(),
    "moved_away": Part(says={"accept": not_accepted("户口已迁出", "长沙市岳麓区公安机关")}),
    "ledger_lost": Part(says={"decide": rejected("历史底册无法查实")}),
    "lost": Part(fates=("lost",), fates_of_results=True),
    "stranger": Part(identity_matches=False),
    "lacking": Part(without=("id_card",)),
    "unhappy": Part(score=1),
}


@pytest.fixture(scope="module")
async def cases(stage: Stage) -> dict[str, Played]:
    """One case for each part."""
    return await stage.play("2021-02", "collect", PARTS)


def test_a_certificate_is_made_in_the_order_of_the_example(cases: dict[str, Played]) -> None:
    """Collected, checked, sent, signed for, accepted and decided only at 户籍地, sent back."""
    case = cases["good"]
    way = (
        ("intake", "received"), ("form_review", "passed"), ("identity", "matched"),
        ("dispatch", "signed_for-1"), ("accept", "accepted"), ("decide", "approved"),
        ("issue", "issued"), ("deliver", "delivered"),
    )  # fmt: skip
    assert (case.outcome, case.problems, case.order(*way)) == ("approved", (), list(way))
    places = {e.step: e.place for e in case.view.timeline}
    assert (places["dispatch"], places["accept"]) == ("collecting", "handling")
    papers = {d.title: d.step for d in case.view.documents}
    assert papers["收件凭证"] == "intake"
    assert papers["受理通知书"] == "accept"
    assert "物料流转凭证" in papers


def test_the_clock_of_the_handling_place_starts_when_it_has_signed(
    cases: dict[str, Played],
) -> None:
    """The days on the road are nobody's."""
    case = cases["good"]
    signed = next(e.at for e in case.at("dispatch") if e.event == "signed_for-1")
    assert case.row("accept").since >= signed


def test_what_the_counter_does_not_take_is_told_on_the_spot(cases: dict[str, Played]) -> None:
    """不予收件 at the window: nothing is sent, and the visit is rated all the same."""
    for name in ("stranger", "lacking"):
        case = cases[name]
        assert case.outcome == "not_collected"
        assert case.run.parcels == {}
        assert [e.step for e in case.view.timeline if e.event == "invited"] == ["rate_refusal"]


def test_who_has_moved_away_is_told_which_station_it_is(cases: dict[str, Played]) -> None:
    """不予受理 by 户籍地, which names the right one; the papers come back."""
    case = cases["moved_away"]
    assert (case.outcome, case.problems) == ("not_accepted", ())
    assert case.told("accept", "not_accepted").endswith("请向长沙市岳麓区公安机关申请")
    assert [parcel.leg for parcel in case.run.parcels.values()] == ["dispatch", "deliver"]


def test_a_ledger_that_is_lost_is_a_refusal_with_a_reason(cases: dict[str, Played]) -> None:
    """Nothing is certified that nobody can look up."""
    case = cases["ledger_lost"]
    assert (case.outcome, case.at("issue")) == ("rejected", [])


def test_a_lost_certificate_is_made_anew_with_another_number(cases: dict[str, Played]) -> None:
    """补发: the old number is void."""
    case = cases["lost"]
    made = next(e for e in case.at("deliver") if e.event.startswith("replaced"))
    assert made.text == f"补发户籍证明, 原编号{case.at('issue')[0].document_no}作废"
    assert (case.outcome, case.problems) == ("approved", ())


def test_no_household_head_is_asked_and_no_address_is_printed(cases: dict[str, Played]) -> None:
    """Who acts is an officer or the applicant; timeline, tasks and documents name nobody."""
    for case in cases.values():
        person = case.run.spec.case.filing.applicant
        private = (person.address, person.name, person.phone, person.id_number)
        shown = [case.view.model_dump_json()]
        shown += [row.model_dump_json() for look in case.looks for row in look.rows]
        assert not [text for text in private if text and any(text in page for page in shown)]
        roles = {row.role for look in case.looks for row in look.rows}
        assert roles <= {"acceptor", "decider", "clerk", "applicant", "system"}


def test_the_visit_and_the_result_are_rated_by_themselves(cases: dict[str, Played]) -> None:
    """Window at 收件地, result at 户籍地."""
    for name in ("good", "unhappy"):
        invited = [(e.place, e.text) for e in cases[name].view.timeline if e.event == "invited"]
        assert invited == [
            ("collecting", "邀请评价: 现场服务"),
            ("handling", "邀请评价: 办理结果"),
        ]
    assert {"opened", "rectified"} <= cases["unhappy"].run.happened
