"""What people do: tasks are opened, watched, checked, passed on and ended.

A task waits for one officer's act. Everything that officers expect to do with a task *besides* its
act (签领, 转办, 委派, 加签, 退回, 特别程序, 延期) is an operation: on record like an act, and the
task is open again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta

from temporalio import workflow

from compiler.kinds import BaseStep, FieldType
from workflows import clocks
from workflows.contracts import (
    RECORD_ACT,
    AcceptCommand,
    ActRecord,
    ActRequest,
    AddSignerCommand,
    AnyCommand,
    Awaiting,
    CopyCommand,
    DelegateCommand,
    SendBackCommand,
    SuspendCommand,
    TransferCommand,
)
from workflows.side import Side
from workflows.state import Task

APPLICANT = "applicant"

TO_DO_AGAIN = frozenset({"review", "data_check", "capture", "identity_check", "exchange"})
"""Kinds of steps that 退回 may have done once more: none of them has legal effect."""

TIMED = frozenset({"review", "decide"})
"""Kinds of steps whose limit a special procedure stops and the regime may extend."""

ALWAYS = ("claim", "release", "transfer", "delegate", "add_signer", "sign", "copy")
"""Operations on every officer's task."""

OPERATORS = {"extend": "head"}
"""Operation → the role that may do it, where it is not the task's own (延期: 本机关负责人)."""

TROUBLE_LIMIT = "3 workdays"
"""How long a trouble may wait for whoever sees to it (basis: default)."""


