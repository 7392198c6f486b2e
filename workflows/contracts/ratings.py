"""好差评 and 整改: what starts a rating and a rectification, and what they say of themselves."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from compiler.kinds import Limit
from workflows.contracts.base import ActivityRef, Message
from workflows.contracts.commands import CommandAnswer, RatingTag
from workflows.contracts.provinces import Awaiting, TimelineEntry

RatedOf = Literal["window", "result"]
"""现场服务 (一次一评), or the result (一事一评)."""

RectificationOutcome = Literal["rectified", "upheld", "unresolved"]
"""整改完成, 申诉成立 (the rating does not count), 两次整改后仍不满意."""

RatingOutcome = Literal["unrated", "rated", "rectified", "upheld", "unresolved"]
"""How a rating ends. Silence is `unrated`, never a rating."""

BAD = 2
"""不满意 and 非常不满意: a score up to here opens a rectification."""


class Responsible(Message):
    """The unit that serves a case at one place: whom a rating concerns, or who decided."""

    case_no: str
    matter: str
    """Code and name, as operators see it."""
    place: str
    province: str
    unit: str
    division: str


class RatingInvitation(Message):
    """Input of a rating: the unit that is rated, for what, and until when."""

    responsible: Responsible
    step: str
    of: RatedOf
    within: Limit = "15 days"
    """Basis: default."""


class Invited(Message):
    """A rating that is open, or was; `first` when this invitation has opened it."""

    workflow_id: str
    first: bool


INVITE_RATING = ActivityRef("invite_rating", RatingInvitation, Invited)
"""Idempotent by case and step."""


class RectificationOrder(Message):
    """Input of a rectification: the bad rating that opened it."""

    responsible: Responsible
    step: str
    of: RatedOf
    score: int
    tags: tuple[RatingTag, ...] = ()
    text: str = ""


class RatingView(Message):
    """Answer of a rating's `view` query."""

    case_no: str
    matter: str
    of: RatedOf
    step: str
    province: str
    unit: str
    score: int | None = None
    tags: tuple[RatingTag, ...] = ()
    text: str = ""
    rated_at: dt.datetime | None = None
    outcome: RatingOutcome | None = None
    """None while it may still be given, or is being rectified."""
    counted: bool = False
    """Whether it goes into the unit's figures: not while there is none, nor after an appeal."""
    awaiting: tuple[Awaiting, ...] = ()
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)


class RectificationView(Message):
    """Answer of a rectification's `view` query."""

    case_no: str
    matter: str
    of: RatedOf
    step: str
    score: int
    tags: tuple[RatingTag, ...] = ()
    text: str = ""
    rounds: int = 0
    """How often it was put right."""
    outcome: RectificationOutcome | None = None
    awaiting: tuple[Awaiting, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)


def rating_workflow_id(case_no: str, step: str) -> str:
    """Return the id of the rating that a step of a case invites to."""
    return f"rating/{case_no}/{step}"


def rectification_workflow_id(case_no: str, step: str) -> str:
    """Return the id of the rectification that a bad rating opens."""
    return f"rectification/{case_no}/{step}"
