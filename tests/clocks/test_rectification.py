"""好差评 in virtual time: silence is no rating, and a bad one that nobody works on turns red."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode
from virtual import Virtual
from walk import Handle, send

from compiler.calendars import load_calendar
from workflows.contracts import (
    QUERY_VIEW,
    CallBackCommand,
    RateCommand,
    RatingInvitation,
    RatingView,
    RecomputeCommand,
    RectificationView,
    RectifyCommand,
    Responsible,
    VerifyCommand,
    rating_workflow_id,
    rectification_workflow_id,
)
from workflows.rating import RatingWorkflow, found_by

pytestmark = pytest.mark.xdist_group("virtual")

T = TypeVar("T")

CALENDAR = load_calendar()
CLERK, SUPERVISOR = "440000-clerk", "440000-supervisor"


async def invited(virtual: Virtual, case_no: str) -> Handle:
    """Invite to rate a result of 深圳, as a case's step does."""
    responsible = Responsible(
        case_no=case_no,
        matter="2020-07 企业职工基本养老保险关系转移接续",
        place="into",
        province="440000",
        unit="社会保险经办机构",
        division="440305",
    )
    return await virtual.client.start_workflow(
        RatingWorkflow.run,
        RatingInvitation(responsible=responsible, step="rate_result", of="result"),
        id=rating_workflow_id(case_no, "rate_result"),
        task_queue="province-440000",
        search_attributes=found_by(responsible),
    )


async def rating(handle: Handle) -> RatingView:
    found: RatingView = await handle.query(QUERY_VIEW, result_type=RatingView)
    return found


async def opened(handle: Handle) -> RectificationView:
    found: RectificationView = await handle.query(QUERY_VIEW, result_type=RectificationView)
    return found


async def until(look: Callable[[], Awaitable[T]], holds: Callable[[T], object]) -> T:
    """Look until something holds; virtual time stands still meanwhile."""
    async with asyncio.timeout(20):
        while not holds(found := await look()):
            await asyncio.sleep(0.05)
    return found


async def rectification(virtual: Virtual, case_no: str, score: int = 1) -> Handle:
    """Have a result rated badly; return the rectification that this opens."""
    rated = await invited(virtual, case_no)
    await until(lambda: rating(rated), lambda seen: seen.awaiting[0].due)
    await send(rated, RateCommand(command_id=f"{case_no}-rate", score=score))
    work = virtual.client.get_workflow_handle(rectification_workflow_id(case_no, "rate_result"))

    async def there() -> bool:
        return (await rating(rated)).score is not None and await _known(work)

    await until(there, bool)
    await until(lambda: opened(work), lambda seen: seen.awaiting and seen.awaiting[0].due)
    return work


async def _known(handle: Handle) -> bool:
    try:
        await handle.describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def test_silence_ends_unrated_and_never_as_a_good_rating(virtual: Virtual) -> None:
    """Fifteen days pass: no score, nothing counted, no rectification, and it is over."""
    handle = await invited(virtual, "440000-20261120-SILENCE2")
    (row,) = (await until(lambda: rating(handle), lambda seen: seen.awaiting[0].due)).awaiting
    assert row.due == CALENDAR.due(row.since, "15 days", "440000").at
    assert row.due is not None
    await virtual.until(row.due - dt.timedelta(minutes=1))
    assert (await rating(handle)).outcome is None
    await virtual.until(row.due + dt.timedelta(minutes=1))
    assert await handle.result() == "unrated"
    seen = await rating(handle)
    assert (seen.score, seen.counted, seen.outcome, seen.awaiting) == (None, False, "unrated", ())


async def test_a_rating_in_the_last_hour_counts_and_another_one_does_not(virtual: Virtual) -> None:
    """The same command id gets its answer again; a second rating is refused at once (一次一评)."""
    handle = await invited(virtual, "440000-20261120-LASTHOUR")
    (row,) = (await until(lambda: rating(handle), lambda seen: seen.awaiting[0].due)).awaiting
    assert row.due is not None
    await virtual.until(row.due - dt.timedelta(hours=1))
    bad = RateCommand(command_id="last-1", score=2, tags=("收费",))
    first = await send(handle, bad)
    assert await send(handle, bad) == first
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await send(handle, RateCommand(command_id="last-2", score=5))
    assert "一次一评" in str(refused.value.cause)
    seen = await rating(handle)
    assert (seen.score, seen.tags, seen.counted) == (2, ("收费",), True)
    await handle.terminate()


