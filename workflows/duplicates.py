"""查重: is the same matter of the same persons open here already, and when is it not any more."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from compiler.kinds import Accept
from workflows.contracts import (
    CHECK_DUPLICATE,
    RELEASE_FILING,
    DuplicateRequest,
    FilingRelease,
    FilingReleased,
)
from workflows.effects import effect, retrying
from workflows.side import Side


async def duplicate_of(side: Side, step_id: str, step: Accept) -> str:
    """Register the case at the accepting place; return the case that it repeats, or nothing.

    It decides nothing: the acceptance officer is told, and may refuse naming the other case.
    """
    if not _looked_for(side):
        return ""
    verdict = await effect(
        side,
        step_id,
        step,
        "duplicate",
        CHECK_DUPLICATE,
        lambda _key: DuplicateRequest(
            case_no=side.case_no,
            matter=side.plan.matter,
            province=side.province(side.place),
            applicants=(side.filing.applicant, *side.filing.others),
        ),
        summary="查重",
    )
    if verdict.duplicate_of:
        side.note(step_id, "duplicate", f"查重: 与办件{verdict.duplicate_of}重复")
    return verdict.duplicate_of


async def release(side: Side) -> None:
    """Take the case out of the open filings of this place, when the work here has ended."""
    accepts = [
        (step_id, step)
        for step_id, step in side.plan.steps.items()
        if isinstance(step, Accept) and step.at == side.place
    ]
    if accepts and _looked_for(side):
        step_id, step = accepts[0]
        with side.waiting_for(step_id, "查重登记销号"):
            await workflow.execute_activity(
                RELEASE_FILING.name,
                FilingRelease(case_no=side.case_no, province=side.province(side.place)),
                result_type=FilingReleased,
                start_to_close_timeout=timedelta(seconds=step.retry.attempt),
                retry_policy=retrying(step),
                summary="查重登记销号",
            )


def _looked_for(side: Side) -> bool:
    return side.plan.engine > 1 and not side.plan.repeatable
