"""Acts and receipts on record: numbered once, however often an attempt is repeated."""

import datetime as dt
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.approval import ApprovalActivities
from activities.intake import intake
from activities.numbers import WORDS, document_no
from activities.officers import Officer, Officers
from activities.registry import build
from compiler.applicant import MaterialRef
from compiler.calendars import load_calendar
from gateways.registry import Gateways
from workflows import contracts
from workflows.contracts import (
    AcceptCommand,
    ActivityRef,
    ActRequest,
    DecideCommand,
    IntakeRequest,
    ReviewCommand,
)

OFFICERS = Officers(
    officers=(
        Officer(id="430000-police", division="430000", units=("公安机关",), roles=("acceptor",)),
    )
)
REQUEST = ActRequest(
    key="handling/440000-20260301-ABCDEFGH/handling/accept/accept.accept",
    act="accept", officer="430000-police", role="acceptor", unit="公安机关", division="430102",
    case_no="440000-20260301-ABCDEFGH",
)  # fmt: skip


async def test_an_allowed_act_is_numbered_once(env: ActivityEnvironment) -> None:
    """Division, unit, act, the year in China, and a serial that the key alone decides."""
    record_act = ApprovalActivities(OFFICERS).record_act
    record = await env.run(record_act, REQUEST)
    assert record.allowed
    assert re.fullmatch(r"430102公安机关受理〔2027〕[A-Z2-7]{8}号", record.document_no)
    assert record.at == env.info.scheduled_time
    assert await env.run(record_act, REQUEST) == record


async def test_a_refused_act_has_a_reason_and_no_number(env: ActivityEnvironment) -> None:
    """The officer is told why; nothing is on record."""
    wrong = REQUEST.model_copy(update={"role": "decider"})
    record = await env.run(ApprovalActivities(OFFICERS).record_act, wrong)
    assert not record.allowed
    assert "岗位不符" in record.refusal
    assert record.document_no == ""


async def test_the_intake_receipt_lists_what_was_handed_in(env: ActivityEnvironment) -> None:
    """收件凭证: numbered for the collecting division, the same on every attempt."""
    request = IntakeRequest(
        key="case/portal/ref/intake/receipt", case_no="440000-20260301-ABCDEFGH",
        unit="跨省通办窗口",
        materials=(MaterialRef(id="id_card", paper=True), MaterialRef(id="form")),
    )  # fmt: skip
    receipt = await env.run(intake, request)
    assert receipt.materials == ("id_card", "form")
    assert receipt.received_at == env.info.scheduled_time
    assert re.fullmatch(r"440000跨省通办窗口收件〔2027〕[A-Z2-7]{8}号", receipt.number)
    assert await env.run(intake, request) == receipt


@given(keys=st.lists(st.text(), min_size=2, max_size=50, unique=True))
def test_different_keys_give_different_numbers(keys: list[str]) -> None:
    """Two acts never share a number."""
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    numbers = {document_no("430102", "公安机关", "accept", at, key) for key in keys}
    assert len(numbers) == len(keys)


@pytest.mark.parametrize("command", [AcceptCommand, DecideCommand, ReviewCommand])
def test_every_verdict_has_a_word_for_its_document(
    command: type[AcceptCommand] | type[DecideCommand] | type[ReviewCommand],
) -> None:
    """A verdict that is added without a Chinese word for its document fails."""
    assert set(get_args(command.model_fields["verdict"].annotation)) <= set(WORDS)


async def test_all_activities_of_the_contract_are_built(gateways: Gateways) -> None:
    """Each activity of the contracts is there once, but the one that needs a province's client."""
    built = {}
    for function in build(OFFICERS, gateways, load_calendar()):
        definition = activity._Definition.must_from_callable(function)
        built[definition.name] = (definition.arg_types, definition.ret_type)
    refs = [r for r in vars(contracts).values() if isinstance(r, ActivityRef)]
    refs.remove(contracts.ENDPOINT_KNOWN)
    assert built == {r.name: ([r.takes], r.gives) for r in refs}
