"""A calendar is published anew while cases run: due dates move, once, wherever their clocks are."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from house import Case, House, eventually

from activities.documents import Issuer
from activities.duplicates import DuplicateActivities
from activities.handover import HandOverHandler
from activities.officers import load_officers
from activities.registry import build, of_province
from compiler.calendars import CHINA, Calendar, load_calendar
from compiler.published import PlanStore
from engine.keys import purpose_keys
from engine.recompute import Open, look, open_workflows, recompute
from engine.workers import WorkerPool
from gateways.registry import Gateways
from ledger.database import open_database
from worker import WORKFLOWS
from workflows.contracts import Awaiting

pytestmark = pytest.mark.xdist_group("cases")

ROOT = Path(__file__).resolve().parents[2]

ZHEJIANG = "330000"
"""A province of the house without workers: it gets some with the calendar of the day."""

KNOWN = load_calendar()


def published() -> Calendar:
    """Return a calendar that gives 浙江 the next fourteen days off, of which some were worked."""
    today = dt.datetime.now(CHINA).date()
    off = {(ZHEJIANG, today + dt.timedelta(days=n)): "临时放假" for n in range(1, 15)}
    return KNOWN.model_copy(update={"version": "published-now", "local": {**KNOWN.local, **off}})


@asynccontextmanager
async def works_by(house: House, calendar: Calendar) -> AsyncIterator[None]:
    """Run the province's worker with this calendar."""
    running = house.running
    province = running.connections.topology.province(ZHEJIANG)
    store = PlanStore(running.settings.data / "plans")
    async with Gateways(running.settings.gateway_urls) as gateways:
        registers = open_database(running.settings.database_url)
        shared = build(
            load_officers(running.settings.officers),
            gateways,
            calendar,
            Issuer.of(registers),
            DuplicateActivities.of(
                registers, partial(purpose_keys, running.settings.keys, "duplicates")
            ),
        )
        async with WorkerPool(
            {province: await running.connections.client(ZHEJIANG)},
            workflows=WORKFLOWS,
            activities=lambda _province, client: [*shared, *of_province(client)],
            nexus_handlers=lambda _province, _client: [HandOverHandler(store.get)],
        ):
            yield


async def started(house: House) -> tuple[Case, Awaiting]:
    """Return a case whose acceptance clock runs in the province."""
    case = await house.file("online", application={"organisation_div": "330102"})
    target = await case.task("accept")

    async def dated() -> Awaiting | None:
        _, [target] = await house.cases.open_tasks(case.started.workflow_id)
        return target.row if target.row.due else None

    assert target.province == ZHEJIANG
    return case, await eventually(dated, "a due date")


async def workflows_of(house: House, case: Case) -> list[Open]:
    """Return the case's open workflows, as the command finds them."""
    connections = house.running.connections
    provinces = connections.topology.select(f"440000,{ZHEJIANG},120000")

    async def both() -> list[Open] | None:
        found = await open_workflows(house.cases, connections, provinces)
        mine = [
            it for it in found
            if it.workflow_id == case.started.workflow_id or case.case_no in it.workflow_id
        ]  # fmt: skip
        return mine if len(mine) == 2 else None

    return await eventually(both, "both workflows in visibility")


async def moved(house: House, workflows: list[Open], calendar: Calendar) -> dict[str, int]:
    """Recompute; return by province how many due dates moved."""
    results = recompute(house.cases, house.running.connections, workflows, calendar.version)
    found = [result async for result in results]
    assert [result.problem for result in found] == ["", ""]
    return {result.of.province: result.moved for result in found}


async def command(house: House, *options: str) -> tuple[int | None, str, str]:
    """Run `kuasheng calendar recompute` for the province; return exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "calendar", "recompute", *options),
        *("--province", ZHEJIANG, "--data", str(house.running.settings.data)),
        cwd=ROOT,
        env={**os.environ, "TEMPORAL_ADDRESS": house.running.server.address},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_due_dates_move_when_a_calendar_is_published_and_only_once(house: House) -> None:
    """The clock in 浙江 moves to the hand-over's new date; the home, which has none, sees it."""
    async with works_by(house, KNOWN):
        case, row = await started(house)
        workflows = await workflows_of(house, case)
        assert row.due == KNOWN.due(row.since, row.within, ZHEJIANG).at
        code, out, err = await command(house)
        assert (code, err) == (0, "")
        assert "330000 浙江省" in out
    fresh = published()
    async with works_by(house, fresh):
        assert await moved(house, workflows, fresh) == {"440000": 0, ZHEJIANG: 1}
        later = fresh.due(row.since, row.within, ZHEJIANG).at
        assert later > row.due
        await case.until(lambda v: [r.due for r in v.awaiting] == [later], "the new due date")
        assert await moved(house, workflows, fresh) == {"440000": 0, ZHEJIANG: 0}


async def test_a_dry_run_counts_each_clock_once_and_changes_nothing(house: House) -> None:
    """What the home only sees of the other place is not counted there."""
    async with works_by(house, KNOWN):
        case, row = await started(house)
        workflows = await workflows_of(house, case)
    async with works_by(house, published()):
        results = look(house.cases, house.running.connections, workflows)
        found = {result.of.province: result async for result in results}
        assert {province: clocks.running for province, clocks in found.items()} == {
            "440000": 0,
            ZHEJIANG: 1,
        }
        assert found[ZHEJIANG].provisional == row.provisional
        [target] = (await house.cases.open_tasks(case.started.workflow_id))[1]
        assert target.row.due == row.due


async def test_a_province_without_a_worker_is_counted_and_named(house: House) -> None:
    """The command shows what it could do, then says on one line what it could not; exit code 2."""
    async with works_by(house, KNOWN):
        case, _ = await started(house)
        await workflows_of(house, case)
        code, out, err = await command(house, "--dry-run")
        assert (code, err) == (0, "")
        assert "330000 浙江省" in out
    code, out, err = await command(house, "--dry-run")
    assert code == 2
    assert "330000 浙江省" in out
    last = err.strip().splitlines()[-1]
    assert "workflows did not answer or refused, the first handling/" in last
    assert "no worker of province 330000 answers" in last
