"""A case that must come through: filed, driven by its officers, and looked at while workers die."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from cli import acts
from cli.stack import Stack, stack
from compiler.application import check_filed
from compiler.catalogue import Catalogue
from engine.cases import Cases, Target
from engine.connect import Connections
from engine.filing import Started, prepare, start
from engine.processes import WorkerProcess
from engine.settings import Settings
from errors import NotFoundError, UnreachableError
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.faults import Fault
from gateways.sandbox.services import LIVES, Behaviour
from workflows.contracts import (
    QUERY_VIEW,
    AnyCommand,
    CaseView,
    CommandAnswer,
    Tempo,
    handling_workflow_id,
)

T = TypeVar("T")

HOME, AWAY = "440000", "430000"
"""The collecting province and the handling one."""

NAME, ID_NUMBER = "林晓梅", "430102199003078524"
"""The applicant: what nobody may find on a disk."""

TEMPO = Tempo(handover_first=0.2, handover_longest=1, inquiry_every=5, parcel_poll=0.1)

TIMEOUT = timedelta(seconds=3)
"""Of one look: a worker that was just killed may still be asked first."""

PATIENCE = 40.0
"""Seconds after which a drill has failed."""

ARRIVES = "signed_for"
"""The fate of a parcel that arrives; the courier that takes no time is at its end at once."""

MAKERS: dict[str, Callable[..., acts.Maker]] = {
    "accept": lambda: acts.accept(f"{AWAY}-acceptor"),
    "decide": lambda: acts.decide(f"{AWAY}-decider"),
}
"""The two official acts of a collect case, in their order."""


def filed(reference: str = "") -> dict[str, Any]:
    """Return a collect application, under a reference of its own."""
    return {
        "portal": "gdzwfw",
        "application_ref": reference or uuid.uuid4().hex[:12],
        "matter": "2021-02",
        "mode": "collect",
        "filed_at": "2026-11-20T09:30:00+08:00",
        "applicant": {
            "kind": "individual",
            "name": NAME,
            "id_number": ID_NUMBER,
            "phone": "13800138000",
            "address": "广东省深圳市南山区科技园一路1号",
        },
        "application": {"household_div": "430102"},
        "materials": [{"id": "id_card", "paper": True}],
    }


async def eventually(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look until something is seen, and return it; a worker that is away is waited for."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            found = await look()
        except (UnreachableError, NotFoundError):
            found = None
        if found is not None:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {PATIENCE:.0f} s")


def noted(step: str, event: str) -> Callable[[CaseView], bool]:
    """Return a test: does the timeline say that this happened in this step."""
    return lambda view: any(
        entry.step == step and entry.event.split("-")[0] == event for entry in view.timeline
    )


@dataclass(frozen=True)
class Drill:
    """One collect case, and what a test sees and does of it from outside."""

    connections: Connections
    started: Started

    @property
    def case_no(self) -> str:
        """The case number."""
        return self.started.case_no

    @property
    def cases(self) -> Cases:
        """Cases, as the command line has them."""
        return Cases(self.connections)

    async def handle(self, province: str) -> WorkflowHandle[Any, Any]:
        """Return the case's workflow at home, or the handling workflow away."""
        workflow_id = handling_workflow_id(self.case_no, "handling")
        client = await self.connections.client(province)
        return client.get_workflow_handle(
            self.started.workflow_id if province == HOME else workflow_id
        )

    async def until(
        self, holds: Callable[[CaseView], object], what: str, province: str = HOME
    ) -> CaseView:
        """Look at one province's side until something holds."""
        handle = await self.handle(province)
        seen: CaseView | None = None

        async def look() -> CaseView | None:
            nonlocal seen
            seen = await self._ask(handle)
            return seen if seen is not None and holds(seen) else None

        try:
            return await eventually(look, what)
        except AssertionError as error:
            state = f"{seen.stage}, awaiting {seen.awaiting}" if seen else "no worker answers"
            raise AssertionError(f"{error}; last seen: {state}") from error

    async def _ask(self, handle: WorkflowHandle[Any, Any]) -> CaseView | None:
        try:
            seen: CaseView = await handle.query(
                QUERY_VIEW, result_type=CaseView, rpc_timeout=TIMEOUT
            )
        except RPCError as error:
            away = {
                RPCStatusCode.NOT_FOUND,
                RPCStatusCode.DEADLINE_EXCEEDED,
                RPCStatusCode.CANCELLED,
                RPCStatusCode.FAILED_PRECONDITION,
                RPCStatusCode.UNAVAILABLE,
            }
            if error.status in away:
                return None
            raise
        return seen

    async def task(self, act: str) -> Target:
        """Wait until the handling place has a task open that takes this act."""
        view = await self.until(
            lambda seen: any(act in row.acts for row in seen.awaiting), f"a task to {act}", AWAY
        )
        row = next(row for row in view.awaiting if act in row.acts)
        workflow_id = handling_workflow_id(self.case_no, "handling")
        return Target(province=AWAY, workflow_id=workflow_id, row=row)

    async def command(self, act: str) -> AnyCommand:
        """Return the officer's command, once he is asked for it."""
        target = await self.task(act)
        return MAKERS[act]()(target.row.task, target.row.task_rev)

    async def act(self, act: str) -> CommandAnswer:
        """Act as soon as somebody is asked to."""
        return await self.send(await self.command(act))

    async def send(self, command: AnyCommand) -> CommandAnswer:
        """Send a command, again and again under its one id, until it is answered."""
        client = await self.connections.client(AWAY)
        workflow_id = handling_workflow_id(self.case_no, "handling")
        return await eventually(
            lambda: self.cases.send(client, workflow_id, command), f"an answer to {command.act}"
        )

    async def finish(self, done: Sequence[str] = ()) -> CaseView:
        """Do the acts that are not done yet, and wait for the end of the case."""
        for act in MAKERS:
            if act not in done:
                await self.act(act)
        return await self.until(lambda view: view.closed, "the end of the case")

    async def assert_once(self, view: CaseView, sandbox: SandboxControl) -> None:
        """Hold that the case ended well, and that nothing was done twice on its way."""
        # In a thread: the sandbox may be served by this very loop.
        parcels = await asyncio.to_thread(sandbox.parcels, self.case_no)
        events = [entry.event for entry in view.timeline]
        assert (view.stage, view.outcome) == ("delivered", "approved")
        assert [e for e in events if e in ("accepted", "not_accepted")] == ["accepted"]
        assert [e for e in events if e in ("approved", "rejected")] == ["approved"]
        assert sorted(p["leg"] for p in parcels) == ["deliver", "dispatch"]

    async def taken(self) -> list[str]:
        """Return the ids of all commands that the handling workflow ever took."""
        history = await (await self.handle(AWAY)).fetch_history()
        return [
            event.workflow_execution_update_accepted_event_attributes.protocol_instance_id
            for event in history.events
            if event.HasField("workflow_execution_update_accepted_event_attributes")
        ]


