"""Acts on a finished case (撤销 注销 作废 更正): what starts one, and what it says of itself."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from workflows.contracts.base import Message
from workflows.contracts.commands import CommandAnswer, LaterCommand
from workflows.contracts.documents import OfficialDocument, Subject
from workflows.contracts.provinces import Awaiting, TimelineEntry
from workflows.contracts.ratings import Responsible

LaterAct = Literal["revoke", "cancel", "void", "amend"]
"""撤销, 注销, 作废, 更正: different acts with different actors, grounds and documents."""


class LaterActInput(Message):
    """Input of a later act: the command, and what the finished case says."""

    command: LaterCommand
    number: int
    """Which later act of the case it is, from 1. Acts that were refused are counted."""
    outcome: str
    before: tuple[LaterAct, ...] = ()
    """What was done to the result already."""
    certificate: str = ""
    """The number that is voided or corrected, as it was first issued."""
    responsible: Responsible
    """The unit that decided."""
    subject: Subject


class LaterActView(Message):
    """Answer of a later act's `view` query."""

    case_no: str
    matter: str
    number: int
    act: LaterAct
    command_id: str
    by: str
    done: bool | None = None
    """None while it is being checked, False when it was refused."""
    at: dt.datetime | None = None
    document_no: str = ""
    basis: str = ""
    old_number: str = ""
    new_number: str = ""
    credit_reference: str = ""
    awaiting: tuple[Awaiting, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    documents: tuple[OfficialDocument, ...] = ()
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)


def later_workflow_id(case_no: str, number: int) -> str:
    """Return the id of a case's later act.

    Numbered over all acts, so that of two at the same time only one can be the next.
    """
    return f"later/{case_no}/{number}"
