"""Random people on random definitions: no case breaks, no answer is lost, every history replays."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from budget import LONG, examples
from definitions import definitions
from histories import replayed
from hypothesis import given, note
from hypothesis import strategies as st
from people import Crowd
from walking import sound
from world import TEMPO, Houses, ServerStalledError

from compiler.plan import Plan
from simulation.scripts import Script
from workflows.contracts import Tempo

pytestmark = pytest.mark.xdist_group("properties")

ENDED: Counter[str] = Counter()
"""How many cases came to their end, and with how many the server itself stalled."""


def plans(most: int = 12, *, timeless: bool = False) -> st.SearchStrategy[Plan]:
    """Plans of valid definitions that keep to the state table."""
    found = definitions(most, timeless=timeless).map(lambda written: written.compiled()[0])
    return found.filter(lambda plan: plan is not None and sound(plan))  # type: ignore[return-value]


scripts = st.builds(
    Script,
    pays=st.booleans(),
    data_answers=st.booleans(),
    identity_matches=st.sampled_from([True, True, False]),
    fates=st.lists(st.sampled_from(["signed_for", "lost", "returned"]), max_size=2).map(tuple),
)
"""What the outside world does."""


async def live_through(  # noqa: PLR0917
    houses: Houses, plan: Plan, script: Script, seed: int, tempo: Tempo, acts: int
) -> None:
    """File a case, let random people act, bring it to its end, replay what was written."""
    house = await houses.house()
    dice = random.Random(seed)  # noqa: S311 - chance, no secret
    note(f"seed {seed}: {plan.model_dump_json(by_alias=True, exclude_defaults=True)}")
    case = await house.file(plan, script, tempo, dice)
    crowd = Crowd(house, case, dice)
    try:
        for _ in range(acts):
            await crowd.act()
            if crowd.over:
                break
        outcome = await crowd.finish()
        await replayed(crowd)
        ENDED[outcome] += 1
    except ServerStalledError:
        await houses.leave()
        ENDED["stalled"] += 1
    except BaseException:
        await house.clear(case)
        raise


@examples(8, 600)
@given(plans(), scripts, st.integers(0, 2**32))
async def test_random_people_break_no_case(
    houses: Houses, plan: Plan, script: Script, seed: int
) -> None:
    """Whatever anybody does in whatever order, the case keeps its rules and comes to its end."""
    await live_through(houses, plan, script, seed, TEMPO, 25)


@examples(5, 200)
@given(plans(timeless=True), scripts, st.integers(0, 2**32))
async def test_a_case_that_is_renewed_all_the_time_loses_nothing(
    real_houses: Houses, plan: Plan, script: Script, seed: int
) -> None:
    """A run continues as new after a handful of acts; answers and revisions live on."""
    tempo = TEMPO.model_copy(update={"history_events": 40})
    await live_through(real_houses, plan, script, seed, tempo, 25)


@pytest.mark.skipif(not LONG, reason="takes minutes; tests/histories replays without a cache")
@examples(3, 100)
@given(plans(8, timeless=True), scripts, st.integers(0, 2**32))
async def test_a_worker_that_remembers_nothing_does_the_same(
    forgetful_houses: Houses, plan: Plan, script: Script, seed: int
) -> None:
    """With no cache every workflow task replays the whole case, in the middle of everything."""
    tempo = TEMPO.model_copy(update={"history_events": 60})
    await live_through(forgetful_houses, plan, script, seed, tempo, 12)


async def test_the_server_stalled_seldom() -> None:
    """Most of the cases above came to their end: what they prove is not left to luck."""
    ended = sum(ENDED.values())
    assert ENDED["stalled"] <= ended / 3, ENDED
