"""Serving an ASGI app on the loopback address, inside a loop that has other work too."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from errors import SettingsError

LOOPBACK = "127.0.0.1"


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever owns the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` for as long as the context lasts, and give its address, `http://127.0.0.1:N`.

    Args:
        app: What to serve.
        port: The port; 0 takes any free one.

    Raises:
        SettingsError: The port is taken.
    """
    try:
        listening = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise SettingsError(f"port {port} is taken ({error.strerror})", "use another") from error
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on")
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        # The socket listens already: a request that comes before the server is up just waits.
        yield f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listening.close()
