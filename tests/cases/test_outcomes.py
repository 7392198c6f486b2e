"""The ways a case can go: corrected, refused, rejected, turned away at the window, resolved."""

from __future__ import annotations

from typing import Any

import pytest
from house import ACCEPTOR, CLERK, DECIDER, PERSON, House, events

from cli import acts
from compiler.applicant import MaterialRef
from errors import ActRefusedError
from workflows.contracts import Report
from workflows.handling import QUERY_REPORT

pytestmark = pytest.mark.xdist_group("cases")

ID_CARD = (MaterialRef(id="id_card", digest="ab" * 32),)

CORRECTED = {"collect": ACCEPTOR, "online": ACCEPTOR, "joint": "440000-acceptor"}
"""Way of working → who accepts."""


@pytest.mark.parametrize("mode", sorted(CORRECTED))
async def test_a_correction_is_told_once_and_supplied_at_home(house: House, mode: str) -> None:
    """The applicant's task opens at home; the same handling run goes on; no second telling."""
    officer = CORRECTED[mode]
    case = await house.file(mode)
    told = acts.accept(officer, "correct", reason="照片不清", corrections=["居民身份证"])
    assert (await case.act("accept", told)).message == "correction told"
    asked = await case.task("supply")
    assert asked.province == "440000"
    assert (asked.row.role, asked.row.what) == ("applicant", "补正: 居民身份证")
    view = await case.view()
    assert view.stage == "correcting"
    assert [row.role for row in view.awaiting] == ["applicant"]
    running = None if mode == "joint" else (await case.hand.describe()).run_id

    assert (await case.act("supply", acts.supply(ID_CARD))).done
    with pytest.raises(ActRefusedError) as refusal:
        await case.act("accept", told_again(officer))
    assert str(refusal.value) == (
        "accept refused: 补正 is told once only (一次性告知): accept or refuse"
    )
    await case.act("accept", acts.accept(officer, "refuse", reason="仍不符合"))
    view = await case.closed()
    assert view.outcome == "not_accepted"
    assert [e for e in events(view) if e in ("correct", "supplied-1", "not_accepted")] == (
        ["correct", "supplied-1", "not_accepted"]
        if mode == "joint"
        else ["correct", "supplied-1", "supplied-1", "not_accepted"]
    )
    if running:
        assert (await case.hand.describe()).run_id == running


def told_again(officer: str) -> acts.Maker:
    """A second 补正, which 一次性告知 forbids."""
    return acts.accept(officer, "correct", reason="还缺材料", corrections=["户口簿"])


@pytest.mark.parametrize("mode", ["collect", "online"])
@pytest.mark.parametrize("outcome", ["not_accepted", "rejected"])
async def test_a_refused_or_rejected_case_ends_with_its_notice_delivered(
    house: House, mode: str, outcome: str
) -> None:
    """Nothing is issued; the notice goes the way the result would have gone."""
    case = await house.file(mode)
    if outcome == "not_accepted":
        await case.act("accept", acts.accept(ACCEPTOR, "refuse", reason="不属本机关职权"))
    else:
        await case.act("accept", acts.accept(ACCEPTOR))
        await case.act("decide", acts.decide(DECIDER, "reject", reason="不符合条件"))
    view = await case.closed()
    assert (view.outcome, view.stage) == (outcome, "delivered")
    assert "issued" not in events(view)
    said = next(e for e in view.timeline if e.event == outcome)
    assert said.text in ("不予受理: 不属本机关职权", "不予: 不符合条件")
    assert said.document_no
    assert said.province == "430000"
    assert events(view).index(outcome) < events(view).index("delivered")
    assert await case.legs() == (["deliver", "dispatch"] if mode == "collect" else [])


async def test_a_case_with_nothing_left_to_decide_is_terminated_and_papers_come_back(
    house: House,
) -> None:
    """终止 is an act of its own: no decision, its own notice, and the parcel back."""
    case = await house.file("collect")
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER, "terminate", reason="申请人死亡"))
    view = await case.closed()
    assert (view.outcome, view.stage) == ("terminated", "delivered")
    assert not {"approved", "rejected", "issued"} & set(events(view))
    said = next(e for e in view.timeline if e.event == "ended")
    assert (said.text, said.by) == ("终止办理: 申请人死亡", DECIDER)
    notice = next(d for d in view.documents if d.number == said.document_no)
    assert notice.title == "终止办理告知书"
    assert await case.legs() == ["deliver", "dispatch"]


async def test_the_time_of_a_case_is_counted_for_whom_it_waited(house: House) -> None:
    """Each place, the applicant and the carriers have their own time; together it is the whole."""
    case = await house.file("collect")
    await case.act("accept", acts.accept(ACCEPTOR, "correct", corrections=["id_card"]))
    await case.act("supply", acts.supply([MaterialRef(id="id_card")]))
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))
    view = await case.closed()
    assert view.spent.keys() == {"system", "handling", "applicant"}
    whole = (view.timeline[-1].at - view.timeline[0].at).total_seconds()
    assert 0 < view.spent["handling"] < whole
    assert abs(sum(view.spent.values()) - whole) < whole / 2


