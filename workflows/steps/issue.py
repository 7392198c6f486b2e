"""制证: the certificate or document is made and numbered."""

from __future__ import annotations

from compiler.kinds import Issue
from workflows.contracts import StepResult
from workflows.side import Side


async def run(side: Side, step_id: str, step: Issue) -> StepResult:
    """Number the document after the case: one case makes one document of each issuing step."""
    number = f"{side.case_no}-{step_id}"
    side.move(step_id, "complete")
    side.note(step_id, "issued", f"制作{step.document}", document_no=number)
    return StepResult(label="done", outputs={"number": number})
