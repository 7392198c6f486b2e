"""SIGKILL of all of `kuasheng up` (server, workers, sandbox) at once, and its return."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from drill import AWAY, HOME, Drill, filed, noted

from engine.connect import Connections
from engine.embedded import die_with_parent, free_port
from engine.filing import Started
from engine.settings import INSTALLATION, Settings
from engine.topology import Topology
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.faults import Fault

pytestmark = pytest.mark.xdist_group("survival-430000")

ROOT = Path(__file__).resolve().parent.parent.parent
NEVER = 10_000
"""Times that the courier has no answer: more than anybody asks."""


@dataclass(frozen=True)
class Up:
    """A running `kuasheng up`."""

    process: asyncio.subprocess.Process
    settings: Settings
    address: str

    async def connections(self) -> Connections:
        """Connect to its Temporal."""
        return await Connections.open(
            Topology.load(self.settings.topology), self.settings, self.address
        )

    @property
    def sandbox(self) -> SandboxControl:
        """The sandbox that it serves."""
        return SandboxControl(self.settings.courier_url)

    async def end(self, how: signal.Signals) -> int:
        """Send a signal to the whole process group, and return the exit code."""
        os.killpg(self.process.pid, how)
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def up(data: Path, catalogue: Path) -> AsyncIterator[Up]:
    """Run `kuasheng up` in a process group of its own until its test ends it."""
    address = f"127.0.0.1:{free_port()}"
    ports = ("--port", address.split(":")[1], "--ui-port", "0")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "up", "--data", str(data)),
        *(*ports, "--provinces", f"{HOME},{AWAY}"),
        cwd=ROOT,
        env={**os.environ, "KUASHENG_MATTERS": str(catalogue)},
        stdout=asyncio.subprocess.PIPE,
        stderr=(data.parent / "up.log").open("ab"),
        start_new_session=True,
        preexec_fn=die_with_parent(),
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line.startswith(b"ready:"), (data.parent / "up.log").read_text()
        yield Up(process, Settings.load(data=data, matters=catalogue), address)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def file(stack: Up, data: Path) -> Drill:
    """Run `kuasheng case start` for the one application of this file."""
    application = data.parent / "application.json"
    application.write_text(json.dumps(filed("STACK-KILLED")), "utf-8")
    return Drill(await stack.connections(), await start_by_command(stack, application))


async def start_by_command(stack: Up, application: Path) -> Started:
    """Start a case as a portal does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "starter.py", str(application), "--json"),
        *("--data", str(stack.settings.data)),
        cwd=ROOT,
        env={
            **os.environ,
            "TEMPORAL_ADDRESS": stack.address,
            "KUASHENG_MATTERS": str(stack.settings.matters),
        },
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return Started.model_validate_json(out)


async def test_a_case_survives_the_whole_stack_being_killed(
    tmp_path: Path, quick_catalogue: Path
) -> None:
    """Killed with the papers in transit and again with the result, it ends as if never killed."""
    data = tmp_path / "data"
    silent = Fault(path="/courier/parcels", kind="fail", method="GET", times=NEVER)
    async with up(data, quick_catalogue) as first:
        await asyncio.to_thread(first.sandbox.misbehave, silent)
        drill = await file(first, data)
        await drill.until(noted("dispatch", "booked"), "the booking")
        assert await first.end(signal.SIGKILL) == -signal.SIGKILL
    async with up(data, quick_catalogue) as second:
        again = await file(second, data)
        assert again.started == drill.started.model_copy(update={"existing": True})
        await again.act("accept")
        await asyncio.to_thread(second.sandbox.misbehave, silent)
        decision = await again.command("decide")
        answer = await again.send(decision)
        await again.until(noted("deliver", "booked"), "the booking of the result", AWAY)
        assert await second.end(signal.SIGKILL) == -signal.SIGKILL
    async with up(data, quick_catalogue) as third:
        last = Drill(await third.connections(), drill.started)
        assert await last.send(decision) == answer
        view = await last.finish(done=("accept", "decide"))
        await last.assert_once(view, third.sandbox)
        assert len(await last.taken()) == 2


async def test_sigterm_drains_the_stack_and_exits_0(tmp_path: Path, quick_catalogue: Path) -> None:
    """SIGTERM is a request: the exit code says that it was followed."""
    async with up(tmp_path / "data", quick_catalogue) as running:
        assert (running.settings.data / INSTALLATION).exists()
        assert await running.end(signal.SIGTERM) == 0
