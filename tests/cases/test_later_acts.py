"""撤销 注销 作废 更正 of a finished case: each its own actor and document; nothing reopens it."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from house import ACCEPTOR, CLERK, DECIDER, Case, House, eventually

from cli import acts
from engine.later import LaterActs
from errors import ActRefusedError, ConflictError
from gateways.sandbox.faults import Fault
from workflows.contracts import (
    AmendCommand,
    CancelCommand,
    CaseView,
    LaterActView,
    LaterCommand,
    RecordCreditCommand,
    RevokeCommand,
    VoidCommand,
)
from workflows.later import RULES, unlawful

pytestmark = pytest.mark.xdist_group("cases")

HEAD = "430000-head"


def later(house: House) -> LaterActs:
    return LaterActs(house.running.connections)


def revoke(**said: Any) -> RevokeCommand:
    return RevokeCommand(**_said(HEAD, "以虚假材料取得", "行政许可法第六十九条第二款") | said)


def cancel(**said: Any) -> CancelCommand:
    return CancelCommand(**_said(DECIDER, "有效期届满", "行政许可法第七十条第一项") | said)


def void(**said: Any) -> VoidCommand:
    return VoidCommand(**_said(CLERK, "证照遗失", "补证办法") | said)


def amend(**said: Any) -> AmendCommand:
    return AmendCommand(**_said(DECIDER, "地址笔误", "更正办法") | said)


def _said(by: str, reason: str, basis: str) -> dict[str, Any]:
    return {"command_id": uuid.uuid4().hex, "by": by, "reason": reason, "basis": basis}


async def finished(house: House, mode: str = "online", *, approve: bool = True) -> Case:
    """A case that was decided and has ended."""
    case = await house.file(mode)
    await case.act("accept", acts.accept(ACCEPTOR))
    verdict = "approve" if approve else "reject"
    await case.act("decide", acts.decide(DECIDER, verdict, reason="" if approve else "不符合条件"))
    await case.closed()
    return case


async def done(house: House, case: Case) -> list[LaterActView]:
    return await later(house).of_case(await case.view())


async def told(house: House, case: Case, number: int = 1) -> LaterActView:
    """Wait until the applicant was told of a later act."""

    async def look() -> LaterActView | None:
        act = (await done(house, case))[number - 1]
        return act if any(e.event == "notified" for e in act.timeline) else None

    return await eventually(look, "the notice")


def same_case(view: CaseView) -> dict[str, Any]:
    return view.model_dump(include={"stage", "outcome", "closed", "timeline", "awaiting"})


@pytest.mark.parametrize(
    ("command", "title", "word", "by"),
    [
        (revoke(), "撤销决定书", "撤销", HEAD),
        (cancel(), "注销决定书", "注销", DECIDER),
        (void(), "作废决定书", "作废", CLERK),
        (amend(before="一号", after="二号"), "更正决定书", "更正", DECIDER),
    ],
)
async def test_each_act_has_its_own_document_and_leaves_the_case_as_it_was(
    house: House, command: LaterCommand, title: str, word: str, by: str
) -> None:
    """Numbered in its own series, told to the applicant; stage, outcome and timeline stay."""
    case = await finished(house)
    before = same_case(await case.view())
    answer = await later(house).do(case.case_no, command)
    assert answer.done
    assert f"卫生健康主管部门{word}〔" in answer.document_no
    act = await told(house, case)
    assert (act.act, act.by, act.done, act.document_no) == (
        command.act, by, True, answer.document_no
    )  # fmt: skip
    (document,) = act.documents
    assert (document.title, document.number, document.division) == (
        title, answer.document_no, "430102"
    )  # fmt: skip
    assert command.reason in document.facts["reason"]
    assert command.basis in document.facts["reason"]
    assert same_case(await case.view()) == before


async def test_a_lost_certificate_gets_a_new_number_each_time(house: House) -> None:
    """The voided number is not valid any more: what is lost next is the one that followed."""
    case = await finished(house)
    first = next(e for e in (await case.view()).timeline if e.event == "issued").document_no
    await later(house).do(case.case_no, void())
    await later(house).do(case.case_no, amend())
    one, two = await done(house, case)
    assert (one.old_number, one.new_number) == (first, f"{first}-2")
    assert (two.old_number, two.new_number) == (f"{first}-2", f"{first}-3")
    with pytest.raises(ActRefusedError, match=f"valid today: {first}-3"):
        await later(house).do(case.case_no, void(number=first))


async def test_the_same_command_gets_its_answer_again_and_a_second_revocation_is_refused(
    house: House,
) -> None:
    """Idempotent by its id, also for another act under it; 撤销 is done once."""
    case = await finished(house, "collect")
    command = revoke()
    answer = await later(house).do(case.case_no, command)
    assert await later(house).do(case.case_no, command) == answer
    assert len(await done(house, case)) == 1
    with pytest.raises(ConflictError, match="was used for revoke already"):
        await later(house).do(case.case_no, cancel(command_id=command.command_id))
    for more in (revoke(), cancel(), void(), amend()):
        with pytest.raises(ActRefusedError, match=rf"{more.act} .*revoke \(撤销\) was done before"):
            await later(house).do(case.case_no, more)


async def test_of_two_revocations_at_the_same_time_only_one_is_done(house: House) -> None:
    """They would both be the next act on the case, and only one can be."""
    case = await finished(house)
    tried = await asyncio.gather(
        *(later(house).do(case.case_no, revoke()) for _ in range(2)), return_exceptions=True
    )
    refused = [answer for answer in tried if isinstance(answer, ActRefusedError)]
    assert len(refused) == 1
    assert [act.done for act in await done(house, case)] == [True]


async def test_who_has_not_the_role_may_not_act_and_another_may(house: House) -> None:
    """撤销 is the head's; a refused act stays on record and is in nobody's way."""
    case = await finished(house)
    with pytest.raises(ActRefusedError, match="this act needs head"):
        await later(house).do(case.case_no, revoke(by=DECIDER))
    with pytest.raises(ActRefusedError, match="行政区划不符"):
        await later(house).do(case.case_no, cancel(by="440000-decider"))
    await later(house).do(case.case_no, revoke())
    assert [(act.act, act.done) for act in await done(house, case)] == [
        ("revoke", False),
        ("cancel", False),
        ("revoke", True),
    ]


async def test_only_an_approved_and_finished_case_has_later_acts(house: House) -> None:
    """What was rejected has no result to revoke; what is open is withdrawn or decided."""
    rejected = await finished(house, approve=False)
    running = await house.file("online")
    await running.task("accept")
    for command in (revoke(), cancel(), void(), amend()):
        text = RULES[command.act].text
        with pytest.raises(ActRefusedError, match=rf"{command.act} \({text}\) needs an approved"):
            await later(house).do(rejected.case_no, command)
        with pytest.raises(ActRefusedError, match=f"{command.act} refused: case .* still open"):
            await later(house).do(running.case_no, command)
    assert await done(house, rejected) == []


async def test_a_fraud_is_revoked_and_its_credit_record_is_somebodys_task(house: House) -> None:
    """信用记录推送: seven working days, a clerk's, closed by the platform's reference."""
    case = await finished(house)
    await later(house).do(case.case_no, revoke(fraud=True))

    async def owed() -> LaterActView | None:
        (act,) = await done(house, case)
        return act if any(row.due for row in act.awaiting) else None

    (row,) = (await eventually(owed, "the credit task")).awaiting
    assert (row.what, row.role, row.within) == ("信用记录推送", "clerk", "7 workdays")
    make = acts.on_task(RecordCreditCommand, DECIDER, reference="XY-1")
    with pytest.raises(ActRefusedError, match="岗位不符"):
        await later(house).follow(case.case_no, "record_credit", make)
    make = acts.on_task(RecordCreditCommand, CLERK, reference="XY-2026-0001")
    first = await later(house).follow(case.case_no, "record_credit", make)
    assert await later(house).follow(case.case_no, "record_credit", make) == first
    (act,) = await done(house, case)
    assert (act.credit_reference, act.awaiting) == ("XY-2026-0001", ())
    assert [e.event for e in act.timeline] == ["revoke", "notified", "credit"]


def test_the_table_names_the_act_and_why_not() -> None:
    """终止 ends open cases: it is no act on a finished one."""
    assert [unlawful(act, "approved", ()) for act in RULES] == ["", "", "", ""]
    assert unlawful("amend", "approved", ("void", "amend")) == ""
    assert unlawful("terminate", "approved", ()) == (
        "terminate is no act on a finished case: there are revoke, cancel, void, amend"
    )
    assert unlawful("void", "withdrawn", ()) == (
        "void (作废) needs an approved result, this case ended as withdrawn"
    )
    assert unlawful("void", "approved", ("amend", "cancel")) == (
        "void (作废) is too late: cancel (注销) was done before"
    )


async def test_a_notice_that_is_refused_is_a_clerks_task_and_then_sent_again(house: House) -> None:
    """Nobody's result ends untold: who sees to it is named, and until when; then it is sent."""
    case = await finished(house)
    await house.misbehave(
        Fault(path="/delivery", kind="refuse", method="POST", reason="空间已注销")
    )
    await later(house).do(case.case_no, cancel())

    async def owed() -> LaterActView | None:
        (act,) = await done(house, case)
        return act if any(row.due for row in act.awaiting) else None

    (row,) = (await eventually(owed, "the notice's task")).awaiting
    assert (row.role, row.within, "空间已注销" in row.what) == ("clerk", "3 workdays", True)
    await later(house).follow(case.case_no, "resolve", acts.resolve(CLERK, reason="已电话告知"))
    act = await told(house, case)
    assert [e.event for e in act.timeline] == ["cancel", "resolved-1", "notified"]
