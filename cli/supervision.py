"""`kuasheng case`: 督办: look at what is supervised, order, answer and close."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from cli import acts
from cli.common import By, CommandId, Data, Json, Reason, Ref, connected, dump, show_answer
from cli.timeline import awaiting_line, print_timeline, province_name
from engine.connect import Connections
from engine.settings import Settings
from engine.supervision import Supervisions
from errors import FilingError
from workflows.contracts import (
    AnswerSupervisionCommand,
    CloseOutCommand,
    CommandAnswer,
    SuperviseCommand,
)

OUTCOMES = {
    None: "督办中",
    "closed": "已销号",
    "needless": "无需督办",
    "unresolved": "未销号, 红灯",
}


def supervisions(ref: Ref, as_json: Json = False, data: Data = None) -> None:
    """Show which late tasks of a case their superior supervises (督办), and how far that is.

    Example: kuasheng case supervisions REF
    """

    async def work(_settings: Settings, connections: Connections) -> None:
        found = await Supervisions(connections).of_case(ref)
        if as_json:
            print(dump(found))
            return
        out = Console()
        if not found:
            out.print("no supervisions")
        for view in found:
            where = f"{province_name(connections.topology, view.province)} {view.unit}"
            out.print(f"{where}  {view.what}  {OUTCOMES[view.outcome]}", highlight=False)
            print_timeline(view.timeline, connections.topology, out)
            for row in view.awaiting:
                out.print(f"等待: {awaiting_line(row, connections.topology)}", highlight=False)

    connected(data, work)


def supervise(
    ref: Ref,
    by: By,
    reason: Reason = "",
    needless: Annotated[
        bool, typer.Option("--needless", help="It was done meanwhile: no order is needed.")
    ] = False,
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Order a late unit to act (下达督办单), as its own superior.

    Example: kuasheng case supervise REF --by 430000-supervisor --reason 请于三日内办结
    """
    make = acts.on_task(
        SuperviseCommand, by, needless=needless, reason=reason, command_id=command_id
    )
    _do(data, ref, "supervise", make, as_json=as_json)


def answer_supervision(
    ref: Ref,
    by: By,
    reason: Reason = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Answer a supervision (督办答复): what was done and until when.

    Example: kuasheng case answer-supervision REF --by 430000-clerk --reason 已于今日受理
    """
    if not reason:
        raise FilingError("an answer needs --reason", "say what was done and until when")
    make = acts.on_task(AnswerSupervisionCommand, by, reason=reason, command_id=command_id)
    _do(data, ref, "answer_supervision", make, as_json=as_json)


def close_out(
    ref: Ref,
    by: By,
    reason: Reason = "",
    again: Annotated[
        bool, typer.Option("--again", help="Not satisfied: the unit answers once more.")
    ] = False,
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Close a supervision (销号), or have it answered --again.

    Example: kuasheng case close-out REF --by 430000-supervisor
    """
    make = acts.on_task(
        CloseOutCommand, by, satisfied=not again, reason=reason, command_id=command_id
    )
    _do(data, ref, "close_out", make, as_json=as_json)


def _do(data: Data, ref: str, act: str, make: acts.Maker, *, as_json: bool) -> None:
    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        return await Supervisions(connections).act(ref, act, make)

    show_answer(connected(data, work), as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add these commands to the group of cases."""
    for command in (supervisions, supervise, answer_supervision, close_out):
        app.command()(command)
