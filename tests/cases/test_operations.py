"""What officers do with a task besides its act, and 催办: on a real server, at a handling place."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from house import (
    ACCEPTOR,
    CLERK,
    DECIDER,
    JACK_OF_ALL,
    TEMPO,
    Case,
    House,
    events,
    eventually,
)

from cli import acts
from compiler.catalogue import Catalogue
from compiler.published import PlanStore
from engine.workers import Capacity
from errors import ActRefusedError
from worker import pool
from workflows.contracts import (
    AddSignerCommand,
    ClaimCommand,
    CommandAnswer,
    CopyCommand,
    DelegateCommand,
    ReleaseCommand,
    SendBackCommand,
    SignCommand,
    Tempo,
    TransferCommand,
)

pytestmark = pytest.mark.xdist_group("cases")

MATTERS = Path(__file__).parent.parent / "data" / "operations"
DESK = "2021-41"
"""The matter with acceptance, review, decision and delivery in the other province."""

REVIEWER, REVIEWER_2 = "430000-reviewer", "430000-reviewer-2"

PAPERS = [{"id": "id_card"}, {"id": "design"}]


@pytest.fixture
def desk(house: House) -> House:
    """The house with this module's matters."""
    catalogue = Catalogue.load(MATTERS)
    PlanStore(house.running.settings.data / "plans").publish(catalogue)
    return dataclasses.replace(house, catalogue=catalogue)


async def file(desk: House, tempo: Tempo = TEMPO, **changes: Any) -> Case:
    """File a case of the desk's matter."""
    filed: dict[str, Any] = {
        "matter": DESK,
        "applicant": {"kind": "individual", "name": "林晓梅", "id_number": "430102199003078524"},
        "application": {"handling_div": "430102", "amount": 1},
        "materials": PAPERS,
    }
    return await desk.file("online", tempo, **(filed | changes))


async def to_be_decided(desk: House) -> Case:
    """A case that was accepted and reviewed."""
    case = await file(desk)
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("review", acts.review(REVIEWER, reason="材料属实"))
    await case.task("decide")
    return case


async def operate(case: Case, kind: Any, by: str, **fields: Any) -> CommandAnswer:
    """Do an operation as `kuasheng case` does."""
    act = kind.model_fields["act"].default
    make = acts.on_task(kind, by, **fields)
    return await case.house.cases.act(case.started.workflow_id, act, make)


async def refused(case: Case, make: acts.Maker, act: str = "decide") -> str:
    """Have an act refused; return what the officer is told."""
    with pytest.raises(ActRefusedError) as refusal:
        await case.house.cases.act(case.started.workflow_id, act, make)
    return str(refusal.value)


async def text(case: Case, event: str) -> str:
    """Wait for an event and return what the timeline says of it."""
    return (await case.happened(event)).text


async def test_who_claims_a_task_has_it_alone_until_it_is_released(desk: House) -> None:
    """Another officer is told who holds it; `awaiting` names the holder."""
    case = await to_be_decided(desk)
    answer = await operate(case, ClaimCommand, DECIDER)
    assert (answer.done, answer.message) == (True, "签领")
    assert (await case.task("decide")).row.officer == DECIDER
    told = f"the task is held by {DECIDER}: ask them to release it, or transfer it (转办)"
    assert await refused(case, acts.decide(JACK_OF_ALL)) == f"decide refused: {told}"
    assert (await refused(case, acts.on_task(ClaimCommand, JACK_OF_ALL), "claim")).endswith(told)
    await operate(case, ReleaseCommand, DECIDER)
    assert (await case.task("decide")).row.officer == ""
    assert (await case.act("decide", acts.decide(DECIDER))).done
    view = await case.closed()
    assert view.outcome == "approved"
    done = [e.event for e in view.timeline if e.step == "decide"]
    assert [d.split("-")[0] for d in done] == ["claim", "release", "approved"]


async def test_a_task_is_transferred_only_to_an_officer_who_may_do_it(desk: House) -> None:
    """The new officer is checked like the old one; then the old one may no longer act."""
    case = await to_be_decided(desk)
    wrong = acts.on_task(TransferCommand, DECIDER, to=CLERK, reason="休假")
    assert "岗位不符" in await refused(case, wrong, "transfer")
    other = acts.on_task(TransferCommand, DECIDER, to="440000-decider")
    assert "行政区划不符" in await refused(case, other, "transfer")
    by_clerk = acts.on_task(TransferCommand, CLERK, to=DECIDER)
    assert "岗位不符" in await refused(case, by_clerk, "transfer")
    answer = await operate(case, TransferCommand, DECIDER, to="430000-decider", reason="本人")
    assert answer.message == "转办给430000-decider: 本人"
    await operate(case, TransferCommand, DECIDER, to=JACK_OF_ALL, reason="休假")
    assert "held by 430000-jack" in await refused(case, acts.decide(DECIDER))
    assert (await case.act("decide", acts.decide(JACK_OF_ALL))).done


