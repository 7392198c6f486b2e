"""Random people: anything may happen in any matter, and nobody is ever stuck."""

from __future__ import annotations

import pytest
from plans import Shelf

from simulation import chance
from simulation.driver import play

pytestmark = pytest.mark.xdist_group("simulation")


def test_a_seed_gives_a_plan_the_same_script_again_and_others_another(shelf: Shelf) -> None:
    """What went wrong once can be looked at again; no two seeds in a hundred agree throughout."""
    plan = shelf.plan("2021-02", "collect")
    scripts = [chance.script(plan, f"random-{seed}") for seed in range(100)]
    assert scripts == [chance.script(plan, f"random-{seed}") for seed in range(100)]
    assert len({repr(script) for script in scripts}) > 90
    assert [chance.is_random(name) for name in ("random-7", "random-", "random-x", "approved")] == [
        True, False, False, False,
    ]  # fmt: skip


async def test_people_who_do_anything_leave_no_case_stuck(shelf: Shelf) -> None:
    """One random case of every tenth Plan: a legal outcome, papers back, nobody unnamed."""
    specs = [
        shelf.spec(plan, f"random-{number}", number)
        for number, plan in enumerate(shelf.plans[::10], 1)
    ]
    rows = [row async for row in play(specs)]
    assert len(rows) == len(specs)
    assert [(row.matter, row.path, row.problems) for row in rows if row.stuck or row.problems] == []
