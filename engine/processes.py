"""Worker processes of our own, which can be killed: for the demo and for tests of survival."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.embedded import die_with_parent
from engine.settings import Settings
from errors import KuashengError

WORKER = Path(__file__).resolve().parent.parent / "worker.py"

READY_SECONDS = 30.0


class WorkerProcess:
    """`python worker.py` for some provinces, against one server.

    Args:
        provinces: Their codes.
        address: `host:port` of Temporal.
        settings: Data folder, gateways and tempo that the process shall use.
        cached: Cached workflows a province; 0 replays at every task.
    """

    def __init__(
        self, provinces: Sequence[str], address: str, settings: Settings, cached: int = 300
    ) -> None:
        self.provinces = tuple(provinces)
        self.restarts = 0
        self._cached = cached
        self._log = settings.data / f"worker-{'-'.join(self.provinces)}.log"
        self._process: asyncio.subprocess.Process | None = None
        self._env = {
            **os.environ,
            "TEMPORAL_ADDRESS": address,
            "KUASHENG_DATA": str(settings.data),
            **{f"KUASHENG_{n.upper()}_URL": url for n, url in settings.gateway_urls.items()},
            "KUASHENG_CODEC": "on" if settings.codec else "off",
            **({"KUASHENG_MATTERS": str(settings.matters)} if settings.matters else {}),
        }

    async def start(self) -> None:
        """Start the process and wait until its workers poll.

        Raises:
            KuashengError: it ended instead; its own words are in the error.
        """
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(WORKER),
                "--province",
                *self.provinces,
                "--cached",
                str(self._cached),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._env,
                preexec_fn=die_with_parent(),
            )
        out = self._process.stdout
        line = await asyncio.wait_for(out.readline(), READY_SECONDS) if out else b""
        if not line.startswith(b"ready:"):
            await self._process.wait()
            tail = self._log.read_text("utf-8", "replace").strip().splitlines()
            raise KuashengError(f"worker {self.provinces} did not start", tail[-1] if tail else "")

    async def kill(self) -> None:
        """SIGKILL it: nothing is drained, nothing is said."""
        await self._end(signal.SIGKILL)
        self.restarts += 1

    async def stop(self) -> None:
        """SIGTERM it and wait until it has drained."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(how)
        await self._process.wait()