@dataclass(frozen=True)
class Stage:
    """A server and a sandbox in this process, and one worker process a province."""

    stack: Stack
    catalogue: Catalogue
    workers: dict[str, WorkerProcess]
    sandbox: SandboxControl

    async def file(self) -> Drill:
        """File an application and start its case."""
        application = check_filed(self.catalogue, filed())
        plan = self.catalogue.plan(application.matter, application.mode)
        connections = self.stack.connections
        case = prepare(plan, application, connections.topology, TEMPO)
        client = await connections.client(HOME)
        return Drill(connections, await start(client, case, client.namespace))

    @contextmanager
    def parcels_stop_at(self, state: str) -> Iterator[None]:
        """Have the courier leave parcels in this state for as long as the context lasts."""
        life = LIVES[ARRIVES]
        LIVES[ARRIVES] = life[: life.index(state) + 1]
        try:
            yield
        finally:
            LIVES[ARRIVES] = life

    async def misbehave(self, fault: Fault) -> None:
        """Have the sandbox misbehave."""
        await asyncio.to_thread(self.sandbox.misbehave, fault)

    async def asked(self, key: str) -> None:
        """Wait until an outside system was asked under this key."""

        async def look() -> bool | None:
            rows = await asyncio.to_thread(self.sandbox.requests)
            return any(row["key"] == key for row in rows) or None

        await eventually(look, f"a request under {key}")

    async def killed(self, *provinces: str) -> None:
        """SIGKILL these provinces' workers and start new ones."""
        for province in provinces:
            await self.workers[province].kill()
        await asyncio.gather(*(self.workers[province].start() for province in provinces))


@asynccontextmanager
async def staged(settings: Settings) -> AsyncIterator[Stage]:
    """Run a stage whose two provinces' workers are up, with a courier that takes no time."""
    async with AsyncExitStack() as parts:
        running = await parts.enter_async_context(
            stack(settings, ui_port=None, provinces=f"{HOME},{AWAY}", behaviour=Behaviour(pace=0))
        )
        address = running.server.address
        workers = {code: WorkerProcess([code], address, running.settings) for code in (HOME, AWAY)}
        for process in workers.values():
            parts.push_async_callback(process.stop)
        await asyncio.gather(*(process.start() for process in workers.values()))
        sandbox = parts.enter_context(SandboxControl(running.sandbox_url))
        yield Stage(running, Catalogue.load(settings.matters), workers, sandbox)
