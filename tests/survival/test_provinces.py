"""What lies in which province, and what happens while one of the two has no worker."""

from __future__ import annotations

import time

import pytest
from drill import AWAY, HOME, Drill, Stage, eventually, noted
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

pytestmark = pytest.mark.xdist_group("survival-440000")

RESUME = 5.0
"""Seconds within which a case goes on after a province's return."""


async def test_each_history_lies_in_its_own_provinces_namespace(stage: Stage) -> None:
    """The server lists the case in the collecting province only, its handling in the other only."""
    drill = await stage.file()
    await drill.finish()
    ids = {province: (await drill.handle(province)).id for province in (HOME, AWAY)}
    service = stage.stack.connections.service
    plain = {p: Client(service, namespace=f"province-{p}") for p in (HOME, AWAY)}
    for province, other in ((HOME, AWAY), (AWAY, HOME)):
        about = await plain[province].get_workflow_handle(ids[province]).describe()
        assert about.raw_description.workflow_execution_info.task_queue == f"province-{province}"
        history = await plain[province].get_workflow_handle(ids[province]).fetch_history()
        assert len(history.events) == about.history_length > 10
        with pytest.raises(RPCError) as refused:
            await plain[other].get_workflow_handle(ids[province]).describe()
        assert refused.value.status is RPCStatusCode.NOT_FOUND
        listed = await eventually(
            lambda p=province: listing(plain[p], drill), f"visibility in {province}"
        )
        assert listed == [ids[province]]


async def listing(client: Client, drill: Drill) -> list[str] | None:
    """Return what a namespace lists of a case; visibility lags a little."""
    query = f"CaseNo = '{drill.case_no}'"
    return [found.id async for found in client.list_workflows(query)] or None


async def test_a_case_waits_for_a_province_without_a_worker(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """`awaiting` names the province; once it has a worker the case goes on within seconds."""
    await stage.workers[AWAY].kill()
    drill = await stage.file()
    view = await drill.until(noted("handle", "ordered"), "the order")
    assert [(row.place, row.province) for row in view.awaiting] == [("handling", AWAY)]
    await eventually(lambda: unanswered(drill), "an order that nobody took")
    view = await drill.until(lambda _: True, "a look")
    assert not noted("handle", "acknowledged")(view)
    assert [(row.place, row.province) for row in view.awaiting] == [("handling", AWAY)]
    await stage.workers[AWAY].start()
    back = time.monotonic()
    await drill.until(noted("handle", "acknowledged"), "the acknowledgement")
    resumed = time.monotonic() - back
    with capsys.disabled():
        print(f"\nresumed {resumed:.2f} s after the province's return")  # noqa: T201
    assert resumed <= RESUME
    await drill.assert_once(await drill.finish(), stage.sandbox)


async def unanswered(drill: Drill) -> bool | None:
    """Whether an attempt to reach the other province has failed."""
    about = await (await drill.handle(HOME)).describe()
    pending = about.raw_description.pending_nexus_operations
    return any(operation.attempt >= 1 for operation in pending) or None
