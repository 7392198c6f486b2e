"""The interpreter: walks a Plan's edges, one step after the other.

It knows no step kind and no outcome by name. A runner does a step and says with which of the kind's
labels it ended; the Plan says where that leads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from compiler.plan import END, RETURN
from workflows.contracts import StepResult
from workflows.side import Side, WithdrawnError

S = TypeVar("S", bound=Side)

Runner = Callable[[S, str, Any], Awaitable[StepResult]]
"""Runs one step: (side, step id, the step's parameters) → its result."""


async def walk(side: S, runners: Mapping[str, Runner[S]], start: str) -> None:
    """Walk from `start`, or from where an earlier run stopped, to `end` or `return`.

    The cursor moves only when a step has ended and its outputs are kept, so a run that continues
    as new enters the same step again and finds its effects in the memo. It stays at the end, so a
    run that continues as new after that does not begin again.

    Raises:
        WithdrawnError: the applicant has taken the application back.
    """
    state = side.state
    cursor = state.cursor or start
    while cursor not in (END, RETURN):
        if side.withdrawing and side.may_stop():
            raise WithdrawnError
        state.cursor = cursor
        step = side.plan.steps[cursor]
        if step.no_return:
            state.point_of_no_return = step.label
        result = await runners[step.kind](side, cursor, step)
        state.outputs[cursor] = result.outputs
        outcome = step.outcome or step.ENDINGS.get(result.label)
        if outcome is not None:
            state.outcome = outcome
        state.memo.pop(cursor, None)
        cursor = side.plan.target(cursor, result.label) or END
        side.changed()
    state.cursor = cursor
