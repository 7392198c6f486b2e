"""审查: one reviewing officer's opinion, or those of several different ones."""

from __future__ import annotations

from compiler.kinds import Review
from workflows.contracts import ReviewCommand, StepResult
from workflows.side import Side
from workflows.tasks import open_task, perform, refuse


async def run(side: Side, step_id: str, step: Review) -> StepResult:
    """Collect the opinions of as many different officers (审查岗) as the step asks for.

    One task a person, one after the other, and one limit over all of them. An opinion decides
    nothing: also a case that did not pass goes on to whoever decides, with `passed` false.
    """
    side.move(step_id, "review")
    opinions: dict[str, bool] = side.memo(step_id).setdefault("opinions", {})
    clocks = side.state.clocks
    clock, light, count = None, None, step.officers
    while len(opinions) < count:
        nth = len(opinions) + 1
        task = open_task(
            side,
            step_id,
            step,
            acts=("review",),
            role="reviewer",
            what="出具审查意见" if count == 1 else f"出具审查意见(第{nth}人, 共{count}人)",
            suffix="" if nth == 1 else f"/{nth}",
        )
        if clock is not None:
            clocks[task.id] = clock
            task.awaiting = task.awaiting.model_copy(update=light)
        command, record = await perform(side, step, task)
        if not isinstance(command, ReviewCommand):
            raise TypeError(command.act)
        if command.by in opinions:
            refuse(
                side,
                command,
                f"{command.by} has given an opinion already (审查人员不得重复): "
                f"{count} different officers must",
            )
            continue
        passed = opinions[command.by] = command.verdict == "pass"
        text = f"{step.label}意见{nth}: {'通过' if passed else '不通过'}"
        text += f", {command.reason}" if command.reason else ""
        side.note(step_id, f"reviewed-{nth}", text, by=command.by, document_no=record.document_no)
        clock = clocks.get(task.id)
        light = task.awaiting.model_dump(include={"due", "provisional", "light"})
        side.desk.done(command, text, record.document_no)
    return StepResult(label="done", outputs={"passed": all(opinions.values())})
