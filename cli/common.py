"""What several groups of commands share: their options, a connection, and JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel

from engine.connect import Connections
from engine.settings import Settings
from engine.topology import Topology

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Data = Annotated[
    Path | None,
    typer.Option(help="Folder with keys and data; default KUASHENG_DATA.", show_default=False),
]
Ref = Annotated[str, typer.Argument(help="Case number or workflow id.", show_default=False)]


def connected(data: Path | None, work: Callable[[Settings, Connections], Awaitable[T]]) -> T:
    """Run a command's work over a connection to the provinces' namespaces."""

    async def opened() -> T:
        settings = Settings.load(data=data)
        connections = await Connections.open(Topology.load(settings.topology), settings)
        return await work(settings, connections)

    return asyncio.run(opened())


def dump(rows: Sequence[BaseModel]) -> str:
    """Return models as a JSON array."""
    return json.dumps([row.model_dump(mode="json") for row in rows], ensure_ascii=False)
