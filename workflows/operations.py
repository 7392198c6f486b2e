"""What officers do with a task besides its act: 签领, 转办, 委派, 加签, 退回, 特别程序, 延期.

An operation is on record like an act, and the task is open again. Here is which operations a task
takes, what bars one as things stand, and what each of them changes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

from temporalio import workflow

from compiler.kinds import BaseStep
from errors import IllegalMoveError
from workflows import clocks
from workflows.contracts import (
    AddSignerCommand,
    AnyCommand,
    CopyCommand,
    DelegateCommand,
    SendBackCommand,
    SuspendCommand,
    TransferCommand,
)
from workflows.moves import after
from workflows.side import Side
from workflows.state import Task

TO_DO_AGAIN = frozenset({"review", "data_check", "capture"})
"""Kinds of steps that 退回 may have done once more: none of them has legal effect.

An 身份核验 that fails after the acceptance has no lawful end, and a letter is answered once.
"""

TIMED = frozenset({"review", "decide"})
"""Kinds of steps whose limit a special procedure stops and the regime may extend."""

ALWAYS = ("claim", "release", "transfer", "delegate", "add_signer", "sign", "copy")
"""Operations on every officer's task."""

OPERATORS = {"extend": "head"}
"""Operation → the role that may do it, where it is not the task's own (延期: 本机关负责人)."""


def offered(side: Side, step_id: str, step: BaseStep, suffix: str) -> tuple[str, ...]:
    """Return the operations that a step's open task takes."""
    more: tuple[str, ...] = ()
    kind = str(getattr(step, "kind", ""))
    if kind in TIMED and (not suffix or suffix.startswith("/")):
        more = ("suspend", "resume", "extend")
        # Of several who decide together (会签) none alone leads the case back.
        if any(to_do_again(side, step_id)) and not (suffix and kind == "decide"):
            more += ("send_back",)
    return ALWAYS + more


def to_do_again(side: Side, step_id: str) -> Sequence[str]:
    """Return the earlier steps of this side to which a step's officer may send the case back."""
    mine = side.state.outputs.keys() & {entry.step for entry in side.state.timeline}
    return tuple(
        found
        for found, step in side.plan.steps.items()
        if found in mine and found != step_id and step.kind in TO_DO_AGAIN
        and side.together(found, step_id)
    )  # fmt: skip


def barred(side: Side, task: Task, command: AnyCommand) -> str:
    """Return why a command cannot be carried out on a task as it stands; empty when it can."""
    reasons = (
        *_barred_by_clock(side, task, command),
        *_barred_by_stage(side, task, command),
        *_barred_by_others(task, command),
        *_barred_by_law(side, task, command),
    )
    return next(iter(reasons), "")


def _barred_by_clock(side: Side, task: Task, command: AnyCommand) -> Iterator[str]:
    clock = side.state.clocks.get(task.id)
    suspended = clock.suspended if clock else None
    if command.act == "resume" and suspended is None:
        yield "the clock is running: nothing to resume (未在特别程序中)"
    if command.act in (*task.acts, "send_back") and suspended is not None:
        yield f"特别程序({suspended.procedure}) is under way: resume first"
    if command.act in ("suspend", "extend") and (clock is None or suspended is not None):
        yield "the task has no running clock to stop or to extend"


def _barred_by_stage(side: Side, task: Task, command: AnyCommand) -> Iterator[str]:
    """A move that the state table does not have is told the officer, never met half-way."""
    if command.act not in ("suspend", "resume", "extend") or task.step in side.plan.branched():
        return
    try:
        after(side.state.stage, command.act)
    except IllegalMoveError as error:
        yield str(error)


def _barred_by_others(task: Task, command: AnyCommand) -> Iterator[str]:
    outstanding = [signer for signer, opinion in task.signers.items() if not opinion]
    if command.act == "sign":
        if command.by not in outstanding:
            yield f"{command.by} is no signer of this task (加签)"
        return
    if command.act == "delegate" and task.delegator:
        yield f"the task is delegated (委派) by {task.delegator} already: release or transfer it"
    # A colleague or superior can always pass on what a holder leaves lying (转办).
    if task.holder and command.by != task.holder and command.act not in ("transfer", "extend"):
        yield f"the task is held by {task.holder}: ask them to release it, or transfer it (转办)"
    if command.act not in task.acts:
        return
    if task.delegator:
        yield f"the task is delegated (委派): release it with an opinion, {task.delegator} acts"
    if outstanding:
        yield f"the signatures of {'、'.join(outstanding)} are outstanding (加签)"


