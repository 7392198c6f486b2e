"""`kuasheng case`: acts on a finished case (撤销 注销 作废 更正), which do not open it again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import acts
from cli.common import By, CommandId, Data, Json, Ref, connected, show_answer
from cli.timeline import awaiting_line, clock
from engine.connect import Connections
from engine.later import LaterActs
from engine.settings import Settings
from engine.topology import Topology
from errors import FilingError
from workflows.contracts import (
    AmendCommand,
    CancelCommand,
    CommandAnswer,
    LaterActView,
    LaterCommand,
    RecordCreditCommand,
    RevokeCommand,
    VoidCommand,
)
from workflows.later import RULES

LONGEST = 80
"""Characters of a credit platform's reference."""

Why = Annotated[str, typer.Option(help="Why; stands in the official document.", show_default=False)]
Basis = Annotated[
    str, typer.Option(help="The clause that it rests on (法律依据).", show_default=False)
]
Number = Annotated[
    str, typer.Option(help="The certificate's number, if there are several.", show_default=False)
]


def revoke(
    ref: Ref,
    by: By,
    reason: Why,
    basis: Basis,
    fraud: Annotated[
        bool, typer.Option("--fraud", help="Obtained by fraud or bribery: also a credit record.")
    ] = False,
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Revoke an approval (撤销) that fraud obtained or that was against the law; by the head.

    Example: kuasheng case revoke REF --by 430000-head --reason 提供虚假材料
    --basis 行政许可法第六十九条第二款 --fraud
    """
    _do(data, ref, RevokeCommand(
        command_id=_id(command_id), by=by, reason=reason, basis=basis, fraud=fraud
    ), as_json=as_json)  # fmt: skip


def cancel(
    ref: Ref,
    by: By,
    reason: Why,
    basis: Basis,
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Cancel a result (注销) that has expired or was given up, or whose holder is no more.

    Example: kuasheng case cancel REF --by 430000-decider --reason 有效期届满
    --basis 行政许可法第七十条第一项
    """
    _do(data, ref, CancelCommand(command_id=_id(command_id), by=by, reason=reason, basis=basis),
        as_json=as_json)  # fmt: skip


def void(
    ref: Ref,
    by: By,
    reason: Why,
    basis: Basis,
    number: Number = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Void a lost or misprinted certificate's number (作废); a new number follows.

    Example: kuasheng case void REF --by 430000-clerk --reason 证照遗失 --basis 补证规定
    """
    _do(data, ref, VoidCommand(
        command_id=_id(command_id), by=by, reason=reason, basis=basis, number=number
    ), as_json=as_json)  # fmt: skip


def amend(
    ref: Ref,
    by: By,
    reason: Why,
    basis: Basis,
    number: Number = "",
    before: Annotated[str, typer.Option(help="What was wrong.")] = "",
    after: Annotated[str, typer.Option(help="What is right.")] = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Correct an error in a result (更正) under a new number, without a new decision.

    Example: kuasheng case amend REF --by 430000-decider --reason 笔误 --basis 更正规定
    """
    _do(data, ref, AmendCommand(
        command_id=_id(command_id), by=by, reason=reason, basis=basis, number=number,
        before=before, after=after,
    ), as_json=as_json)  # fmt: skip


def record_credit(
    ref: Ref,
    by: By,
    reference: Annotated[
        str, typer.Option(help="The credit platform's reference.", show_default=False)
    ],
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Report that a fraud was entered into the credit records (信用记录推送).

    Example: kuasheng case record-credit REF --by 430000-clerk --reference XY-2026-0001
    """
    if not 1 <= len(reference) <= LONGEST:
        raise FilingError(f"--reference has 1 to {LONGEST} characters")
    make = acts.on_task(RecordCreditCommand, by, reference=reference, command_id=command_id)

    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        return await LaterActs(connections).follow(ref, "record_credit", make)

    show_answer(connected(data, work), as_json=as_json)


def print_later(done: Sequence[LaterActView], topology: Topology) -> None:
    """Print what was done to a finished case, and what still has to follow."""
    out = Console()
    for act in done:
        if not act.done:
            continue
        new = f"  {act.old_number} → {act.new_number}" if act.new_number else ""
        when = clock(act.at) if act.at else ""
        out.print(
            f"{RULES[act.act].text}: {when}  {act.by}  {act.document_no}  依据: {act.basis}{new}",
            highlight=False,
        )
        for row in act.awaiting:
            out.print(f"等待: {awaiting_line(row, topology)}", highlight=False)


def _id(command_id: str) -> str:
    return command_id or str(uuid.uuid4())


def _do(data: Path | None, ref: str, command: LaterCommand, *, as_json: bool) -> None:
    if not command.reason.strip() or not command.basis.strip():
        raise FilingError(f"{command.act} needs --reason and --basis", "they stand in its document")

    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        return await LaterActs(connections).do(ref, command)

    show_answer(connected(data, work), as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add these commands to the group of cases."""
    for command in (revoke, cancel, void, amend, record_credit):
        app.command()(command)
