"""What is known of a simulated case while it runs, and the row that is left of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from simulation.scripts import Fate, Script
from workflows.contracts import Awaiting, CaseInput, CaseView
from workflows.desk import Desk
from workflows.state import WalkState


class Site(Protocol):
    """Where people act: a side of the case, or an office (整改, 评价) beside it."""

    state: WalkState
    desk: Desk

    def awaited(self) -> tuple[Awaiting, ...]:
        """Return who must act now."""
        ...


class Spec(BaseModel):
    """One case to simulate: which path of `simulation.paths`, and what is filed."""

    model_config = ConfigDict(frozen=True)

    path: str
    case: CaseInput


class Row(BaseModel):
    """What became of it. `days` are virtual days from filing to the end of the case."""

    model_config = ConfigDict(frozen=True)

    case_no: str
    matter: str
    mode: str
    path: str
    outcome: str | None
    stuck: bool
    days: float
    events: int
    """Length of all histories of the case together, at home and at every handling place."""
    problems: tuple[str, ...]
    """Everything that is not as it must be; empty when all is well."""
    view: CaseView | None = None
    """How the case ended, with its timeline; None when it is stuck."""


@dataclass
class Parcel:
    """A parcel of the virtual courier."""

    waybill: str
    leg: str
    contents: tuple[str, ...]
    to_applicant: bool
    at: dt.datetime
    fate: Fate
    cancelled: dt.datetime | None = None


@dataclass
class Order:
    """An order of the virtual payment platform."""

    number: str
    at: dt.datetime
    closed: dt.datetime | None = None


@dataclass
class Run:
    """A case while it is simulated; people, world and driver all write here."""

    spec: Spec
    script: Script
    open: dict[str, Site] = field(default_factory=dict)
    """Workflow id → its site, for every workflow of the case that has not ended."""
    happened: set[str] = field(default_factory=set)
    """Events of workflows that have ended, without their numbers."""
    acted: set[str] = field(default_factory=set)
    """Officers who have acted on the case."""
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    view: CaseView | None = None
    events: int = 0
    turns: dict[str, int] = field(default_factory=dict)
    """Act → how often it was done."""
    refusals: list[str] = field(default_factory=list)
    """Types of the refusals that people met."""
    overdue_done: bool = False
    manoeuvred: bool = False
    problems: list[str] = field(default_factory=list)
    parcels: dict[str, Parcel] = field(default_factory=dict)
    """By idempotency key, in the order of booking."""
    orders: dict[str, Order] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether every workflow of the case has ended."""
        return self.view is not None and not self.open

    def turn(self, act: str) -> int:
        """Count a turn of an act; return which one it is, from 0."""
        count = self.turns.get(act, 0)
        self.turns[act] = count + 1
        return count

    def wrong(self, text: str) -> None:
        """Note a problem once."""
        if text not in self.problems:
            self.problems.append(text)
