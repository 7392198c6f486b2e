"""Data checks that say no, and money and parcels that are taken back."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import GatewayRefusedError
from gateways.courier.protocol import Booking, Consignment
from gateways.data.protocol import DataAnswer, DataCheck
from gateways.payment.protocol import Fee, MoneyReceipt, PayOrder, PayOut, Refund
from gateways.registry import COURIER, DATA, GATEWAYS, PAYMENT, Gateways
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.faults import Fault
from gateways.sandbox.process import running
from gateways.sandbox.services import Behaviour, order_status

NAME = "欧阳测试娟"
DEBTOR = "不缴费的人"


@pytest.fixture
def key() -> str:
    """A key that nobody used before, which is its case's number too."""
    return f"case/portal/{uuid.uuid4()}/step"


async def charge(gateways: Gateways, key: str, payer: str = NAME) -> PayOrder:
    fee = Fee(case_no=key, item="2020-01 学历公证", amount=5000, payer=payer)
    order = await gateways.client(PAYMENT).order(key, fee)
    assert isinstance(order, PayOrder)
    return order


async def paid(gateways: Gateways, key: str) -> PayOrder:
    """Create an order and look until it is paid."""
    order = await charge(gateways, key)
    while order.status != "paid":
        order = await gateways.client(PAYMENT).look(order.number)
    return order


async def look_up(gateways: Gateways, key: str, name: str) -> DataAnswer:
    question = DataCheck(case_no=key, unit="公安机关", facts=("退休证明",), name=name)
    answer = await gateways.client(DATA).check(key, question)
    assert isinstance(answer, DataAnswer)
    return answer


async def test_data_bears_a_fact_out_or_not(gateways: Gateways, key: str) -> None:
    """A record, and no record: both are answers with a reference."""
    yes, no = await look_up(gateways, key, NAME), await look_up(gateways, key + "2", "无记录者")
    assert (yes.verified, yes.reason) == (True, "")
    assert (no.verified, no.reason) == (False, "无相应记录")
    assert yes.reference != no.reference


async def test_a_person_whom_the_data_does_not_know_is_refused(
    gateways: Gateways, key: str
) -> None:
    """Asking again is pointless, and it stays so."""
    for _ in range(2):
        with pytest.raises(GatewayRefusedError, match=r"data refused \(422\): 查无此人"):
            await look_up(gateways, key, "查无此人甲")


async def test_an_order_is_paid_after_a_while_and_by_a_debtor_never(
    gateways: Gateways, key: str
) -> None:
    """Unpaid with a link first; the debtor's order is unpaid when the other is paid."""
    owed = await charge(gateways, key + "2", DEBTOR)
    assert (owed.status, owed.link.endswith(owed.number)) == ("unpaid", True)
    assert (await paid(gateways, key)).number != owed.number
    assert (await gateways.client(PAYMENT).look(owed.number)).status == "unpaid"


async def test_an_unpaid_order_is_closed_however_often(gateways: Gateways, key: str) -> None:
    """Closed twice is closed; nothing can be paid on it any more."""
    payment = gateways.client(PAYMENT)
    order = await charge(gateways, key, DEBTOR)
    closed = await payment.close(key)
    assert (closed.number, closed.status) == (order.number, "closed")
    assert await payment.close(key) == closed
    assert await payment.look(order.number) == closed


async def test_closing_before_the_order_came_refuses_it_when_it_comes(
    gateways: Gateways, sandbox: SandboxControl, key: str
) -> None:
    """Ensure absent: an effect in flight that arrives after its undo does nothing."""
    payment = gateways.client(PAYMENT)
    assert (await payment.close(key)).status == "closed"
    with pytest.raises(GatewayRefusedError, match=r"refused \(409\): this key was taken back"):
        await charge(gateways, key)
    assert [o["status"] for o in sandbox.made("order") if o["key"] == key] == ["closed"]


async def test_a_paid_order_cannot_be_closed_but_refunded_once(
    gateways: Gateways, key: str
) -> None:
    """Closing says that it is paid; the same key refunds once, another key is refused."""
    payment = gateways.client(PAYMENT)
    order = await paid(gateways, key)
    assert (await payment.close(key)).status == "paid"
    refund = Refund(case_no=key, number=order.number)
    first = await payment.refund(key, refund)
    assert isinstance(first, MoneyReceipt)
    assert await payment.refund(key, refund) == first
    with pytest.raises(GatewayRefusedError, match="该缴费单已退费"):
        await payment.refund(key + "2", refund)


async def test_an_unpaid_order_is_not_refunded(gateways: Gateways, key: str) -> None:
    """There is nothing to give back."""
    order = await charge(gateways, key, DEBTOR)
    with pytest.raises(GatewayRefusedError, match="该缴费单未缴费"):
        await gateways.client(PAYMENT).refund(key, Refund(case_no=key, number=order.number))


async def test_a_refused_payout_uses_its_key_not_up(
    gateways: Gateways, sandbox: SandboxControl, key: str
) -> None:
    """The account was frozen, then not: one payment, under the one key."""
    sandbox.misbehave(Fault(path="/payment/payouts", kind="refuse", reason="账户冻结"))
    question = PayOut(case_no=key, item="提取", unit="管理中心", payee=NAME)
    with pytest.raises(GatewayRefusedError, match="账户冻结"):
        await gateways.client(PAYMENT).pay_out(key, question)
    receipt = await gateways.client(PAYMENT).pay_out(key, question)
    assert receipt == await gateways.client(PAYMENT).pay_out(key, question)
    assert len(sandbox.made("payout", key)) == 1


async def test_a_booking_is_cancelled_until_the_parcel_is_picked_up(
    tmp_path_factory: pytest.TempPathFactory, gateways: Gateways, key: str
) -> None:
    """Booked: cancelled, however often. Picked up: it travels on."""
    slow = tmp_path_factory.mktemp("slow")
    booking = Booking(case_no=key, leg="dispatch", sender="窗口", unit="公安机关")
    with running(slow, Behaviour(pace=3600)) as sandbox:
        async with Gateways(dict.fromkeys(GATEWAYS, sandbox.url)) as unhurried:
            courier = unhurried.client(COURIER)
            booked = await courier.book(key, booking)
            assert isinstance(booked, Consignment)
            cancelled = await courier.cancel(key)
            assert (cancelled.waybill, cancelled.state) == (booked.waybill, "cancelled")
            assert await courier.cancel(key) == cancelled
            assert await courier.track(booked.waybill) == cancelled
    courier = gateways.client(COURIER)
    gone = await courier.book(key, booking)
    assert isinstance(gone, Consignment)
    while gone.state == "booked":
        gone = await courier.track(gone.waybill)
    assert (await courier.cancel(key)).state in ("picked_up", "in_transit", "signed_for")


@given(pace=st.floats(0, 1000), first=st.floats(0, 10_000), later=st.floats(0, 10_000))
def test_what_is_paid_stays_paid(pace: float, first: float, later: float) -> None:
    """An order never goes back from paid to unpaid, and no status begins after now."""
    before, since = order_status("paid", 0.0, pace, first)
    after, _ = order_status("paid", 0.0, pace, first + later)
    assert (before, after) != ("paid", "unpaid")
    assert since <= first
