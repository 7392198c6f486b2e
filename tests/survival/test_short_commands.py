"""Commands that connect to Temporal and end at once, many times."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("survival-430000")

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS, AT_ONCE = 30, 4


async def test_thirty_short_commands_end_with_exit_code_0(server: Any) -> None:
    """No run dies of temporalio's threads while its interpreter ends."""
    lanes = asyncio.Semaphore(AT_ONCE)

    async def run() -> tuple[int | None, bytes]:
        async with lanes:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "cli.main", "case", "list", "--json"),
                *("--data", str(server.settings.data)),
                cwd=ROOT,
                env={**os.environ, "TEMPORAL_ADDRESS": server.server.address},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            out, _ = await process.communicate()
            return process.returncode, out.strip()

    ends = await asyncio.gather(*(run() for _ in range(RUNS)))
    assert ends == [(0, b"[]")] * RUNS
