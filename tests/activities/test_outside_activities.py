"""What outside systems' answers become in Temporal: results, retries, pauses and refusals."""

import dataclasses
import datetime as dt
import hashlib
import traceback
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.testing import ActivityEnvironment

from activities.asking import NOT_YET, REFUSED, UNAVAILABLE
from activities.courier import CourierActivities
from activities.data import DataActivities
from activities.delivery import DeliveryActivities
from activities.identity import IdentityActivities
from activities.payment import PaymentActivities
from compiler.applicant import Applicant
from gateways.courier.protocol import Booking
from gateways.registry import COURIER, DATA, DELIVERY, GATEWAYS, IDENTITY, PAYMENT, Gateways
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.faults import Fault
from workflows.contracts import (
    DataRequest,
    DataVerdict,
    DeliveryReceipt,
    DeliveryRequest,
    FeeRequest,
    IdentityRequest,
    IdentityVerdict,
    Message,
    MoneyReceipt,
    Parcel,
    ParcelRequest,
    PaymentWatch,
    PayOrder,
    PayOutRequest,
    Recall,
    RefundRequest,
    TrackRequest,
)

NAME = "欧阳测试娟"
APPLICANT = Applicant(kind="individual", name=NAME, id_number="430102199003071234", phone="139")
CASE = "440000-20260301-ABCDEFGH"


@dataclasses.dataclass(frozen=True)
class Effect:
    """An activity and an input for a key."""

    path: str
    activity: Callable[[Gateways], Callable[[Any], Awaitable[Message]]]
    request: Callable[[str], Message]
    gives: type[Message]


def parcel_request(key: str) -> ParcelRequest:
    return ParcelRequest(
        key=key, case_no=CASE, leg="deliver", sender="公安机关", recipient=APPLICANT
    )


def fee_request(key: str, applicant: Applicant = APPLICANT) -> FeeRequest:
    return FeeRequest(key=key, case_no=CASE, item="公证", amount=5000, applicant=applicant)


EFFECTS = {
    "identity": Effect(
        "/identity",
        lambda gateways: IdentityActivities(gateways.client(IDENTITY)).check_identity,
        lambda key: IdentityRequest(key=key, applicant=APPLICANT, level="remote"),
        IdentityVerdict,
    ),
    "courier": Effect(
        "/courier",
        lambda gateways: CourierActivities(gateways.client(COURIER)).book_parcel,
        parcel_request,
        Parcel,
    ),
    "data": Effect(
        "/data",
        lambda gateways: DataActivities(gateways.client(DATA)).check_data,
        lambda key: DataRequest(
            key=key, case_no=CASE, unit="公安机关", facts=("退休证明",), applicant=APPLICANT
        ),
        DataVerdict,
    ),
    "payment": Effect(
        "/payment/orders",
        lambda gateways: PaymentActivities(gateways.client(PAYMENT)).create_order,
        fee_request,
        PayOrder,
    ),
    "payment, out": Effect(
        "/payment/payouts",
        lambda gateways: PaymentActivities(gateways.client(PAYMENT)).pay_out,
        lambda key: PayOutRequest(
            key=key, case_no=CASE, item="提取", unit="管理中心", applicant=APPLICANT
        ),
        MoneyReceipt,
    ),
    "delivery": Effect(
        "/delivery",
        lambda gateways: DeliveryActivities(gateways.client(DELIVERY)).deliver_result,
        lambda key: DeliveryRequest(key=key, case_no=CASE, document="d", applicant=APPLICANT),
        DeliveryReceipt,
    ),
}


@pytest.fixture
def key() -> str:
    """A key that nobody used before."""
    return f"case/portal/{uuid.uuid4()}/step"


@pytest.fixture(params=EFFECTS)
def effect(request: pytest.FixtureRequest) -> Effect:
    """Each outside effect in turn."""
    return EFFECTS[request.param]


async def attempt(
    env: ActivityEnvironment, gateways: Gateways, effect: Effect, key: str
) -> Message:
    answer: Message = await env.run(effect.activity(gateways), effect.request(key))
    return answer