async def test_a_refused_letter_rejects_the_transfer_and_releases_the_other_place(
    house: House,
) -> None:
    """不符合转出条件: no money is asked for, nobody decides, the 转出地's work ends."""
    case = await house.file("joint")
    await case.act("accept", acts.accept("440000-acceptor"))
    await case.act("reply", acts.reply(CLERK, {}, refuse=True, reason="不符合转出条件"))
    view = await case.closed()
    await case.hand.result()
    assert (view.outcome, view.stage) == ("rejected", "delivered")
    assert "approved" not in events(view)
    assert not [e for e in view.timeline if e.step == "funds"]
    notice = [e.text for e in view.timeline if e.step == "letter" and e.event == "refused"]
    assert notice == ["退回联系函: 不符合转出条件", "不符合转出条件"]


async def test_a_rejected_transfer_is_told_to_the_applicant(house: House) -> None:
    """Both letters were written, the amounts agree, and the 转入地 still says no."""
    case = await house.file("joint")
    await case.act("accept", acts.accept("440000-acceptor"))
    await case.act("reply", acts.reply(CLERK, {"amount": "1.00", "months": "1"}))
    await case.until(lambda v: any(e.step == "funds" for e in v.timeline), "the second letter")
    await case.act("reply", acts.reply(CLERK, {"amount": "1.00"}))
    await case.act("decide", acts.decide("440000-decider", "reject", reason="重复参保"))
    view = await case.closed()
    await case.hand.result()
    assert (view.outcome, view.stage) == ("rejected", "delivered")
    assert [(e.event, e.text) for e in view.timeline][-2:] == [
        ("rejected", "不予: 重复参保"),
        ("notified", "办理结果告知"),
    ]


WRONG_LETTERS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"amount": "1.00"}, "the reply's fields must be: amount (money), months (integer)"),
    (
        {"amount": "1.00", "months": "1", "name": "x"},
        "the reply's fields must be: amount (money), months (integer)",
    ),
    ({"amount": "86,520.40", "months": "1"}, "field amount: must be an amount in yuan"),
    ({"amount": "1.005", "months": "1"}, "field amount: must have at most two decimals (分)"),
    ({"amount": "1.00", "months": "one"}, "field months: must be a whole number"),
)


async def test_unequal_amounts_are_somebodys_task_before_anybody_decides(house: House) -> None:
    """Letters are typed, money is 分; what does not add up is resolved first, then decided."""
    case = await house.file("joint")
    await case.act("accept", acts.accept("440000-acceptor"))
    for fields, text in WRONG_LETTERS:
        with pytest.raises(ActRefusedError) as refusal:
            await case.act("reply", acts.reply(CLERK, fields))
        assert str(refusal.value).startswith(f"reply refused: {text}")
    assert (await case.task("reply")).row.task_rev == 1
    await case.act("reply", acts.reply(CLERK, {"amount": "86520.40", "months": "96"}))
    await case.until(lambda v: any(e.step == "funds" for e in v.timeline), "the second letter")
    funds = await case.task("reply")
    assert funds.row.fields == {"amount": "money"}
    with pytest.raises(ActRefusedError, match=r"基金划转 cannot be refused in this matter"):
        await case.act("reply", acts.reply(CLERK, {}, refuse=True, reason="不拨"))
    await case.act("reply", acts.reply(CLERK, {"amount": "86520.04"}))
    report = await case.hand.query(QUERY_REPORT, result_type=Report)
    assert report.results["letter"].outputs == {"amount": 8652040, "months": 96}
    assert report.results["funds"].outputs == {"amount": 8652004}

    trouble = await case.task("resolve")
    assert (trouble.province, trouble.row.unit) == ("440000", "社会保险经办机构")
    assert (trouble.row.what, trouble.row.role) == ("金额不符", "clerk")
    with pytest.raises(ActRefusedError, match=r"has no open task for decide"):
        await house.cases.act(case.case_no, "decide", acts.decide("440000-decider"))
    await case.act("resolve", acts.resolve("440000-clerk", reason="差额已补"))
    await case.act("decide", acts.decide("440000-decider"))
    view = await case.closed()
    await case.hand.result()
    assert view.outcome == "approved"
    order = [e for e in events(view) if e in ("trouble-1", "resolved-1", "approved")]
    assert order == ["trouble-1", "resolved-1", "approved"]


@pytest.mark.parametrize("mode", ["collect", "online"])
async def test_what_is_missing_is_told_on_the_spot_and_nothing_is_collected(
    house: House, mode: str
) -> None:
    """当场告知: the case ends as not collected; nothing is sent and nothing ordered."""
    case = await house.file(mode, materials=[])
    view = await case.closed()
    assert (view.outcome, view.closed) == ("not_collected", True)
    assert events(view) == ["received", "failed"]
    assert view.timeline[-1].text == "形式审查: 当场告知缺少居民身份证, 不予收件"
    assert await case.legs() == []


@pytest.mark.parametrize("mode", ["collect", "joint"])
async def test_an_impostor_is_not_collected(house: House, mode: str) -> None:
    """Person and papers differ: nothing is sent, nothing ordered, nobody accepts."""
    case = await house.file(mode, applicant={**PERSON, "name": "冒名顶替"})
    view = await case.closed()
    assert view.outcome == "not_collected"
    assert events(view)[-1] == "mismatched"
    assert not {"ordered", "accepted"} & set(events(view))
    assert await case.legs() == []
