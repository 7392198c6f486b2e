"""重算时限: after a calendar was published anew, the due dates of all open cases.

Every workflow that is open, at home or at a handling place, is sent a command under one id for the
whole run; it asks its province's own calendar again for each clock that the new version concerns. A
worker must have that calendar, so workers are restarted first.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict
from temporalio.client import WorkflowExecutionStatus

from engine.cases import Cases
from engine.connect import Connections
from engine.topology import Province
from errors import ActRefusedError, NotFoundError, UnreachableError
from workflows.contracts import RecomputeCommand, Standing

OPERATOR = "operator"
"""Who sends the command: it is no official act."""

AT_ONCE = 16
"""Commands under way at the same time: without a worker each takes 15 s to say so."""


class Open(BaseModel):
    """An open workflow: of a case, of its handling, of a rating or an act that came of it."""

    model_config = ConfigDict(frozen=True)

    province: str
    workflow_id: str


class Clocks(BaseModel):
    """What one workflow has running: due times, and those that are provisional."""

    model_config = ConfigDict(frozen=True)

    of: Open
    running: int = 0
    provisional: int = 0
    problem: str = ""


class Recomputed(BaseModel):
    """What became of one workflow: how many due dates moved, or why nobody knows."""

    model_config = ConfigDict(frozen=True)

    of: Open
    moved: int = 0
    problem: str = ""


R = TypeVar("R")


async def open_workflows(
    cases: Cases, connections: Connections, provinces: Iterable[Province]
) -> list[Open]:
    """Return what is open in these provinces; one that this server does not serve has nothing."""
    served = await cases.served()
    return [
        Open(province=province.code, workflow_id=found.id)
        for province in provinces
        if province.namespace in served
        async for found in (await connections.client(province.code)).list_workflows(
            "ExecutionStatus = 'Running' AND CaseNo IS NOT NULL"
        )
    ]


def look(
    cases: Cases, connections: Connections, workflows: Sequence[Open]
) -> AsyncIterator[Clocks]:
    """Yield each workflow's running clocks, as answers come in; nothing is changed."""

    async def one(it: Open) -> Clocks:
        handle = (await connections.client(it.province)).get_workflow_handle(it.workflow_id)
        try:
            view = await cases.ask(it.province, handle, Standing)
        except (ActRefusedError, NotFoundError, UnreachableError) as error:
            return Clocks(of=it, problem=str(error))
        # What other places owe stands in the home's view too, but runs in their own workflows.
        others = view.places if it.workflow_id.startswith("case/") else {}
        due = [row for row in view.awaiting if row.due is not None and row.place not in others]
        return Clocks(of=it, running=len(due), provisional=sum(r.provisional for r in due))

    return _each(workflows, one)


def recompute(
    cases: Cases, connections: Connections, workflows: Sequence[Open], calendar: str
) -> AsyncIterator[Recomputed]:
    """Have each workflow compute its due dates anew; yield what became of it, as answers come in.

    Args:
        cases: Sends the commands.
        connections: Clients of the provinces.
        workflows: From `open_workflows`. One that has closed since has no clocks: nothing moved.
        calendar: The version that was published; see `compiler.calendars`.
    """
    command = RecomputeCommand(
        command_id=f"recompute-{calendar}-{uuid.uuid4()}", by=OPERATOR, calendar=calendar
    )

    async def one(it: Open) -> Recomputed:
        client = await connections.client(it.province)
        try:
            answer = await cases.send(client, it.workflow_id, command)
        except ActRefusedError as error:
            found = await client.get_workflow_handle(it.workflow_id).describe()
            closed = found.status is not WorkflowExecutionStatus.RUNNING
            return Recomputed(of=it, problem="" if closed else str(error))
        except UnreachableError as error:
            return Recomputed(of=it, problem=error.message)
        if not answer.done:
            return Recomputed(of=it, problem=answer.message)
        return Recomputed(of=it, moved=answer.count)

    return _each(workflows, one)


async def _each(
    workflows: Sequence[Open], work: Callable[[Open], Awaitable[R]]
) -> AsyncIterator[R]:
    """Yield the results of a work on all workflows, some at once, in the order of their ends."""
    lanes = asyncio.Semaphore(AT_ONCE)

    async def one(it: Open) -> R:
        async with lanes:
            return await work(it)

    for done in asyncio.as_completed([asyncio.ensure_future(one(it)) for it in workflows]):
        yield await done
