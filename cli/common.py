"""What several groups of commands share: their options, a connection, and JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel

from cli.acts import Maker
from engine.cases import Cases
from engine.connect import Connections
from engine.settings import Settings
from engine.topology import Topology
from workflows.contracts import CommandAnswer

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Data = Annotated[
    Path | None,
    typer.Option(help="Folder with keys and data; default KUASHENG_DATA.", show_default=False),
]
Ref = Annotated[str, typer.Argument(help="Case number or workflow id.", show_default=False)]
By = Annotated[str, typer.Option(help="The officer's id, as in officers.yaml.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; stands in the official document.")]
CommandId = Annotated[
    str,
    typer.Option(help="Repeat a command under its id: it never counts twice.", show_default=False),
]
TaskId = Annotated[str, typer.Option(help="The task, when several take this act.")]


def connected(data: Path | None, work: Callable[[Settings, Connections], Awaitable[T]]) -> T:
    """Run a command's work over a connection to the provinces' namespaces."""

    async def opened() -> T:
        settings = Settings.load(data=data)
        connections = await Connections.open(Topology.load(settings.topology), settings)
        return await work(settings, connections)

    return asyncio.run(opened())


def act(
    data: Path | None,
    ref: str,
    name: str,
    make: Maker,
    *,
    as_json: bool,
    task: str = "",
) -> None:
    """Do an act on the case's open task that takes it, and print the answer."""

    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        return await Cases(connections).act(ref, name, make, task)

    show_answer(connected(data, work), as_json=as_json)


def show_answer(answer: CommandAnswer, *, as_json: bool) -> None:
    """Print the answer to a command."""
    if as_json:
        print(answer.model_dump_json())
    else:
        number = f"  {answer.document_no}" if answer.document_no else ""
        print(f"done: {answer.message}{number}")


def dump(rows: Sequence[BaseModel]) -> str:
    """Return models as a JSON array."""
    return json.dumps([row.model_dump(mode="json") for row in rows], ensure_ascii=False)