async def test_a_delegate_prepares_and_gives_the_task_back(desk: House) -> None:
    """The delegate cannot decide, nor hand it on; their opinion is on record; who delegated can."""
    case = await to_be_decided(desk)
    await operate(case, DelegateCommand, DECIDER, to=JACK_OF_ALL, reason="请拟办")
    assert "held by 430000-jack" in await refused(case, acts.decide(DECIDER))
    assert "委派" in await refused(case, acts.decide(JACK_OF_ALL))
    again = acts.on_task(DelegateCommand, JACK_OF_ALL, to=DECIDER)
    assert "delegated (委派) by 430000-decider already" in await refused(case, again, "delegate")
    answer = await operate(case, ReleaseCommand, JACK_OF_ALL, reason="建议准予")
    assert answer.message == "委派办结, 交回430000-decider: 建议准予"
    assert "held by 430000-decider" in await refused(case, acts.decide(JACK_OF_ALL))
    assert (await case.act("decide", acts.decide(DECIDER))).done


async def test_a_decision_waits_for_every_signature_that_was_asked_for(desk: House) -> None:
    """Nobody signs who was not asked; a signer may have another role, but must be registered."""
    case = await to_be_decided(desk)
    nobody = acts.on_task(AddSignerCommand, DECIDER, to="430000-nobody")
    assert "未登记的经办人员" in await refused(case, nobody, "add_signer")
    await operate(case, AddSignerCommand, DECIDER, to=REVIEWER_2)
    await operate(case, AddSignerCommand, DECIDER, to=CLERK)
    outstanding = await refused(case, acts.decide(DECIDER))
    assert outstanding.endswith(f"the signatures of {REVIEWER_2}、{CLERK} are outstanding (加签)")
    stranger = acts.on_task(SignCommand, REVIEWER, reason="同意")
    assert "is no signer of this task" in await refused(case, stranger, "sign")
    await operate(case, SignCommand, REVIEWER_2, reason="同意, 无补充")
    assert "430000-clerk" in await refused(case, acts.decide(DECIDER))
    assert (await operate(case, SignCommand, CLERK)).message == "会签意见: 同意"
    assert (await case.act("decide", acts.decide(DECIDER))).done
    signed = [e.by for e in (await case.closed()).timeline if e.event.startswith("sign-")]
    assert signed == [REVIEWER_2, CLERK]


async def test_a_case_sent_back_is_reviewed_anew_and_comes_back_with_no_time_gained(
    desk: House,
) -> None:
    """New opinion, new number, new note; the decision's due date is what it was."""
    case = await to_be_decided(desk)
    first = await case.happened("reviewed-1")
    due = (await case.task("decide")).row.due
    assert due is not None
    nowhere = acts.on_task(SendBackCommand, DECIDER, to="accept", reason="x")
    told = "accept is no step to send the case back to (退回): review"
    assert (await refused(case, nowhere, "send_back")).endswith(told)
    answer = await operate(case, SendBackCommand, DECIDER, to="review", reason="核查记录不全")
    assert answer.message == "退回至审查: 核查记录不全"
    assert await refused(case, acts.decide(DECIDER)) != ""
    await case.act("review", acts.review(REVIEWER_2, reason="补充核查"))
    second = await case.happened("reviewed-1@2")
    assert second.document_no != first.document_no
    assert (second.by, second.text) == (REVIEWER_2, "审查意见1: 通过, 补充核查")
    again = await case.task("decide")
    assert again.row.due == due
    assert again.row.task_rev > 1
    assert (await case.act("decide", acts.decide(DECIDER))).done
    assert (await case.closed()).outcome == "approved"


async def test_a_copy_asks_nothing_of_anybody(desk: House) -> None:
    """It stands in the timeline; the task is as it was."""
    case = await to_be_decided(desk)
    answer = await operate(case, CopyCommand, DECIDER, to="430000-head")
    assert answer.message == "抄送430000-head"
    target = await case.task("decide")
    assert (target.row.officer, target.row.acts) == ("", ("decide",))
    copied = await case.until(lambda v: any(e.startswith("copy-") for e in events(v)), "the copy")
    assert {row.task for row in copied.awaiting} == {"decide"}


