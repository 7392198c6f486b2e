"""Run the sandbox as a process of its own, so that it can be killed like any outside system."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from errors import UnreachableError
from gateways.sandbox.control import SandboxControl
from gateways.sandbox.services import Behaviour

READY = "ready: "


@contextmanager
def running(
    data: Path, behaviour: Behaviour | None = None, port: int = 0
) -> Iterator[SandboxControl]:
    """Start a sandbox on `data` and kill it (SIGKILL) on leaving; it never gets to say goodbye.

    Raises:
        UnreachableError: It ended before it was ready.
    """
    chosen = behaviour or Behaviour()
    command = [sys.executable, "-m", "gateways.sandbox", "--port", str(port), "--data", str(data)]
    for name, value in dataclasses.asdict(chosen).items():
        command += [f"--{name}", str(value)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith(READY):
                raise UnreachableError("the sandbox did not start", "see its message above")
            with SandboxControl(line.removeprefix(READY).strip()) as control:
                yield control
        finally:
            process.kill()
