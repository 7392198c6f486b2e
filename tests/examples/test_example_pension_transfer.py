"""1-7 企业职工基本养老保险关系转移接续: joint, data and money, no parcels."""

from __future__ import annotations

import pytest
from stage import Part, Played, Stage
from words import declined, letter, not_accepted

pytestmark = pytest.mark.xdist_group("examples")

PARTS = {
    "good": Part(),
    "too_old": Part(says={"accept": not_accepted("超龄, 建立临时缴费账户, 关系留在转出地")}),
    "arrears": Part(says={"letter": declined("存在欠费, 请先补缴")}),
    "unseen": Part(takes={"letter": 40}),
    "no_money": Part(takes={"funds": 40}),
    "differs": Part(says={"funds": letter(amount="999.00")}),
    "out_before": Part(withdraw="to_accept"),
    "out_after": Part(out_at="funds"),
}


@pytest.fixture(scope="module")
async def cases(stage: Stage) -> dict[str, Played]:
    """One case for each part."""
    return await stage.play("2020-07", "joint", PARTS)


def test_letter_statement_and_money_go_in_the_order_of_the_example(
    cases: dict[str, Played],
) -> None:
    """转入地 accepts and decides, 转出地 writes 信息表 and pays; nothing travels."""
    case = cases["good"]
    way = (
        ("intake", "received"), ("accept", "accepted"), ("letter", "replied"),
        ("funds", "replied"), ("transfer", "approved"), ("notify", "notified"),
    )  # fmt: skip
    assert (case.outcome, case.problems, case.order(*way)) == ("approved", (), list(way))
    places = {e.step: e.place for e in case.view.timeline if e.event in ("replied", "approved")}
    assert places == {"letter": "out", "funds": "out", "transfer": "into"}
    assert case.run.parcels == {}
    assert "联系函" in {row.what[2:5] for row in case.look("letter").rows}
    assert case.row("letter").within == case.row("funds").within == "15 workdays"


def test_who_is_too_old_gets_a_written_reason_and_keeps_the_relation(
    cases: dict[str, Played],
) -> None:
    """临时缴费账户: not accepted, and 转出地 is never written to."""
    case = cases["too_old"]
    assert case.outcome == "not_accepted"
    assert "临时缴费账户" in case.told("accept", "not_accepted")
    assert case.at("letter") == []
    assert "不予受理通知书" in {document.title for document in case.view.documents}


def test_arrears_come_back_with_a_reason_as_not_transferable(cases: dict[str, Played]) -> None:
    """不符合转出条件, and no money moves."""
    case = cases["arrears"]
    assert case.outcome == "rejected"
    told = [entry.text for entry in case.at("letter") if entry.event == "refused"]
    assert sorted(told) == ["不符合转出条件", "退回联系函: 存在欠费, 请先补缴"]
    assert case.at("funds") == []


def test_a_letter_unseen_for_weeks_climbs_the_ladder_of_the_place_that_has_it(
    cases: dict[str, Played],
) -> None:
    """Reminder, warning, supervision, red light: all of 转出地, none of 转入地."""
    case = cases["unseen"]
    rungs = [e.event.partition("-")[0] for e in case.at("letter") if e.place == "out"]
    assert [r for r in rungs if r in {"remind", "yellow", "supervise", "red"}] == [
        "remind", "yellow", "supervise", "red",
    ]  # fmt: skip
    assert (case.row("letter").place, case.row("letter").light) == ("out", "red")
    assert case.outcome == "approved"


def test_a_statement_without_money_waits_on_a_named_place(cases: dict[str, Played]) -> None:
    """Nobody can decide; who owes the money is named, with a due time and a red light."""
    case = cases["no_money"]
    row = case.row("funds")
    assert (row.place, row.unit, row.what) == ("out", "社会保险经办机构", "出具基金划转")
    assert row.due is not None
    assert row.light == "red"
    assert not any("decide" in found.acts for found in case.look("funds").rows)


def test_an_amount_that_differs_is_a_task_before_anybody_can_decide(
    cases: dict[str, Played],
) -> None:
    """信息表 says 1000, 999 came: 金额不符 is seen to first."""
    case = cases["differs"]
    way = (("transfer", "trouble-1"), ("transfer", "resolved-1"), ("transfer", "approved"))
    assert case.order(*way) == list(way)
    assert case.told("transfer", "trouble-1") == "金额不符"


def test_after_the_fund_was_called_for_nobody_withdraws(cases: dict[str, Played]) -> None:
    """Going back is a new transfer; before, it is a withdrawal."""
    assert cases["out_before"].outcome == "withdrawn"
    late = cases["out_after"]
    assert (late.outcome, late.run.refusals) == ("approved", ["TooLate"])
