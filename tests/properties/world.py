"""The house of random cases: a server, a worker that is every province, an outside world."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from definitions import DIVISIONS, HOME
from temporalio.api.enums.v1 import EventType
from temporalio.api.nexus.v1 import EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import CreateNexusEndpointRequest
from temporalio.api.testservice.v1 import UnlockTimeSkippingRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from activities.documents import Issuer
from activities.duplicates import DuplicateActivities
from activities.handover import HandOverHandler
from activities.officers import Officers
from activities.registry import build, of_province
from compiler.applicant import Applicant, MaterialRef
from compiler.calendars import load_calendar
from compiler.plan import Plan
from engine.embedded import temporal_program
from engine.filing import start
from engine.keys import FEDERATION, KeyFile, Keyring
from engine.plugin import CasePlugin
from engine.workers import Capacity, WorkerPool
from ledger.database import opened
from simulation.driver import EVERYWHERE
from simulation.filing import id_number
from simulation.outside import World
from simulation.runs import Run, Spec
from simulation.scripts import Script
from simulation.server import QUEUE, virtual_server
from simulation.staff import staff
from workflows.case import CaseWorkflow
from workflows.contracts import CaseInput, Filing, Tempo, case_workflow_id
from workflows.handling import HandlingWorkflow
from workflows.handover import endpoint_of
from workflows.search import SEARCH_ATTRIBUTES
from workflows.side import province_of

WORKFLOWS = (CaseWorkflow, HandlingWorkflow)

PROVINCES = frozenset(province_of(division) for division in DIVISIONS.values())

TEMPO = Tempo(
    handover_first=0.1,
    handover_longest=1.0,
    inquiry_every=86400.0 * 10_000,
    parcel_poll=21600.0,
    payment_poll=21600.0,
)


TASKS = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
)

STILL = 6
"""Looks, five a second, after which virtual time that stands still is pushed on."""


PUSHES = 5
"""How often it is pushed."""


class ServerStalledError(Exception):
    """The time-skipping server does not go on any more, by no fault of a workflow."""


class Failures(logging.Handler):
    """Keeps what workflows raised that fails their tasks: always a bug."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text, with its trace."""
        if "_workflow" in record.name:
            self.seen.append(self.format(record))


@dataclass
class House:
    """What random cases live in. Everybody's runs and Plans are added as they are filed."""

    env: WorkflowEnvironment
    client: Client
    keyring: Keyring
    officers: Officers
    failures: Failures
    forgetful: bool
    """Its worker caches nothing. The SDK then throws a workflow away in the middle of a task when a
    query comes while a local activity runs, and does the task again: what such a query saw was
    never written, and a task may fail once over it. Only the moments may differ."""
    runs: dict[str, Run] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def file(
        self, plan: Plan, script: Script, tempo: Tempo, dice: random.Random
    ) -> CaseInput:
        """Start a case of a Plan; what was filed is up to the dice."""
        number = next(self.numbers)
        case_no = f"440000-20261120-{number:08}"
        now = await self.env.get_current_time()
        applicant = Applicant(
            kind="individual", name=f"随机{number}", id_number=id_number(number * 5),
            phone="13800138000", address="模拟地址一号",
        )  # fmt: skip
        given = dice.choice([("id_card", "form"), ("form",), ("id_card",)])
        case = CaseInput(
            case_no=case_no,
            portal="gdzwfw",
            application_ref=f"RANDOM-{number}",
            payload_digest=f"{number:064}",
            filed_at=now,
            plan=plan,
            divisions={role: DIVISIONS[role] for role in plan.places},
            filing=Filing(
                applicant=applicant,
                application={
                    "home_div": DIVISIONS["handling"],
                    "other_div": DIVISIONS["other"],
                    "urgent": dice.random() < 0.5,
                    "years": dice.choice([0, 1, 12]),
                },
                materials=tuple(MaterialRef(id=name, paper=True) for name in given),
            ),
            tempo=tempo,
        )
        self.plans[plan.digest] = plan
        self.runs[case_no] = Run(Spec(path="good", case=case), script)
        await start(self.client, case, QUEUE)
        return case

    def workflow_ids(self, case: CaseInput) -> tuple[str, ...]:
        """Return the case's own id and those that its handling places would have."""
        others = (role for role in case.plan.places if role != HOME)
        home = case_workflow_id(case.portal, case.application_ref)
        return home, *(f"handling/{case.case_no}/{role}" for role in others)

    async def passes(self, span: dt.timedelta) -> None:
        """Let virtual time pass; where time is real, only take a breath.

        Raises:
            ServerStalledError: it does not, and no workflow task has failed.
        """
        if not self.env.supports_time_skipping:
            await asyncio.sleep(0.05)
            return
        passing = asyncio.create_task(self.env.sleep(span))
        looks = 0
        while not passing.done() and not self.failures.seen and looks < STILL * PUSHES:
            await asyncio.wait([passing], timeout=0.2)
            looks += 1
            if looks % STILL == 0:
                # The server forgets to let time go on when a workflow ends before the answer to
                # its last call: nothing runs any more, and still its lock is held.
                await self.env.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())
        if passing.done():
            await passing
            return
        passing.cancel()
        if not self.failures.seen:
            raise ServerStalledError

    async def histories(self, workflow_id: str) -> list[WorkflowHistory]:
        """Return the histories of all runs of a workflow, the first one first."""
        found: list[WorkflowHistory] = []
        run_id: str | None = None
        while run_id != "":
            handle = self.client.get_workflow_handle(workflow_id, run_id=run_id)
            try:
                history = await handle.fetch_history(rpc_timeout=dt.timedelta(seconds=5))
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                break
            found.insert(0, history)
            started = history.events[0].workflow_execution_started_event_attributes
            run_id = started.continued_execution_run_id
        return found

    async def stalled(self, case: CaseInput) -> bool:
        """Tell whether the server itself has dropped a workflow task of a case.

        The time-skipping server refuses a task's completion when an activity that it cancels has
        just ended (`ACTIVITY_UNKNOWN`; a real one buffers that), and never gives that task out
        again. A real server drops nothing.
        """
        if not self.env.supports_time_skipping:
            return False
        for workflow_id in self.workflow_ids(case):
            for history in await self.histories(workflow_id):
                types = [event.event_type for event in history.events]
                if [kind for kind in types if kind in TASKS][-1:] == [TASKS[0]]:
                    return True
        return False

    async def clear(self, case: CaseInput) -> None:
        """Forget a case; what is still open of it is terminated, so that time can go on."""
        for workflow_id in self.workflow_ids(case):
            with contextlib.suppress(RPCError):
                await self.client.get_workflow_handle(workflow_id).terminate(
                    rpc_timeout=dt.timedelta(seconds=5)
                )
        self.failures.seen.clear()


