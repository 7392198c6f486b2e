"""审批决定: approve or reject."""

from __future__ import annotations

from compiler.guards import evaluate
from compiler.kinds import Accept, Decide, Review
from workflows.contracts import DecideCommand, StepResult
from workflows.side import Side


async def run(side: Side, step_id: str, step: Decide) -> StepResult:
    """Wait for the deciding officer (审批岗), once what the step requires holds.

    A requirement that does not hold is an officer's task first; it is never skipped silently.
    Who decides in sequence (依次) has not acted on the case before (四眼原则).
    """
    side.enter("reviewing")
    guard = side.plan.guards.get(step_id)
    memo = side.state.memo.setdefault(step_id, {})
    if step.require is not None and guard is not None and "required" not in memo:
        if not evaluate(guard, side.values()):
            await side.trouble(step_id, step, step.require.otherwise.task)
        memo["required"] = True
    task = side.task(step_id, step, acts=("decide",), role="decider", what="作出审批决定")
    while True:
        command, record = await side.perform(step, task)
        if not isinstance(command, DecideCommand):
            raise TypeError(command.act)
        before = _acted_before(side).get(command.by)
        if step.policy != "sequential" or before is None:
            break
        side.refused(
            command,
            f"{command.by} has acted in {before} and may not decide too (四眼原则): "
            "ask another officer",
        )
    approved = command.verdict == "approve"
    text = "准予" if approved else f"不予: {command.reason}"
    side.note(step_id, "approved" if approved else "rejected", text, by=command.by,
              document_no=record.document_no)  # fmt: skip
    side.enter("decided")
    side.desk.done(command, text, record.document_no)
    return StepResult(label="approved" if approved else "rejected")


def _acted_before(side: Side) -> dict[str, str]:
    """Return each officer who accepted or reviewed this case, and in which step."""
    steps = side.plan.steps
    return {
        entry.by: steps[entry.step].label
        for entry in side.timeline()
        if entry.by and isinstance(steps.get(entry.step), Accept | Review)
    }
