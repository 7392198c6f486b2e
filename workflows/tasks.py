"""What people do: tasks are opened, watched, checked, passed on and ended.

A task waits for one officer's act. What they do with it besides is in `operations`.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from compiler.kinds import BaseStep, FieldType
from workflows import clocks
from workflows.contracts import (
    RECORD_ACT,
    ActRecord,
    ActRequest,
    AnyCommand,
    Awaiting,
    SendBackCommand,
)
from workflows.facts import facts
from workflows.operations import OPERATIONS, OPERATORS, barred, offered
from workflows.side import Side
from workflows.state import Task

APPLICANT = "applicant"

TASK_LIMIT = "5 workdays"
"""How long a task may wait for whom the definition gives no limit (basis: default)."""

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
    # No task of a person without a limit; histories of the first engine had some.
    own = "" if suffix else step.within or (TASK_LIMIT if side.plan.engine > 1 else "")
    limit = own if within is None else within
    task = Task(
        id=task_id,
        step=step_id,
        suffix=suffix,
        rev=rev,
        acts=acts,
        operations=() if role == APPLICANT else offered(side, step_id, step, suffix),
        fields=fields or {},
        instant=instant,
        within=limit,
        late=(wait.late if wait else clocks.LADDER if own and not step.within else ())
        if late is None
        else late,
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


async def _recorded(side: Side, step: BaseStep, task: Task, command: AnyCommand) -> ActRecord:
    """Have an act checked against officer, unit, role and division, numbered and documented."""
    verdict = str(getattr(command, "verdict", "") or command.act)
    operation = command.act in OPERATIONS
    name = f"{command.act}/{command.command_id}" if operation else f"{command.act}.{verdict}"
    to = getattr(command, "to", "")
    officers = (to,) if to and not isinstance(command, SendBackCommand) else ()
    # Who gets the task must have its role, a signer may have any; a copy may go to anybody.
    also = officers if command.act in ("transfer", "delegate") else ()
    signers = officers if command.act == "add_signer" else ()
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
            signers=signers,
            step=task.step,
            subject=side.subject(),
            facts=facts(side, task, command),
        ),
        result_type=ActRecord,
        start_to_close_timeout=timedelta(seconds=step.retry.attempt),
        summary=f"{step.label}: 核对经办人员权限并登记",
    )
    return record


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
