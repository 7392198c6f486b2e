"""What a case and a handling workflow remember: everything that continue-as-new must carry over.

The rest of a workflow object is wiring that is made again from its input. Times are workflow
times. Nothing here is personal but what `Filing` holds, and that travels in the input.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from compiler.applicant import MaterialRef
from compiler.kinds import FieldType
from workflows.contracts import (
    Awaiting,
    CommandAnswer,
    Deadline,
    DeadlineRequest,
    OfficialDocument,
    Order,
    Report,
    Stage,
    StepResult,
    TimelineEntry,
)


class State(BaseModel):
    """Base: mutable inside the one workflow that owns it."""

    model_config = ConfigDict(extra="forbid", validate_assignment=False)


class Row(State):
    """Something that is waited for, by whom and how long: a line of `awaiting`."""

    id: str
    step: str
    awaiting: Awaiting
    within: str = ""
    """The limit of its clock; empty when it has none of its own."""
    timed: bool = False
    """Time is looked after elsewhere: it ends at a known moment (公示), or another place has it."""
    late: tuple[str, ...] = ()
    """The ladder that is climbed while it is late: `remind@50%` and so on."""


class Task(Row):
    """An open task of a person: which acts it takes, and its revision (optimistic lock)."""

    suffix: str = ""
    """Set on a step's side tasks (troubles, corrections)."""
    acts: tuple[str, ...]
    operations: tuple[str, ...] = ()
    """What officers may do with the task itself: claim it, pass it on, stop its clock."""
    fields: dict[str, FieldType] = Field(default_factory=dict)
    instant: bool = False
    """Its act is taken in at once: what the applicant brings needs no officer's check."""
    rev: int = 1
    claimed: bool = False
    """A command on it is on its way through the main loop."""
    holder: str = ""
    """The officer who has taken it or was given it (签领, 转办, 委派)."""
    delegator: str = ""
    """Who gets it back from the holder (委派)."""
    signers: dict[str, str] = Field(default_factory=dict)
    """加签: officer → their opinion, empty while it is outstanding."""


class Suspension(State):
    """特别程序: the clock stands still from `since` until somebody resumes, at most until `end`."""

    since: dt.datetime
    end: Deadline
    procedure: str


class Clock(State):
    """A running limit: when it ends, and how many rungs of its ladder are climbed."""

    deadline: Deadline
    climbed: int = 0
    request: DeadlineRequest | None = None
    """What it was computed from, so that a stop, an extension or a new calendar can do it again."""
    suspended: Suspension | None = None
    turn: int = 0
    """Goes up when the due date moves, so that whoever waits by the old one wakes."""


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
    urged_told: int = 0


class WalkState(State):
    """What walking a Plan remembers, at home and at a handling place alike."""

    stage: Stage = "received"
    outcome: str | None = None
    cursors: dict[str, str] = Field(default_factory=dict)
    """Region (empty at the top, `step/branch` inside a block) → the step at which it is."""
    visits: dict[str, int] = Field(default_factory=dict)
    """Step → how often it was begun, where that is more than once (退回, `repeat`)."""
    detours: dict[str, str] = Field(default_factory=dict)
    """退回: the step that is done once more → the step to which the case then comes back."""
    broken: list[str] = Field(default_factory=list)
    """Regions of parallel branches that were broken off because another one failed."""
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
    waiting: dict[str, Row] = Field(default_factory=dict)
    """Step → what the system itself waits for (a parcel, a service, another province)."""
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)
    """Command id → the one answer it got; the server forgets update ids at continue-as-new."""
    timeline: list[TimelineEntry] = Field(default_factory=list)
    documents: list[OfficialDocument] = Field(default_factory=list)
    spent: dict[str, float] = Field(default_factory=dict)
    """Whom the case waited for → seconds so far; see `CaseView.spent`."""
    counted_at: dt.datetime | None = None
    """Up to when `spent` is counted."""
    owing: list[str] = Field(default_factory=list)
    """Whom it has waited for since then."""
    supervised: list[str] = Field(default_factory=list)
    """Marks of the late tasks that were put before the superior (督办)."""
    urged: int = 0
    """催办: how often, and when last."""
    urged_at: dt.datetime | None = None
    waybills: dict[str, str] = Field(default_factory=dict)
    promised: dict[str, dt.datetime] = Field(default_factory=dict)
    """容缺受理: material → until when the applicant must bring it."""
    pledged: list[str] = Field(default_factory=list)
    """告知承诺: materials for which a signed pledge stands."""
    promised_at: str = ""
    """The acceptance that left them to follow."""
    materials: list[MaterialRef] = Field(default_factory=list)
    """What the applicant supplied later, in a correction."""


class CaseState(WalkState):
    """State of a case in its home province."""

    supplied: list[str] = Field(default_factory=list)
    """Tasks in which the applicant has brought what was asked for."""

    handovers: dict[str, HandOverState] = Field(default_factory=dict)


class HandlingState(WalkState):
    """State of one place's work on a case."""

    orders: dict[str, Order] = Field(default_factory=dict)
    results: dict[str, StepResult] = Field(default_factory=dict)
    corrections: tuple[str, ...] = ()
    correction_round: int = 0
    corrected_round: int = 0
    correction_due: dt.datetime | None = None
    released: bool = False
    """The home said that the case is over."""
    seq: int = 0
    acknowledged: int = 0
