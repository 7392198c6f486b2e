"""2-45 购房提取住房公积金: 购房地 receives, 缴存地 decides and pays."""

from __future__ import annotations

from itertools import pairwise

import pytest
from stage import Part, Played, Stage
from words import rejected

from compiler.kinds import Decide

pytestmark = pytest.mark.xdist_group("examples")

PARTS = {
    "good": Part(),
    "data_down": Part(data_answers=False, without=("purchase_contract",)),
    "corrected": Part(accept=("correct", "accept")),
    "frozen": Part(says={"decide": rejected("账户被司法冻结")}),
    "card_refused": Part(cards_refused=2),
}


@pytest.fixture(scope="module")
async def cases(stage: Stage) -> dict[str, Played]:
    """One case for each part."""
    return await stage.play("2021-45", "joint", PARTS)


def test_a_withdrawal_goes_in_the_order_of_the_example(cases: dict[str, Played]) -> None:
    """Received and verified at 购房地, accepted, decided and paid at 缴存地; nothing travels."""
    case = cases["good"]
    way = (
        ("intake", "received"), ("form_review", "passed"), ("identity", "matched"),
        ("verify", "verified"), ("accept", "accepted"), ("decide", "approved"),
        ("pay_out", "paid_out"), ("deliver", "delivered"),
    )  # fmt: skip
    assert (case.outcome, case.problems, case.order(*way)) == ("approved", (), list(way))
    places = {e.step: e.place for e in case.view.timeline}
    assert {places[s] for s in ("intake", "verify")} == {"receiving"}
    assert {places[s] for s in ("accept", "decide", "pay_out")} == {"handling"}
    assert case.run.parcels == {}
    papers = {d.title: d.step for d in case.view.documents}
    assert (papers["收件凭证"], papers["受理通知书"]) == ("intake", "accept")


def test_when_the_data_are_down_the_paper_counts(cases: dict[str, Played]) -> None:
    """Nobody is refused for it: the contract is asked for, and the case goes on."""
    case = cases["data_down"]
    assert case.told("verify", "unavailable").endswith("请提交纸质材料购房合同或不动产权证")
    assert case.outcome == "approved"


def test_what_is_missing_is_told_once_through_the_receiving_place(
    cases: dict[str, Played],
) -> None:
    """补正 by 缴存地, brought at 购房地."""
    case = cases["corrected"]
    way = (("accept", "correct"), ("accept", "accepted"), ("decide", "approved"))
    assert case.order(*way) == list(way)
    assert case.outcome == "approved"


def test_it_is_decided_within_three_days_of_acceptance(
    stage: Stage, cases: dict[str, Played]
) -> None:
    """住房公积金管理条例 25: the task says so, with a due time."""
    step = stage.plan("2021-45", "joint").steps["decide"]
    assert isinstance(step, Decide)
    assert step.within == "3 workdays"
    row = cases["good"].row("decide")
    accepted = next(e.at for e in cases["good"].at("accept") if e.event == "accepted")
    assert row.due is not None
    assert (row.due - accepted).days <= 5


def test_a_frozen_account_is_a_refusal_with_a_reason_and_pays_nothing(
    cases: dict[str, Played],
) -> None:
    """不予提取, in writing."""
    case = cases["frozen"]
    assert (case.outcome, case.paid_under) == ("rejected", [])
    assert case.told("decide", "rejected") == "不予: 账户被司法冻结"
    assert "不予决定书" in " ".join(d.title for d in case.view.documents)


def test_a_refused_card_is_replaced_and_paid_under_the_same_key_once(
    cases: dict[str, Played],
) -> None:
    """A clerk sees to a new card, twice; the bank is asked three times for one payment."""
    case = cases["card_refused"]
    assert len(case.paid_under) == 3
    assert len(set(case.paid_under)) == 1
    events = [e.event for e in case.at("pay_out")]
    assert events == ["trouble-1", "resolved-1", "trouble-2", "resolved-2", "paid_out"]
    assert "账户状态异常" in case.told("pay_out", "trouble-1")
    assert case.outcome == "approved"


def test_both_windows_see_the_same_case(cases: dict[str, Played]) -> None:
    """What 缴存地 does is in the one timeline that 购房地 shows, in the order of time."""
    for case in cases.values():
        assert {e.place for e in case.view.timeline} == {"receiving", "handling"}
        assert all(one.at <= other.at for one, other in pairwise(case.view.timeline))
        assert case.view.closed
        assert not case.run.open
