"""The courier refuses, fails or loses: somebody's task, and never two parcels for one booking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from house import ACCEPTOR, DECIDER, Case, House, events

from cli import acts
from gateways.sandbox.faults import Fault

pytestmark = pytest.mark.xdist_group("cases")

BOOKING = "/courier/parcels"
HOME_CLERK = "440000-clerk"


@pytest.fixture(autouse=True)
async def _behaving(house: House) -> AsyncIterator[None]:
    """No fault outlives its test."""
    yield
    await asyncio.to_thread(house.sandbox.behave)


async def finish(case: Case) -> list[str]:
    """Accept and approve; return the events."""
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))
    view = await case.closed()
    assert view.outcome == "approved"
    return events(view)


async def test_a_lost_parcel_is_a_clerks_task_and_then_a_new_one_under_a_new_key(
    house: House,
) -> None:
    """Lost twice: two tasks, two documents, three parcels of which one arrives."""
    await house.misbehave(Fault(path=BOOKING, kind="lose", method="POST", times=2))
    case = await house.file("collect")
    numbers = []
    for count in (1, 2):
        await case.happened(f"trouble-{count}")
        target = await case.task("resolve")
        assert (target.province, target.row.role, target.row.unit) == (
            "440000",
            "clerk",
            "跨省通办窗口",
        )
        parcel = (await case.parcels())[-1]
        assert target.row.what == f"邮件{parcel['waybill']}丢失"
        assert [row.task for row in (await case.view()).awaiting] == [target.row.task]
        assert len(await case.parcels()) == count
        numbers.append((await case.act("resolve", acts.resolve(HOME_CLERK))).document_no)
        assert numbers[-1]
    assert numbers[0] != numbers[1]
    await finish(case)
    sent = [p for p in await case.parcels() if p["leg"] == "dispatch"]
    assert [p["state"] for p in sent] == ["lost", "lost", "signed_for"]
    assert len({p["key"] for p in sent}) == 3
    assert await case.legs() == ["deliver", "dispatch", "dispatch", "dispatch"]


async def test_a_refused_booking_is_a_clerks_task_and_then_booked_anew(house: House) -> None:
    """The courier's own words are in the task; one parcel travels in the end."""
    await house.misbehave(Fault(path=BOOKING, kind="refuse", method="POST", reason="超出寄递范围"))
    case = await house.file("collect")
    target = await case.task("resolve")
    assert target.row.what.startswith("寄递下单: ")
    assert "超出寄递范围" in target.row.what
    assert await case.parcels() == []
    refused = await case.send(acts.resolve("430000-clerk"), target)
    assert (refused.done, "行政区划不符" in refused.message) == (False, True)
    await case.act("resolve", acts.resolve(HOME_CLERK, reason="已换收件地址"))
    done = await finish(case)
    assert (done.count("trouble-1"), done.count("resolved-1")) == (1, 1)
    assert await case.legs() == ["deliver", "dispatch"]


async def test_a_courier_that_is_down_is_asked_again_until_it_is_up(house: House) -> None:
    """Three times 503 is nobody's task; one parcel a leg."""
    await house.misbehave(Fault(path=BOOKING, kind="fail", method="POST", times=3))
    case = await house.file("collect")
    await case.until(lambda v: [r.what for r in v.awaiting] == ["寄递下单"], "the booking's wait")
    done = await finish(case)
    assert not [event for event in done if event.startswith("trouble")]
    assert await case.legs() == ["deliver", "dispatch"]