class SentBackError(Exception):
    """An officer has sent the case back (退回) to an earlier step of the same walk."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target


def open_task(  # noqa: PLR0913 - a task is many words
    side: Side,
    step_id: str,
    step: BaseStep,
    *,
    acts: tuple[str, ...],
    role: str,
    what: str,
    unit: str = "",
    fields: dict[str, FieldType] | None = None,
    suffix: str = "",
    within: str | None = None,
    late: tuple[str, ...] | None = None,
    instant: bool = False,
) -> Task:
    """Return the step's open task, opening it if there is none.

    Args:
        side: The side that opens it.
        step_id: The step.
        step: Its parameters; the task has its limit and its wait's ladder unless it has a suffix.
        acts: What ends the task.
        role: Who may act.
        what: What is to be done, Chinese, nothing personal.
        unit: Who owes it; the place's unit if empty.
        fields: The typed fields of a letter to write.
        suffix: Set for a side task of the step.
        within: A limit of its own.
        late: A ladder of its own.
        instant: Whether its act is taken in at once, without an officer's check.
    """
    task_id = step_id + suffix
    known = side.state.tasks.get(task_id)
    if known is not None:
        return known
    rev = side.state.revs.get(task_id, 0) + 1
    wait = side.plan.waits.get(step.wait or "")
    own = "" if suffix else step.within or ""
    limit = own if within is None else within
    task = Task(
        id=task_id,
        step=step_id,
        suffix=suffix,
        rev=rev,
        acts=acts,
        operations=() if role == APPLICANT else _operations(side, step_id, step, suffix),
        fields=fields or {},
        instant=instant,
        within=limit,
        late=(wait.late if wait else ()) if late is None else late,
        awaiting=Awaiting(
            place=side.place,
            province=side.province(side.place),
            unit=unit or side.unit(side.place),
            role=role,
            what=what,
            since=workflow.now(),
            within=limit,
            task=task_id,
            task_rev=rev,
            acts=acts,
            fields=dict(fields or {}),
        ),
    )
    side.state.tasks[task_id] = task
    clocks.resumed(side, task)
    side.changed()
    return task


def _operations(side: Side, step_id: str, step: BaseStep, suffix: str) -> tuple[str, ...]:
    more: tuple[str, ...] = ()
    kind = str(getattr(step, "kind", ""))
    if kind in TIMED and (not suffix or suffix.startswith("/")):
        more = ("suspend", "resume", "extend")
        if any(to_do_again(side, step_id)):
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


async def perform(
    side: Side, step: BaseStep, task: Task, *, lapses: bool = False
) -> tuple[AnyCommand, ActRecord]:
    """Wait for an officer's act on a task until one is allowed; return it on record.

    The officer's unit, role and division are checked by the approval activity. Who may not act is
    told so, and the task is open again. Meanwhile the task's ladder is climbed, and operations on
    the task are carried out.

    Raises:
        LimitPassedError: `lapses` is set and nobody acted within the limit.
        SentBackError: an officer has sent the case back to an earlier step.
    """
    while True:
        side.state.tasks.setdefault(task.id, task)
        await clocks.watch(side, task, lambda: side.desk.has(task.id), lapses=lapses)
        command = side.desk.take(task.id)
        refusal = barred(side, task, command)
        if refusal:
            refuse(side, command, refusal)
            continue
        record = await _recorded(side, step, task, command)
        if not record.allowed:
            refuse(side, command, record.refusal)
            continue
        side.file(record.document)
        operation = OPERATIONS.get(command.act)
        if operation is None:
            return command, record
        text = await operation(side, task, command)
        side.note(
            task.step, f"{command.act}-{task.rev}", text, by=command.by,
            document_no=record.document_no,
        )  # fmt: skip
        if isinstance(command, SendBackCommand):
            side.desk.done(command, text, record.document_no, keep_clock=True)
            raise SentBackError(command.to)
        side.desk.reopened(command, text, record.document_no)
        task.awaiting = task.awaiting.model_copy(update={"officer": task.holder})
        side.changed()


def barred(side: Side, task: Task, command: AnyCommand) -> str:
    """Return why a command cannot be carried out on a task as it stands; empty when it can."""
    reasons = (
        *_barred_by_clock(side, task, command),
        *_barred_by_others(task, command),
        *_barred_by_law(side, task, command),
    )
    return next(iter(reasons), "")


def _barred_by_clock(side: Side, task: Task, command: AnyCommand) -> Iterator[str]:
    clock = side.state.clocks.get(task.id)
    suspended = clock.suspended if clock else None
    if command.act == "resume" and suspended is None:
        yield "the clock is running: nothing to resume (未在特别程序中)"
    if command.act in task.acts and suspended is not None:
        yield f"特别程序({suspended.procedure}) is under way: resume first"
    if command.act in ("suspend", "extend") and (clock is None or suspended is not None):
        yield "the task has no running clock to stop or to extend"


def _barred_by_others(task: Task, command: AnyCommand) -> Iterator[str]:
    outstanding = [signer for signer, opinion in task.signers.items() if not opinion]
    if command.act == "sign":
        if command.by not in outstanding:
            yield f"{command.by} is no signer of this task (加签)"
        return
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


async def _recorded(side: Side, step: BaseStep, task: Task, command: AnyCommand) -> ActRecord:
    """Have an act checked against officer, unit, role and division, numbered and documented."""
    verdict = str(getattr(command, "verdict", "") or command.act)
    operation = command.act in OPERATIONS
    name = f"{command.act}/{command.command_id}" if operation else f"{command.act}.{verdict}"
    to = getattr(command, "to", "")
    officers = (to,) if to and not isinstance(command, SendBackCommand) else ()
    # A signer or a copied officer may have any role; who gets the task must have the task's.
    also = officers if command.act in ("transfer", "delegate") else ()
    record: ActRecord = await workflow.execute_activity(
        RECORD_ACT.name,
        ActRequest(
            key=side.key(task.id, name),
            act=verdict,
            officer=command.by,
            role="" if command.act == "sign" else OPERATORS.get(command.act, task.awaiting.role),
            unit=task.awaiting.unit,
            division=side.division,
            case_no=side.case_no,
            reason=command.reason,
            also=also,
            step=task.step,
            subject=side.subject(),
            facts=_facts(side, task, command),
        ),
        result_type=ActRecord,
        start_to_close_timeout=timedelta(seconds=step.retry.attempt),
        summary=f"{step.label}: 核对经办人员权限并登记",
    )
    return record


def _facts(side: Side, task: Task, command: AnyCommand) -> dict[str, str]:
    """Return what the document of an act says beyond its subject."""
    names = {material.id: material.name for material in side.plan.materials}
    facts = {"reason": command.reason, "step": side.plan.steps[task.step].label}
    if task.awaiting.due:
        facts["due"] = f"{task.awaiting.due.astimezone(clocks.CHINA):%F}"
    if isinstance(command, AcceptCommand):
        told = command.corrections or (command.reason,)
        facts["materials"] = "、".join(names.get(item, item) for item in told)
        facts["tolerated"] = "、".join(names.get(item, item) for item in command.tolerated)
        facts["office"] = command.office
        facts["within"] = side.plan.regime.correction
    if isinstance(command, SuspendCommand):
        facts |= {"procedure": command.procedure, "within": command.within}
    if command.act == "extend":
        facts["within"] = side.plan.regime.extension or ""
    return facts


def refuse(side: Side, command: AnyCommand, message: str) -> None:
    """Tell a sender no; the task is open again, and everybody may see its new revision."""
    side.desk.refused(command, message)
    side.changed()


async def trouble(side: Side, step_id: str, step: BaseStep, what: str) -> AnyCommand:
    """Make a trouble somebody's task (经办岗); return how it was seen to.

    Args:
        side: The side that has it.
        step_id: The step in which it came up.
        step: Its parameters.
        what: What is wrong, Chinese, nothing personal.
    """
    memo = side.memo(step_id)
    count = memo.get("trouble#", 0) + 1
    task = open_task(
        side,
        step_id,
        step,
        acts=("resolve",),
        role="clerk",
        what=what,
        suffix=f"!{count}",
        within=TROUBLE_LIMIT if side.plan.engine > 1 else "",
        late=clocks.LADDER,
    )
    side.note(step_id, f"trouble-{count}", what)
    command, record = await perform(side, step, task)
    memo["trouble#"] = count
    side.note(
        step_id, f"resolved-{count}", f"已处置: {command.reason or what}", by=command.by,
        document_no=record.document_no,
    )  # fmt: skip
    side.desk.done(command, "resolved", record.document_no)
    return command


# --- Operations -----------------------------------------------------------------------------------


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


async def _suspend(side: Side, task: Task, command: AnyCommand) -> str:
    if not isinstance(command, SuspendCommand):
        raise TypeError(command.act)
    end = await clocks.suspend(side, task, command.procedure, command.within)
    side.move(task.step, "suspend")
    last = f"{end.due.astimezone(clocks.CHINA):%F}"
    return f"特别程序({command.procedure}), 至{last}, 期间不计入办理时限: {command.reason}"


async def _resume(side: Side, task: Task, _command: AnyCommand) -> str:
    end = await clocks.resume(side, task)
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
