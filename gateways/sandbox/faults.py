"""How the sandbox misbehaves when it is told to."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["fail", "delay", "lose", "stall", "pending", "refuse"]


class Fault(BaseModel):
    """One misbehaviour of the next `times` requests whose path starts with `path`.

    ===========  =================================================================
    `fail`       503, nothing is done
    `delay`      it is done at once but answered `seconds` late
    `lose`       the next new parcels end `lost`
    `stall`      the next new parcels are never picked up
    `pending`    202 with where to ask again; it is done all the same
    `refuse`     422 with `reason`, nothing is done
    ===========  =================================================================

    `method` narrows it to POST, GET or DELETE, so that polling does not use a fault up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    kind: Kind
    times: int = Field(default=1, ge=1)
    seconds: float = Field(default=0.0, ge=0, le=600)
    method: Literal["", "GET", "POST", "DELETE"] = ""
    reason: str = "refused by the sandbox"


FATES: dict[Kind, str] = {"lose": "lost", "stall": "stalled"}
"""Misbehaviour of a courier → the fate of its next parcel."""


class Faults:
    """The faults that are still to happen, kept in memory: a restart ends them."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let it happen."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Behave again."""
        self._waiting.clear()

    def take(self, kind: Kind, method: str, path: str) -> Fault | None:
        """Use up one time of the first fault of this kind that fits the request."""
        for index, fault in enumerate(self._waiting):
            fits = path.startswith(fault.path) and fault.method in {"", method}
            if fault.kind == kind and fits:
                left = fault.model_copy(update={"times": fault.times - 1})
                self._waiting[index : index + 1] = [left] if left.times else []
                return fault
        return None
