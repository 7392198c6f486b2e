"""`kuasheng demo`: three cases between provinces, while their workers are killed and away.

Everything is real and leaves nothing behind: a Temporal server, worker processes, HTTP gateways.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli import acts
from cli.stack import Stack, stack
from cli.timeline import OUTCOMES, STAGES, print_trace
from compiler.application import check_application, read_application
from compiler.catalogue import Catalogue
from engine.cases import Cases
from engine.filing import Started, prepare, start
from engine.processes import WorkerProcess
from engine.settings import Settings
from engine.topology import Topology
from engine.workers import stop_on_signals
from errors import ActRefusedError, KuashengError, NotFoundError, UnreachableError
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.services import Behaviour
from workflows.contracts import CaseView, handling_workflow_id

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

PROVINCES = ("440000", "430000", "110000")

OUTAGE = 15.0
"""Seconds in which the handling province has no worker."""

RESUME = 5.0
"""Seconds within which a case must go on after the province's return."""

PACE = 1.0
"""Seconds a parcel spends in each state: long enough to kill a worker in between."""

LEGS = {"dispatch": 1, "deliver": 1}
"""What a collect case sends: the papers to the handling place, the result to the applicant."""

PATIENCE = 50.0
"""Seconds after which the demo gives up on one thing."""


@dataclass
class Run:
    """One case of the demo and what happened to it."""

    name: str
    file: Path
    started: Started | None = None
    view: CaseView | None = None
    kills: list[WorkerProcess] = field(default_factory=list)
    resumed: float | None = None

    @property
    def case_no(self) -> str:
        """The case number, once started."""
        return self.started.case_no if self.started else ""


@dataclass(frozen=True)
class Stage:
    """What the demo's actors use: the stack, its worker processes and the progress bars."""

    stack: Stack
    cases: Cases
    workers: dict[str, WorkerProcess]
    bars: Progress

    async def file(self, run: Run, bar: TaskID) -> None:
        """Start the case."""
        settings = self.stack.settings
        catalogue = Catalogue.load(settings.matters)
        application = check_application(catalogue, read_application(run.file))
        plan = catalogue.plan(application.matter, application.mode)
        topology = self.stack.connections.topology
        case = prepare(plan, application, topology, settings.tempo)
        home = topology.of_division(case.divisions[plan.home])
        client = await self.stack.connections.client(home.code)
        run.started = await start(client, case, home.task_queue)
        self.tick(bar, f"{run.name}: 收件")

    async def until(self, run: Run, holds: Callable[[CaseView], bool], what: str) -> CaseView:
        """Look at the case until something holds; workers may be away meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                run.view = await self.cases.view(run.started.workflow_id if run.started else "")
            except (UnreachableError, NotFoundError):
                continue
            if holds(run.view):
                return run.view
            await asyncio.sleep(0.1)
        raise KuashengError(f"{run.name}: {what} did not happen within {PATIENCE:.0f} s")

    async def act(self, run: Run, bar: TaskID, name: str, make: acts.Maker) -> None:
        """Act as soon as somebody is asked to."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = await self.cases.act(run.case_no, name, make)
            except (ActRefusedError, UnreachableError, NotFoundError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)
                continue
            self.tick(bar, f"{run.name}: {answer.message}")
            return

    def tick(self, bar: TaskID, text: str) -> None:
        """Show that the case has come one step further."""
        self.bars.update(bar, advance=1, description=text)


async def collect(stage: Stage, run: Run, bar: TaskID) -> None:
    """开具户籍类证明: SIGKILL while the parcel travels, then a province without workers."""
    home, away = stage.workers["440000"], stage.workers["430000"]
    await stage.file(run, bar)
    await stage.until(run, happened("picked_up", "in_transit"), "the parcel's transit")
    await home.kill()
    await away.kill()
    run.kills += [home, away]
    stage.tick(bar, f"{run.name}: 寄递途中, 两省进程被强制终止")
    await home.start()
    await stage.until(run, happened("ordered"), "the order")
    stage.tick(bar, f"{run.name}: 交办待接收, 办理地离线 {OUTAGE:.0f} 秒")
    await asyncio.sleep(OUTAGE)
    await away.start()
    back = time.monotonic()
    await stage.until(run, happened("acknowledged"), "the hand-over after the province's return")
    run.resumed = time.monotonic() - back
    stage.tick(bar, f"{run.name}: 办理地恢复, {run.resumed:.1f} 秒后接收")
    await stage.act(run, bar, "accept", acts.accept("430000-acceptor"))
    await stage.act(run, bar, "decide", acts.decide("430000-decider"))


