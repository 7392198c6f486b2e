"""Documents as activities issue them: with the act, once, and for acts that have none, none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.approval import ApprovalActivities
from activities.documents import DocumentActivities, Issuer
from activities.intake import IntakeActivities
from activities.officers import Officer, Officers
from compiler.applicant import Applicant, MaterialRef
from documents.render import render
from errors import NotFoundError
from ledger.database import open_database
from workflows.contracts import ActRequest, DocumentRequest, IntakeRequest, Subject

OFFICERS = Officers(
    officers=(Officer(id="jack", division="430000", units=("*",), roles=("acceptor", "decider")),)
)
SUBJECT = Subject(
    case_no="440000-20260301-ABCDEFGH",
    matter="2021-02 开具户籍类证明",
    mode="collect",
    regime="行政确认",
    applicant=Applicant(kind="individual", name="林晓梅", id_number="430102199003078524"),
    materials=("居民身份证",),
)
ACT = ActRequest(
    key="440000-20260301-ABCDEFGH/handling/decide/decide.reject",
    act="reject", officer="jack", role="decider", unit="公安机关", division="430102",
    case_no=SUBJECT.case_no, reason="不在本辖区", step="decide", subject=SUBJECT,
)  # fmt: skip
NOTE = DocumentRequest(
    key="440000-20260301-ABCDEFGH/home/send/custody", template="custody_note", subject=SUBJECT,
    unit="跨省通办窗口", division="440305", step="send",
    facts={"sender": "跨省通办窗口", "recipient": "公安机关", "contents": "居民身份证",
           "waybill": "EM1", "colour": "red"},
)  # fmt: skip


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """A register that is empty, and the templates of the catalogue."""
    return Issuer.of(open_database(f"sqlite:///{tmp_path}/registers.db"))


async def test_an_act_issues_its_document(env: ActivityEnvironment, issuer: Issuer) -> None:
    """Number, moment, unit, officer and reason are the act's; whoever has it can prove it."""
    record = await env.run(ApprovalActivities(OFFICERS, issuer).record_act, ACT)
    document = record.document
    assert document is not None
    assert document.number == record.document_no == "430102公安机关不予〔2027〕1号"
    assert (document.at, document.title) == (record.at, "不予决定书")
    assert (document.unit, document.division, document.step, document.by) == (
        "公安机关", "430102", "decide", "jack",
    )  # fmt: skip
    assert document.facts == {"reason": "不在本辖区"}
    shown = render(issuer.templates.get(document.template), document, SUBJECT)
    assert shown.digest == document.digest
    assert "2027年1月1日" in shown.text


async def test_a_document_names_nobody(env: ActivityEnvironment, issuer: Issuer) -> None:
    """It travels in views and reports: whom it is for stands in the filing only."""
    record = await env.run(ApprovalActivities(OFFICERS, issuer).record_act, ACT)
    assert record.document is not None
    kept = record.document.model_dump_json()
    assert SUBJECT.applicant.name not in kept
    assert SUBJECT.applicant.id_number not in kept


async def test_a_repeated_attempt_issues_the_same_document(
    env: ActivityEnvironment, issuer: Issuer
) -> None:
    """An attempt whose answer was lost is repeated: the paper is the same, to the letter."""
    record_act = ApprovalActivities(OFFICERS, issuer).record_act
    assert await env.run(record_act, ACT) == await env.run(record_act, ACT)


async def test_many_attempts_at_once_are_one_document(
    env: ActivityEnvironment, issuer: Issuer
) -> None:
    """Two workers may do one act when one of them was thought dead."""
    record_act = ApprovalActivities(OFFICERS, issuer).record_act
    records = await asyncio.gather(*(env.run(record_act, ACT) for _ in range(8)))
    assert {record.document_no for record in records} == {"430102公安机关不予〔2027〕1号"}


@pytest.mark.parametrize(
    "changes", [{"subject": None}, {"act": "pass", "role": "decider"}], ids=["old", "no_template"]
)
async def test_an_act_without_subject_or_template_is_only_numbered(
    env: ActivityEnvironment, issuer: Issuer, changes: dict[str, object]
) -> None:
    """Cases of before have no subject; an opinion is no letter to anybody."""
    request = ACT.model_copy(update=changes)
    record = await env.run(ApprovalActivities(OFFICERS, issuer).record_act, request)
    assert record.allowed
    assert record.document_no.endswith("〔2027〕1号")
    assert record.document is None


async def test_the_intake_receipt_is_a_document(env: ActivityEnvironment, issuer: Issuer) -> None:
    """收件凭证: what was handed in, by name, for the division of the window."""
    request = IntakeRequest(
        key="k", case_no=SUBJECT.case_no, unit="跨省通办窗口", division="440305", step="receive",
        materials=(MaterialRef(id="id_card", paper=True),), subject=SUBJECT,
    )  # fmt: skip
    receipt = await env.run(IntakeActivities(issuer).intake, request)
    assert receipt.document is not None
    assert receipt.document.number == receipt.number == "440305跨省通办窗口收件〔2027〕1号"
    assert receipt.document.title == "收件凭证"
    assert receipt.document.facts == {"materials": "居民身份证"}


async def test_documents_without_an_act_are_issued_on_request(
    env: ActivityEnvironment, issuer: Issuer
) -> None:
    """物料流转凭证: in a series of its own, once under its key, with declared facts only."""
    issue = DocumentActivities(issuer).issue_document
    note = await env.run(issue, NOTE)
    assert note.number == "440305跨省通办窗口流转〔2027〕1号"
    assert "colour" not in note.facts
    shown = render(issuer.templates.get("custody_note"), note, SUBJECT).text
    assert "交出：跨省通办窗口。" in shown
    assert "编号EM1" in shown
    assert await env.run(issue, NOTE) == note


async def test_one_kind_of_document_has_one_series(
    env: ActivityEnvironment, issuer: Issuer
) -> None:
    """A 送达回执 that the system issues counts with those that officers issue by hand."""
    issue = DocumentActivities(issuer).issue_document
    changes = {"template": "delivery_receipt", "unit": "公安机关", "division": "430102"}
    receipt = await env.run(issue, NOTE.model_copy(update=changes))
    by_hand = ACT.model_copy(update={"act": "hand_out", "key": "other"})
    record = await env.run(ApprovalActivities(OFFICERS, issuer).record_act, by_hand)
    assert [receipt.number, record.document_no] == [
        "430102公安机关送达〔2027〕1号",
        "430102公安机关送达〔2027〕2号",
    ]


async def test_an_unknown_template_takes_no_number(
    env: ActivityEnvironment, issuer: Issuer
) -> None:
    """Asked for again until a newer worker has it; the series has no gap."""
    issue = DocumentActivities(issuer).issue_document
    with pytest.raises(NotFoundError, match="no document template `custody`"):
        await env.run(issue, NOTE.model_copy(update={"template": "custody"}))
    assert (await env.run(issue, NOTE)).number.endswith("〕1号")
