"""The bases of all messages, and what a case carries everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from compiler.applicant import Applicant, MaterialRef


class Message(BaseModel):
    """Base of everything here: immutable; unknown fields of a newer sender are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Federated(Message):
    """A message that provinces exchange; the codec encrypts it under the federation key."""

    FEDERATED: ClassVar[bool] = True


class Filing(Federated):
    """What the applicant filed: the part of an application that a handling place may see."""

    applicant: Applicant
    application: dict[str, Any]
    materials: tuple[MaterialRef, ...] = ()
    others: tuple[Applicant, ...] = ()
    """共同申请人, who apply together with the applicant."""


class Tempo(Message):
    """How fast a case's own clockwork turns, in seconds; the embedded stack uses short ones."""

    handover_first: float = 1.0
    handover_longest: float = 900.0
    inquiry_every: float = 86400.0
    parcel_poll: float = 1800.0
    payment_poll: float = 60.0
    history_events: int = 4000
    """Continue as new once a run's history has this many events (server warns at 10,240)."""


I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741


@dataclass(frozen=True)
class ActivityRef(Generic[I, O]):
    """An activity's name and types, so that workflows call it without importing its code.

    `local` ones are short, idempotent and stay on the machine: one attempt of a second each.
    """

    name: str
    takes: type[I]
    gives: type[O]
    local: bool = False
