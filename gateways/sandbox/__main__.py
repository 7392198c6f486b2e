"""Run the sandbox alone: `python -m gateways.sandbox --port 7300 --data DIR`."""

from __future__ import annotations

import argparse
import dataclasses
import socket
import sys
from pathlib import Path

import uvicorn

from gateways.sandbox.app import create_app
from gateways.sandbox.services import Behaviour
from gateways.sandbox.store import SandboxStore


def main() -> None:
    """Serve on the loopback address until told to stop; the first line says where."""
    usual = Behaviour()
    parser = argparse.ArgumentParser(prog="python -m gateways.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps what it knows")
    for setting in dataclasses.fields(Behaviour):
        default = getattr(usual, setting.name)
        parser.add_argument(f"--{setting.name}", type=type(default), default=default)
    chosen = parser.parse_args()

    try:
        # We bind ourselves: the line that says where is then true, also with port 0.
        listening = socket.create_server(("127.0.0.1", chosen.port))
    except OSError as error:
        parser.error(f"port {chosen.port} is taken ({error.strerror}): use another")
    store = SandboxStore(chosen.data)
    app = create_app(store, _behaviour(chosen))
    with listening:
        port = listening.getsockname()[1]
        sys.stdout.write(f"ready: http://127.0.0.1:{port}\n")
        sys.stdout.flush()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        server.run(sockets=[listening])
    store.close()


def _behaviour(chosen: argparse.Namespace) -> Behaviour:
    return Behaviour(**{f.name: getattr(chosen, f.name) for f in dataclasses.fields(Behaviour)})


if __name__ == "__main__":
    main()
