"""Random people: a path whose script is drawn from a seed, the same for the same Plan and seed."""

from __future__ import annotations

import random
from typing import get_args

from compiler.plan import Plan
from simulation.papers import indispensable, tolerable
from simulation.scripts import Fate, Lack, Manoeuvre, Moment, Script

PREFIX = "random-"
"""What the name of such a path begins with; its seed follows: `random-7`."""

UNDECIDED = frozenset({"withdrawn", "terminated", "not_collected"})
"""Outcomes that people can bring about in any Plan."""

DAYS = (0.2, 1.0, 3.0, 12.0, 40.0)
"""How long somebody takes for a step, from at once to far beyond any limit."""


def is_random(name: str) -> bool:
    """Tell whether a path's name is that of a random one."""
    return name.startswith(PREFIX) and name.removeprefix(PREFIX).isdecimal()


def script(plan: Plan, name: str) -> Script:
    """Return what everybody does on a random path.

    Each sort of thing goes wrong in about one case of six, so that most cases have one or two
    troubles, some none and some many.
    """
    # Nothing secret hangs on it: the seed makes a case that went wrong come again.
    dice = random.Random(f"{plan.digest}/{name}")  # noqa: S311

    def sometimes() -> bool:
        return dice.random() < 1 / 6

    sorts: dict[Lack, bool] = {
        "main": bool(indispensable(plan)),
        "tolerable": bool(tolerable(plan)),
    }
    lacks = [sort for sort, found in sorts.items() if found]
    people = [step for step, found in plan.steps.items() if found.kind in ("accept", "decide")]
    return Script(
        accept=dice.choice((("accept",), ("accept",), ("correct", "accept"), ("refuse",))),
        review=("fail",) if sometimes() else ("pass",),
        decide=("reject",) if sometimes() else ("approve",),
        refuse_letters=sometimes(),
        never=frozenset({"supply"}) if sometimes() else frozenset(),
        overdue=sometimes(),
        away_workdays=dice.randint(1, 30) if sometimes() else 0,
        takes={step: dice.choice(DAYS) for step in people if sometimes()},
        decide_twice=sometimes(),
        manoeuvre=_transferable(dice) if sometimes() else None,
        withdraw=dice.choice(get_args(Moment)) if sometimes() else None,
        urge=dice.choice(get_args(Moment)) if sometimes() else None,
        fates=tuple(dice.choices(get_args(Fate), weights=(4, 1, 1), k=3)),
        never_arrived=sometimes(),
        score=dice.randint(1, 5),
        appeal=sometimes(),
        satisfied=not sometimes(),
        identity_matches=not (sometimes() and sometimes()),
        data_answers=not sometimes(),
        pays=not sometimes(),
        lacks=dice.choice(lacks) if lacks and sometimes() else None,
    )


def _transferable(dice: random.Random) -> Manoeuvre:
    """Return something that the decider of every Plan may do."""
    free: tuple[Manoeuvre, ...] = ("transfer", "delegate", "add_signer")
    return dice.choice(free)


def expected(plan: Plan) -> frozenset[str]:
    """Return how a case may end when anything can happen."""
    return plan.outcomes() | UNDECIDED
