"""Drivers side by side: as many as there are cores, each a process with a server of its own.

One worker process is one core of Python, and time on one server is one for all of its cases: so
many cases are played by several servers, in batches that a server can carry.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from errors import UnreachableError
from simulation.runs import Row, Spec

BATCH = 60
"""Cases at a time on one server. With some hundreds, calls between provinces would wait longer for
their worker than the 15 seconds that they have."""

TRIES = 2
"""How often a batch is begun when its driver dies: native code under it can crash."""

LINE = 2**24
"""Longest row in bytes."""


async def simulate(specs: Sequence[Spec]) -> AsyncIterator[tuple[int, Row]]:
    """Play cases on as many drivers as there are cores; yield (index, row) as they end.

    Raises:
        UnreachableError: A driver died twice over the same cases; the end of its log says why.
    """
    batches = [list(range(n, min(n + BATCH, len(specs)))) for n in range(0, len(specs), BATCH)]
    rows: asyncio.Queue[tuple[int, Row]] = asyncio.Queue()
    with tempfile.TemporaryDirectory(prefix="kuasheng-simulation-") as folder:
        lanes = [
            asyncio.create_task(_lane(specs, batches, rows, Path(folder) / f"driver-{n}.log"))
            for n in range(min(os.cpu_count() or 1, len(batches)))
        ]
        try:
            async for found in _until(rows, lanes, len(specs)):
                yield found
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)


async def _until(
    rows: asyncio.Queue[tuple[int, Row]], lanes: list[asyncio.Task[None]], count: int
) -> AsyncIterator[tuple[int, Row]]:
    """Yield so many rows; a lane that fails is raised at once."""
    for _ in range(count):
        getting = asyncio.create_task(rows.get())
        while not getting.done():
            running = [lane for lane in lanes if not lane.done()]
            await asyncio.wait((getting, *running), return_when=asyncio.FIRST_COMPLETED)
            for lane in lanes:
                if lane.done() and (error := lane.exception()) is not None:
                    getting.cancel()
                    raise error
        yield getting.result()


async def _lane(
    specs: Sequence[Spec],
    batches: list[list[int]],
    rows: asyncio.Queue[tuple[int, Row]],
    log: Path,
) -> None:
    """Take batches until there is none left; play each on this lane's driver."""
    while batches:
        left = {specs[index].case.case_no: index for index in batches.pop(0)}
        for _ in range(TRIES):
            async for row in _driven([specs[index] for index in left.values()], log):
                await rows.put((left.pop(row.case_no), row))
            if not left:
                break
        else:
            raise UnreachableError(
                f"a simulation's driver died ({_last_word(log)})",
                "simulate the matters one by one to find which",
            )


def _last_word(log: Path) -> str:
    said = log.read_text("utf-8", errors="replace") if log.exists() else ""
    return said.strip().rpartition("\n")[2] or "it left no word"


async def _driven(specs: list[Spec], log: Path) -> AsyncIterator[Row]:
    """Play one batch in a process of its own; ends early when that dies."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulation.driver",
        str(log),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE,
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a driver without pipes")
    try:
        process.stdin.write(TypeAdapter(list[Spec]).dump_json(specs) + b"\n")
        process.stdin.close()
        async for line in process.stdout:
            yield Row.model_validate_json(line)
        await process.wait()
    finally:
        # The whole group: a driver that died may have left its server behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
