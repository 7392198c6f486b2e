"""`kuasheng case`: what officers do with a task besides its act, 催办, and transports by officers.

An operation leaves the task open: it changes who does it, until when, or what was done before.
"""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from cli import acts
from cli.common import (
    By,
    CommandId,
    Data,
    Json,
    Reason,
    Ref,
    TaskId,
    act,
    connected,
    show_answer,
)
from compiler.kinds import Limit
from engine.cases import Cases
from engine.connect import Connections
from engine.settings import Settings
from errors import FilingError, LimitError
from workflows.contracts import (
    AddSignerCommand,
    ClaimCommand,
    CommandAnswer,
    CopyCommand,
    DelegateCommand,
    DispatchCommand,
    ExtendCommand,
    ReleaseCommand,
    ResumeCommand,
    SendBackCommand,
    SignCommand,
    SignForCommand,
    SuspendCommand,
    TransferCommand,
)

To = Annotated[str, typer.Option(help="The other officer's id.", show_default=False)]
Why = Annotated[str, typer.Option(help="Why; stands in the official document.", show_default=False)]

LIMIT: TypeAdapter[str] = TypeAdapter(Limit)


def claim(
    ref: Ref,
    by: By,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Take a task (签领): nobody else may act on it until it is released.

    Example: kuasheng case claim REF --by 430000-decider
    """
    make = acts.on_task(ClaimCommand, by, reason=reason, command_id=command_id)
    act(data, ref, "claim", make, as_json=as_json, task=task)


def release(
    ref: Ref,
    by: By,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Release a task (释放); a delegate gives it back, with an opinion as --reason.

    Example: kuasheng case release REF --by 430000-decider-2 --reason 建议准予
    """
    make = acts.on_task(ReleaseCommand, by, reason=reason, command_id=command_id)
    act(data, ref, "release", make, as_json=as_json, task=task)


def transfer(
    ref: Ref,
    by: By,
    to: To,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Have another officer do a task from now on (转办); also a task that somebody holds.

    Example: kuasheng case transfer REF --to 430000-decider-2 --by 430000-decider --reason 休假
    """
    make = acts.on_task(TransferCommand, by, to=to, reason=reason, command_id=command_id)
    act(data, ref, "transfer", make, as_json=as_json, task=task)


def delegate(
    ref: Ref,
    by: By,
    to: To,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Have another officer prepare a task and give it back (委派).

    Example: kuasheng case delegate REF --to 430000-decider-2 --by 430000-decider
    """
    make = acts.on_task(DelegateCommand, by, to=to, reason=reason, command_id=command_id)
    act(data, ref, "delegate", make, as_json=as_json, task=task)


def add_signer(
    ref: Ref,
    by: By,
    to: To,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Ask another officer of the unit to sign before the task's own act counts (加签).

    Example: kuasheng case add-signer REF --to 430000-reviewer --by 430000-decider
    """
    make = acts.on_task(AddSignerCommand, by, to=to, reason=reason, command_id=command_id)
    act(data, ref, "add_signer", make, as_json=as_json, task=task)


def sign(
    ref: Ref,
    by: By,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Sign as an officer who was asked to (会签意见); the opinion is --reason, else 同意.

    Example: kuasheng case sign REF --by 430000-reviewer --reason 同意
    """
    make = acts.on_task(SignCommand, by, reason=reason, command_id=command_id)
    act(data, ref, "sign", make, as_json=as_json, task=task)


def copy(
    ref: Ref,
    by: By,
    to: To,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Let another officer know of a task (抄送); they have nothing to do.

    Example: kuasheng case copy REF --to 430000-clerk --by 430000-decider
    """
    make = acts.on_task(CopyCommand, by, to=to, reason=reason, command_id=command_id)
    act(data, ref, "copy", make, as_json=as_json, task=task)


def send_back(
    ref: Ref,
    by: By,
    to: Annotated[
        str, typer.Option(help="Id of the step that is done once more.", show_default=False)
    ],
    reason: Why,
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Have an earlier step done once more (退回); then the case comes back, its clock runs on.

    Example: kuasheng case send-back REF --to review --by 430000-decider --reason 核查记录不全
    """
    make = acts.on_task(SendBackCommand, by, to=to, reason=reason, command_id=command_id)
    act(data, ref, "send_back", make, as_json=as_json, task=task)


def suspend(
    ref: Ref,
    by: By,
    procedure: Annotated[
        str, typer.Option(help="One that the law names: 听证, 鉴定, …", show_default=False)
    ],
    within: Annotated[
        str, typer.Option(help='How long at most, such as "20 workdays".', show_default=False)
    ],
    reason: Why,
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Stop a task's clock for a special procedure (特别程序), for a stated time at most.

    Example: kuasheng case suspend REF --procedure 听证 --within "20 workdays" --by 430000-decider
    --reason 申请人要求听证
    """
    try:
        LIMIT.validate_python(within)
    except ValidationError:
        raise LimitError(
            f"{within} is no limit", 'write "20 workdays", "30 days", "48 hours" or "90 minutes"'
        ) from None
    make = acts.on_task(
        SuspendCommand, by, procedure=procedure, within=within, reason=reason, command_id=command_id
    )
    act(data, ref, "suspend", make, as_json=as_json, task=task)


def resume(
    ref: Ref,
    by: By,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Let a stopped clock go on (恢复办理).

    Example: kuasheng case resume REF --by 430000-decider --reason 听证结束
    """
    make = acts.on_task(ResumeCommand, by, reason=reason, command_id=command_id)
    act(data, ref, "resume", make, as_json=as_json, task=task)


def extend(
    ref: Ref,
    by: By,
    reason: Why,
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Extend a task's limit (延期), once, by as much as the regime's law gives; the head approves.

    Example: kuasheng case extend REF --by 430000-head --reason 案情复杂
    """
    make = acts.on_task(ExtendCommand, by, reason=reason, command_id=command_id)
    act(data, ref, "extend", make, as_json=as_json, task=task)


def urge(
    ref: Ref,
    reason: Reason = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Ask, for the applicant, that the case goes on (催办); once a day.

    Example: kuasheng case urge REF
    """
    command = acts.urge(reason=reason, command_id=command_id)

    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        return await Cases(connections).say(ref, command)

    show_answer(connected(data, work), as_json=as_json)


def dispatch(
    ref: Ref,
    by: By,
    number: Annotated[
        str,
        typer.Option(help="The carrier's number, or the messenger's.", show_default=False),
    ],
    items: Annotated[int, typer.Option(min=1, help="How many pieces.")] = 1,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Report papers as sent by 机要, messenger or hand (交寄).

    Example: kuasheng case dispatch REF --number 机2026-118 --items 2 --by 430000-clerk
    """
    make = acts.on_task(
        DispatchCommand, by, number=number, items=items, reason=reason, command_id=command_id
    )
    act(data, ref, "dispatch", make, as_json=as_json, task=task)


def sign_for(
    ref: Ref,
    by: By,
    differences: Annotated[
        str, typer.Option(help="What differs from the list (差异).", show_default=False)
    ] = "",
    missing: Annotated[
        bool, typer.Option("--missing", help="Nothing arrived (未收到): it is looked for.")
    ] = False,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Sign for what arrived (签收), say what differs from the list, or that nothing came.

    Example: kuasheng case sign-for REF --by 440000-clerk --differences 缺第三卷
    """
    if missing and differences:
        raise FilingError("say --missing or --differences, not both")
    make = acts.on_task(
        SignForCommand,
        by,
        differences=differences,
        missing=missing,
        reason=reason,
        command_id=command_id,
    )
    act(data, ref, "sign_for", make, as_json=as_json, task=task)


def register(app: typer.Typer) -> None:
    """Add these commands to the group of cases."""
    for command in (
        claim, release, transfer, delegate, add_signer, sign, copy, send_back,
        suspend, resume, extend, urge, dispatch, sign_for,
    ):  # fmt: skip
        app.command()(command)
