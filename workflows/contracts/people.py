"""What starts a case and a handling, and what a case says of itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field

from compiler.plan import Plan
from workflows.contracts.base import Filing, Message, Tempo
from workflows.contracts.commands import CommandAnswer
from workflows.contracts.documents import OfficialDocument
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
    spent: dict[str, float] = Field(default_factory=dict)
    """Seconds that the case has waited for each place, for `applicant`, and for what `system`
    does. Places that work at the same time are each counted whole."""
    documents: tuple[OfficialDocument, ...] = ()
    """Every numbered document (文书) so far, of all places, in the order of time."""
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)
    """Command id → its answer, for who repeats a command that the server has forgotten."""


class Standing(Message):
    """What every workflow that takes commands answers to `view`, whatever else it says."""

    awaiting: tuple[Awaiting, ...] = ()
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)
    places: dict[str, str] = Field(default_factory=dict)


UPDATE_ACT = "act"
QUERY_VIEW = "view"
QUERY_AWAITING = "awaiting"
QUERY_TIMELINE = "timeline"
QUERY_SUBJECT = "subject"
"""What every document of the case is about; unlike the view it names the applicant."""
SIGNAL_ORDERED = "ordered"
SIGNAL_REPORTED = "reported"
SIGNAL_ANSWERED = "answered"