async def joint(stage: Stage, run: Run, bar: TaskID) -> None:
    """养老保险关系转移接续: the 转入地 accepts and decides, the 转出地 writes and sends."""
    await stage.file(run, bar)
    await stage.act(run, bar, "accept", acts.accept("440000-acceptor"))
    record = {"amount": "86520.40", "months": "96"}
    await stage.act(run, bar, "reply", acts.reply("430000-clerk", record))
    funds = {"amount": "86520.40"}
    await stage.act(run, bar, "reply", acts.reply("430000-clerk", funds))
    await stage.act(run, bar, "decide", acts.decide("440000-decider"))


async def online(stage: Stage, run: Run, bar: TaskID) -> None:
    """义诊活动备案: filed in Guangdong, handled in Beijing, nobody appears anywhere."""
    await stage.file(run, bar)
    await stage.act(run, bar, "accept", acts.accept("110000-acceptor"))
    await stage.act(run, bar, "decide", acts.decide("110000-decider"))


def happened(*events: str) -> Callable[[CaseView], bool]:
    """Return a test: does the timeline hold one of these events (by their first word)."""
    return lambda view: any(entry.event.split("-")[0] in events for entry in view.timeline)


Drive = Callable[[Stage, Run, TaskID], Awaitable[None]]

RUNS: tuple[tuple[str, str, int, Drive], ...] = (
    ("异地代收代办", "collect.yaml", 6, collect),
    ("多地联办", "joint.yaml", 5, joint),
    ("全程网办", "online.yaml", 3, online),
)
"""Name, application, number of ticks, and who drives it."""


@dataclass(frozen=True)
class Tally:
    """What one case came to; `ok` says whether it is as it must be."""

    case_no: str
    matter: str
    mode: str
    outcome: str
    parcels: dict[str, int]
    acceptances: int
    decisions: int
    restarts: int
    resumed_seconds: float | None
    events: dict[str, int]
    link: str
    ok: bool


async def tally(stage: Stage, run: Run, sandbox: SandboxControl) -> Tally:
    """Count a finished case's parcels, official acts and events."""
    if run.view is None or run.started is None:
        raise KuashengError(f"{run.name} never started")
    view = run.view
    legs: dict[str, int] = {}
    for parcel in await asyncio.to_thread(sandbox.parcels, view.case_no):
        legs[parcel["leg"]] = legs.get(parcel["leg"], 0) + 1
    acceptances = sum(e.event in ("accepted", "not_accepted") for e in view.timeline)
    decisions = sum(e.event in ("approved", "rejected") for e in view.timeline)
    sites = {view.home_province: run.started.workflow_id}
    others = {p: handling_workflow_id(view.case_no, place) for place, p in view.places.items()}
    events = {}
    for province, workflow_id in (sites | others).items():
        client = await stage.stack.connections.client(province)
        about = await client.get_workflow_handle(workflow_id).describe()
        events[province] = about.history_length
    return Tally(
        case_no=view.case_no,
        matter=run.started.matter.split(" ")[0],
        mode=view.mode,
        outcome=view.outcome or "",
        parcels=legs,
        acceptances=acceptances,
        decisions=decisions,
        restarts=len(run.kills),
        resumed_seconds=None if run.resumed is None else round(run.resumed, 2),
        events=events,
        link=f"{stage.stack.server.ui}/namespaces/province-{view.home_province}/workflows/"
        + quote(run.started.workflow_id, safe=""),
        ok=view.closed
        and view.outcome == "approved"
        and acceptances == decisions == 1
        and legs == (LEGS if view.mode == "collect" else {})
        and (run.resumed is None or run.resumed <= RESUME),
    )


