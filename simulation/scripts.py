"""What people and the outside world do in one simulated case.

A script says only what is out of the ordinary. Whatever it leaves unsaid, people do the normal
thing after half of the time that they have, and the outside world works.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Moment = Literal["to_accept", "to_decide", "decided"]
"""When the applicant withdraws: while acceptance is somebody's task, while the decision or a
review is, or when the case is decided."""

Lack = Literal["main", "tolerable"]
"""What is not handed in: a paper that must be there, or one that may follow (容缺)."""

Fate = Literal["signed_for", "lost", "returned"]
"""How a parcel ends."""

Manoeuvre = Literal[
    "transfer", "delegate", "add_signer", "suspend", "suspend_until_end", "extend", "send_back"
]
"""What officers do with the decision's task before they decide: `simulation.operations`."""


@dataclass(frozen=True)
class Script:
    """One case's script.

    `accept`, `review` and `decide` are verdicts by turn: the last one stands for all later turns.
    """

    accept: tuple[Literal["accept", "refuse", "correct"], ...] = ("accept",)
    review: tuple[Literal["pass", "fail"], ...] = ("pass",)
    decide: tuple[Literal["approve", "reject"], ...] = ("approve",)
    refuse_letters: bool = False
    """Letters that may be refused are."""
    never: frozenset[str] = frozenset()
    """Acts that nobody ever does."""
    overdue: bool = False
    """The first task with a time limit is done a day after it has passed."""
    away_workdays: int = 0
    """Nobody acts at places other than the home for so many working days after a task is opened."""
    takes: Mapping[str, float] = field(default_factory=dict)
    """Step → days that somebody takes for it, instead of half of its limit."""
    decide_twice: bool = False
    """Two contradictory decisions are sent in the same moment."""
    manoeuvre: Manoeuvre | None = None
    withdraw: Moment | None = None
    urge: Moment | None = None
    fates: tuple[Fate, ...] = ()
    """Fates of the case's parcels by turn; all further ones are signed for."""
    fates_of_results: bool = False
    """The fates are those of parcels to the applicant only."""
    pick_up: bool = False
    """A trouble with a result's parcel ends with the applicant coming for it."""
    never_arrived: bool = False
    """What officers carry is missing at first, and found."""
    score: int = 5
    """What the applicant rates, of 1 to 5."""
    appeal: bool = False
    """A bad rating is appealed against, and the superior upholds that."""
    satisfied: bool = True
    """What the applicant says when asked again after a bad rating."""
    identity_matches: bool = True
    data_answers: bool = True
    pays: bool = True
    lacks: Lack | None = None
    """A material of this sort is not handed in."""
    pledges: bool = False
    """A pledge (告知承诺) is accepted for what may follow, instead of the paper."""
    other_branch: bool = False
    """What was filed leads every `when` over the application to `else`."""