async def test_an_operation_names_the_task_as_it_was_seen(desk: House) -> None:
    """An old revision is refused at once, and of several officers' tasks one must be named."""
    case = await to_be_decided(desk)
    seen = await case.task("decide")
    await case.send(acts.on_task(ClaimCommand, DECIDER), seen)
    with pytest.raises(ActRefusedError, match="has moved on: it is at revision 2"):
        await case.send(acts.on_task(ReleaseCommand, DECIDER), seen)
    with pytest.raises(ActRefusedError, match="no open task for claim"):
        await desk.cases.act(
            case.case_no, "claim", acts.on_task(ClaimCommand, DECIDER), task="review"
        )


async def test_a_case_is_urged_once_a_day_and_both_places_show_it(desk: House) -> None:
    """At home at once, at the handling place when it was told; the second urging is refused."""
    case = await to_be_decided(desk)
    first = acts.urge(command_id=f"{case.case_no}-urge")
    answer = await desk.cases.say(case.case_no, first)
    assert answer.message == "催办已收到"
    assert await desk.cases.say(case.case_no, first) == answer
    with pytest.raises(ActRefusedError, match="每日限催办一次"):
        await desk.cases.say(case.case_no, acts.urge())

    async def both() -> list[str] | None:
        found = [e.place for e in (await case.view()).timeline if e.event == "urged-1"]
        return found if len(found) == 2 else None

    assert sorted(await eventually(both, "the urging at both places")) == ["filing", "handling"]
    await case.act("decide", acts.decide(DECIDER))
    assert (await case.closed()).outcome == "approved"
    with pytest.raises(ActRefusedError):
        await desk.cases.say(case.case_no, acts.urge())


async def test_an_operation_is_remembered_when_the_run_is_renewed(desk: House) -> None:
    """Holder, signers and the answer of the command id travel to the next run."""
    short = TEMPO.model_copy(update={"history_events": 15, "inquiry_every": 0.3})
    case = await file(desk, short)
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("review", acts.review(REVIEWER))
    seen = await case.task("decide")
    claim = acts.on_task(ClaimCommand, DECIDER, command_id=f"{case.case_no}-claim")
    first = await case.send(claim, seen)
    assert first.done
    await operate(case, AddSignerCommand, DECIDER, to=REVIEWER_2)
    run = (await case.hand.describe()).run_id
    count = 0
    while (await case.hand.describe()).run_id == run:
        count += 1
        await refused(case, acts.decide(CLERK, reason=f"第{count}次"))
    assert await case.send(claim, seen) == first
    assert (await case.task("decide")).row.officer == DECIDER
    assert "outstanding" in await refused(case, acts.decide(DECIDER))
    await operate(case, SignCommand, REVIEWER_2)
    await case.act("decide", acts.decide(DECIDER))
    view = await case.closed()
    assert view.outcome == "approved"
    assert len([e for e in view.timeline if e.event.startswith("claim-")]) == 1


async def test_operations_on_a_workflow_that_nothing_has_in_memory(desk: House) -> None:
    """Every task replays from the first event: the same answers, the same holder, no trap."""
    clients = {p: desk.clients[p.code] for p in desk.running.provinces}
    away = {p: c for p, c in clients.items() if p.code in ("110000", "330000")}
    async with pool(desk.running.settings, away, Capacity(cached_workflows=0)):
        case = await file(
            desk, portal="bjzwfw", application={"handling_div": "330102", "amount": 1}
        )
        await case.act("accept", acts.accept("330000-acceptor"))
        await case.act("review", acts.review("330000-reviewer"))
        seen = await case.task("decide")
        claim = acts.on_task(ClaimCommand, "330000-decider", command_id=f"{case.case_no}-claim")
        first = await case.send(claim, seen)
        assert await case.send(claim, seen) == first
        back = {"to": "review", "reason": "再核"}
        await operate(case, SendBackCommand, "330000-decider", **back)
        await case.act("review", acts.review("330000-reviewer-2"))
        await case.act("decide", acts.decide("330000-decider"))
        view = await case.closed()
        assert view.outcome == "approved"
        assert [e for e in events(view) if e.startswith("reviewed")] == [
            "reviewed-1",
            "reviewed-1@2",
        ]


async def test_two_operations_at_once_on_one_revision_do_not_both_count(desk: House) -> None:
    """Whoever comes second is told that the task has moved on."""
    case = await to_be_decided(desk)
    target = await case.task("decide")
    answers = await asyncio.gather(
        case.send(acts.on_task(ClaimCommand, DECIDER), target),
        case.send(acts.on_task(ClaimCommand, JACK_OF_ALL), target),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == [
        "ActRefusedError",
        "CommandAnswer",
    ]
