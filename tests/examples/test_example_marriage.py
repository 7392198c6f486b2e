"""3-3 结婚登记 and 3-4 离婚登记: no collecting, no courier, the receiving office decides."""

from __future__ import annotations

import pytest
from stage import Part, Played, Stage
from words import not_accepted, rejected

from compiler.application import check_filed
from errors import FilingError

pytestmark = pytest.mark.xdist_group("examples")

MARRIAGE = {
    "good": Part(),
    "foreigner": Part(says={"accept": not_accepted("涉外婚姻登记", "省级人民政府确定的登记机关")}),
    "stale": Part(data_differ=True),
    "hesitates": Part(out_at="capture"),
    "never_came": Part(never=frozenset({"capture"})),
    "kin": Part(says={"decide": rejected("属于禁止结婚的亲属关系")}),
    "no_upload": Part(takes={"upload": 10}),
}

DIVORCE = {
    "good": Part(),
    "regrets": Part(out_at="cooling"),
    "never_came": Part(never=frozenset({"capture"})),
}


@pytest.fixture(scope="module")
async def cases(stage: Stage) -> dict[str, Played]:
    """One couple for each part."""
    return await stage.play("later-03", "anywhere", MARRIAGE)


@pytest.fixture(scope="module")
async def divorces(stage: Stage) -> dict[str, Played]:
    """One couple for each part."""
    return await stage.play("later-04", "anywhere", DIVORCE)


def test_a_couple_marries_in_the_order_of_the_example(cases: dict[str, Played]) -> None:
    """Proved, looked up, signed, decided on the spot, handed over, uploaded, filed; one office."""
    case = cases["good"]
    way = (
        ("identity", "matched"), ("record", "verified"), ("accept", "accepted"),
        ("capture", "captured"), ("decide", "approved"), ("issue", "issued"),
        ("hand_out", "delivered"), ("upload", "replied"), ("file", "archived"),
    )  # fmt: skip
    assert (case.outcome, case.problems, case.order(*way)) == ("approved", (), list(way))
    offices = {e.place for e in case.view.timeline if e.step != "upload"}
    assert offices == {"handling"}
    assert case.run.parcels == {}
    assert case.run.orders == {}
    assert case.told("identity", "matched") == "身份核验: 申请人、另一方一致"


def test_both_come_themselves(stage: Stage) -> None:
    """One alone cannot file."""
    one = {
        "portal": "gdzwfw",
        "application_ref": "ALONE-1",
        "matter": "later-03",
        "mode": "anywhere",
        "filed_at": "2026-11-24T10:00:00+08:00",
        "applicant": {"kind": "individual", "name": "周建国", "id_number": "430102198511230014"},
        "application": {},
        "materials": [{"id": name} for name in ("id_card", "declaration", "photo")],
    }
    with pytest.raises(FilingError, match="co_applicants"):
        check_filed(stage.catalogue, one)


def test_a_couple_with_a_foreigner_is_sent_to_the_right_office(cases: dict[str, Played]) -> None:
    """不予受理, with the office."""
    said = cases["foreigner"].told("accept", "not_accepted")
    assert said == "不予受理: 涉外婚姻登记, 请向省级人民政府确定的登记机关申请"
    assert cases["foreigner"].outcome == "not_accepted"


def test_a_stale_record_is_inquired_and_the_couple_waits_with_a_named_owner(
    cases: dict[str, Played],
) -> None:
    """函询 by this office, with a due time; nobody is sent home to prove it."""
    case = cases["stale"]
    row = case.row("inquire")
    assert (row.unit, row.within) == ("婚姻登记机关", "5 workdays")
    assert row.due is not None
    way = (("record", "unverified"), ("inquire", "reviewed-1"), ("accept", "accepted"))
    assert case.order(*way) == list(way)
    assert case.outcome == "approved"


def test_who_hesitates_before_the_registrar_stops_it(cases: dict[str, Played]) -> None:
    """A withdrawal until the decision; who does not come has withdrawn."""
    for name in ("hesitates", "never_came"):
        case = cases[name]
        assert (case.outcome, case.at("decide"), case.at("issue")) == ("withdrawn", [], [])


def test_a_refusal_has_its_reason_and_is_not_uploaded(cases: dict[str, Played]) -> None:
    """不予登记."""
    case = cases["kin"]
    assert case.outcome == "rejected"
    assert case.told("decide", "rejected") == "不予: 属于禁止结婚的亲属关系"
    assert (case.at("issue"), case.at("upload")) == ([], [])


def test_a_failed_upload_is_an_alarm_with_an_owner_while_the_couple_has_its_papers(
    cases: dict[str, Played],
) -> None:
    """Both are married, and elsewhere still single: red light until the register has answered."""
    case = cases["no_upload"]
    row = case.row("upload")
    assert (row.place, row.unit, row.light) == ("national", "民政部", "red")
    way = (("hand_out", "delivered"), ("upload", "replied"), ("file", "archived"))
    assert case.order(*way) == list(way)


def test_a_divorce_waits_thirty_natural_days_and_then_takes_both(
    divorces: dict[str, Played],
) -> None:
    """离婚冷静期, then both appear, then it is decided."""
    case = divorces["good"]
    way = (
        ("accept", "accepted"), ("cooling", "held"), ("cooling", "passed"),
        ("appear", "captured"), ("decide", "approved"), ("hand_out", "delivered"),
    )  # fmt: skip
    assert (case.outcome, case.order(*way)) == ("approved", list(way))
    at = {e.event: e.at for e in case.at("cooling")}
    assert 30 <= (at["passed"] - at["held"]).days <= 31


def test_in_the_thirty_days_either_may_withdraw(divorces: dict[str, Played]) -> None:
    """Without a reason that anybody judges."""
    case = divorces["regrets"]
    assert (case.outcome, case.at("appear"), case.at("decide")) == ("withdrawn", [], [])


def test_who_does_not_come_in_thirty_days_more_has_withdrawn(divorces: dict[str, Played]) -> None:
    """视为撤回: no officer stands beside it."""
    case = divorces["never_came"]
    absent = next(e for e in case.at("appear") if e.event == "absent")
    assert (case.outcome, absent.by) == ("withdrawn", "")
    passed = next(e.at for e in case.at("cooling") if e.event == "passed")
    assert (absent.at - passed).days >= 30
