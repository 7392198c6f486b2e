"""What happens while nobody acts: reminders, yellow, supervision, red; never a silent approval."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from virtual import Virtual

from compiler.application import check_filed
from compiler.calendars import CHINA, load_calendar
from compiler.catalogue import Catalogue
from compiler.regimes import terms
from engine.filing import prepare, start
from workflows.contracts import (
    QUERY_VIEW,
    UPDATE_ACT,
    AcceptCommand,
    CaseView,
    CommandAnswer,
    CommandEnvelope,
)

CATALOGUE = Catalogue.load()

Handle = WorkflowHandle[Any, Any]


def filed(reference: str) -> dict[str, Any]:
    """Return an application for a pension transfer, which is accepted at home."""
    return {
        "portal": "gdzwfw",
        "application_ref": reference,
        "matter": "2020-07",
        "mode": "joint",
        "filed_at": "2026-11-20T10:00:00+08:00",
        "applicant": {"kind": "individual", "name": "周建国", "id_number": "430102198511230014"},
        "application": {"from_div": "430102", "to_div": "440305"},
        "materials": [{"id": "id_card"}],
    }


async def begin(virtual: Virtual, reference: str, regime: str = "公共服务") -> Handle:
    """Start a case and wait until its acceptance is somebody's task."""
    application = check_filed(CATALOGUE, filed(reference))
    changes = {"legal_regime": regime, "regime": terms(regime)}
    plan = CATALOGUE.plan("2020-07", "joint").model_copy(update=changes).sealed()
    case = prepare(plan, application, virtual.topology, virtual.settings.tempo)
    started = await start(virtual.client, case, "province-440000")
    handle = virtual.client.get_workflow_handle(started.workflow_id)
    while not any(row.task and row.due for row in (await view(handle)).awaiting):
        await asyncio.sleep(0.05)
    return handle


async def view(handle: Handle) -> CaseView:
    """Look at a case."""
    found: CaseView = await handle.query(QUERY_VIEW, result_type=CaseView)
    return found


async def pass_until(virtual: Virtual, moment: dt.datetime) -> None:
    """Let virtual time pass until a moment."""
    await virtual.env.sleep(moment - await virtual.env.get_current_time())


@pytest.mark.xdist_group("virtual")
async def test_an_overdue_officer_climbs_the_whole_ladder_and_nothing_is_approved(
    virtual: Virtual,
) -> None:
    """Remind at 50 %, yellow at 80 %, supervise at 90 %, red at 100 %; the task stays open."""
    handle = await begin(virtual, "LADDER-1")
    row = (await view(handle)).awaiting[0]
    assert row.due is not None
    assert row.due == load_calendar().due(row.since, row.within, row.province).at
    assert row.light == "green"

    calendar = load_calendar()
    seen: list[str] = []
    for percent, rung in ((50, "remind"), (80, "yellow"), (90, "supervise"), (100, "red")):
        at = calendar.share(row.since, row.within, percent, row.province).at
        await pass_until(virtual, at + dt.timedelta(minutes=1))
        events = [e for e in (await view(handle)).timeline if e.event.split("-")[0] == rung]
        assert [e.at.astimezone(CHINA).date() for e in events] == [at.date()]
        seen.append(rung)
    assert seen == ["remind", "yellow", "supervise", "red"]

    late = await view(handle)
    assert late.awaiting[0].light == "red"
    assert late.awaiting[0].role == "acceptor"
    assert late.stage == "received"
    assert late.outcome is None

    answer: CommandAnswer = await handle.execute_update(
        UPDATE_ACT,
        CommandEnvelope(
            command=AcceptCommand(
                command_id="late-1",
                task=row.task,
                task_rev=1,
                by="440000-acceptor",
                verdict="refuse",
                reason="不符合条件",
            )
        ),
        result_type=CommandAnswer,
    )
    assert answer.done
    assert await handle.result() == "not_accepted"


@pytest.mark.xdist_group("virtual")
async def test_a_licence_that_nobody_answered_is_deemed_accepted_with_a_red_light(
    virtual: Virtual,
) -> None:
    """视为受理 (行政许可法 32) is law, shown as such, and no officer stands beside it."""
    handle = await begin(virtual, "DEEMED-1", regime="行政许可")
    row = (await view(handle)).awaiting[0]
    assert row.due is not None
    await pass_until(virtual, row.due + dt.timedelta(minutes=1))
    seen = await view(handle)
    assert seen.stage == "accepted"
    deemed = [e for e in seen.timeline if e.event == "deemed"]
    assert len(deemed) == 1
    assert deemed[0].by == ""
    assert any(e.event.startswith("red-") for e in seen.timeline)
    assert all(entry.task != row.task for entry in seen.awaiting)
    await handle.terminate()
