"""Record the golden histories: `python tests/histories/record.py`.

Runs the three example cases to their end on an embedded server whose keys are the committed test
keys, and writes both workflows' histories of each case as replayable JSON. Record again only when a
release may break replay on purpose; otherwise a history that no longer replays is the finding.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import WorkflowHistory

from cli import acts
from cli.stack import Stack, stack
from compiler.application import check_application, read_application
from compiler.catalogue import Catalogue
from engine.cases import Cases
from engine.exit import leave
from engine.filing import prepare, start
from engine.settings import Settings
from engine.workers import Capacity
from errors import ActRefusedError, NotFoundError, UnreachableError
from worker import pool
from workflows.contracts import CaseView, handling_workflow_id

HERE = Path(__file__).resolve().parent
KEYS = HERE / "keys"
EXAMPLES = HERE.parent.parent / "examples"
PROVINCES = ("440000", "430000", "110000")


@dataclass(frozen=True)
class Script:
    """An application and the acts that bring it to its end, in order."""

    file: str
    acts: tuple[tuple[str, acts.Maker], ...]


SCRIPTS: dict[str, Script] = {
    "collect": Script(
        "collect.yaml",
        (
            ("accept", acts.accept("430000-acceptor", reason="材料齐全")),
            ("decide", acts.decide("430000-decider", reason="符合条件")),
        ),
    ),
    "joint": Script(
        "joint.yaml",
        (
            ("accept", acts.accept("440000-acceptor")),
            ("reply", acts.reply("430000-clerk", {"amount": "86520.40", "months": "96"})),
            ("reply", acts.reply("430000-clerk", {"amount": "86520.40"})),
            ("decide", acts.decide("440000-decider")),
        ),
    ),
    "online": Script(
        "online.yaml",
        (
            ("accept", acts.accept("110000-acceptor")),
            ("decide", acts.decide("110000-decider")),
        ),
    ),
}


@asynccontextmanager
async def stage(folder: Path, capacity: Capacity) -> AsyncIterator[Stack]:
    """Run an embedded stack with the committed test keys and its workers in this process."""
    shutil.copytree(KEYS, folder / "keys")
    settings = Settings.load(data=folder)
    async with stack(settings, ui_port=None, provinces=",".join(PROVINCES)) as running:
        clients = await running.connections.clients(running.provinces)
        async with pool(running.settings, clients, capacity):
            yield running


async def run_case(running: Stack, script: Script) -> CaseView:
    """File one application and act on it until it is closed."""
    cases = Cases(running.connections)
    catalogue = Catalogue.load()
    application = check_application(catalogue, read_application(EXAMPLES / script.file))
    plan = catalogue.plan(application.matter, application.mode)
    topology = running.connections.topology
    case = prepare(plan, application, topology, running.settings.tempo)
    home = topology.of_division(case.divisions[plan.home])
    started = await start(await running.connections.client(home.code), case, home.task_queue)
    for name, make in script.acts:
        await act_when_asked(cases, started.workflow_id, name, make)
    return await until(cases, started.workflow_id, lambda view: view.closed)


async def act_when_asked(cases: Cases, ref: str, name: str, make: acts.Maker) -> None:
    """Act as soon as an open task takes the act."""
    while True:
        try:
            await cases.act(ref, name, make)
        except (ActRefusedError, NotFoundError, UnreachableError):
            await asyncio.sleep(0.05)
        else:
            return


async def until(cases: Cases, ref: str, holds: Callable[[CaseView], bool]) -> CaseView:
    """Look at a case until something holds."""
    while True:
        # A busy machine may leave a query unanswered for its whole time: ask again.
        with contextlib.suppress(UnreachableError):
            if holds(view := await cases.view(ref)):
                return view
        await asyncio.sleep(0.05)


async def histories(running: Stack, view: CaseView, ref: str) -> dict[str, WorkflowHistory]:
    """Return the histories of a closed case: `home`, and one a handling place."""
    found = {"home": await fetch(running, view.home_province, ref)}
    for place, province in view.places.items():
        workflow_id = handling_workflow_id(view.case_no, place)
        found[place] = await fetch(running, province, workflow_id)
    return found


async def fetch(running: Stack, province: str, workflow_id: str) -> WorkflowHistory:
    """Fetch the history of a workflow that has ended."""
    client = await running.connections.client(province)
    handle = client.get_workflow_handle(workflow_id)
    await handle.result()
    return await handle.fetch_history()


async def record(folder: Path, capacity: Capacity) -> dict[str, WorkflowHistory]:
    """Run the three cases and return their histories by `case.side`."""
    found: dict[str, WorkflowHistory] = {}
    async with stage(folder, capacity) as running:
        for name, script in SCRIPTS.items():
            view = await run_case(running, script)
            sides = await histories(running, view, f"case/gdzwfw/{reference(script)}")
            found |= {f"{name}.{side}": history for side, history in sides.items()}
    return found


def reference(script: Script) -> str:
    """Return the application's own reference."""
    line = next(
        row
        for row in (EXAMPLES / script.file).read_text("utf-8").splitlines()
        if row.startswith("application_ref:")
    )
    return line.split(":", 1)[1].strip()


def main() -> None:
    """Write `*.json` beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(record(Path(folder), Capacity()))
    for name, history in found.items():
        (HERE / f"{name}.json").write_text(history.to_json() + "\n", "utf-8")
        sys.stdout.write(f"{name}: {len(history.events)} events\n")
    leave(0)


if __name__ == "__main__":
    main()
