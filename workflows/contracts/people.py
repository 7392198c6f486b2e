"""What starts a case, and what people say to it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from compiler.applicant import MaterialRef
from compiler.plan import Plan
from workflows.contracts.base import Filing, Message, Tempo
from workflows.contracts.provinces import Awaiting, Order, Stage, TimelineEntry

TASK_TIMEOUT = dt.timedelta(seconds=5)
"""How long a worker may hold a workflow task: a case waits that long when it was killed with one.

The server's default is 10 s. Well above the 2 s after which the SDK calls a task deadlocked.
"""


class CaseInput(Message):
    """Input of a case workflow: the whole Plan, so that the case owns its rules."""

    case_no: str
    portal: str
    application_ref: str
    payload_digest: str
    filed_at: dt.datetime
    plan: Plan
    divisions: dict[str, str]
    filing: Filing
    tempo: Tempo = Tempo()
    state: dict[str, Any] | None = None
    """Carried over by continue-as-new."""


class HandlingInput(Message):
    """Input of a handling workflow: its own province's Plan and the order that started it."""

    plan: Plan
    order: Order
    state: dict[str, Any] | None = None


class Command(Message):
    """A person's act on a task. `command_id` makes it idempotent, `task_rev` optimistic.

    `by` is an officer's id, or `applicant`.
    """

    command_id: str
    task: str
    task_rev: int
    by: str
    reason: str = ""


class AcceptCommand(Command):
    """受理 / 不予受理 / 补正."""

    act: Literal["accept"] = "accept"
    verdict: Literal["accept", "refuse", "correct"]
    corrections: tuple[str, ...] = ()


class DecideCommand(Command):
    """准予 / 不予."""

    act: Literal["decide"] = "decide"
    verdict: Literal["approve", "reject"]


class ReplyCommand(Command):
    """Answer a letter of another place with its typed fields, or refuse it."""

    act: Literal["reply"] = "reply"
    fields: dict[str, Any] = Field(default_factory=dict)
    refuse: bool = False


class SupplyCommand(Command):
    """补正: the applicant brings what was asked for."""

    act: Literal["supply"] = "supply"
    materials: tuple[MaterialRef, ...] = ()


class ResolveCommand(Command):
    """An officer has seen to a trouble (a refused courier booking, unequal amounts): go on."""

    act: Literal["resolve"] = "resolve"


class WithdrawCommand(Command):
    """撤回: the applicant takes the application back; names no task, goes to the case's home."""

    act: Literal["withdraw"] = "withdraw"
    task: str = ""
    task_rev: int = 0


class ReviewCommand(Command):
    """审查意见: one reviewing officer's opinion; `reason` is its text."""

    act: Literal["review"] = "review"
    verdict: Literal["pass", "fail"]


class CaptureCommand(Command):
    """现场采集: what an officer took from a person who is there."""

    act: Literal["capture"] = "capture"
    evidence: tuple[MaterialRef, ...]


class HandOutCommand(Command):
    """当面领取: the result is handed over; `reason` says how who came proved who they are."""

    act: Literal["hand_out"] = "hand_out"


class RecomputeCommand(Command):
    """重算时限: compute the due dates of running clocks anew; names no task, sent by an operator.

    Concerns each clock whose deadline is provisional or was computed with another calendar than
    `calendar`, the version (12 hex digits) that was published. The answer's `count` says how many
    due dates moved; it is not `done` when the worker that computes does not have that calendar yet.
    """

    act: Literal["recompute"] = "recompute"
    task: str = ""
    task_rev: int = 0
    calendar: str


AnyCommand = Annotated[
    AcceptCommand
    | DecideCommand
    | ReplyCommand
    | SupplyCommand
    | ResolveCommand
    | ReviewCommand
    | CaptureCommand
    | HandOutCommand
    | WithdrawCommand
    | RecomputeCommand,
    Field(discriminator="act"),
]


class CommandEnvelope(Message):
    """The argument of the `act` update."""

    command: AnyCommand


class CommandAnswer(Message):
    """The one answer to a command id, the same however often it is asked."""

    command_id: str
    done: bool
    message: str
    document_no: str = ""
    count: int = 0
    """Where a command concerns many things (`recompute`): how many it changed."""


class CaseView(Message):
    """Answer of the `view` query, of a case and of a handling workflow alike."""

    case_no: str
    matter: str
    mode: str
    stage: Stage
    outcome: str | None
    closed: bool
    home_province: str
    handling_province: str
    places: dict[str, str] = Field(default_factory=dict)
    """Place role → province, of all places but the home."""
    awaiting: tuple[Awaiting, ...]
    timeline: tuple[TimelineEntry, ...]
    plan_digest: str
    waybills: dict[str, str] = Field(default_factory=dict)
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)
    """Command id → its answer, for who repeats a command that the server has forgotten."""


UPDATE_ACT = "act"
QUERY_VIEW = "view"
SIGNAL_ORDERED = "ordered"
SIGNAL_REPORTED = "reported"
SIGNAL_ANSWERED = "answered"
