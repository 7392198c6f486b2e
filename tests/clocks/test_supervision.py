"""督办: a late task is put before the unit's own superior, once, and the case goes on by itself."""

from __future__ import annotations

import asyncio

import pytest
import walk
from virtual import Virtual

from cli import acts
from compiler.calendars import load_calendar
from compiler.catalogue import Catalogue
from workflows.contracts import (
    QUERY_VIEW,
    UPDATE_ACT,
    AnswerSupervisionCommand,
    CloseOutCommand,
    CommandAnswer,
    CommandEnvelope,
    SuperviseCommand,
    SupervisionView,
    Tempo,
    supervision_workflow_id,
)

pytestmark = pytest.mark.xdist_group("virtual")

CATALOGUE = Catalogue.load()
WHERE = {"from_div": "430102", "to_div": "440305"}
SUPERIOR, CLERK = "440000-supervisor", "440000-clerk"


async def late(virtual: Virtual, reference: str, tempo: Tempo | None = None) -> walk.Walk:
    """Return a case whose acceptance has come to the rung `supervise` and is supervised."""
    plan = CATALOGUE.plan("2020-07", "joint")
    case = await walk.begin(virtual, CATALOGUE, plan, reference, WHERE, tempo=tempo)
    row = await case.row(act="accept")
    at = load_calendar().share(row.since, row.within, 90, row.province).at
    await virtual.until(at + walk.MINUTE)
    while not any(e.event.startswith("supervising-") for e in (await case.view()).timeline):
        await asyncio.sleep(0.02)
    return case


class Supervision:
    """The supervision of a case's first late task."""

    def __init__(self, virtual: Virtual, case_no: str, mark: str) -> None:
        self.handle = virtual.client.get_workflow_handle(supervision_workflow_id(case_no, mark))

    async def view(self) -> SupervisionView:
        found: SupervisionView = await self.handle.query(QUERY_VIEW, result_type=SupervisionView)
        return found

    async def act(self, act: str, make: acts.Maker) -> CommandAnswer:
        """Do an act as soon as a task takes it."""
        while True:
            rows = [row for row in (await self.view()).awaiting if act in row.acts and row.due]
            if rows:
                break
            await asyncio.sleep(0.02)
        answer: CommandAnswer = await self.handle.execute_update(
            UPDATE_ACT,
            CommandEnvelope(command=make(rows[0].task, rows[0].task_rev)),
            result_type=CommandAnswer,
        )
        return answer


async def supervised(virtual: Virtual, case: walk.Walk) -> Supervision:
    """Return the one supervision that a case has."""
    view = await case.view()
    marks = [
        e.event.removeprefix("supervising-") for e in view.timeline if "supervising-" in e.event
    ]
    assert len(marks) == 1
    return Supervision(virtual, view.case_no, marks[0])


async def test_a_late_task_is_ordered_answered_and_closed_while_the_case_goes_on(
    virtual: Virtual,
) -> None:
    """The superior of the late unit, nobody else; the task itself stays whoever's it was."""
    case = await late(virtual, "SUPERVISED-1")
    supervision = await supervised(virtual, case)
    order = acts.on_task(SuperviseCommand, CLERK, reason="请限期办结")
    assert not (await supervision.act("supervise", order)).done
    order = acts.on_task(SuperviseCommand, SUPERIOR, reason="请限期办结")
    ordered = await supervision.act("supervise", order)
    assert (ordered.done, "督办" in ordered.document_no) == (True, True)

    refused = acts.accept("440000-acceptor", "refuse", reason="不符合条件")
    await case.act("accept", refused)
    assert await case.handle.result() == "not_accepted"

    empty = acts.on_task(AnswerSupervisionCommand, CLERK)
    assert not (await supervision.act("answer_supervision", empty)).done
    said = acts.on_task(AnswerSupervisionCommand, CLERK, reason="已作出不予受理决定")
    assert (await supervision.act("answer_supervision", said)).done
    assert (await supervision.act("close_out", acts.on_task(CloseOutCommand, SUPERIOR))).done
    assert await supervision.handle.result() == "closed"
    told = [(e.event, e.by) for e in (await supervision.view()).timeline]
    assert told == [
        ("opened", ""), ("ordered", SUPERIOR), ("answered-1", CLERK), ("closed-1", SUPERIOR),
    ]  # fmt: skip


async def test_two_answers_that_do_not_satisfy_end_it_unresolved(virtual: Virtual) -> None:
    """Bounded: it never goes on for ever, and a red light stays."""
    supervision = await supervised(virtual, await late(virtual, "SUPERVISED-2"))
    await supervision.act("supervise", acts.on_task(SuperviseCommand, SUPERIOR, reason="请办结"))
    for _ in range(2):
        said = acts.on_task(AnswerSupervisionCommand, CLERK, reason="正在办理")
        await supervision.act("answer_supervision", said)
        again = acts.on_task(CloseOutCommand, SUPERIOR, satisfied=False, reason="未见进展")
        await supervision.act("close_out", again)
    assert await supervision.handle.result() == "unresolved"
    assert (await supervision.view()).timeline[-1].event == "unresolved"


async def test_what_was_done_meanwhile_needs_no_order(virtual: Virtual) -> None:
    """The superior looks and finds nothing to order."""
    supervision = await supervised(virtual, await late(virtual, "SUPERVISED-3"))
    needless = acts.on_task(SuperviseCommand, SUPERIOR, needless=True, reason="已办结")
    await supervision.act("supervise", needless)
    assert await supervision.handle.result() == "needless"


async def test_a_renewed_run_opens_no_second_supervision(virtual: Virtual) -> None:
    """One lateness of one task is supervised once, also over continue-as-new."""
    tempo = virtual.settings.tempo.model_copy(update={"history_events": 120})
    case = await late(virtual, "SUPERVISED-4", tempo)
    await case.renew(tempo)
    await supervised(virtual, case)
    await case.act("accept", acts.accept("440000-acceptor", "refuse", reason="不符合条件"))
    assert await case.handle.result() == "not_accepted"
    await supervised(virtual, case)
