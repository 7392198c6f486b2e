"""函件往来: a letter between places, answered by an officer of the other place."""

from __future__ import annotations

from compiler.kinds import Exchange, Letter
from workflows.clocks import LimitPassedError, deadline
from workflows.contracts import Deadline, ReplyCommand, StepResult
from workflows.desk import parsed_fields
from workflows.handover import HomeSide
from workflows.paperwork import issue
from workflows.side import Side
from workflows.tasks import open_task, perform, refuse


def away(step: Exchange, home: str) -> str:
    """Return the role of the place that is not the home: the one that must act."""
    return step.to if step.source == home else step.source


def asked(step: Exchange, home: str) -> Letter:
    """Return the letter that the other place has to write: its reply, or what it sends."""
    if step.source != home:
        return step.send
    return step.reply or Letter(name=f"{step.send.name}回执")


async def send(side: HomeSide, step_id: str, step: Exchange) -> StepResult:
    """Home: send the letter (or ask for it) and wait for the other place."""
    if step.source == side.plan.home:
        to = side.unit(step.to)
        asked_for = step.reply.name if step.reply else ""
        await issue(side, step_id, step, "letter", to=to, name=step.send.name, request=asked_for)
    other = away(step, side.plan.home)
    result = await side.hand_over(step_id, step, other, await _until(side, step_id, step))
    if result.label == "refused" and step.refuse is not None:
        side.note(step_id, "refused", step.refuse.notice)
    elif result.label == "lapsed" and step.lapse is not None:
        whose = f"{side.plan.places[other].is_}({side.province(other)}){side.unit(other)}"
        side.note(step_id, "lapsed", f"{whose}逾期未答复: {step.lapse.notice}")
    return result


async def _until(side: Side, step_id: str, step: Exchange) -> Deadline | None:
    """Return when a letter that may lapse does, counted from when it was sent."""
    if step.lapse is None or step.within is None:
        return None
    memo = side.memo(step_id)
    if "until" not in memo:
        memo["until"] = (await deadline(side, step.within)).model_dump(mode="json")
    return Deadline.model_validate(memo["until"])


async def answer(side: Side, step_id: str, step: Exchange) -> StepResult:
    """The other place: an officer (经办岗) writes the letter with its typed fields, or refuses.

    What may lapse is not answered any more when its limit has passed here.
    """
    letter = asked(step, side.plan.home)
    what = (
        f"收到{step.send.name}, 出具{letter.name}"
        if step.source == side.plan.home
        else (f"出具{letter.name}")
    )
    task = open_task(
        side, step_id, step, acts=("reply",), role="clerk", what=what, fields=dict(letter.fields)
    )
    while True:
        try:
            command, record = await perform(side, step, task, lapses=step.lapse is not None)
        except LimitPassedError:
            side.note(step_id, "silent", f"{step.send.name}: 期限届满未答复")
            side.desk.close(task.id)
            return StepResult(label="lapsed")
        if not isinstance(command, ReplyCommand):
            raise TypeError(command.act)
        if not command.refuse:
            break
        if step.refuse is not None:
            side.note(step_id, "refused", f"退回{step.send.name}: {command.reason}", by=command.by,
                      document_no=record.document_no)  # fmt: skip
            side.desk.done(command, "refused", record.document_no)
            return StepResult(label="refused")
        refuse(side, command, f"{step.send.name} cannot be refused in this matter")
    outputs = parsed_fields(task, command)
    side.note(step_id, "replied", f"出具{letter.name}", by=command.by,
              document_no=record.document_no)  # fmt: skip
    side.desk.done(command, letter.name, record.document_no)
    return StepResult(label="done", outputs=outputs)
