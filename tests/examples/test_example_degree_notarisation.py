"""1-1 学历公证: online, the notary office itself decides."""

from __future__ import annotations

import pytest
from stage import Part, Played, Stage
from words import after, not_accepted, tolerated

pytestmark = pytest.mark.xdist_group("examples")

PARTS = {
    "good": Part(),
    "no_apostille": Part(other_branch=True),
    "wrong_office": Part(says={"accept": not_accepted("不在执业区域", "长沙市公证处")}),
    "unpaid": Part(pays=False),
    "data_down": Part(
        data_answers=False, without=("diploma",), says={"decide": after("核实有关情况", "20 days")}
    ),
    "never_supplied": Part(
        data_answers=False,
        without=("diploma",),
        says={"accept": tolerated("diploma")},
        never=frozenset({"supply"}),
    ),
    "misspelt": Part(review=("fail", "pass")),
    "lost": Part(fates=("lost",)),
}


@pytest.fixture(scope="module")
async def cases(stage: Stage) -> dict[str, Played]:
    """One case for each part."""
    return await stage.play("2020-01", "online", PARTS)


def test_a_diploma_is_notarised_in_the_order_of_the_example(cases: dict[str, Played]) -> None:
    """Accepted, paid, checked, translated, reviewed, approved, made, sent, filed."""
    case = cases["good"]
    assert (case.outcome, case.problems) == ("approved", ())
    way = (
        ("intake", "received"), ("accept", "accepted"), ("pay", "paid"), ("verify", "verified"),
        ("translate", "reviewed-1"), ("review", "reviewed-1"), ("decide", "approved"),
        ("issue", "issued"), ("apostille", "notified"), ("deliver", "delivered"),
        ("file", "archived"),
    )  # fmt: skip
    assert case.order(*way) == list(way)
    home, office = case.at("intake")[0].province, case.at("decide")[-1].province
    assert home != office
    titles = [document.title for document in case.view.documents]
    assert titles.count("送达回执") == 1
    assert next(d for d in case.view.documents if d.step == "accept").unit == "公证处"


def test_a_country_that_wants_an_apostille_is_told_and_no_other(cases: dict[str, Played]) -> None:
    """附加证明书 is asked for elsewhere, with the certificate."""
    assert "附加证明书" in cases["good"].told("apostille", "notified")
    assert (cases["no_apostille"].outcome, cases["no_apostille"].at("apostille")) == (
        "approved",
        [],
    )


def test_outside_its_area_an_office_names_the_right_one(cases: dict[str, Played]) -> None:
    """不予受理, with the office to go to; nothing is charged."""
    case = cases["wrong_office"]
    assert case.outcome == "not_accepted"
    said = case.told("accept", "not_accepted")
    assert said == "不予受理: 不在执业区域, 请向长沙市公证处申请"
    assert case.at("pay") == []


def test_who_does_not_pay_is_terminated_and_the_order_closed(cases: dict[str, Played]) -> None:
    """终止, not rejected."""
    case = cases["unpaid"]
    assert case.outcome == "terminated"
    assert [order.closed is not None for order in case.run.orders.values()] == [True]


def test_a_diploma_that_is_not_in_the_data_is_verified_with_the_school_off_the_clock(
    cases: dict[str, Played],
) -> None:
    """The paper is asked for; 核实有关情况 (公证法 30) stops the clock, with a notice."""
    case = cases["data_down"]
    assert case.outcome == "approved"
    assert case.told("verify", "unavailable").endswith("请提交纸质材料毕业证书")
    told = next(e.text for e in case.at("decide") if e.event.startswith("suspend"))
    assert told.startswith("特别程序(核实有关情况)")
    assert "不计入办理时限" in told
    assert "特别程序期限告知书" in {document.title for document in case.view.documents}


def test_what_is_never_supplied_is_terminated_and_the_fee_is_somebodys_decision(
    cases: dict[str, Played],
) -> None:
    """终止公证, not 不予; a clerk sees to the fee that was paid."""
    case = cases["never_supplied"]
    assert case.outcome == "terminated"
    way = (("pay", "paid"), ("decide", "lapsed"), ("decide", "trouble-1"), ("decide", "resolved-1"))
    assert case.order(*way) == list(way)
    assert case.told("decide", "trouble-1") == "办件终止, 已缴费用是否退还请核定办理"
    assert case.order(("decide", "rejected"), ("issue", "issued")) == []


def test_a_name_spelt_otherwise_than_in_the_passport_is_seen_to_before_approval(
    cases: dict[str, Played],
) -> None:
    """译文校对 fails: a task of the office first, never skipped."""
    case = cases["misspelt"]
    way = (("translate", "reviewed-1"), ("decide", "trouble-1"), ("decide", "approved"))
    assert case.order(*way) == list(way)
    assert case.told("decide", "trouble-1") == "译文与护照姓名不一致"


def test_a_lost_certificate_is_made_anew_and_its_old_number_is_void(
    cases: dict[str, Played],
) -> None:
    """补发: the copy has a number of its own."""
    case = cases["lost"]
    issued = case.at("issue")[0].document_no
    made = next(e for e in case.at("deliver") if e.event.startswith("replaced"))
    assert (made.text, made.document_no) == (f"补发公证书, 原编号{issued}作废", f"{issued}-2")
    assert (case.outcome, case.problems) == ("approved", ())
