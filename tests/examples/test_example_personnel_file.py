"""2-26 流动人员人事档案接收、转递: joint, a file that cannot be replaced."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from stage import Part, Played, Stage
from words import declined, opinion

from compiler.catalogue import ROOT, Catalogue

pytestmark = pytest.mark.xdist_group("examples")

PARTS = {
    "good": Part(),
    "not_there": Part(says={"letter": declined("档案不在本机构")}),
    "gaps": Part(review=("fail", "pass")),
    "never_whole": Part(says={"inspect": opinion("fail")}, decide=("reject",)),
    "lost": Part(never_arrived=True),
    "slow": Part(takes={"transport": 25}),
    "no_receipt": Part(takes={"receipt": 45}),
}


@pytest.fixture(scope="module")
async def cases(stage: Stage) -> dict[str, Played]:
    """One case for each part."""
    return await stage.play("2021-26", "joint", PARTS)


def sent(case: Played) -> int:
    """Return how often the archive was handed to a carrier by 转出地."""
    return sum(e.event.startswith("dispatched") for e in case.at("transport"))


def test_a_file_travels_in_the_order_of_the_example(cases: dict[str, Played]) -> None:
    """Called for, listed, sealed and sent by 机要, opened by two, taken in, receipted, stored."""
    case = cases["good"]
    way = (
        ("accept", "accepted"), ("letter", "replied"), ("transport", "dispatched"),
        ("transport", "signed_for"), ("inspect", "reviewed-1"), ("inspect", "reviewed-2"),
        ("decide", "approved"), ("receipt", "replied"), ("kept", "notified"),
        ("file", "archived"),
    )  # fmt: skip
    assert (case.outcome, case.problems, case.order(*way)) == ("approved", (), list(way))
    assert "机要通信" in case.told("transport", "dispatched")
    assert case.run.parcels == {}
    assert len({e.by for e in case.at("inspect") if e.by}) == 2
    assert [d.title for d in case.view.documents].count("物料流转凭证") == 2
    assert case.at("file")[0].document_no


def test_who_does_not_hold_the_file_says_so(cases: dict[str, Played]) -> None:
    """Sent back with a reason: it has to be looked for elsewhere, nothing travels."""
    case = cases["not_there"]
    assert (case.outcome, sent(case)) == ("rejected", 0)
    assert "退回调档函: 档案不在本机构" in {e.text for e in case.at("letter")}


def test_what_is_missing_is_called_for_again(cases: dict[str, Played]) -> None:
    """缺件: a letter to 转出地, another hand-over, another opening; then it is taken in."""
    case = cases["gaps"]
    assert (case.outcome, case.problems) == ("approved", ())
    asked = [e for e in case.at("gaps") if e.event.startswith("replied")]
    assert [(e.place, e.text) for e in asked] == [("out", "出具补充材料目录清单")]
    assert sent(case) == 2
    openings = [e.event for e in case.at("inspect") if e.event.startswith("reviewed")]
    assert openings == ["reviewed-1", "reviewed-2", "reviewed-1@2", "reviewed-2@2"]


def test_a_file_that_never_gets_whole_goes_back(cases: dict[str, Played]) -> None:
    """Three rounds at most; then it is decided, and the file is returned, with its hand-overs."""
    case = cases["never_whole"]
    assert (case.outcome, sent(case)) == ("rejected", 3)
    back = [e.event for e in case.at("send_back") if e.by]
    assert back == ["dispatched", "signed_for"]
    assert case.at("file") == []


def test_a_loss_is_an_incident_with_an_owner_and_never_a_second_sending(
    cases: dict[str, Played],
) -> None:
    """Report, search; when it is found it is signed for."""
    case = cases["lost"]
    way = (("transport", "trouble-1"), ("transport", "resolved-1"), ("transport", "signed_for"))
    assert case.order(*way) == list(way)
    look = next(found for found in case.looks if found.act == "resolve")
    row = next(row for row in look.rows if "resolve" in row.acts)
    assert (row.place, row.unit) == ("into", "流动人员人事档案管理机构")
    assert row.due is not None
    assert sent(case) == 1


def test_a_way_without_tracking_has_an_end_all_the_same(cases: dict[str, Played]) -> None:
    """机要 takes weeks: a due time, a reminder, and the place that has it is named."""
    row = next(row for row in cases["slow"].look("transport").rows if "dispatch" in row.acts)
    assert row.place == "out"
    assert row.due is not None
    assert any(e.event.startswith("remind") for e in cases["slow"].at("transport"))


def test_a_receipt_that_is_not_back_in_a_month_is_asked_for(cases: dict[str, Played]) -> None:
    """Red light, and the case is still open."""
    case = cases["no_receipt"]
    assert (case.row("receipt").within, case.row("receipt").light) == ("30 days", "red")
    assert any(e.event.startswith("supervise") for e in case.at("receipt"))


def test_nobody_can_write_a_matter_in_which_the_person_carries_the_file(tmp_path: Path) -> None:
    """`hand` is no carrier of an archive: a finding, not a habit."""
    shutil.copytree(ROOT, tmp_path / "matters")
    file = tmp_path / "matters" / "2021" / "26-personnel-file-transfer.yaml"
    file.write_text(file.read_text("utf-8").rstrip() + "\n    with: {carrier: hand}\n", "utf-8")
    found = [finding.format() for finding in Catalogue.load(tmp_path / "matters").compile_all()]
    assert len(found) == 1
    assert "`carrier`" in found[0] or "carrier" in found[0]