async def fails(
    env: ActivityEnvironment, gateways: Gateways, effect: Effect, key: str
) -> ApplicationError:
    """Make one attempt and return its error, which never shows the applicant's name."""
    with pytest.raises(ApplicationError) as caught:
        await attempt(env, gateways, effect, key)
    assert NAME not in "".join(traceback.format_exception(caught.value))
    return caught.value


def test_every_gateway_has_its_effect_proved_here() -> None:
    """A gateway whose activity is not in the table fails."""
    assert {name.split(",")[0] for name in EFFECTS} == set(GATEWAYS)


async def test_a_repeated_attempt_gives_the_same_result(
    env: ActivityEnvironment, gateways: Gateways, effect: Effect, key: str
) -> None:
    """A worker that died after the effect and before its answer does no second one."""
    first = await attempt(env, gateways, effect, key)
    assert isinstance(first, effect.gives)
    assert await attempt(env, gateways, effect, key) == first


async def test_an_unavailable_system_is_tried_again_by_the_step_s_policy(
    env: ActivityEnvironment, gateways: Gateways, sandbox: SandboxControl, effect: Effect, key: str
) -> None:
    """503: retryable, with no pause of its own."""
    sandbox.misbehave(Fault(path=effect.path, kind="fail"))
    error = await fails(env, gateways, effect, key)
    assert (error.type, error.non_retryable) == (UNAVAILABLE, False)
    assert error.next_retry_delay is None
    assert isinstance(await attempt(env, gateways, effect, key), effect.gives)


async def test_a_refusal_is_final_and_says_why(
    env: ActivityEnvironment, gateways: Gateways, sandbox: SandboxControl, effect: Effect, key: str
) -> None:
    """4xx: not retried; the reason is there without the name that was in it."""
    sandbox.misbehave(Fault(path=effect.path, kind="refuse", reason=f"不寄给{NAME}"))
    error = await fails(env, gateways, effect, key)
    assert (error.type, error.non_retryable) == (REFUSED, True)
    assert error.message.endswith("refused (422): 不寄给***")


async def test_a_pending_answer_is_asked_for_again_where_it_said(
    env: ActivityEnvironment, gateways: Gateways, sandbox: SandboxControl, effect: Effect, key: str
) -> None:
    """202: the next attempt comes after the given pause and reads instead of posting again."""
    sandbox.misbehave(Fault(path=effect.path, kind="pending"))
    beats: list[Any] = []
    env.on_heartbeat = lambda *details: beats.append(details[0])
    error = await fails(env, gateways, effect, key)
    assert (error.type, error.non_retryable) == (NOT_YET, False)
    assert error.next_retry_delay == dt.timedelta(seconds=1)
    assert error.category == ApplicationErrorCategory.BENIGN

    env.info = dataclasses.replace(env.info, heartbeat_details=beats)
    decided = await attempt(env, gateways, effect, key)
    assert [r["method"] for r in sandbox.requests()][-2:] == ["POST", "GET"]

    env.info = dataclasses.replace(env.info, heartbeat_details=[])
    assert await attempt(env, gateways, effect, key) == decided


async def test_an_impostor_is_a_verdict(
    env: ActivityEnvironment, gateways: Gateways, key: str
) -> None:
    """A mismatch is a result with its reason: the workflow decides what follows."""
    request = IdentityRequest(
        key=key, applicant=Applicant(kind="individual", name="冒名者"), level="in_person"
    )
    verdict = await env.run(IdentityActivities(gateways.client(IDENTITY)).check_identity, request)
    assert (verdict.matched, verdict.reason) == (False, "人证不一致")


