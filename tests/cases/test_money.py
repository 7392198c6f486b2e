"""Data that is asked instead of paper, fees that are paid, money that is paid out once."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from house import ACCEPTOR, CLERK, DECIDER, PERSON, TEMPO, Case, House, events, eventually

from cli import acts
from compiler.applicant import MaterialRef
from compiler.catalogue import Catalogue
from compiler.published import PlanStore
from gateways.sandbox.faults import Fault
from workflows.contracts import CaseView

pytestmark = pytest.mark.xdist_group("cases")

MATTERS = Path(__file__).parent.parent / "data" / "money"
PENSIONER, BUYER = "2020-27", "2020-26"
"""The matter that asks data and pays out, and the one that costs 50.50 元."""

GIVEN: dict[str, tuple[str, ...]] = {PENSIONER: (), BUYER: ("id_card",)}
"""What applicants bring."""

QUICK = TEMPO.model_copy(update={"payment_poll": 0.1})


@pytest.fixture
async def bank(house: House) -> AsyncIterator[House]:
    """The house with the matters in which money moves; no fault outlives its test."""
    catalogue = Catalogue.load(MATTERS)
    PlanStore(house.running.settings.data / "plans").publish(catalogue)
    yield dataclasses.replace(house, catalogue=catalogue)
    await asyncio.to_thread(house.sandbox.behave)


async def file(
    bank: House,
    matter: str,
    *,
    name: str = "",
    materials: tuple[str, ...] = (),
    mode: str = "online",
) -> Case:
    """File a case of this matter, with other materials than the usual ones if they are given."""
    return await bank.file(
        mode,
        QUICK,
        matter=matter,
        applicant={**PERSON, "name": name or PERSON["name"]},
        application={"handling_div": "430102"},
        materials=[{"id": material} for material in materials or GIVEN[matter]],
    )


async def made(case: Case, service: str) -> list[dict[str, Any]]:
    return await asyncio.to_thread(case.house.sandbox.made, service, case.case_no)


async def withdraw(case: Case) -> None:
    await case.house.cases.say(case.started.workflow_id, acts.withdraw(reason="不办了"))


async def approve(case: Case) -> None:
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))


def text(view: CaseView, event: str) -> str:
    """What the timeline says about an event, which is there once."""
    (found,) = [entry.text for entry in view.timeline if entry.event == event]
    return found


async def test_a_verified_material_is_waived_and_the_money_paid_once(bank: House) -> None:
    """Without the paper the case goes to its end: data stands for it (不再要求核验原件)."""
    case = await file(bank, PENSIONER)
    await approve(case)
    view = await case.closed()
    assert view.outcome == "approved"
    assert text(view, "verified") == "数据核验: 人力资源社会保障部门数据一致, 免交退休证明"
    assert text(view, "passed") == "形式审查: 材料齐全"
    (paid,) = await made(case, "payout")
    assert paid["key"] == f"{case.case_no}/handling/pay_out/payout"
    proof = next(e.document_no for e in view.timeline if e.event == "paid_out")
    assert proof == paid["reference"]


async def test_data_that_does_not_bear_it_out_asks_for_the_paper(bank: House) -> None:
    """No record: told on the spot what is missing, nothing is collected."""
    view = await (await file(bank, PENSIONER, name="无记录甲")).closed()
    assert view.outcome == "not_collected"
    assert text(view, "unverified").endswith("数据不一致, 请提交纸质材料退休证明")
    assert text(view, "failed") == "形式审查: 当场告知缺少退休证明, 不予收件"


async def test_a_data_source_that_is_down_asks_for_the_paper(bank: House) -> None:
    """Three attempts, then the paper: who brought none is told, nobody waits for the source."""
    await bank.misbehave(Fault(path="/data", kind="fail", times=3))
    case = await file(bank, PENSIONER)
    view = await case.closed()
    assert view.outcome == "not_collected"
    assert text(view, "unavailable").endswith("数据不可用, 请提交纸质材料退休证明")
    requests = await asyncio.to_thread(bank.sandbox.requests)
    asked = [r["status"] for r in requests if r["key"] == f"{case.case_no}/filing/verify/check"]
    assert asked == [503, 503, 503]


async def test_who_brought_the_paper_needs_no_data(bank: House) -> None:
    """The source knows nobody of that name (4xx): the paper counts, and the case goes on."""
    case = await file(bank, PENSIONER, name="查无此人乙", materials=("retirement",))
    await approve(case)
    view = await case.closed()
    assert view.outcome == "approved"
    assert text(view, "unavailable").endswith("数据不可用")


async def test_a_refused_account_is_a_clerks_task_and_then_paid_under_the_same_key(
    bank: House,
) -> None:
    """Frozen twice, then in order: three requests under one key, one payment."""
    payouts = "/payment/payouts"
    await bank.misbehave(Fault(path=payouts, kind="refuse", reason="账户冻结", times=2))
    case = await file(bank, PENSIONER)
    await approve(case)
    for count in (1, 2):
        await case.happened(f"trouble-{count}")
        target = await case.task("resolve")
        assert target.row.role == "clerk"
        assert "账户冻结" in target.row.what
        assert await made(case, "payout") == []
        await case.act("resolve", acts.resolve(CLERK, reason="已请申请人更正账户"))
    assert (await case.closed()).outcome == "approved"
    (paid,) = await made(case, "payout")
    requests = await asyncio.to_thread(bank.sandbox.requests)
    asked = [(r["path"], r["status"]) for r in requests if r["key"] == paid["key"]]
    assert asked == [(payouts, 422), (payouts, 422), (payouts, 200)]


async def test_a_fee_is_paid_and_the_case_goes_on(bank: House) -> None:
    """One order over the matter's fee; the applicant is named while it is unpaid."""
    case = await file(bank, BUYER)
    await approve(case)
    view = await case.closed()
    assert view.outcome == "approved"
    done = events(view)
    assert done.index("ordered") < done.index("paid") < done.index("approved")
    (order,) = await made(case, "order")
    assert order["status"] == "paid"
    assert [e.document_no for e in view.timeline if e.event == "paid"] == [order["number"]]
    assert await made(case, "refund") == []


