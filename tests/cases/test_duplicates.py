"""The same person and matter, filed through two portals: found before acceptance, never decided."""

from __future__ import annotations

import asyncio

import pytest
from house import ACCEPTOR, DECIDER, PERSON, Case, House, events

from cli import acts
from compiler.plan import Plan
from compiler.published import PlanStore

pytestmark = pytest.mark.xdist_group("cases")

TWICE = {**PERSON, "name": "顾念慈", "id_number": "430102198807150021"}
OTHER = {**PERSON, "name": "方远", "id_number": "430102198511230014"}

OFTEN = {**PERSON, "name": "沈秋云", "id_number": "11010519491231002X"}


@pytest.fixture
async def once(house: House) -> Plan:
    """A published Plan of a matter for which one applies once."""
    plan = house.catalogue.plan("2021-02", "collect")
    plan = plan.model_copy(update={"repeatable": False}).sealed()
    await asyncio.to_thread(PlanStore(house.running.settings.data / "plans").put, plan)
    return plan


async def told(case: Case) -> str:
    """Return what the acceptance officer is told."""
    return (await case.task("accept")).row.what


async def finished(case: Case) -> None:
    """Accept and approve a case, and wait until both its workflows have ended."""
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))
    await case.closed()
    await case.hand.result()


async def test_a_second_filing_through_another_province_is_shown_to_the_officer(
    house: House, once: Plan
) -> None:
    """The officer sees the other case and refuses naming it; when both have ended a third may."""
    first = await house.file("collect", plan=once, applicant=TWICE)
    assert await told(first) == "作出受理决定"
    second = await house.file("collect", plan=once, applicant=TWICE, portal="hnzwfw")
    assert second.started.province == "430000"
    assert await told(second) == f"作出受理决定, 与办件{first.case_no}重复"
    entry = await second.happened("duplicate")
    assert entry.text == f"查重: 与办件{first.case_no}重复"
    stranger = await house.file("collect", plan=once, applicant=OTHER)
    assert await told(stranger) == "作出受理决定"
    refusal = acts.accept(ACCEPTOR, "refuse", reason=f"与办件{first.case_no}重复")
    await second.act("accept", refusal)
    assert (await second.closed()).outcome == "not_accepted"
    await second.hand.result()
    await finished(first)

    third = await house.file("collect", plan=once, applicant=TWICE)
    assert await told(third) == "作出受理决定"


async def test_where_one_may_apply_several_times_nobody_looks(house: House) -> None:
    """A `repeatable` matter takes the same applicant twice without a word."""
    for _ in range(2):
        case = await house.file("collect", applicant=OFTEN)
        assert await told(case) == "作出受理决定"
    assert "duplicate" not in events(await case.view())
