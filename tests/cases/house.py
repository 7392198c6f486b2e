"""A running house: two provinces with workers, and how a test walks a case through them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from temporalio.client import WorkflowHandle

from cli.acts import Maker
from cli.stack import Stack
from compiler.application import check_filed
from compiler.catalogue import Catalogue
from compiler.plan import Plan
from engine.cases import Cases, Target
from engine.filing import Started, prepare, start
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.faults import Fault
from workflows.contracts import (
    CaseInput,
    CaseView,
    CommandAnswer,
    Tempo,
    TimelineEntry,
    handling_workflow_id,
)

T = TypeVar("T")

CATALOGUE = Path(__file__).parent.parent / "data" / "catalogue"

TEMPO = Tempo(handover_first=0.1, handover_longest=0.5, inquiry_every=60, parcel_poll=0.1)
"""Nothing in these tests waits for an inquiry but those that shorten it."""

PATIENCE = 30.0

ACCEPTOR, DECIDER, CLERK = "430000-acceptor", "430000-decider", "430000-clerk"
"""Officers of the handling province, 湖南."""

JACK_OF_ALL = "430000-jack"
"""An officer of the same province with every role, whom only the house has."""

PERSON = {
    "kind": "individual",
    "name": "林晓梅",
    "id_number": "430102199003078524",
    "phone": "13800138000",
    "address": "广东省深圳市南山区科技园一路1号",
}
FILED: dict[str, dict[str, Any]] = {
    "collect": {
        "portal": "gdzwfw",
        "matter": "2021-02",
        "mode": "collect",
        "filed_at": "2026-11-20T09:30:00+08:00",
        "applicant": PERSON,
        "application": {"household_div": "430102"},
        "materials": [{"id": "id_card", "paper": True}],
    },
    "joint": {
        "portal": "gdzwfw",
        "matter": "2020-07",
        "mode": "joint",
        "filed_at": "2026-11-20T10:00:00+08:00",
        "applicant": PERSON,
        "application": {"from_div": "430102", "to_div": "440305"},
        "materials": [{"id": "id_card"}],
    },
    "online": {
        "portal": "gdzwfw",
        "matter": "2020-29",
        "mode": "online",
        "filed_at": "2026-11-20T10:30:00+08:00",
        "applicant": {
            "kind": "organisation",
            "name": "京粤健康公益促进会",
            "uscc": "51110000MJ0172305X",
        },
        "application": {"organisation_div": "430102"},
        "materials": [{"id": "id_card"}],
    },
    "in_person": {
        "portal": "gdzwfw",
        "matter": "later-02",
        "mode": "collect",
        "filed_at": "2026-11-20T11:00:00+08:00",
        "applicant": PERSON,
        "application": {"household_div": "430102"},
        "materials": [{"id": "id_card"}],
    },
}
"""One application of each way of working: filed in 广东 (440000), handled in 湖南 (430000)."""

PLACES = {"collect": "handling", "joint": "out", "online": "handling"}
"""The place role of the other province."""


async def eventually(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Look until something is seen, and return it."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await look()
                if found is not None:
                    return found
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {PATIENCE:.0f} s") from None


@dataclass(frozen=True)
class Case:
    """A started case."""

    house: House
    started: Started

    @property
    def case_no(self) -> str:
        return self.started.case_no

    @property
    def home(self) -> WorkflowHandle[Any, Any]:
        """The case's workflow."""
        client = self.house.clients[self.started.province]
        return client.get_workflow_handle(self.started.workflow_id)

    @property
    def hand(self) -> WorkflowHandle[Any, Any]:
        """The handling workflow in the other province."""
        place = PLACES[self.started.mode]
        return self.house.clients["430000"].get_workflow_handle(
            handling_workflow_id(self.case_no, place)
        )

    async def view(self) -> CaseView:
        return await self.house.cases.view(self.started.workflow_id)

    async def until(self, holds: Callable[[CaseView], object], what: str) -> CaseView:
        """Look at the case until something holds."""

        async def look() -> CaseView | None:
            view = await self.view()
            return view if holds(view) else None

        return await eventually(look, what)

    async def happened(self, event: str) -> TimelineEntry:
        """Wait until an event stands in the case's timeline."""
        view = await self.until(lambda v: event in events(v), event)
        return next(e for e in view.timeline if e.event == event)

    async def task(self, act: str) -> Target:
        """Wait until a task that takes this act is open, at home or at the other place."""

        async def look() -> Target | None:
            _, targets = await self.house.cases.open_tasks(self.started.workflow_id)
            return next((t for t in targets if act in t.row.acts), None)

        return await eventually(look, f"a task for {act}")

    async def send(self, make: Maker, target: Target, rev: int | None = None) -> CommandAnswer:
        """Send a command to a task as it was when `target` was read."""
        command = make(target.row.task, target.row.task_rev if rev is None else rev)
        client = self.house.clients[target.province]
        return await self.house.cases.send(client, target.workflow_id, command)

    async def act(self, act: str, make: Maker) -> CommandAnswer:
        """Wait for the task, then act on it as `kuasheng case` does."""
        await self.task(act)
        return await self.house.cases.act(self.started.workflow_id, act, make)

    async def closed(self) -> CaseView:
        """Wait until the case is closed and its workflow has ended."""
        async with asyncio.timeout(PATIENCE):
            await self.home.result()
        return await self.view()

    async def parcels(self) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self.house.sandbox.parcels, self.case_no)

    async def legs(self) -> list[str]:
        """The legs for which parcels were booked, one word a parcel."""
        return sorted(parcel["leg"] for parcel in await self.parcels())


@dataclass(frozen=True)
class House:
    """A server with four provinces (two of them with workers) and a sandbox."""

    running: Stack
    catalogue: Catalogue
    sandbox: SandboxControl
    cases: Cases
    clients: dict[str, Any] = field(default_factory=dict)

    def prepared(
        self, mode: str, tempo: Tempo = TEMPO, plan: Plan | None = None, **changes: Any
    ) -> CaseInput:
        """Return the input of a case, filed under a reference of its own."""
        filed = {"application_ref": uuid.uuid4().hex[:12], **FILED[mode], **changes}
        application = check_filed(self.catalogue, filed)
        plan = plan or self.catalogue.plan(application.matter, application.mode)
        return prepare(plan, application, self.running.connections.topology, tempo)

    async def start(self, case: CaseInput) -> Case:
        home = self.running.connections.topology.of_portal(case.portal)
        return Case(self, await start(self.clients[home.code], case, home.task_queue))

    async def file(
        self, mode: str, tempo: Tempo = TEMPO, plan: Plan | None = None, **changes: Any
    ) -> Case:
        """Start a case of this way of working."""
        return await self.start(self.prepared(mode, tempo, plan, **changes))

    async def misbehave(self, fault: Fault) -> None:
        await asyncio.to_thread(self.sandbox.misbehave, fault)


def events(view: CaseView) -> list[str]:
    """The events of a timeline, in its order."""
    return [entry.event for entry in view.timeline]
