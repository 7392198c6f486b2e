"""What only time brings: 冷静期 passes by the calendar, and who does not come has withdrawn."""

from __future__ import annotations

import datetime as dt

import pytest
import walk
from virtual import Virtual
from walk import MINUTE, Walk

from cli import acts
from compiler.applicant import MaterialRef
from compiler.calendars import load_calendar
from compiler.catalogue import Catalogue
from workflows.contracts import Awaiting, Tempo

pytestmark = pytest.mark.xdist_group("virtual")

CATALOGUE = Catalogue.load()
TAKEN = (MaterialRef(id="signature"), MaterialRef(id="signature"), MaterialRef(id="fingerprint"))
"""Both sign: one kind of evidence may come twice."""


async def divorcing(virtual: Virtual, reference: str, tempo: Tempo | None = None) -> Walk:
    """Start a divorce (later-04), accept it, and return it in its 冷静期."""
    case = await walk.begin(
        virtual,
        CATALOGUE,
        CATALOGUE.plan("later-04", "anywhere"),
        reference,
        {},
        ("id_card", "marriage", "agreement"),
        others=({"kind": "individual", "name": "沈秋云", "id_number": "430102198807150021"},),
        tempo=tempo,
    )
    await case.act("accept", acts.accept("440000-acceptor"))
    return case


async def cooled(virtual: Virtual, case: Walk) -> Awaiting:
    """Let the 冷静期 pass; return what waits then: that both appear."""
    hold = await case.row(what="离婚冷静期至")
    assert hold.due is not None
    await virtual.until(hold.due + MINUTE)
    return await case.row(what="双方到场")


async def test_a_hold_lasts_as_long_as_the_calendar_says_and_names_its_legal_basis(
    virtual: Virtual,
) -> None:
    """离婚冷静期: nobody can act before its last minute; then both appear, and it is decided."""
    case = await divorcing(virtual, "HOLD-1")
    hold = await case.row(what="离婚冷静期至")
    assert hold.due == load_calendar().due(hold.since, "30 days", "440000").at
    assert (hold.unit, hold.role, hold.acts) == ("婚姻登记机关", "system", ())
    await virtual.until(hold.due - MINUTE)
    assert [row.what for row in (await case.view()).awaiting] == [hold.what]

    await virtual.until(hold.due + MINUTE)
    appear = await case.row(what="双方到场")
    notes = {e.event: e for e in (await case.view()).timeline if e.step == "cooling"}
    assert list(notes) == ["held", "passed"]
    assert notes["held"].text == (
        f"离婚冷静期开始, {hold.what.removeprefix('离婚冷静期')}, 期间不计入办理时限"
        "(依据民法典第一千零七十七条)"
    )
    assert notes["passed"].at >= hold.due
    assert appear.due == load_calendar().due(appear.since, "30 days", "440000").at

    await case.act("capture", acts.capture("440000-clerk", TAKEN))
    refused = await case.send(await case.row("decide"), acts.decide("440000-acceptor"))
    assert not refused.done
    await case.act("decide", acts.decide("440000-decider"))
    handed = acts.hand_out("440000-clerk", reason="核验双方身份证原件")
    await case.act("hand_out", handed)
    # All that is left is the national register, which is not in this house.
    upload = await case.row(what="登记信息上传")
    assert (upload.place, (await case.view()).outcome) == ("national", "approved")
    await case.handle.terminate()


async def test_who_does_not_come_within_the_limit_has_withdrawn(virtual: Virtual) -> None:
    """视为撤回 by silence: reminded first, never a decision, no officer stands beside it."""
    case = await divorcing(virtual, "ABSENT-1")
    appear = await cooled(virtual, case)
    assert appear.due is not None
    await virtual.until(appear.due - MINUTE)
    waiting = await case.view()
    assert [row.task for row in waiting.awaiting] == ["appear"]
    assert any(e.event.startswith("remind-") for e in waiting.timeline)

    await virtual.until(appear.due + MINUTE)
    handed = acts.hand_out("440000-clerk", reason="核验身份证原件")
    await case.act("hand_out", handed)
    assert await case.handle.result() == "withdrawn"
    over = await case.view()
    absent = [e for e in over.timeline if e.step == "appear" and e.event == "absent"]
    assert [(e.text, e.by) for e in absent] == [("双方到场: 期限届满, 申请人未到场", "")]
    assert not {"approved", "issued", "captured"} & {e.event for e in over.timeline}


async def test_a_hold_keeps_its_end_when_the_run_continues_as_new(virtual: Virtual) -> None:
    """A run that is renewed in the middle of a hold goes on to the same end, noted once."""
    tempo = virtual.settings.tempo.model_copy(update={"history_events": 60})
    case = await divorcing(virtual, "HOLD-2", tempo)
    hold = await case.row(what="离婚冷静期至")
    assert hold.due is not None
    await virtual.until(hold.since + dt.timedelta(days=10))
    await case.renew(tempo)
    assert await case.row(what="离婚冷静期至") == hold
    await virtual.until(hold.due - MINUTE)
    assert await case.row(what="离婚冷静期至") == hold
    await virtual.until(hold.due + MINUTE)
    await case.row(what="双方到场")
    cooling = [e for e in (await case.view()).timeline if e.step == "cooling"]
    assert [e.event for e in cooling] == ["held", "passed"]
    await case.handle.terminate()
