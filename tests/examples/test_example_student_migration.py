"""2-4 大中专院校录取学生户口迁移: joint, with a point of no return."""

from __future__ import annotations

import pytest
from stage import Part, Played, Stage
from words import declined, letter

pytestmark = pytest.mark.xdist_group("examples")

PARTS = {
    "good": Part(),
    "bad_row": Part(identity_matches=False),
    "unseen": Part(takes={"verify": 20}),
    "not_hers": Part(says={"verify": declined("姓名与户口不符")}),
    "frozen": Part(says={"verify": letter(frozen=True)}),
    "out_in_time": Part(withdraw="to_decide"),
    "out_too_late": Part(out_at="register"),
    "failed": Part(review=("fail",)),
    "no_receipt": Part(takes={"receipt": 45}),
}


@pytest.fixture(scope="module")
async def cases(stage: Stage) -> dict[str, Played]:
    """One student for each part: together the batch of a school."""
    return await stage.play("2021-04", "joint", PARTS)


def test_a_student_moves_in_the_order_of_the_example(cases: dict[str, Played]) -> None:
    """Verified and struck off at 迁出地, registered at 迁入地, which tells 迁出地."""
    case = cases["good"]
    way = (
        ("accept", "accepted"), ("verify", "replied"), ("decide", "approved"),
        ("leave", "replied"), ("register", "reviewed-1"), ("settle", "issued"),
        ("hand_out", "delivered"), ("receipt", "replied"),
    )  # fmt: skip
    assert (case.outcome, case.problems, case.order(*way)) == ("approved", (), list(way))
    places = {e.step: e.place for e in case.view.timeline if e.by}
    assert {step: places[step] for step in ("verify", "leave", "receipt")} == {
        "verify": "out", "leave": "out", "receipt": "out",
    }  # fmt: skip
    letters = [row.what for row in case.look("leave").rows if "reply" in row.acts]
    assert letters == ["收到录取通知书核验信息, 出具户口迁移信息"]


def test_one_bad_row_holds_none_of_the_others(cases: dict[str, Played]) -> None:
    """Each student of a batch has a case of her own."""
    assert cases["bad_row"].outcome == "not_collected"
    assert cases["good"].outcome == "approved"
    starts = {case.run.started for case in cases.values()}
    assert max(s for s in starts if s).date() == min(s for s in starts if s).date()


def test_a_request_that_nobody_sees_turns_red_at_the_place_that_has_it(
    cases: dict[str, Played],
) -> None:
    """A contact that is out of date: the ladder is 迁出地's, up to its superior."""
    rungs = {e.event.partition("-")[0] for e in cases["unseen"].at("verify") if e.place == "out"}
    assert {"remind", "yellow", "supervise", "red"} <= rungs


def test_a_name_that_differs_is_sent_back_with_a_reason(cases: dict[str, Played]) -> None:
    """不符合迁出条件, before anything is struck off."""
    case = cases["not_hers"]
    assert (case.outcome, case.at("leave")) == ("rejected", [])
    assert "退回户口核查函: 姓名与户口不符" in {e.text for e in case.at("verify")}


def test_a_frozen_household_is_a_task_before_anybody_can_decide(cases: dict[str, Played]) -> None:
    """户口冻结 is seen to first."""
    case = cases["frozen"]
    way = (("verify", "replied"), ("decide", "trouble-1"), ("decide", "approved"))
    assert case.order(*way) == list(way)
    assert case.told("decide", "trouble-1") == "户口冻结"


def test_who_learns_what_is_at_stake_can_withdraw_until_she_is_struck_off(
    cases: dict[str, Played],
) -> None:
    """Before 迁出登记 it is a withdrawal, after it too late."""
    early, late = cases["out_in_time"], cases["out_too_late"]
    assert (early.outcome, early.at("leave")) == ("withdrawn", [])
    assert (late.outcome, late.run.refusals) == ("approved", ["TooLate"])


def test_a_registration_that_fails_is_restored_by_a_decision_of_an_officer(
    cases: dict[str, Played],
) -> None:
    """迁出地 decides with a document of its own; nothing is undone by itself."""
    case = cases["failed"]
    way = (
        ("leave", "replied"), ("register", "reviewed-1"), ("restore", "replied"),
        ("restored", "notified"),
    )  # fmt: skip
    assert (case.outcome, case.order(*way)) == ("rejected", list(way))
    decided = next(e for e in case.at("restore") if e.event == "replied")
    assert decided.place == "out"
    assert decided.by
    assert decided.document_no
    assert decided.text == "出具恢复户口决定"
    assert case.row("restore").due is not None
    assert (case.at("settle"), case.at("receipt")) == ([], [])


def test_a_missing_receipt_is_an_alarm_and_the_case_stays_open(cases: dict[str, Played]) -> None:
    """After 30 days: red light and supervision; she has had her page for weeks."""
    case = cases["no_receipt"]
    row = case.row("receipt")
    assert (row.place, row.within, row.light) == ("out", "30 days", "red")
    assert any(e.event.startswith("supervise") for e in case.at("receipt"))
    handed = next(e.at for e in case.at("hand_out") if e.event == "delivered")
    assert (case.at("receipt")[-1].at - handed).days >= 30
    assert case.days > cases["good"].days
