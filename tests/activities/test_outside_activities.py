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
from activities.delivery import DeliveryActivities
from activities.identity import IdentityActivities
from compiler.applicant import Applicant
from gateways.courier.protocol import Booking
from gateways.registry import COURIER, DELIVERY, GATEWAYS, IDENTITY, Gateways
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.faults import Fault
from workflows.contracts import (
    DeliveryReceipt,
    DeliveryRequest,
    IdentityRequest,
    IdentityVerdict,
    Message,
    Parcel,
    ParcelRequest,
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
    assert set(EFFECTS) == set(GATEWAYS)


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