async def test_an_unmoved_parcel_is_looked_at_again_after_the_poll(
    env: ActivityEnvironment, gateways: Gateways, key: str
) -> None:
    """Waiting is one quiet retry after another: nothing is added to the history."""
    courier = CourierActivities(gateways.client(COURIER))
    parcel = await env.run(courier.book_parcel, parcel_request(key))
    with pytest.raises(ApplicationError) as caught:
        await env.run(
            courier.track_parcel, TrackRequest(waybill=parcel.waybill, known="booked", poll=0.5)
        )
    error = caught.value
    assert (error.type, error.non_retryable) == (NOT_YET, False)
    assert error.next_retry_delay == dt.timedelta(seconds=0.5)
    assert error.category == ApplicationErrorCategory.BENIGN
    assert error.message == f"parcel {parcel.waybill} is still booked"


async def test_a_moved_parcel_is_a_result(
    env: ActivityEnvironment, gateways: Gateways, key: str
) -> None:
    """What the workflow knew is no longer so: the present state comes back."""
    courier = CourierActivities(gateways.client(COURIER))
    parcel = await env.run(courier.book_parcel, parcel_request(key))
    moved = await env.run(
        courier.track_parcel, TrackRequest(waybill=parcel.waybill, known="in_transit", poll=9)
    )
    assert moved == parcel


async def test_an_unknown_waybill_is_final(env: ActivityEnvironment, gateways: Gateways) -> None:
    """The courier knows no such parcel: a person must look."""
    courier = CourierActivities(gateways.client(COURIER))
    with pytest.raises(ApplicationError) as caught:
        await env.run(
            courier.track_parcel, TrackRequest(waybill="EM000000000000", known="booked", poll=1)
        )
    assert (caught.value.type, caught.value.non_retryable) == (REFUSED, True)


async def test_the_courier_never_sees_an_id_number(
    env: ActivityEnvironment, gateways: Gateways, sandbox: SandboxControl, key: str
) -> None:
    """最小必要: what a booking sends is name and phone beside the case, to the last byte."""
    await env.run(CourierActivities(gateways.client(COURIER)).book_parcel, parcel_request(key))
    expected = Booking(
        case_no=CASE, leg="deliver", sender="公安机关", name=NAME, phone=APPLICANT.phone
    )
    sent = [r["digest"] for r in sandbox.requests() if r["key"] == key]
    assert sent == [hashlib.sha256(expected.model_dump_json().encode()).hexdigest()]


async def test_an_unpaid_order_is_looked_at_again_after_the_poll(
    env: ActivityEnvironment, gateways: Gateways, key: str
) -> None:
    """Waiting for a payment adds nothing to the history; closing it ends the wait."""
    payment = PaymentActivities(gateways.client(PAYMENT))
    order = await env.run(payment.create_order, fee_request(key))
    watch = PaymentWatch(number=order.number, poll=60)
    with pytest.raises(ApplicationError) as caught:
        await env.run(payment.await_payment, watch)
    assert (caught.value.type, caught.value.non_retryable) == (NOT_YET, False)
    assert caught.value.next_retry_delay == dt.timedelta(seconds=60)
    closed = await env.run(payment.close_order, Recall(key=key))
    assert (closed.number, closed.status) == (order.number, "closed")
    assert await env.run(payment.await_payment, watch) == closed


async def test_a_refund_of_what_is_not_paid_is_final(
    env: ActivityEnvironment, gateways: Gateways, key: str
) -> None:
    """There is nothing to give back: a person must look."""
    payment = PaymentActivities(gateways.client(PAYMENT))
    order = await env.run(payment.create_order, fee_request(key))
    with pytest.raises(ApplicationError) as caught:
        await env.run(
            payment.refund, RefundRequest(key=key + "r", case_no=CASE, number=order.number)
        )
    assert (caught.value.type, caught.value.non_retryable) == (REFUSED, True)


async def test_a_booking_is_cancelled_by_its_own_key(
    env: ActivityEnvironment, gateways: Gateways, key: str
) -> None:
    """The undo needs nothing but what was known before the effect."""
    courier = CourierActivities(gateways.client(COURIER))
    parcel = await env.run(courier.book_parcel, parcel_request(key))
    cancelled = await env.run(courier.cancel_parcel, Recall(key=key))
    assert (cancelled.waybill, cancelled.state) == (parcel.waybill, "cancelled")