@asynccontextmanager
async def real_server(endpoints: set[str]) -> AsyncIterator[WorkflowEnvironment]:
    """Run a dev server like the embedded one: time is real, and so is all the server does."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_program()),
        search_attributes=list(SEARCH_ATTRIBUTES),
        dev_server_log_level="error",
    ) as env:
        for name in sorted(endpoints):
            worker = EndpointTarget.Worker(namespace=env.client.namespace, task_queue=QUEUE)
            spec = EndpointSpec(name=name, target=EndpointTarget(worker=worker))
            await env.client.operator_service.create_nexus_endpoint(
                CreateNexusEndpointRequest(spec=spec)
            )
        yield env


@asynccontextmanager
async def open_house(cached_workflows: int, *, real: bool) -> AsyncIterator[House]:
    """Run the server and its worker, with sandbox, encryption and real activities."""
    keyring = Keyring(KeyFile.new(QUEUE), KeyFile.new(FEDERATION))
    officers = staff(PROVINCES)
    failures = Failures()
    logging.getLogger("temporalio").addHandler(failures)
    endpoints = {endpoint_of(province) for province in PROVINCES}
    with opened("sqlite://") as registers:
        async with (real_server if real else virtual_server)(endpoints) as env:
            client = Client(
                env.client.service_client,
                namespace=env.client.namespace,
                plugins=[CasePlugin(keyring)],
            )
            house = House(env, client, keyring, officers, failures, forgetful=not cached_workflows)
            shared = build(
                officers,
                World(house.runs),
                load_calendar(),
                Issuer.of(registers),
                DuplicateActivities.of(registers, lambda: (b"properties",)),
            )
            async with WorkerPool(
                {EVERYWHERE: client},
                workflows=WORKFLOWS,
                activities=lambda _province, served: [*shared, *of_province(served)],
                nexus_handlers=lambda _province, _client: [HandOverHandler(house.plans.get)],
                capacity=Capacity(cached_workflows=cached_workflows, grace=0.0),
            ):
                yield house
    logging.getLogger("temporalio").removeHandler(failures)


class Houses:
    """One house after the other: one whose server has stalled is left for a new one.

    Args:
        cached_workflows: How many workflows a worker keeps cached.
        real: Whether its time is real.
    """

    def __init__(self, cached_workflows: int, *, real: bool = False) -> None:
        self._cached = cached_workflows
        self._real = real
        self._open = contextlib.AsyncExitStack()
        self._house: House | None = None

    async def house(self) -> House:
        """Return the house, opening it if there is none."""
        if self._house is None:
            self._house = await self._open.enter_async_context(
                open_house(self._cached, real=self._real)
            )
        return self._house

    async def leave(self) -> None:
        """Close the house: the next case gets a new one."""
        self._house = None
        await self._open.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()
