"""The interpreter: walks a Plan's edges, one step after the other.

It knows no step kind and no outcome by name. A runner does a step and says with which of the kind's
labels it ended; the Plan says where that leads. Blocks that are walks of their own (`parallel`,
`repeat`, `handle`) walk their region with the same function.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from compiler.kinds import Outcome
from compiler.plan import END, RETURN
from workflows.contracts import StepResult
from workflows.side import BRANCH, Side
from workflows.tasks import SentBackError

S = TypeVar("S", bound=Side)

Runner = Callable[[S, str, Any], Awaitable[StepResult]]
"""Runs one step: (side, step id, the step's parameters) → its result. The label `END` ends the
walk that the step is in: something inside the step has ended the case."""

FAVOURABLE: frozenset[Outcome] = frozenset({"approved", "acknowledged", "answered", "settled"})
"""Outcomes with which a parallel branch has done what it is there for."""


class BranchFailedError(Exception):
    """A parallel branch has come to an outcome that it is not there for."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


async def walk(side: Side, start: str, region: str = "") -> str:
    """Walk from `start`, or from where an earlier run stopped, to `end` or `return`.

    The cursor moves only when a step has ended and its outputs are kept, so a run that continues
    as new enters the same step again and finds its effects in the memo. It stays at the end, so a
    run that continues as new after that does not begin again.

    Args:
        side: The side that walks.
        start: The first step.
        region: The region walked, empty at the top.

    Returns:
        `end` or `return`.

    Raises:
        BranchFailedError: it is in a parallel branch, of which an outcome ends the branch only.
        WithdrawnError: the applicant has taken the application back.
        BrokenOffError: another branch has failed.
    """
    state = side.state
    cursor = state.cursors.get(region) or _begun(side, start)
    while cursor not in (END, RETURN):
        state.cursors[region] = cursor
        side.stop_if_asked()
        step = side.plan.steps[cursor]
        if step.no_return:
            state.point_of_no_return = step.label
        try:
            result = await side.runners[step.kind](side, cursor, step)
        except SentBackError as back:
            state.detours[back.target] = cursor
            cursor = _begun(side, back.target)
            continue
        state.outputs[cursor] = result.outputs
        state.memo.pop(cursor, None)
        state.clocks.pop(f"{cursor}…", None)
        outcome = step.ending(result.label)
        if outcome is not None:
            concluded(side, outcome)
        cursor = _following(side, cursor, result.label, ended=outcome is not None)
        side.changed()
    state.cursors[region] = cursor
    return cursor


def concluded(side: Side, outcome: Outcome) -> None:
    """Set how the case ends; in a parallel branch, how the branch does.

    Raises:
        BranchFailedError: a branch has not done what it is there for.
    """
    if not BRANCH.get():
        side.conclude(outcome)
    elif outcome not in FAVOURABLE:
        raise BranchFailedError(outcome)


def _following(side: Side, step_id: str, label: str, *, ended: bool) -> str:
    """Return where the walk goes after a step; one that ended the case leads nowhere back."""
    if label == END:
        return END
    back_to = side.state.detours.pop(step_id, None)
    if back_to is not None and not ended:
        return back_to
    return _begun(side, side.plan.target(step_id, label) or END)


def _begun(side: Side, step_id: str) -> str:
    """Count how often a step was begun: what it does then has keys and notes of its own."""
    if step_id in side.plan.steps and step_id in side.state.outputs:
        side.state.visits[step_id] = side.state.visits.get(step_id, 1) + 1
    return step_id
