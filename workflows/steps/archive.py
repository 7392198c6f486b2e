"""归档: the case's papers go to the archive of the place, under a number of their own."""

from __future__ import annotations

from compiler.kinds import Archive
from workflows.contracts import StepResult
from workflows.side import Side


async def run(side: Side, step_id: str, step: Archive) -> StepResult:
    """Number the file (档号) after division and case: each place keeps one of each case."""
    side.move(step_id, "archive")
    number = f"{side.division}-{side.case_no}"
    side.note(step_id, "archived", f"{step.label}: 档号{number}", document_no=number)
    return StepResult(label="done")
