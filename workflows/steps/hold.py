"""等待: a set time passes (公示, 冷静期) before the case goes on."""

from __future__ import annotations

from temporalio import workflow

from compiler.kinds import Hold
from workflows.clocks import CHINA, deadline
from workflows.contracts import Deadline, StepResult
from workflows.side import Side


async def run(side: Side, step_id: str, step: Hold) -> StepResult:
    """Wait until the span has passed by the calendar; nobody can shorten it."""
    memo = side.memo(step_id)
    if "until" not in memo:
        memo["until"] = (await deadline(side, step.span)).model_dump(mode="json")
    end = Deadline.model_validate(memo["until"])
    last = f"至{end.due.astimezone(CHINA):%Y-%m-%d %H:%M}{'(暂定)' if end.provisional else ''}"
    stops = ", 期间不计入办理时限" if step.stops_clock else ""
    basis = f"(依据{step.legal_basis})" if step.legal_basis else ""
    side.note(step_id, "held", f"{step.label}开始, {last}{stops}{basis}")
    with side.waiting_for(step_id, f"{step.label}{last}", until=end, span=step.span):
        while (left := (end.due - workflow.now()).total_seconds()) > 0:
            await side.rest(lambda: False, left, summary=step.label)
    side.note(step_id, "passed", f"{step.label}期满")
    return StepResult(label="done")
