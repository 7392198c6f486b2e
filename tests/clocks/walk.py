"""A case in virtual time, as those who act on it and wait for it see it."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle
from virtual import Virtual

from cli import acts
from compiler.application import check_filed
from compiler.catalogue import Catalogue
from compiler.plan import Plan
from engine.filing import prepare, start
from workflows.contracts import (
    QUERY_VIEW,
    SIGNAL_REPORTED,
    UPDATE_ACT,
    AnyCommand,
    Awaiting,
    CaseView,
    CommandAnswer,
    CommandEnvelope,
    Report,
    Tempo,
)

Handle = WorkflowHandle[Any, Any]

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)

PERSON = {"kind": "individual", "name": "周建国", "id_number": "430102198511230014"}


@dataclass(frozen=True)
class Walk:
    """A case in virtual time."""

    virtual: Virtual
    handle: Handle

    async def view(self) -> CaseView:
        """Look at it."""
        found: CaseView = await self.handle.query(QUERY_VIEW, result_type=CaseView)
        return found

    async def row(self, act: str = "", task: str = "", what: str = "") -> Awaiting:
        """Wait for the row that takes an act, is a task's or says this, and has a due date."""
        while True:
            for row in (await self.view()).awaiting:
                if (
                    row.due
                    and (not act or act in row.acts)
                    and task in ("", row.task)
                    and row.what.startswith(what)
                ):
                    return row
            await asyncio.sleep(0.02)

    async def send(self, row: Awaiting, make: acts.Maker) -> CommandAnswer:
        """Send a command to the task of a row as it is now."""
        rows = {found.task: found for found in (await self.view()).awaiting}
        return await send(self.handle, make(row.task, rows[row.task].task_rev))

    async def act(self, act: str, make: acts.Maker) -> None:
        """Do an act as soon as a task takes it."""
        answer = await self.send(await self.row(act), make)
        assert answer.done, answer.message

    async def operate(self, row: Awaiting, kind: Any, by: str, **fields: Any) -> CommandAnswer:
        """Do an operation on a task."""
        return await self.send(row, acts.on_task(kind, by, **fields))

    async def events(self) -> list[str]:
        """The events of its timeline."""
        return [entry.event for entry in (await self.view()).timeline]

    async def renew(self, tempo: Tempo) -> None:
        """Fill its history with reports of nobody until its run continues as new."""
        run = (await self.handle.describe()).run_id
        stray = Report(case_no="", place="nowhere", seq=1, stage="received", results={})
        for _ in range(tempo.history_events):
            await self.handle.signal(SIGNAL_REPORTED, stray)
        while (await self.handle.describe()).run_id == run:
            await asyncio.sleep(0.02)


async def send(handle: Handle, command: AnyCommand) -> CommandAnswer:
    """Send a command to a workflow; return its answer."""
    answer: CommandAnswer = await handle.execute_update(
        UPDATE_ACT, CommandEnvelope(command=command), result_type=CommandAnswer
    )
    return answer


async def begin(  # noqa: PLR0917 - an application is many words
    virtual: Virtual,
    catalogue: Catalogue,
    plan: Plan,
    reference: str,
    application: dict[str, Any],
    materials: tuple[str, ...] = ("id_card",),
    *,
    person: dict[str, Any] = PERSON,
    others: tuple[dict[str, Any], ...] = (),
    tempo: Tempo | None = None,
) -> Walk:
    """Start a case, filed in Guangdong on 2026-11-20."""
    filed = {
        "portal": "gdzwfw",
        "application_ref": reference,
        "matter": plan.matter,
        "mode": plan.mode,
        "filed_at": "2026-11-20T10:00:00+08:00",
        "applicant": person,
        "co_applicants": list(others),
        "application": application,
        "materials": [{"id": material} for material in materials],
    }
    case = prepare(
        plan,
        check_filed(catalogue, filed),
        virtual.topology,
        tempo or virtual.settings.tempo,
    )
    started = await start(virtual.client, case, "province-440000")
    return Walk(virtual, virtual.client.get_workflow_handle(started.workflow_id))
