"""What every gateway promises, proved by each HTTP client against the sandbox."""

import traceback
import uuid
from collections.abc import Awaitable
from typing import Protocol

import pytest

from errors import GatewayRefusedError, GatewayUnavailableError
from gateways.courier.protocol import Booking, Consignment
from gateways.data.protocol import DataAnswer, DataCheck
from gateways.delivery.protocol import DeliveryProof, ResultDelivery
from gateways.http import MASK, Pending, Wire
from gateways.identity.protocol import IdentityAnswer, IdentityCheck
from gateways.payment.protocol import Fee, MoneyReceipt, PayOrder, PayOut
from gateways.registry import (
    COURIER,
    DATA,
    DELIVERY,
    GATEWAYS,
    IDENTITY,
    PAYMENT,
    Gateways,
)
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.faults import Fault

NAME = "欧阳测试娟"
ID_NUMBER = "430102199003071234"
CASE = "440000-20260301-ABCDEFGH"


class Ask(Protocol):
    """Ask a gateway about the usual person, or about another one."""

    def __call__(
        self, gateways: Gateways, key: str, pending: Pending | None = None, name: str = NAME
    ) -> Awaitable[Wire]: ...


async def check(
    gateways: Gateways, key: str, pending: Pending | None = None, name: str = NAME
) -> IdentityAnswer | Pending:
    question = IdentityCheck(name=name, id_number=ID_NUMBER, level="remote")
    return await gateways.client(IDENTITY).check(key, question, pending)


async def book(
    gateways: Gateways, key: str, pending: Pending | None = None, name: str = NAME
) -> Consignment | Pending:
    question = Booking(case_no=CASE, leg="dispatch", sender="窗口", name=name, address="长沙")
    return await gateways.client(COURIER).book(key, question, pending)


async def deliver(
    gateways: Gateways, key: str, pending: Pending | None = None, name: str = NAME
) -> DeliveryProof | Pending:
    question = ResultDelivery(case_no=CASE, document="d", name=name, id_number=ID_NUMBER)
    return await gateways.client(DELIVERY).deliver(key, question, pending)


async def look_up(
    gateways: Gateways, key: str, pending: Pending | None = None, name: str = NAME
) -> DataAnswer | Pending:
    question = DataCheck(case_no=CASE, unit="公安机关", name=name, id_number=ID_NUMBER)
    return await gateways.client(DATA).check(key, question, pending)


async def charge(
    gateways: Gateways, key: str, pending: Pending | None = None, name: str = NAME
) -> PayOrder | Pending:
    question = Fee(case_no=CASE, item="2020-01 学历公证", amount=5000, payer=name)
    return await gateways.client(PAYMENT).order(key, question, pending)


async def pay_out(
    gateways: Gateways, key: str, pending: Pending | None = None, name: str = NAME
) -> MoneyReceipt | Pending:
    question = PayOut(case_no=CASE, item="提取", unit="管理中心", payee=name, id_number=ID_NUMBER)
    return await gateways.client(PAYMENT).pay_out(key, question, pending)


ASKS: dict[str, tuple[Ask, str]] = {
    "identity": (check, "/identity/checks"),
    "courier": (book, "/courier/parcels"),
    "delivery": (deliver, "/delivery/results"),
    "data": (look_up, "/data/checks"),
    "payment": (charge, "/payment/orders"),
    "payment, out": (pay_out, "/payment/payouts"),
}


@pytest.fixture
def key() -> str:
    """A key that nobody used before."""
    return f"case/portal/{uuid.uuid4()}/step"


@pytest.fixture(params=ASKS)
def gateway(request: pytest.FixtureRequest) -> str:
    """Each gateway in turn."""
    return str(request.param)


@pytest.fixture
def ask(gateway: str) -> Ask:
    """How the gateway is asked."""
    return ASKS[gateway][0]


@pytest.fixture
def path(gateway: str) -> str:
    """Where the gateway is asked."""
    return ASKS[gateway][1]


def reference(answer: Wire) -> str:
    names = ("waybill", "reference", "number")
    return next(str(value) for name in names if (value := getattr(answer, name, None)))


def test_every_gateway_of_the_table_is_proved_here() -> None:
    """A gateway that is added without a contract test fails."""
    assert {name.split(",")[0] for name in ASKS} == set(GATEWAYS)


async def test_the_same_key_gives_the_same_thing(gateways: Gateways, ask: Ask, key: str) -> None:
    """Asking twice under one key makes one thing."""
    assert reference(await ask(gateways, key)) == reference(await ask(gateways, key))


async def test_two_keys_give_two_things(gateways: Gateways, ask: Ask, key: str) -> None:
    """The key alone tells one thing from another."""
    assert reference(await ask(gateways, key)) != reference(await ask(gateways, key + "2"))


