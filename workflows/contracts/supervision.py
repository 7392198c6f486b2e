"""督办: what opens a supervision of a late task, and what it says of itself."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from workflows.contracts.base import ActivityRef, Message
from workflows.contracts.commands import CommandAnswer
from workflows.contracts.documents import Subject
from workflows.contracts.provinces import Awaiting, TimelineEntry
from workflows.contracts.ratings import Invited, Responsible

SupervisionOutcome = Literal["closed", "needless", "unresolved"]
"""已销号, 无需督办 (done meanwhile), 两次答复后仍未销号."""


class LateTask(Message):
    """Input of a supervision: the task that nobody has done, and until when it is due."""

    responsible: Responsible
    subject: Subject
    step: str
    mark: str
    """Which lateness of which task: the same one is supervised once."""
    what: str
    due: dt.datetime


class SupervisionView(Message):
    """Answer of a supervision's `view` query."""

    case_no: str
    matter: str
    mark: str
    what: str
    due: dt.datetime
    province: str
    unit: str
    outcome: SupervisionOutcome | None = None
    awaiting: tuple[Awaiting, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)


OPEN_SUPERVISION = ActivityRef("open_supervision", LateTask, Invited)
"""Idempotent by case and mark."""


def supervision_workflow_id(case_no: str, mark: str) -> str:
    """Return the id of a supervision's workflow in the late unit's namespace."""
    return f"supervision/{case_no}/{mark}"
