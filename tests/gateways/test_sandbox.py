"""The sandbox: parcels that travel on by themselves, and a memory without personal data."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from hypothesis import given
from hypothesis import strategies as st

from gateways.courier.protocol import Booking, Consignment
from gateways.data.protocol import DataCheck
from gateways.http import Pending
from gateways.identity.protocol import IdentityCheck
from gateways.payment.protocol import Fee, PayOut
from gateways.registry import COURIER, DATA, GATEWAYS, IDENTITY, PAYMENT, Gateways
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.faults import Fault
from gateways.sandbox.process import running
from gateways.sandbox.services import LIVES, Behaviour, parcel_state

NAME = "欧阳测试娟"
PHONE = "13907310000"
ADDRESS = "长沙市岳麓区测试路一号"
ID_NUMBER = "430102199003071234"
BOOKING = Booking(
    case_no="440000-20260301-SANDBOX1", leg="deliver", sender="公安机关",
    name=NAME, phone=PHONE, address=ADDRESS, contents=("result",),
)  # fmt: skip


async def book(gateways: Gateways, key: str) -> Consignment:
    consignment = await gateways.client(COURIER).book(key, BOOKING)
    assert isinstance(consignment, Consignment)
    return consignment


def open_gateways(url: str) -> Gateways:
    return Gateways(dict.fromkeys(GATEWAYS, url))


async def until(
    look: Callable[[], Awaitable[Consignment]], state: str, seconds: float = 10
) -> list[str]:
    """Look until the state is reached; return the states seen, each once."""
    seen: list[str] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = (await look()).state
        if not seen or seen[-1] != now:
            seen.append(now)
        if now == state:
            return seen
        await asyncio.sleep(0.01)
    raise AssertionError(f"never {state}: {seen}")


async def test_a_parcel_travels_until_it_is_signed_for(gateways: Gateways) -> None:
    """The states come in the order of a parcel's life and end with the signature."""
    courier = gateways.client(COURIER)
    booked = await book(gateways, "travels")
    seen = await until(lambda: courier.track(booked.waybill), "signed_for")
    life = list(LIVES["signed_for"])
    assert seen == [state for state in life if state in seen]


async def test_only_the_next_parcel_is_lost(gateways: Gateways, sandbox: SandboxControl) -> None:
    """A lost parcel stays lost when asked for again; the next one arrives."""
    courier = gateways.client(COURIER)
    sandbox.misbehave(Fault(path="/courier", kind="lose"))
    lost = await book(gateways, "lost")
    arrives = await book(gateways, "arrives")
    await until(lambda: courier.track(lost.waybill), "lost")
    await until(lambda: courier.track(arrives.waybill), "signed_for")
    assert (await book(gateways, "lost")).state == "lost"


async def test_a_fault_for_one_method_leaves_the_other_alone(
    gateways: Gateways, sandbox: SandboxControl
) -> None:
    """Polling does not use up a fault that is meant for bookings."""
    courier = gateways.client(COURIER)
    booked = await book(gateways, "methods")
    sandbox.misbehave(Fault(path="/courier", kind="pending", method="POST"))
    assert (await courier.track(booked.waybill)).waybill == booked.waybill
    assert isinstance(await courier.book("methods", BOOKING), Pending)


async def test_a_delayed_answer_comes_late_and_whole(
    gateways: Gateways, sandbox: SandboxControl
) -> None:
    """Who waits long enough gets the answer, after the delay and not before."""
    sandbox.misbehave(Fault(path="/courier", kind="delay", seconds=0.2))
    started = time.monotonic()
    late = await book(gateways, "delayed")
    assert time.monotonic() - started >= 0.2
    assert (await book(gateways, "delayed")).waybill == late.waybill


def test_a_taken_port_is_one_clear_line(tmp_path: Path, sandbox: SandboxControl) -> None:
    """The second sandbox on a port says so, exit code 2, no traceback."""
    port = httpx.URL(sandbox.url).port
    command = [sys.executable, "-m", "gateways.sandbox", "--data", str(tmp_path)]
    ended = subprocess.run(
        [*command, "--port", str(port)], capture_output=True, text=True, check=False, timeout=30
    )
    assert ended.returncode == 2
    assert f"port {port} is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_killed_sandbox_knows_its_parcels_and_they_travelled_on(tmp_path: Path) -> None:
    """After SIGKILL and a restart the same key is the same parcel, further on its way."""
    slow = Behaviour(pace=3600)
    with running(tmp_path, slow) as sandbox:
        async with open_gateways(sandbox.url) as gateways:
            before = await book(gateways, "key")
        requests = sandbox.requests()
    assert before.state == "booked"
    with running(tmp_path, Behaviour(pace=0.001)) as sandbox:
        async with open_gateways(sandbox.url) as gateways:
            after = await book(gateways, "key")
        assert (after.waybill, after.state) == (before.waybill, "signed_for")
        assert [p["waybill"] for p in sandbox.parcels()] == [before.waybill]
        assert sandbox.requests()[: len(requests)] == requests


async def test_no_personal_data_is_on_disk(tmp_path: Path) -> None:
    """Name, number, phone and address are in no byte of the folder; the waybill, kept, is."""
    with running(tmp_path) as sandbox:
        async with open_gateways(sandbox.url) as gateways:
            parcel = await book(gateways, "key")
            check = IdentityCheck(name=NAME, id_number=ID_NUMBER, level="in_person")
            await gateways.client(IDENTITY).check("key", check)
            data = DataCheck(case_no="c", unit="公安机关", name=NAME, id_number=ID_NUMBER)
            await gateways.client(DATA).check("key", data)
            fee = Fee(case_no="c", item="公证", amount=1, payer=NAME)
            await gateways.client(PAYMENT).order("key", fee)
            payout = PayOut(case_no="c", item="提取", unit="u", payee=NAME, id_number=ID_NUMBER)
            await gateways.client(PAYMENT).pay_out("key", payout)
        told = str(sandbox.requests()) + str(sandbox.parcels())
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert parcel.waybill.encode() in content
    for personal in (NAME, ID_NUMBER, PHONE, ADDRESS):
        assert personal.encode() not in content
        assert personal not in told


def test_wrong_requests_are_told_what_is_missing(sandbox: SandboxControl) -> None:
    """No key, an unreadable body and an unknown fault are refused with a reason."""
    with httpx.Client(base_url=sandbox.url, trust_env=False) as http:
        no_key = http.post("/courier/parcels", json={})
        unread = http.post("/courier/parcels", json={}, headers={"Idempotency-Key": "unread"})
        fault = http.post("/_sandbox/faults", json={"path": "/", "kind": "explode"})
    assert (no_key.status_code, no_key.json()["reason"]) == (400, "an Idempotency-Key is needed")
    assert (unread.status_code, unread.json()["reason"]) == (422, "the body cannot be read")
    assert fault.status_code == 422
    assert "explode" in fault.json()["reason"]


@given(
    fate=st.sampled_from(sorted(LIVES)),
    pace=st.floats(0.001, 1000),
    first=st.floats(0, 10_000),
    later=st.floats(0, 10_000),
)
def test_a_parcel_never_goes_back(fate: str, pace: float, first: float, later: float) -> None:
    """Later is never an earlier state, and no state begins after now."""
    life = LIVES[fate]
    state, since = parcel_state(fate, 0.0, pace, first)
    then, _ = parcel_state(fate, 0.0, pace, first + later)
    assert life.index(then) >= life.index(state)
    assert since <= first