async def test_a_used_key_with_another_body_is_refused(
    gateways: Gateways, ask: Ask, key: str
) -> None:
    """409: nothing of the second body is done."""
    await ask(gateways, key)
    with pytest.raises(GatewayRefusedError, match=r"refused \(409\): this key had another body"):
        await ask(gateways, key, name="另一人")


async def test_a_failing_system_is_unavailable_and_then_answers(
    gateways: Gateways, sandbox: SandboxControl, ask: Ask, path: str, key: str
) -> None:
    """503 twice, then the answer: each failure says the system and the status only."""
    sandbox.misbehave(Fault(path=path, kind="fail", times=2))
    for _ in range(2):
        with pytest.raises(GatewayUnavailableError, match=r"^\w+ is unavailable \(503\)$"):
            await ask(gateways, key)
    assert reference(await ask(gateways, key))


async def test_an_answer_that_comes_too_late_was_done_once(
    sandbox: SandboxControl, ask: Ask, path: str, key: str
) -> None:
    """The client gives up, asks again under the same key, and there is one thing."""
    sandbox.misbehave(Fault(path=path, kind="delay", seconds=60))
    urls = dict.fromkeys(GATEWAYS, sandbox.url)
    async with Gateways(urls, timeout=0.3) as impatient:
        with pytest.raises(GatewayUnavailableError, match="did not answer in time"):
            await ask(impatient, key)
    async with Gateways(urls) as patient:
        assert reference(await ask(patient, key)) == reference(await ask(patient, key))
    seen = [r for r in sandbox.requests() if r["key"] == key]
    assert [r["status"] for r in seen] == [200, 200, 200]


async def test_a_pending_answer_says_where_to_ask_again(
    gateways: Gateways, sandbox: SandboxControl, ask: Ask, path: str, key: str
) -> None:
    """202 as often as it takes, then the same answer that the key gives."""
    sandbox.misbehave(Fault(path=path, kind="pending", times=2))
    pending = await ask(gateways, key)
    assert isinstance(pending, Pending)
    assert pending.path.startswith(path + "/")
    assert pending.after == 1.0
    again = await ask(gateways, key, pending)
    assert again == pending
    answer = await ask(gateways, key, again)
    assert not isinstance(answer, Pending)
    assert reference(answer) == reference(await ask(gateways, key))


async def test_a_refusal_carries_its_reason_without_personal_data(
    gateways: Gateways, sandbox: SandboxControl, ask: Ask, path: str, key: str
) -> None:
    """The reason is passed on; the applicant's name in it is masked, also in the traceback."""
    sandbox.misbehave(Fault(path=path, kind="refuse", reason=f"{NAME} 查无此人"))
    with pytest.raises(GatewayRefusedError) as caught:
        await ask(gateways, key)
    assert str(caught.value).endswith(f" refused (422): {MASK} 查无此人")
    assert NAME not in "".join(traceback.format_exception(caught.value))


async def test_a_system_that_is_away_is_unavailable(ask: Ask, key: str) -> None:
    """Nobody listens at the address: no usable answer, and the error holds no personal data."""
    async with Gateways(dict.fromkeys(GATEWAYS, "http://127.0.0.1:1")) as gateways:
        with pytest.raises(GatewayUnavailableError, match="cannot be reached") as caught:
            await ask(gateways, key)
    text = "".join(traceback.format_exception(caught.value))
    assert NAME not in text
    assert ID_NUMBER not in text


async def test_an_impostor_does_not_match(gateways: Gateways, key: str) -> None:
    """A mismatch is an answer with a reason, and stays the same for the key."""
    impostor = await check(gateways, key, name="冒名者")
    assert isinstance(impostor, IdentityAnswer)
    assert (impostor.matched, impostor.reason) == (False, "人证不一致")
    assert await check(gateways, key, name="冒名者") == impostor
    other = await check(gateways, key + "2")
    assert isinstance(other, IdentityAnswer)
    assert other.matched


async def test_an_unknown_waybill_is_refused(gateways: Gateways) -> None:
    """The courier knows no such parcel: asking again is pointless."""
    with pytest.raises(GatewayRefusedError, match=r"courier refused \(404\): no such reference"):
        await gateways.client(COURIER).track("EM000000000000")


async def test_one_parcel_a_key_is_counted(
    gateways: Gateways, sandbox: SandboxControl, key: str
) -> None:
    """However often a booking is repeated, the sandbox counts one parcel for it."""
    for _ in range(5):
        consignment = await book(gateways, key)
    assert isinstance(consignment, Consignment)
    mine = [p for p in sandbox.parcels(CASE) if p["key"] == key]
    assert [(p["leg"], p["waybill"]) for p in mine] == [("dispatch", consignment.waybill)]
    assert sandbox.parcels("440000-20260301-NOSUCH00") == []
