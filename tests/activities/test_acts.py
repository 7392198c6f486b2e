"""Acts and receipts on record: numbered once, however often an attempt is repeated."""

from pathlib import Path

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.approval import ApprovalActivities
from activities.documents import Issuer
from activities.duplicates import DuplicateActivities
from activities.intake import IntakeActivities
from activities.officers import Officer, Officers
from activities.registry import build
from compiler.applicant import MaterialRef
from compiler.calendars import load_calendar
from gateways.registry import Gateways
from ledger.database import open_database
from workflows import contracts
from workflows.contracts import (
    ActivityRef,
    ActRequest,
    IntakeRequest,
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


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """A register that is empty, and the templates of the catalogue."""
    return Issuer.of(open_database(f"sqlite:///{tmp_path}/registers.db"))


async def test_an_allowed_act_is_numbered_once(env: ActivityEnvironment, issuer: Issuer) -> None:
    """Division, unit, act, the year in China, and the next of the series; the key decides."""
    record_act = ApprovalActivities(OFFICERS, issuer).record_act
    record = await env.run(record_act, REQUEST)
    assert record.allowed
    assert record.document_no == "430102公安机关受理〔2027〕1号"
    assert record.at == env.info.scheduled_time
    assert await env.run(record_act, REQUEST) == record
    other = await env.run(record_act, REQUEST.model_copy(update={"key": "other"}))
    assert other.document_no == "430102公安机关受理〔2027〕2号"


async def test_a_refused_act_has_a_reason_and_no_number(
    env: ActivityEnvironment, issuer: Issuer
) -> None:
    """The officer is told why; nothing is on record, and no number is lost."""
    record_act = ApprovalActivities(OFFICERS, issuer).record_act
    wrong = REQUEST.model_copy(update={"role": "decider"})
    record = await env.run(record_act, wrong)
    assert not record.allowed
    assert "岗位不符" in record.refusal
    assert record.document_no == ""
    assert (await env.run(record_act, REQUEST)).document_no.endswith("〔2027〕1号")


async def test_officers_whom_an_act_names_must_be_entitled_too(
    env: ActivityEnvironment, issuer: Issuer
) -> None:
    """转办 to somebody whom nobody knows is refused, whoever does it."""
    record_act = ApprovalActivities(OFFICERS, issuer).record_act
    request = REQUEST.model_copy(update={"act": "transfer", "also": ("430000-nobody",)})
    record = await env.run(record_act, request)
    assert "430000-nobody" in record.refusal


async def test_the_intake_receipt_lists_what_was_handed_in(
    env: ActivityEnvironment, issuer: Issuer
) -> None:
    """收件凭证: numbered for the collecting division, the same on every attempt."""
    request = IntakeRequest(
        key="case/portal/ref/intake/receipt", case_no="440000-20260301-ABCDEFGH",
        unit="跨省通办窗口",
        materials=(MaterialRef(id="id_card", paper=True), MaterialRef(id="form")),
    )  # fmt: skip
    intake = IntakeActivities(issuer).intake
    receipt = await env.run(intake, request)
    assert receipt.materials == ("id_card", "form")
    assert receipt.received_at == env.info.scheduled_time
    assert receipt.number == "440000跨省通办窗口收件〔2027〕1号"
    assert await env.run(intake, request) == receipt


async def test_all_activities_of_the_contract_are_built(
    gateways: Gateways, issuer: Issuer, tmp_path: Path
) -> None:
    """Each activity of the contracts is there once, but those that need a province's client."""
    registers = open_database(f"sqlite:///{tmp_path}/registers.db")
    duplicates = DuplicateActivities.of(registers, lambda: (b"key",))
    built = {}
    for function in build(OFFICERS, gateways, load_calendar(), issuer, duplicates):
        definition = activity._Definition.must_from_callable(function)
        built[definition.name] = (definition.arg_types, definition.ret_type)
    refs = [r for r in vars(contracts).values() if isinstance(r, ActivityRef)]
    refs = [
        ref
        for ref in refs
        if ref
        not in (contracts.ENDPOINT_KNOWN, contracts.INVITE_RATING, contracts.OPEN_SUPERVISION)
    ]
    assert built == {r.name: ([r.takes], r.gives) for r in refs}
