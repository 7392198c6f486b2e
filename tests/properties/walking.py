"""Walks on plain objects: real control blocks and the real state table, steps that end as told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from definitions import DIVISIONS

from compiler.applicant import Applicant
from compiler.kinds import BaseStep, FieldType, Outcome
from compiler.plan import Plan
from compiler.sight import outputs
from errors import IllegalMoveError
from workflows.contracts import Filing, StepResult, Tempo
from workflows.handover import HomeSide
from workflows.interpreter import walk
from workflows.side import Docket
from workflows.state import CaseState
from workflows.steps import choose, parallel, repeat, when

Label = Callable[[str, BaseStep, tuple[str, ...]], str]
"""Says with which of its results a step ends."""

MOVES: dict[str, Callable[[str], tuple[str, ...]]] = {
    "transport": lambda _: ("transfer", "sign_for"),
    "accept": lambda label: ("accept",) if label == "accepted"
    else ("not_accept",) if label == "not_accepted" else ("ask_correction",),
    "review": lambda _: ("review",),
    "decide": lambda label: ("consider",) if label == "lapsed" else ("consider", "decide"),
    "issue": lambda _: ("complete",),
    "deliver": lambda _: ("deliver", "delivered"),
}  # fmt: skip
"""Kind → the moves that its runner makes before it ends with a label."""

VALUES: dict[FieldType, tuple[Any, ...]] = {
    "boolean": (True, False),
    "integer": (0, 1, 12),
    "money": (0, 100000),
    "text": ("甲", ""),
}
"""Values that steps put out and applications hold."""


class SecondOutcomeError(Exception):
    """A case that has an outcome is given another one."""


class PlainSide(HomeSide):
    """A case at home that is no workflow: nothing is written with the time of one."""

    def note(self, *_: Any, **__: Any) -> None:
        """Write nothing."""

    def conclude(self, outcome: Outcome) -> None:
        """Set how the case ends; once, for good."""
        if self.state.outcome is not None:
            raise SecondOutcomeError(f"{self.state.outcome}, then {outcome}")
        super().conclude(outcome)


class Walker:
    """Walks a Plan; counts how often each step was begun.

    Args:
        plan: What to walk.
        label: How each step ends.
        value: Chooses among values that a step puts out.
        table: Whether steps move the case by the state table.
    """

    def __init__(
        self, plan: Plan, label: Label, value: Callable[[tuple[Any, ...]], Any], *, table: bool
    ) -> None:
        self.plan, self.label, self.value, self.table = plan, label, value, table
        self.begun: list[str] = []
        control = {"when": when.run, "choose": choose.run}
        blocks = {"parallel": parallel.run, "repeat": repeat.run}
        runners = dict.fromkeys(plan.kinds(), self._run) | {"handle": self._handle}
        runners |= {kind: self._counted(run) for kind, run in (control | blocks).items()}
        self.state = CaseState()
        application = {"urgent": value((True, False)), "years": value((0, 1, 12))}
        docket = Docket(
            case_no="440000-20261120-ABCDEFGH",
            plan=plan,
            filing=Filing(
                applicant=Applicant(kind="individual", name="林晓梅"),
                application={"home_div": "430102", "other_div": "110101", **application},
            ),
            divisions=DIVISIONS,
            tempo=Tempo(),
            place=plan.home,
            home_workflow="case/gdzwfw/1",
        )
        self.side = PlainSide(docket, self.state, runners)

    async def walk(self) -> CaseState:
        """Walk to the end."""
        await walk(self.side, self.plan.start)
        return self.state

    def _counted(self, run: Callable[..., Any]) -> Callable[..., Any]:
        async def counted(side: PlainSide, step_id: str, step: Any) -> StepResult:
            self.begun.append(step_id)
            result: StepResult = await run(side, step_id, step)
            return result

        return counted

    async def _handle(self, side: PlainSide, step_id: str, step: Any) -> StepResult:
        del step
        self.begun.append(step_id)
        await walk(side, side.plan.target(step_id, "enter") or "", step_id)
        return StepResult(label="done")

    async def _run(self, side: PlainSide, step_id: str, step: Any) -> StepResult:
        self.begun.append(step_id)
        free = step.kind == "pay" and not self.plan.fee
        possible = tuple(
            label for label in step.LABELS if self.plan.target(step_id, label) is not None
        )
        label = step.LABELS[0] if free else self.label(step_id, step, possible)
        for move in MOVES.get(step.kind, lambda _: ())(label) if self.table else ():
            side.move(step_id, move)
        if self.table and step.kind == "notify" and side.state.outcome is not None:
            side.move(step_id, "delivered")
        found = {
            name.partition(".")[2]: self.value(VALUES[of])
            for name, of in outputs(step_id, step).items()
        }
        return StepResult(label=label, outputs=found)


def sound(plan: Plan, walks: int = 40) -> bool:
    """Tell whether random walks of a Plan keep to the state table and end with one outcome."""
    loop = asyncio.new_event_loop()
    try:
        for seed in range(walks):
            dice = random.Random(seed)  # noqa: S311 - chance, no secret
            label: Label = lambda _, __, labels, dice=dice: dice.choice(labels)  # noqa: E731
            loop.run_until_complete(Walker(plan, label, dice.choice, table=True).walk())
    except (IllegalMoveError, SecondOutcomeError):
        return False
    finally:
        loop.close()
    return True
