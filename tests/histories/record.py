"""Record the golden histories: `python tests/histories/record.py`.

Runs the example cases to their end on an embedded server whose keys are the committed test keys,
and writes both workflows' histories of each case as replayable JSON into the folder of today's
engine. The folders of older engines are never written again: cases of their time are still open. A
history that no longer replays is the finding, unless its engine was in no release yet.
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
from compiler.applicant import MaterialRef
from compiler.application import check_application, read_application
from compiler.catalogue import Catalogue
from compiler.plan import ENGINE
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
NEWEST = HERE / f"engine-{ENGINE}"
EXAMPLES = HERE.parent.parent / "examples"
PROVINCES = ("440000", "430000", "110000")


@dataclass(frozen=True)
class Script:
    """An application and the acts that bring it to its end, in order."""

    file: str
    acts: tuple[tuple[str, acts.Maker], ...]
    withdraw: str = ""
    """Why the applicant takes the application back, after all acts."""


SCRIPTS: dict[str, Script] = {
    "collect": Script(
        "collect.yaml",
        (
            ("accept", acts.accept("430000-acceptor", reason="材料齐全")),
            ("decide", acts.decide("430000-decider", reason="符合条件")),
        ),
    ),
    "corrected": Script(
        "collect.yaml",
        (
            ("accept", acts.accept("430000-acceptor", "correct", corrections=["id_card"])),
            ("supply", acts.supply([MaterialRef(id="id_card", paper=True)])),
            ("accept", acts.accept("430000-acceptor")),
            ("decide", acts.decide("430000-decider", "reject", reason="不符合条件")),
        ),
    ),
    "withdrawn": Script(
        "collect.yaml",
        (("accept", acts.accept("430000-acceptor")),),
        withdraw="不再需要",
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


async def run_case(running: Stack, name: str, script: Script) -> tuple[str, CaseView]:
    """File one application and act on it until it is closed; return its id and how it ended."""
    cases = Cases(running.connections)
    catalogue = Catalogue.load()
    filed = read_application(EXAMPLES / script.file)
    application = check_application(catalogue, filed)
    application = application.model_copy(update={"application_ref": f"GOLDEN-{name}"})
    plan = catalogue.plan(application.matter, application.mode)
    topology = running.connections.topology
    case = prepare(plan, application, topology, running.settings.tempo)
    home = topology.of_division(case.divisions[plan.home])
    started = await start(await running.connections.client(home.code), case, home.task_queue)
    for act, make in script.acts:
        await act_when_asked(cases, started.workflow_id, act, make)
    if script.withdraw:
        await cases.say(started.workflow_id, acts.withdraw(reason=script.withdraw))
    view = await until(cases, started.workflow_id, lambda view: view.closed)
    return started.workflow_id, view


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
            workflow_id, view = await run_case(running, name, script)
            sides = await histories(running, view, workflow_id)
            found |= {f"{name}.{side}": history for side, history in sides.items()}
    return found


def main() -> None:
    """Write `engine-N/*.json` beside this file."""
    NEWEST.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(record(Path(folder), Capacity()))
    for name, history in found.items():
        (NEWEST / f"{name}.json").write_text(history.to_json() + "\n", "utf-8")
        sys.stdout.write(f"{name}: {len(history.events)} events\n")
    leave(0)


if __name__ == "__main__":
    main()