async def test_an_unpaid_order_is_closed_when_the_applicant_withdraws(bank: House) -> None:
    """The applicant owes the next move until then; afterwards nothing can be paid any more."""
    case = await file(bank, BUYER, name="不缴费丙")
    await case.act("accept", acts.accept(ACCEPTOR))

    def owed(view: CaseView) -> bool:
        return any(row.role == "applicant" and row.due for row in view.awaiting)

    view = await case.until(owed, "the applicant's turn")
    (row,) = view.awaiting
    (order,) = await made(case, "order")
    assert row.unit == "申请人"
    assert row.what.startswith(f"缴费50.50元, 缴费单{order['number']}: https://")
    await withdraw(case)
    view = await case.closed()
    assert view.outcome == "withdrawn"
    (order,) = await made(case, "order")
    assert order["status"] == "closed"
    closed = next(e for e in view.timeline if e.event == "order_closed")
    assert closed.document_no == order["number"]


async def test_an_undo_that_is_refused_is_a_clerks_task(bank: House) -> None:
    """The platform will not close the order: named, seen to, closed in the end."""
    case = await file(bank, BUYER, name="不缴费丁")
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.happened("ordered")
    orders = "/payment/orders"
    await bank.misbehave(Fault(path=orders, kind="refuse", method="DELETE", reason="系统维护"))
    await withdraw(case)
    target = await case.task("resolve")
    assert target.row.what.startswith("关闭缴费单: ")
    await case.act("resolve", acts.resolve(CLERK))
    assert (await case.closed()).outcome == "withdrawn"
    assert [order["status"] for order in await made(case, "order")] == ["closed"]


async def test_what_was_paid_in_the_last_moment_is_given_back(bank: House) -> None:
    """Paid, but not seen yet when the applicant withdraws: refunded once, with its receipt."""
    await bank.misbehave(Fault(path="/payment/orders/", kind="fail", method="GET", times=1000))
    case = await file(bank, BUYER)
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.happened("ordered")

    async def paid() -> bool | None:
        return [order["status"] for order in await made(case, "order")] == ["paid"] or None

    await eventually(paid, "the payment")
    await withdraw(case)
    view = await case.closed()
    assert view.outcome == "withdrawn"
    (refund,) = await made(case, "refund")
    given_back = next(e for e in view.timeline if e.event == "refunded")
    assert given_back.document_no == refund["reference"]


async def test_a_booking_that_is_not_picked_up_is_cancelled_by_a_withdrawal(bank: House) -> None:
    """The papers have not left: no parcel travels, and the handling place never hears of it."""
    await bank.misbehave(Fault(path="/courier/parcels", kind="stall", method="POST"))
    case = await file(bank, PENSIONER, mode="collect")
    await case.happened("booked-1")
    await case.until(lambda v: [r.what for r in v.awaiting] == ["寄递已下单, 等待物流更新"], "wait")
    await withdraw(case)
    view = await case.closed()
    assert view.outcome == "withdrawn"
    assert [p["state"] for p in await case.parcels()] == ["cancelled"]
    assert [e.event for e in view.timeline][-2:] == ["withdrawn", "booking_cancelled"]


async def test_a_parcel_that_has_left_meanwhile_is_a_clerks_to_get_back(bank: House) -> None:
    """The tracking was down when it was picked up: cancelling comes too late."""
    await bank.misbehave(Fault(path="/courier/parcels/", kind="fail", method="GET", times=1000))
    case = await file(bank, PENSIONER, mode="collect")
    await case.happened("booked-1")

    async def left() -> bool | None:
        return (await case.parcels())[0]["state"] != "booked" or None

    await eventually(left, "the pick-up")
    await withdraw(case)
    target = await case.task("resolve")
    assert target.row.what.endswith("已揽收, 无法取消, 请追回")
    await case.act("resolve", acts.resolve("440000-clerk", reason="已追回"))
    assert (await case.closed()).outcome == "withdrawn"


async def test_a_paper_that_data_did_not_replace_is_shown_to_the_acceptor(bank: House) -> None:
    """Checked after the window: the officer sees what is missing and asks for it once (补正)."""
    case = await file(bank, PENSIONER, mode="collect", name="无记录戊")
    target = await case.task("accept")
    assert target.row.what == "作出受理决定, 尚缺退休证明"
    asked = acts.accept(ACCEPTOR, "correct", reason="数据不一致", corrections=["退休证明"])
    await case.act("accept", asked)
    await case.act("supply", acts.supply((MaterialRef(id="retirement"),)))
    target = await case.task("accept")
    assert target.row.what == "作出受理决定"
    await approve(case)
    assert (await case.closed()).outcome == "approved"


async def test_a_waived_material_counts_as_given_for_guards(bank: House) -> None:
    """`materials.retirement` holds in the other province, though nobody brought it."""
    case = await file(bank, PENSIONER, mode="collect")
    await approve(case)
    view = await case.closed()
    assert view.outcome == "approved"
    assert "reject" not in {entry.step for entry in view.timeline}
