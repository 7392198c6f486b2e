"""How every entry point ends."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """Flush what was printed and logged, and end the process at once with `code`.

    `finally` blocks, context managers and `atexit` hooks above the caller do not run: call it last.
    """
    # temporalio's native threads may abort the process (SIGSEGV, SIGABRT) while the interpreter
    # tears itself down, in 2-3 of 15 short runs: sdk-python#300. So there is no teardown.
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        # A reader that went away (`kuasheng … | head`) must not turn the exit code into an error.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
