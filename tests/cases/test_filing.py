"""Filing: one application is one case, however often and whenever it is sent."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest
from house import House
from hypothesis import given
from hypothesis import strategies as st

from compiler.applicant import Applicant
from compiler.application import Application
from compiler.kinds import Notify
from engine.cases import CASE_NO_FORM
from engine.filing import case_number
from errors import ConflictError, FilingError

pytestmark = pytest.mark.xdist_group("cases")


@pytest.mark.parametrize("closed", [False, True])
async def test_the_same_application_again_is_the_same_case(house: House, *, closed: bool) -> None:
    """Number, workflow and run are those of the first time, also when the case has ended."""
    filed = house.prepared("online", materials=[] if closed else [{"id": "id_card"}])
    first = await house.start(filed)
    if closed:
        await first.closed()
    again = await house.start(filed)
    assert (first.started.existing, again.started.existing) == (False, True)
    assert again.started == first.started.model_copy(update={"existing": True})


async def test_of_many_starts_at_once_one_makes_the_case(house: House) -> None:
    """A portal that repeats itself at once gets one case, and each answer names it."""
    filed = house.prepared("online", materials=[])
    cases = await asyncio.gather(*(house.start(filed) for _ in range(5)))
    assert sorted(case.started.existing for case in cases) == [False, True, True, True, True]
    assert len({case.started.run_id for case in cases}) == 1


async def test_a_catalogue_that_moved_on_does_not_change_a_filed_case(house: House) -> None:
    """The same payload under a newer Plan is still the case that was started with the older."""
    ref = uuid.uuid4().hex
    first = await house.file("online", application_ref=ref)
    plan = house.catalogue.plan("2020-29", "online")
    newer = plan.model_copy(update={"name": "义诊活动备案(新)", "digest": ""}).sealed()
    again = await house.file("online", plan=newer, application_ref=ref)
    assert again.started.existing
    assert again.started.matter == "2020-29 义诊活动备案"
    assert (await again.view()).plan_digest == plan.digest
    assert again.started.run_id == first.started.run_id


@pytest.mark.parametrize("closed", [False, True])
async def test_a_different_payload_under_the_same_reference_is_a_conflict(
    house: House, *, closed: bool
) -> None:
    """It is told which case has the reference; that case is as it was."""
    ref = uuid.uuid4().hex
    materials = [] if closed else [{"id": "id_card"}]
    first = await house.file("online", application_ref=ref, materials=materials)
    if closed:
        await first.closed()
    with pytest.raises(ConflictError) as conflict:
        await house.file("online", application_ref=ref, application={"organisation_div": "430103"})
    assert str(conflict.value) == (
        f"reference {ref} of gdzwfw was already used for case {first.case_no} with a different "
        "payload: file it under a new reference, or repeat it unchanged"
    )
    assert (await first.home.describe()).run_id == first.started.run_id


def test_a_joint_matter_is_filed_at_its_lead_place(house: House) -> None:
    """The portal of another province is refused, and the right one named."""
    with pytest.raises(FilingError) as refusal:
        house.prepared("joint", portal="hnzwfw")
    assert str(refusal.value) == (
        "2020-07 企业职工基本养老保险关系转移接续 (joint) is filed at the 转入地, 440000 广东省, "
        "not at 430000 湖南省: file it with portal gdzwfw"
    )


def test_a_plan_that_cannot_run_yet_is_refused_with_the_step_kind(house: House) -> None:
    """Nothing is started, and the word is the one that stands in the YAML."""
    plan = house.catalogue.plan("2020-29", "online")
    later = Notify.model_construct(kind="hologram", at="filing", notice="")
    newer = plan.model_copy(update={"steps": {**plan.steps, "show": later}})
    with pytest.raises(FilingError) as refusal:
        house.prepared("online", plan=newer)
    assert str(refusal.value) == (
        "2020-29 义诊活动备案 (online) cannot be started yet: this release cannot run: hologram"
    )


REFERENCES = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)


def numbered(reference: str, portal: str, at: dt.datetime) -> str:
    """The case number of an application."""
    return case_number(
        "440000",
        Application(
            portal=portal,
            application_ref=reference,
            matter="2020-29",
            filed_at=at,
            applicant=Applicant(kind="organisation", name="会"),
        ),
    )


TIMES = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2099, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001


@given(one=REFERENCES, other=REFERENCES, at=TIMES)
def test_a_case_number_is_made_of_home_day_and_reference(
    one: str, other: str, at: dt.datetime
) -> None:
    """Always of one form; the same again for a retry; another for another reference or portal."""
    number = numbered(one, "gdzwfw", at)
    assert CASE_NO_FORM.match(number)
    assert number == numbered(one, "gdzwfw", at)
    assert number != numbered(one, "hnzwfw", at)
    assert (number == numbered(other, "gdzwfw", at)) == (one == other)


def test_the_day_of_a_case_number_is_the_day_in_beijing() -> None:
    """What is filed late in the evening of London is filed tomorrow."""
    at = dt.datetime(2026, 11, 20, 16, 30, tzinfo=dt.UTC)
    assert numbered("A1", "gdzwfw", at).startswith("440000-20261121-")
