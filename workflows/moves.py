"""The state table: which move of a case is legal at which stage, and where it leads.

Stages say how far a case is, outcomes how it ends. Every runner of a step and every command goes
through `after` and `conclude`; a move that is not in the table is a typed error that names it, and
no caller may set a stage in any other way. Pure: tests walk it without a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from compiler.kinds import Outcome
from errors import IllegalMoveError
from workflows.contracts import Stage

STAGES: tuple[Stage, ...] = get_args(Stage)

AT_THE_DOOR: tuple[Stage, ...] = ("received", "in_transfer", "signed_for")
"""Before the handling unit has said whether it accepts."""

UNDER_WAY: tuple[Stage, ...] = ("accepted", "reviewing")
MADE: tuple[Stage, ...] = ("decided", "completed", "delivering", "delivered")
"""From the decision on."""


@dataclass(frozen=True)
class Move:
    """One move: its Chinese name and, by the stage before it, the stage after it."""

    text: str
    goes: Mapping[Stage, Stage]


def _to(target: Stage, *sources: Stage) -> dict[Stage, Stage]:
    return dict.fromkeys(sources, target)


def _stay(*stages: Stage) -> dict[Stage, Stage]:
    return {stage: stage for stage in stages}


MOVES: dict[str, Move] = {
    # Papers travel between the counter and acceptance; an archive also later, then the case stays.
    "transfer": Move(
        "转递",
        _to("in_transfer", *AT_THE_DOOR) | _stay("not_accepted", *UNDER_WAY, *MADE),
    ),
    "sign_for": Move(
        "签收", _to("signed_for", *AT_THE_DOOR) | _stay("not_accepted", *UNDER_WAY, *MADE)
    ),
    # 补正 comes before acceptance and is told once.
    # A run that continues as new enters its step again: what was moved already stays.
    "ask_correction": Move("补正告知", _to("correcting", *AT_THE_DOOR) | _stay("correcting")),
    "corrected": Move("补正", _to("signed_for", "correcting")),
    "accept": Move("受理", _to("accepted", *AT_THE_DOOR, *UNDER_WAY)),
    "not_accept": Move("不予受理", _to("not_accepted", *AT_THE_DOOR)),
    # An opinion before acceptance (初审) is given while the case stands at the door.
    "review": Move("审查", _to("reviewing", *UNDER_WAY) | _stay(*AT_THE_DOOR, "suspended", *MADE)),
    # Procedures without a separate acceptance go straight to the decision (即办件).
    "consider": Move(
        "审批", _to("reviewing", *AT_THE_DOOR, *UNDER_WAY, *MADE) | _stay("suspended")
    ),
    "suspend": Move("特别程序", _to("suspended", "reviewing") | _to("suspended", "accepted")),
    "resume": Move("恢复办理", _to("reviewing", "suspended")),
    "extend": Move("延期", _stay("reviewing", "accepted")),
    "decide": Move("决定", _to("decided", "reviewing")),
    "complete": Move(
        "办结", _to("completed", *AT_THE_DOOR, *UNDER_WAY, "decided", "completed", "delivered")
    ),
    # Whatever was handed in goes back the way a result would have gone: from every stage.
    "deliver": Move("送达", _to("delivering", *(s for s in STAGES if s != "archived"))),
    "delivered": Move("已送达", _to("delivered", *(s for s in STAGES if s != "archived"))),
    "archive": Move("归档", _to("archived", *STAGES)),
}
"""Every move. What is not here cannot be done."""


def after(stage: Stage, move: str) -> Stage:
    """Return the stage after a move.

    Raises:
        IllegalMoveError: the move is not possible at this stage.
    """
    found = MOVES[move].goes.get(stage)
    if found is None:
        raise IllegalMoveError(move, MOVES[move].text, stage)
    return found


BEFORE_DECISION: frozenset[Stage] = frozenset(STAGES) - {*MADE, "archived"}

CONCLUSIONS: dict[Outcome, frozenset[Stage]] = {
    "approved": frozenset({*MADE}),
    "rejected": frozenset({*MADE, *AT_THE_DOOR, *UNDER_WAY}),
    "not_accepted": frozenset({"not_accepted", *AT_THE_DOOR}),
    "withdrawn": BEFORE_DECISION,
    "terminated": BEFORE_DECISION,
    "not_collected": frozenset(AT_THE_DOOR),
    # Without a decision: a report, a query, a settlement.
    "acknowledged": frozenset(STAGES) - {"archived"},
    "answered": frozenset(STAGES) - {"archived"},
    "settled": frozenset(STAGES) - {"archived"},
}
"""Outcome → the stages at which an open case may end so.

撤销, 注销 and 作废 are acts on a result that was already given: `workflows.later` has their table.
"""


def conclude(stage: Stage, outcome: Outcome) -> None:
    """Check that a case at this stage may end with this outcome.

    Raises:
        IllegalMoveError: it may not.
    """
    if stage not in CONCLUSIONS.get(outcome, frozenset()):
        raise IllegalMoveError(f"end as {outcome}", "结案", stage)
