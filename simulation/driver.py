"""A driver: one time-skipping server and one worker that play a batch of cases at once.

A batch has a server of its own, so every case is filed today and its dates are those of the real
calendar. As a program (`python -m simulation.driver LOG`) it reads a batch from standard input, a
JSON list of `Spec`, and writes one `Row` a line as cases end.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from pydantic import TypeAdapter
from temporalio.client import Client
from temporalio.plugin import SimplePlugin
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner

from activities.documents import Issuer
from activities.duplicates import DuplicateActivities
from activities.handover import HandOverHandler
from activities.registry import build, of_province
from compiler.calendars import load_calendar
from compiler.plan import Plan
from engine.exit import leave
from engine.filing import start
from engine.keys import FEDERATION, KeyFile, Keyring
from engine.plugin import data_converter
from engine.topology import Province
from engine.workers import Capacity, WorkerPool
from errors import NotFoundError
from ledger.database import opened
from simulation.judging import judged
from simulation.outside import World
from simulation.paths import script_of
from simulation.people import People
from simulation.runs import Row, Run, Spec
from simulation.scripts import Script
from simulation.server import QUEUE, virtual_server
from simulation.staff import staff
from worker import WORKFLOWS
from workflows.handover import endpoint_of
from workflows.side import province_of

HORIZON = dt.timedelta(days=400)
"""A case that is open after so long is stuck: no Plan takes a year."""

STRIDE = dt.timedelta(days=5)
"""Virtual time between two looks at what has ended."""

PATIENCE = 20.0
"""Real seconds for a stride, less than the 30 after which the call itself would fail. On a busy
machine a stride may take longer; in which nothing is done for so long, nothing will be."""

EVERYWHERE = Province(code="000000", name="模拟", portals=("simulation",), resource=QUEUE)
"""All provinces at once, as the one worker."""


async def play(specs: Iterable[Spec]) -> AsyncIterator[Row]:
    """Play a batch of cases at the same time, on a server of their own; yield rows as they end."""
    runs = {spec.case.case_no: Run(spec, _script(spec)) for spec in specs}
    left = dict(runs)
    async with _house(runs) as (env, client):
        # Time stands still while they are filed. One that ran while each was started would hang.
        await asyncio.gather(*(start(client, run.spec.case, QUEUE) for run in runs.values()))
        passed = dt.timedelta()
        while left and passed < HORIZON:
            before = _done(runs)
            if await _stride(env):
                passed += STRIDE
            elif _done(runs) == before:
                break  # time stands still: some task is tried again and again
            for case_no in [name for name, run in left.items() if run.over]:
                yield judged(left.pop(case_no))
        for run in left.values():
            yield judged(run)


async def _stride(env: WorkflowEnvironment) -> bool:
    """Let virtual time pass; return whether the stride came to its end."""
    try:
        await asyncio.wait_for(env.sleep(STRIDE), PATIENCE)
    except TimeoutError:
        return False
    return True


def _done(runs: Mapping[str, Run]) -> int:
    """Count what people, courier and workflows have done in all cases."""
    return sum(
        sum(run.turns.values()) + len(run.parcels) + run.events + len(run.open)
        for run in runs.values()
    )


def _script(spec: Spec) -> Script:
    script = script_of(spec.case.plan, spec.path)
    if script is None:
        raise NotFoundError(f"{spec.case.plan.title} ({spec.case.plan.mode}) cannot go {spec.path}")
    return script


@asynccontextmanager
async def _house(runs: dict[str, Run]) -> AsyncIterator[tuple[WorkflowEnvironment, Client]]:
    """Run server and worker. Nothing is encrypted: there is nobody's data in it."""
    cases = [run.spec.case for run in runs.values()]
    plans: dict[str, Plan] = {case.plan.digest: case.plan for case in cases}
    provinces = {province_of(division) for case in cases for division in case.divisions.values()}
    officers = staff(provinces)
    keyring = Keyring(KeyFile.new(QUEUE), KeyFile.new(FEDERATION))
    plugin = SimplePlugin(
        "kuasheng-simulation",
        data_converter=data_converter(keyring, codec=False),
        # The sandbox proves determinism, which other tests do; it would be half of the time here.
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[People(runs, officers)],
    )
    endpoints = {endpoint_of(province) for province in provinces}
    with opened("sqlite://") as registers:
        shared = build(
            officers,
            World(runs),
            load_calendar(),
            Issuer.of(registers),
            DuplicateActivities.of(registers, lambda: (b"simulation",)),
        )
        async with virtual_server(endpoints) as env:
            service, namespace = env.client.service_client, env.client.namespace
            client = Client(service, namespace=namespace, plugins=[plugin])
            async with WorkerPool(
                {EVERYWHERE: client},
                workflows=WORKFLOWS,
                activities=lambda _province, served: [*shared, *of_province(served)],
                nexus_handlers=lambda _province, _client: [HandOverHandler(plans.get)],
                capacity=Capacity(cached_workflows=10 * len(runs) + 10, grace=0.0),
            ):
                yield env, client


async def _serve(specs: list[Spec], rows: TextIO) -> None:
    async for row in play(specs):
        print(row.model_dump_json(), file=rows, flush=True)


def main(log: Path) -> None:
    """Play the batch on standard input; all that anybody prints goes to the log."""
    specs = TypeAdapter(list[Spec]).validate_json(sys.stdin.buffer.read())
    rows = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # The server is a child and prints stack traces when it ends; the SDK's core prints warnings.
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(written, 1)
    os.dup2(written, 2)
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(_serve(specs, rows))
    leave(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