async def verified(handle: Handle) -> None:
    """Have a bad rating found to hold; wait until putting it right is due."""
    await send(handle, VerifyCommand(
        command_id=f"{handle.id}-verify", task="verify", task_rev=1, by=CLERK, verdict="rectify"
    ))  # fmt: skip
    await until(lambda: opened(handle), lambda view: view.awaiting and view.awaiting[0].due)


async def test_a_bad_rating_that_nobody_puts_right_climbs_the_whole_ladder(
    virtual: Virtual,
) -> None:
    """Remind, yellow, supervise, red, each at its share of the limit; the task stays open."""
    handle = await rectification(virtual, "440000-20261120-LADDER22")
    await verified(handle)
    (row,) = (await opened(handle)).awaiting
    assert (row.role, row.within, row.light) == ("clerk", "15 workdays", "green")
    assert row.due == CALENDAR.due(row.since, "15 workdays", "440000").at
    for percent, rung, light in (
        (50, "remind", "green"),
        (80, "yellow", "yellow"),
        (90, "supervise", "yellow"),
        (100, "red", "red"),
    ):
        at = CALENDAR.share(row.since, row.within, percent, row.province).at
        await virtual.until(at + dt.timedelta(minutes=1))
        seen = await until(
            lambda: opened(handle),
            lambda view, rung=rung: any(e.event == f"{rung}-rectify-1" for e in view.timeline),
        )
        assert (seen.awaiting[0].light, seen.awaiting[0].task) == (light, "rectify-1")
    assert seen.outcome is None
    late = RectifyCommand(
        command_id="late", task="rectify-1", task_rev=1, by=CLERK, reason="已整改"
    )
    assert (await send(handle, late)).done
    now = await until(lambda: opened(handle), lambda view: view.awaiting[0].due)
    assert (now.awaiting[0].what, now.awaiting[0].light) == ("回访评价人", "green")
    await handle.terminate()


async def test_a_new_calendar_reaches_a_rectification_too(virtual: Virtual) -> None:
    """A calendar that the worker does not have is said; the one that it has moves nothing."""
    handle = await rectification(virtual, "440000-20261120-RECOMPUT")
    (row,) = (await opened(handle)).awaiting
    known = RecomputeCommand(command_id="r-1", by="operator", calendar=CALENDAR.version)
    answer = await send(handle, known)
    assert (answer.done, answer.count) == (True, 0)
    unknown = RecomputeCommand(command_id="r-2", by="operator", calendar="0123456789ab")
    answer = await send(handle, unknown)
    assert (answer.done, answer.count) == (False, 0)
    assert CALENDAR.version in answer.message
    assert (await opened(handle)).awaiting[0].due == row.due
    await handle.terminate()


async def test_months_of_putting_right_end_when_the_applicant_is_satisfied(
    virtual: Virtual,
) -> None:
    """Each task has its own limit; the one who rectified may not call back as well."""
    case_no = "440000-20261120-SATISFY2"
    handle = await rectification(virtual, case_no)
    await verified(handle)
    (row,) = (await opened(handle)).awaiting
    assert row.due is not None
    await virtual.until(row.due - dt.timedelta(hours=2))
    await send(handle, RectifyCommand(
        command_id="s-2", task="rectify-1", task_rev=1, by=CLERK, reason="已增设窗口"
    ))  # fmt: skip
    await until(lambda: opened(handle), lambda v: v.awaiting and v.awaiting[0].role == "supervisor")
    answer = await send(handle, CallBackCommand(
        command_id="s-3", task="call_back-1", task_rev=1, by=CLERK, satisfied=True
    ))  # fmt: skip
    assert (answer.done, "ask another officer" in answer.message) == (False, True)
    await send(handle, CallBackCommand(
        command_id="s-4", task="call_back-1", task_rev=2, by=SUPERVISOR, satisfied=True
    ))  # fmt: skip
    assert await handle.result() == "rectified"
    rated = virtual.client.get_workflow_handle(rating_workflow_id(case_no, "rate_result"))
    assert await rated.result() == "rectified"
    assert (await rating(rated)).counted
