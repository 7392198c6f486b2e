"""What the document of an act says beyond its subject: facts that its template may declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from temporalio import workflow

from compiler.kinds import Exchange, Issue
from workflows.contracts import AcceptCommand, AnyCommand, ReplyCommand, SuspendCommand
from workflows.side import Side
from workflows.state import Task


def facts(side: Side, task: Task, command: AnyCommand) -> dict[str, str]:
    """Return what the document of an act says; a template takes of it what it declares."""
    step = side.plan.steps[task.step]
    said = {"reason": command.reason, "name": step.label}
    if task.awaiting.due:
        said["due"] = task.awaiting.due.isoformat()
    more = MORE.get(command.act)
    return said | more(side, task, command) if more else said


def materials(side: Side, ids: Iterable[str]) -> str:
    """Return materials by their names; what has none stands as it is."""
    names = {material.id: material.name for material in side.plan.materials}
    return "、".join(names.get(item, item) for item in ids)


def _accepting(side: Side, _task: Task, command: AnyCommand) -> dict[str, str]:
    if not isinstance(command, AcceptCommand):
        raise TypeError(command.act)
    return {
        "materials": materials(side, command.corrections or (command.reason,)),
        "within": side.plan.regime.correction,
        "tolerated": materials(side, command.tolerated),
        "pledged": materials(side, command.pledged),
        "office": command.office,
    }


def _deciding(side: Side, _task: Task, _command: AnyCommand) -> dict[str, str]:
    made = [step.document for step in side.plan.steps.values() if isinstance(step, Issue)]
    return {"result": "、".join(made), "document": "、".join(made)}


def _replying(side: Side, task: Task, command: AnyCommand) -> dict[str, str]:
    step = side.plan.steps[task.step]
    if not isinstance(step, Exchange) or not isinstance(command, ReplyCommand):
        raise TypeError(command.act)
    return {
        "to": side.unit(side.plan.home),
        "name": step.reply.name if step.reply else step.send.name,
        "fields": "、".join(f"{name}: {value}" for name, value in command.fields.items()),
        "refused": step.send.name if command.refuse else "",
    }


def _suspending(_side: Side, _task: Task, command: AnyCommand) -> dict[str, str]:
    if not isinstance(command, SuspendCommand):
        raise TypeError(command.act)
    return {"procedure": command.procedure, "within": command.within}


def _handing_out(side: Side, task: Task, command: AnyCommand) -> dict[str, str]:
    return {
        **_deciding(side, task, command),
        "how": "当面领取",
        "delivered": workflow.now().isoformat(),
    }


MORE: dict[str, Callable[[Side, Task, AnyCommand], dict[str, str]]] = {
    "accept": _accepting,
    "decide": _deciding,
    "reply": _replying,
    "suspend": _suspending,
    "extend": lambda side, _task, _command: {"within": side.plan.regime.extension or ""},
    "hand_out": _handing_out,
}
"""Act → what its document says beyond reason and due date."""
