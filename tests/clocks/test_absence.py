"""What only time brings: 冷静期 passes by the calendar, and who does not come has withdrawn."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from virtual import Virtual

from cli import acts
from compiler.applicant import MaterialRef
from compiler.application import check_filed
from compiler.calendars import load_calendar
from compiler.catalogue import Catalogue
from engine.filing import prepare, start
from workflows.contracts import (
    QUERY_VIEW,
    SIGNAL_REPORTED,
    UPDATE_ACT,
    Awaiting,
    CaseView,
    CommandAnswer,
    CommandEnvelope,
    Report,
    Tempo,
)

pytestmark = pytest.mark.xdist_group("virtual")

CATALOGUE = Catalogue.load()

Handle = WorkflowHandle[Any, Any]

MINUTE = dt.timedelta(minutes=1)
TAKEN = (MaterialRef(id="signature"), MaterialRef(id="signature"), MaterialRef(id="fingerprint"))
"""Both sign: one kind of evidence may come twice."""


async def divorcing(virtual: Virtual, reference: str, tempo: Tempo | None = None) -> Handle:
    """Start a divorce (later-04), accept it, and return it in its 冷静期."""
    filed = {
        "portal": "gdzwfw",
        "application_ref": reference,
        "matter": "later-04",
        "mode": "anywhere",
        "filed_at": "2026-11-20T10:00:00+08:00",
        "applicant": {"kind": "individual", "name": "周建国", "id_number": "430102198511230014"},
        "co_applicants": [
            {"kind": "individual", "name": "沈秋云", "id_number": "430102198807150021"}
        ],
        "application": {},
        "materials": [{"id": "id_card"}, {"id": "marriage"}, {"id": "agreement"}],
    }
    application = check_filed(CATALOGUE, filed)
    plan = CATALOGUE.plan("later-04", "anywhere")
    case = prepare(plan, application, virtual.topology, tempo or virtual.settings.tempo)
    started = await start(virtual.client, case, "province-440000")
    handle = virtual.client.get_workflow_handle(started.workflow_id)
    await act(handle, "accept", acts.accept("440000-acceptor"))
    return handle


async def view(handle: Handle) -> CaseView:
    """Look at a case."""
    found: CaseView = await handle.query(QUERY_VIEW, result_type=CaseView)
    return found


async def awaiting(handle: Handle, text: str) -> Awaiting:
    """Return the row that waits for this and says until when."""
    while True:
        for row in (await view(handle)).awaiting:
            if row.what.startswith(text) and row.due:
                return row
        await asyncio.sleep(0.05)


async def act(handle: Handle, name: str, make: acts.Maker) -> CommandAnswer:
    """Do an act as soon as a task takes it."""
    while True:
        rows = [row for row in (await view(handle)).awaiting if name in row.acts]
        if rows:
            break
        await asyncio.sleep(0.05)
    answer: CommandAnswer = await handle.execute_update(
        UPDATE_ACT,
        CommandEnvelope(command=make(rows[0].task, rows[0].task_rev)),
        result_type=CommandAnswer,
    )
    return answer


async def pass_until(virtual: Virtual, moment: dt.datetime) -> None:
    """Let virtual time pass until a moment."""
    await virtual.env.sleep(moment - await virtual.env.get_current_time())


async def cooled(virtual: Virtual, handle: Handle) -> Awaiting:
    """Let the 冷静期 pass; return what waits then: that both appear."""
    hold = await awaiting(handle, "离婚冷静期至")
    assert hold.due is not None
    await pass_until(virtual, hold.due + MINUTE)
    return await awaiting(handle, "双方到场")


async def test_a_hold_lasts_as_long_as_the_calendar_says_and_names_its_legal_basis(
    virtual: Virtual,
) -> None:
    """离婚冷静期: nobody can act before its last minute; then both appear, and it is decided."""
    handle = await divorcing(virtual, "HOLD-1")
    hold = await awaiting(handle, "离婚冷静期至")
    assert hold.due == load_calendar().due(hold.since, "30 days", "440000").at
    assert (hold.unit, hold.role, hold.acts) == ("婚姻登记机关", "system", ())
    await pass_until(virtual, hold.due - MINUTE)
    assert [row.what for row in (await view(handle)).awaiting] == [hold.what]

    await pass_until(virtual, hold.due + MINUTE)
    appear = await awaiting(handle, "双方到场")
    notes = {e.event: e for e in (await view(handle)).timeline if e.step == "cooling"}
    assert list(notes) == ["held", "passed"]
    assert notes["held"].text == (
        f"离婚冷静期开始, {hold.what.removeprefix('离婚冷静期')}, 期间不计入办理时限"
        "(依据民法典第一千零七十七条)"
    )
    assert notes["passed"].at >= hold.due
    assert appear.due == load_calendar().due(appear.since, "30 days", "440000").at

    assert (await act(handle, "capture", acts.capture("440000-clerk", TAKEN))).done
    assert (await act(handle, "decide", acts.decide("440000-acceptor"))).done is False
    assert (await act(handle, "decide", acts.decide("440000-decider"))).done
    handed = acts.hand_out("440000-clerk", reason="核验双方身份证原件")
    assert (await act(handle, "hand_out", handed)).done
    # All that is left is the national register, which is not in this house.
    upload = await awaiting(handle, "登记信息上传")
    assert (upload.place, (await view(handle)).outcome) == ("national", "approved")
    await handle.terminate()


async def test_who_does_not_come_within_the_limit_has_withdrawn(virtual: Virtual) -> None:
    """视为撤回 by silence: reminded first, never a decision, no officer stands beside it."""
    handle = await divorcing(virtual, "ABSENT-1")
    appear = await cooled(virtual, handle)
    assert appear.due is not None
    await pass_until(virtual, appear.due - MINUTE)
    waiting = await view(handle)
    assert [row.task for row in waiting.awaiting] == ["appear"]
    assert any(e.event.startswith("remind-") for e in waiting.timeline)

    await pass_until(virtual, appear.due + MINUTE)
    handed = acts.hand_out("440000-clerk", reason="核验身份证原件")
    assert (await act(handle, "hand_out", handed)).done
    assert await handle.result() == "withdrawn"
    over = await view(handle)
    absent = [e for e in over.timeline if e.step == "appear" and e.event == "absent"]
    assert [(e.text, e.by) for e in absent] == [("双方到场: 期限届满, 申请人未到场", "")]
    assert not {"approved", "issued", "captured"} & {e.event for e in over.timeline}


async def test_a_hold_keeps_its_end_when_the_run_continues_as_new(virtual: Virtual) -> None:
    """A run that is renewed in the middle of a hold goes on to the same end, noted once."""
    tempo = virtual.settings.tempo.model_copy(update={"history_events": 60})
    handle = await divorcing(virtual, "HOLD-2", tempo)
    hold = await awaiting(handle, "离婚冷静期至")
    assert hold.due is not None
    await pass_until(virtual, hold.since + dt.timedelta(days=10))
    run = (await handle.describe()).run_id
    stray = Report(case_no="", place="nowhere", seq=1, stage="received", results={})
    for _ in range(tempo.history_events):
        await handle.signal(SIGNAL_REPORTED, stray)
    while (await handle.describe()).run_id == run:
        await asyncio.sleep(0.05)
    assert await awaiting(handle, "离婚冷静期至") == hold
    await pass_until(virtual, hold.due - MINUTE)
    assert await awaiting(handle, "离婚冷静期至") == hold
    await pass_until(virtual, hold.due + MINUTE)
    await awaiting(handle, "双方到场")
    cooling = [e for e in (await view(handle)).timeline if e.step == "cooling"]
    assert [e.event for e in cooling] == ["held", "passed"]
    await handle.terminate()