@asynccontextmanager
async def staged(console: Console) -> AsyncIterator[Stage]:
    """Set up everything in a folder that is gone afterwards."""
    async with AsyncExitStack() as parts:
        folder = parts.enter_context(tempfile.TemporaryDirectory(prefix="kuasheng-demo-"))
        with console.status("starting Temporal, three provinces' workers and the sandbox"):
            running = await parts.enter_async_context(
                stack(
                    Settings.load(data=Path(folder)),
                    provinces=",".join(PROVINCES),
                    behaviour=Behaviour(pace=PACE),
                )
            )
            workers = {
                code: WorkerProcess([code], running.server.address, running.settings)
                for code in PROVINCES
            }
            for process in workers.values():
                parts.push_async_callback(process.stop)
            await asyncio.gather(*(process.start() for process in workers.values()))
        bars = parts.enter_context(
            Progress(
                BarColumn(20),
                TimeElapsedColumn(),
                TextColumn("{task.description}"),
                console=console,
            )
        )
        yield Stage(running, Cases(running.connections), workers, bars)


async def perform(console: Console, *, as_json: bool, keep: bool) -> list[Tally]:
    """Drive the three cases at the same time, count what they came to, and print it."""
    async with staged(console) as stage:
        runs = [Run(name, EXAMPLES / file) for name, file, _, _ in RUNS]
        await asyncio.gather(
            *(play(stage, run, row[2], row[3]) for run, row in zip(runs, RUNS, strict=True))
        )
        stage.bars.stop()
        with SandboxControl(stage.stack.sandbox_url) as sandbox:
            tallies = [await tally(stage, run, sandbox) for run in runs]
        if as_json:
            print(json.dumps([asdict(one) for one in tallies], ensure_ascii=False))
        else:
            report(runs, tallies, stage.stack.connections.topology)
        if keep:
            console.print(f"the stack stays up until Ctrl-C: {stage.stack.server.ui}")
            with stop_on_signals() as stop:
                await stop.wait()
        return tallies


async def play(stage: Stage, run: Run, ticks: int, drive: Drive) -> None:
    """Drive one case to its end under its own progress bar."""
    bar = stage.bars.add_task(run.name, total=ticks + 1)
    await drive(stage, run, bar)
    view = await stage.until(run, lambda seen: seen.closed, "the end")
    stage.tick(bar, f"{run.name}: {STAGES[view.stage]}, {OUTCOMES.get(view.outcome or '', '')}")


def report(runs: list[Run], tallies: list[Tally], topology: Topology) -> None:
    """Print each case's timeline and what it came to."""
    out = Console(width=max(Console().width, 130))
    for run, result in zip(runs, tallies, strict=True):
        if run.view is not None:
            print_trace(run.view, topology, out)
        out.print(summary(result), highlight=False)
        out.print(f"  {result.link}\n", highlight=False, soft_wrap=True)


def summary(result: Tally) -> str:
    """Return one line about a case."""
    parcels = ", ".join(f"{leg} {count}" for leg, count in result.parcels.items()) or "none"
    events = ", ".join(f"{province} {count}" for province, count in result.events.items())
    resumed = (
        "" if result.resumed_seconds is None else f", resumed after {result.resumed_seconds} s"
    )
    return (
        f"  {'ok' if result.ok else 'NOT AS IT MUST BE'}: {result.outcome}; parcels: {parcels}; "
        f"acceptances {result.acceptances}, decisions {result.decisions}; "
        f"processes killed {result.restarts}{resumed}; events: {events}"
    )


def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    keep: Annotated[bool, typer.Option(help="Leave the stack up to look at the UI.")] = False,
) -> None:
    """Run three cases between provinces while their workers are killed and away.

    Exits 0 only if all three closed with one parcel a leg, one acceptance and one decision each.
    Example: kuasheng demo --json
    """
    tallies = asyncio.run(perform(Console(stderr=True), as_json=as_json, keep=keep))
    if not all(one.ok for one in tallies):
        raise typer.Exit(1)