def _barred_by_law(side: Side, task: Task, command: AnyCommand) -> Iterator[str]:
    regime = side.plan.regime
    if isinstance(command, SuspendCommand) and command.procedure not in regime.special:
        known = "、".join(regime.special) or "none"
        yield f"{command.procedure} is no special procedure of {side.plan.legal_regime}: {known}"
    clock = side.state.clocks.get(task.id)
    if command.act == "extend" and clock is not None:
        if regime.extension is None:
            yield f"{side.plan.legal_regime} knows no extension (延期)"
        if clock.request is not None and len(clock.request.extended) >= regime.extension_times:
            yield "the limit was extended already (延期以一次为限)"
        if workflow.now() > clock.deadline.due:
            yield "the limit has passed: an extension must come before (应在期限届满前延期)"
    if isinstance(command, SendBackCommand) and command.to not in to_do_again(side, task.step):
        known = "、".join(to_do_again(side, task.step)) or "none"
        yield f"{command.to} is no step to send the case back to (退回): {known}"


async def _claim(_side: Side, task: Task, command: AnyCommand) -> str:
    task.holder = command.by
    return "签领"


async def _release(_side: Side, task: Task, command: AnyCommand) -> str:
    if task.delegator:
        task.holder, task.delegator = task.delegator, ""
        return f"委派办结, 交回{task.holder}: {command.reason}"
    task.holder = ""
    return "释放"


async def _transfer(_side: Side, task: Task, command: AnyCommand) -> str:
    if not isinstance(command, TransferCommand):
        raise TypeError(command.act)
    task.holder, task.delegator = command.to, ""
    return f"转办给{command.to}: {command.reason}"


async def _delegate(_side: Side, task: Task, command: AnyCommand) -> str:
    if not isinstance(command, DelegateCommand):
        raise TypeError(command.act)
    task.holder, task.delegator = command.to, command.by
    return f"委派给{command.to}: {command.reason}"


async def _add_signer(_side: Side, task: Task, command: AnyCommand) -> str:
    if not isinstance(command, AddSignerCommand):
        raise TypeError(command.act)
    task.signers.setdefault(command.to, "")
    return f"加签{command.to}: {command.reason}"


async def _sign(_side: Side, task: Task, command: AnyCommand) -> str:
    task.signers[command.by] = command.reason or "同意"
    return f"会签意见: {task.signers[command.by]}"


async def _copy(_side: Side, _task: Task, command: AnyCommand) -> str:
    if not isinstance(command, CopyCommand):
        raise TypeError(command.act)
    return f"抄送{command.to}"


async def _send_back(side: Side, _task: Task, command: AnyCommand) -> str:
    if not isinstance(command, SendBackCommand):
        raise TypeError(command.act)
    return f"退回至{side.plan.steps[command.to].label}: {command.reason}"


def _one_limit(side: Side, task: Task) -> list[Task]:
    """Return the tasks whose clocks stop together: all who decide in one step (或签, 会签)."""
    tasks = side.state.tasks.values()
    return [each for each in tasks if each.step == task.step and each.id in side.state.clocks]


async def _suspend(side: Side, task: Task, command: AnyCommand) -> str:
    if not isinstance(command, SuspendCommand):
        raise TypeError(command.act)
    end = await clocks.deadline(side, command.within)
    for each in _one_limit(side, task):
        clocks.suspend(side, each, command.procedure, end)
    side.move(task.step, "suspend")
    last = f"{end.due.astimezone(clocks.CHINA):%F}"
    return f"特别程序({command.procedure}), 至{last}, 期间不计入办理时限: {command.reason}"


async def _resume(side: Side, task: Task, _command: AnyCommand) -> str:
    end = await clocks.resume(side, task)
    for each in _one_limit(side, task):
        await clocks.resume(side, each)
    side.move(task.step, "resume")
    return f"特别程序结束, 恢复计时, 至{end.due.astimezone(clocks.CHINA):%F}"


async def _extend(side: Side, task: Task, command: AnyCommand) -> str:
    side.move(task.step, "extend")
    end = await clocks.extend(side, task, side.plan.regime.extension or "")
    last = f"{end.due.astimezone(clocks.CHINA):%F}"
    return f"延长期限{side.plan.regime.extension}, 至{last}: {command.reason}"


OPERATIONS: dict[str, Callable[[Side, Task, AnyCommand], Awaitable[str]]] = {
    "claim": _claim,
    "release": _release,
    "transfer": _transfer,
    "delegate": _delegate,
    "add_signer": _add_signer,
    "sign": _sign,
    "copy": _copy,
    "send_back": _send_back,
    "suspend": _suspend,
    "resume": _resume,
    "extend": _extend,
}
"""Operation → what it changes; returns what stands in the timeline."""
