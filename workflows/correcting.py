"""What the applicant brings after filing: a correction (补正), or a paper that may follow (容缺).

Both are asked for once, with a day until which they must be there; what does not come by then ends
the case (终止). The side says how the applicant is reached: at home by a task, from a handling
place by its report, which the home turns into a task.
"""

from __future__ import annotations

from temporalio import workflow

from compiler.kinds import BaseStep
from workflows.clocks import LADDER, LimitPassedError, deadline, watch
from workflows.contracts import Deadline
from workflows.materials import given
from workflows.side import Side

CORRECTION, PROMISED = 1, 2
"""Rounds: a case is asked for a correction once, and for papers that follow once."""


async def corrected(side: Side, step_id: str, step: BaseStep, wanted: tuple[str, ...]) -> None:
    """Ask for everything that is missing and wait until the applicant has answered.

    Also a part is an answer: the acceptance officer then judges by what is there.

    Raises:
        LimitPassedError: nothing came within the regime's limit.
    """
    # A Plan of the first engine knows no limit for this.
    limit = side.plan.regime.correction if side.plan.engine > 1 else ""
    what = f"补正: {'、'.join(wanted)}"
    with side.waiting_for(step_id, what, unit="申请人") as row:
        row.within, row.late = limit, LADDER
        clock = side.state.clocks.get(row.id)
        due = clock.deadline.due if clock else None
        if due is None and limit:
            due = (await deadline(side, limit)).due
        side.ask(step_id, step, what, wanted, CORRECTION, due)
        try:
            await watch(side, row, lambda: side.brought(step_id, CORRECTION), lapses=bool(limit))
        finally:
            if not side.renewing:
                side.ask_no_more(step_id, CORRECTION)
                side.state.clocks.pop(row.id, None)


async def promise(side: Side, step_id: str, step: BaseStep, wanted: tuple[str, ...]) -> Deadline:
    """Accept now and ask for papers that are to follow; return until when they must be there."""
    end = await deadline(side, side.plan.regime.correction)
    side.state.promised = dict.fromkeys(wanted, end.due)
    side.state.promised_at = step_id
    side.ask(step_id, step, _following(wanted), wanted, PROMISED, end.due)
    return end


async def promises_kept(side: Side) -> None:
    """Wait until every paper that was to follow is there.

    Raises:
        LimitPassedError: one did not come in time (容缺承诺未履行).
    """
    state = side.state
    at = state.promised_at
    try:
        while lacking := sorted(state.promised.keys() - given(side)):
            due = min(state.promised[item] for item in lacking)
            left = (due - workflow.now()).total_seconds()
            if left <= 0:
                raise LimitPassedError
            end = Deadline(due=due, provisional=False, calendar="")
            with side.waiting_for(at, _following(tuple(lacking)), unit="申请人", until=end):
                before = len(given(side))
                await side.rest(lambda: len(given(side)) > before, left, summary="容缺补交")  # noqa: B023
    finally:
        if not side.renewing and state.promised:
            side.ask_no_more(at, PROMISED)
            state.promised = {}


def _following(wanted: tuple[str, ...]) -> str:
    return f"补交容缺材料: {'、'.join(wanted)}"
