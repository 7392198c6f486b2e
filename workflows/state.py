"""What a case and a handling workflow remember: everything that continue-as-new must carry over.

The rest of a workflow object is wiring that is made again from its input. Times are workflow
times. Nothing here is personal but what `Filing` holds, and that travels in the input.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from compiler.applicant import MaterialRef
from compiler.kinds import FieldType
from workflows.contracts import (
    Awaiting,
    CommandAnswer,
    Deadline,
    Order,
    Report,
    Stage,
    StepResult,
    TimelineEntry,
)


class State(BaseModel):
    """Base: mutable inside the one workflow that owns it."""

    model_config = ConfigDict(extra="forbid", validate_assignment=False)


class Task(State):
    """An open task of a person: which acts it takes, and its revision (optimistic lock)."""

    id: str
    step: str
    suffix: str = ""
    """Set on a step's side tasks (troubles, corrections), which have no limit of their own."""
    acts: tuple[str, ...]
    awaiting: Awaiting
    fields: dict[str, FieldType] = Field(default_factory=dict)
    rev: int = 1
    claimed: bool = False


class Clock(State):
    """A running limit: when it ends, and how many rungs of its ladder are climbed."""

    deadline: Deadline
    climbed: int = 0


class Undo(State):
    """What takes an outside effect back: the activity, and the key the effect was asked under."""

    step: str
    effect: str
    key: str


class HandOverState(State):
    """What the home knows of one handling place."""

    province: str
    ordered: list[str] = Field(default_factory=list)
    report: Report | None = None
    supplied_round: int = 0
    withdrawal_told: bool = False


class WalkState(State):
    """What walking a Plan remembers, at home and at a handling place alike."""

    stage: Stage = "received"
    outcome: str | None = None
    cursor: str | None = None
    closed: bool = False
    withdrawal: str | None = None
    """The applicant's reason for taking the application back, once that was asked for."""
    point_of_no_return: str = ""
    """The step after which nothing can be taken back any more, once it has begun."""
    outputs: dict[str, dict[str, Any]] = Field(default_factory=dict)
    memo: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Step → name of an effect → its result, so that a step entered again after continue-as-new
    repeats no effect. Dropped when the step ends."""
    undo: list[Undo] = Field(default_factory=list)
    """Effects that can still be taken back, in the order in which they were asked for."""
    tasks: dict[str, Task] = Field(default_factory=dict)
    revs: dict[str, int] = Field(default_factory=dict)
    """Last revision of closed tasks, so that one opened again never repeats a revision."""
    clocks: dict[str, Clock] = Field(default_factory=dict)
    """Open task → its clock."""
    waiting: dict[str, Awaiting] = Field(default_factory=dict)
    """Step → what the system itself waits for (a parcel, a service, another province)."""
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)
    """Command id → the one answer it got; the server forgets update ids at continue-as-new."""
    timeline: list[TimelineEntry] = Field(default_factory=list)
    waybills: dict[str, str] = Field(default_factory=dict)
    materials: list[MaterialRef] = Field(default_factory=list)
    """What the applicant supplied later, in a correction."""


class CaseState(WalkState):
    """State of a case in its home province."""

    handovers: dict[str, HandOverState] = Field(default_factory=dict)


class HandlingState(WalkState):
    """State of one place's work on a case."""

    orders: dict[str, Order] = Field(default_factory=dict)
    results: dict[str, StepResult] = Field(default_factory=dict)
    corrections: tuple[str, ...] = ()
    correction_round: int = 0
    corrected_round: int = 0
    released: bool = False
    """The home said that the case is over."""
    seq: int = 0
    acknowledged: int = 0
