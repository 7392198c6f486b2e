"""Branches at the same time, rounds, choices, and units that decide together."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from house import PERSON, TEMPO, Case, House, events
from temporalio.client import WorkflowExecutionStatus

from cli import acts
from compiler.catalogue import Catalogue
from compiler.published import PlanStore
from gateways.sandbox.faults import Fault
from workflows.contracts import CaseView, SendBackCommand, Tempo

pytestmark = pytest.mark.xdist_group("cases")

MATTERS = Path(__file__).parent.parent / "data" / "operations"
CANCEL, REPORT, ROUNDS, ALL, ANY = "2021-44", "2021-45", "2021-46", "2021-47", "2021-48"
"""A failed branch cancels the others; is reported; rounds of two reviews; 会签; 或签."""

REVIEWER, DECIDER = "440000-reviewer", "440000-decider"

QUICK = TEMPO.model_copy(update={"payment_poll": 0.1})

UNPAID, LEFT = "不缴费者", "林晓梅"

STALL = Fault(path="/courier/parcels", kind="stall", method="POST")
"""The booking is there, and nobody comes for the parcel."""


@pytest.fixture
async def office(house: House) -> AsyncIterator[House]:
    """The house with this module's matters; no fault outlives its test."""
    catalogue = Catalogue.load(MATTERS)
    PlanStore(house.running.settings.data / "plans").publish(catalogue)
    yield dataclasses.replace(house, catalogue=catalogue)
    await asyncio.to_thread(house.sandbox.behave)


async def file(
    office: House, matter: str, tempo: Tempo = QUICK, *, name: str = LEFT, amount: int = 1
) -> Case:
    """File a case of this matter."""
    return await office.file(
        "online",
        tempo,
        matter=matter,
        applicant={**PERSON, "name": name},
        application={"handling_div": "430102", "amount": amount},
        materials=[{"id": "id_card"}, {"id": "design"}],
    )


async def made(case: Case, service: str) -> list[dict[str, Any]]:
    """What the sandbox was asked for."""
    return await asyncio.to_thread(case.house.sandbox.made, service, case.case_no)


async def act(case: Case, name: str, make: acts.Maker, task: str) -> None:
    """Act on one of several tasks, as soon as it is open."""
    await case.until(lambda v: any(row.task == task for row in v.awaiting), f"the task {task}")
    assert (await case.house.cases.act(case.started.workflow_id, name, make, task)).done


async def agree(case: Case, verdict: Any = "approve") -> None:
    """Walk the branch of the opinion to its end."""
    await act(case, "review", acts.review(REVIEWER), "look")
    await act(case, "decide", acts.decide(DECIDER, verdict, reason="会商意见"), "agree")


def waits(view: CaseView) -> dict[str, str]:
    """What is waited for, by the beginning of its text."""
    return {row.what[:2]: row.role for row in view.awaiting}


BUSY = {"出具": "reviewer", "缴费": "applicant", "寄递": "system"}
"""What the three branches wait for at the beginning."""


async def test_branches_run_at_the_same_time_and_the_case_goes_on_when_all_have_ended(
    office: House,
) -> None:
    """A review, a fee and a parcel at once; the decision comes when the last of them is there."""
    await office.misbehave(STALL)
    case = await file(office, CANCEL, name=UNPAID)
    view = await case.until(lambda v: waits(v) == BUSY, "three branches at once")
    assert view.stage == "received"
    await case.house.cases.say(case.case_no, acts.withdraw())
    assert (await case.closed()).outcome == "withdrawn"

    whole = await file(office, CANCEL)
    await agree(whole)
    target = await whole.task("decide")
    assert target.row.task == "decide"
    done = events(await whole.view())
    assert {"paid", "signed_for-1", "approved"} <= set(done)
    assert not [event for event in done if event.startswith(("failed", "broken"))]
    refused = await whole.send(acts.decide("440000-clerk"), target)
    assert not refused.done
    await whole.house.cases.act(whole.case_no, "decide", acts.decide(DECIDER))
    assert (await whole.closed()).outcome == "approved"


async def test_a_branch_that_fails_breaks_the_others_off_and_what_they_booked_is_undone(
    office: House,
) -> None:
    """The order is closed, the booking cancelled, nobody is asked for anything any more."""
    await office.misbehave(STALL)
    case = await file(office, CANCEL, name=UNPAID)
    await case.until(lambda v: waits(v) == BUSY, "three branches at once")
    await case.happened("ordered")
    await agree(case, "reject")
    view = await case.closed()
    assert (view.outcome, view.awaiting) == ("rejected", ())
    assert [order["status"] for order in await made(case, "order")] == ["closed"]
    assert [parcel["state"] for parcel in await case.parcels()] == ["cancelled"]
    texts = {e.event: e.text for e in view.timeline if e.step == "both"}
    assert texts == {
        "broken-fee": "fee中止, 其预约和未缴订单已撤销",
        "broken-papers": "papers中止, 其预约和未缴订单已撤销",
        "failed-opinion": "并行办理: opinion未办成(rejected)",
    }
    assert {"order_closed", "booking_cancelled"} <= set(events(view))


async def test_what_comes_about_although_its_branch_was_broken_off_is_undone(
    office: House,
) -> None:
    """Both answers come after the branch has failed: the order is closed, no parcel travels."""
    await office.misbehave(STALL)
    for path in ("/payment/orders", "/courier/parcels"):
        slow = Fault(path=path, kind="delay", seconds=3, method="POST")
        await office.misbehave(slow)
    case = await file(office, CANCEL, name=UNPAID)
    await agree(case, "reject")
    assert not {"ordered", "booked-1"} & set(events(await case.view()))
    view = await case.closed()
    assert view.outcome == "rejected"
    assert [order["status"] for order in await made(case, "order")] == ["closed"]
    assert [parcel["state"] for parcel in await case.parcels()] == ["cancelled"]


async def test_a_failure_that_is_only_reported_leaves_the_others_alone_and_is_counted(
    office: House,
) -> None:
    """The fee is paid and the parcel arrives all the same; a guard sees how many failed."""
    case = await file(office, REPORT)
    await agree(case, "reject")
    target = await case.task("decide")
    assert target.row.task == "decide"
    view = await case.view()
    assert {"paid", "signed_for-1", "failed-opinion"} <= set(events(view))
    assert "broken-fee" not in events(view)
    assert [e.text for e in view.timeline if e.step == "short"] != []
    assert [order["status"] for order in await made(case, "order")] == ["paid"]
    await case.house.cases.act(case.case_no, "decide", acts.decide(DECIDER))
    assert (await case.closed()).outcome == "approved"


async def test_a_branch_is_sent_back_within_itself(office: House) -> None:
    """The review is done anew while the other branches go on; then the same decision comes."""
    case = await file(office, CANCEL)
    await act(case, "review", acts.review(REVIEWER), "look")
    back = acts.on_task(SendBackCommand, DECIDER, to="look", reason="再核")
    await case.task("decide")
    await case.house.cases.act(case.case_no, "send_back", back, "agree")
    await act(case, "review", acts.review("440000-reviewer-2", reason="已再核"), "look")
    await act(case, "decide", acts.decide(DECIDER), "agree")
    await case.until(lambda v: any(row.task == "decide" for row in v.awaiting), "the decision")
    await case.house.cases.act(case.case_no, "decide", acts.decide(DECIDER))
    view = await case.closed()
    assert view.outcome == "approved"
    assert [e.event for e in view.timeline if e.step == "look"] == ["reviewed-1", "reviewed-1@2"]


async def test_a_run_renewed_in_the_middle_of_branches_loses_nothing(office: House) -> None:
    """Renewed at every rest: each effect once, each event once, the same end."""
    short = QUICK.model_copy(update={"history_events": 15})
    case = await file(office, CANCEL, short)
    await agree(case)
    await case.until(lambda v: any(row.task == "decide" for row in v.awaiting), "the decision")
    await case.house.cases.act(case.case_no, "decide", acts.decide(DECIDER))
    view = await case.closed()
    assert view.outcome == "approved"
    found = [(e.step, e.event) for e in view.timeline]
    assert len(found) == len(set(found))
    assert len(await made(case, "order")) == len(await case.parcels()) == 1
    client = office.clients["440000"]
    runs = [r.status async for r in client.list_workflows(f"WorkflowId = '{case.home.id}'")]
    assert WorkflowExecutionStatus.CONTINUED_AS_NEW in runs

    broken = await file(office, CANCEL, short, name=UNPAID)
    await broken.happened("ordered")
    await agree(broken, "reject")
    assert (await broken.closed()).outcome == "rejected"
    assert [order["status"] for order in await made(broken, "order")] == ["closed"]


async def look(case: Case, round_: str, *verdicts: Any) -> None:
    """Give both opinions of a round."""
    for task, verdict in zip(("look", "check"), verdicts, strict=True):
        await act(case, "review", acts.review(REVIEWER, verdict, reason="核查"), task)
    await case.happened(round_)


async def test_what_is_repeated_ends_when_it_holds_or_is_exhausted(office: House) -> None:
    """Two rounds of two branches at the most; the second has notes and numbers of its own."""
    case = await file(office, ROUNDS)
    await look(case, "round-1", "fail", "pass")
    await look(case, "round-2", "pass", "pass")
    await case.house.cases.act(
        case.case_no, "decide", acts.decide(DECIDER), (await case.task("decide")).row.task
    )
    view = await case.closed()
    assert view.outcome == "approved"
    texts = [e.text for e in view.timeline if e.step == "again"]
    assert texts == ["重复: 第1次, 未完成", "重复: 第2次, 完成"]
    numbers = [e.document_no for e in view.timeline if e.event.startswith("reviewed-1")]
    assert len(set(numbers)) == 4

    never = await file(office, ROUNDS)
    await look(never, "round-1", "fail", "fail")
    await look(never, "round-2", "fail", "pass")
    view = await never.closed()
    assert view.outcome == "rejected"
    assert "refuse" in {e.step for e in view.timeline}


@pytest.mark.parametrize(
    ("amount", "chosen", "step"),
    [(500, "large", "big"), (50, "middle", "medium"), (5, "otherwise", "small")],
)
async def test_the_first_guard_that_holds_chooses(
    office: House, amount: int, chosen: str, step: str
) -> None:
    """500 is more than 100 and more than 10: the first counts; none holds for 5."""
    case = await file(office, ROUNDS, amount=amount)
    entry = await case.happened(chosen)
    assert entry.text == f"分支: {chosen}"
    view = await case.until(lambda v: any(row.task for row in v.awaiting), "the rounds")
    others = {"big", "medium", "small"} - {step}
    assert step in {e.step for e in view.timeline}
    assert not others & {e.step for e in view.timeline}
    await case.house.cases.say(case.case_no, acts.withdraw())
    await case.closed()


async def to_be_decided(office: House, matter: str) -> Case:
    """A case that three units are asked to decide, each on its own task."""
    case = await file(office, matter)
    await act(case, "review", acts.review(REVIEWER), "review")
    tasks = {"decide/1", "decide/2", "decide/3"}
    view = await case.until(lambda v: {r.task for r in v.awaiting} == tasks, "three tasks")
    assert len({row.unit for row in view.awaiting}) == 3
    return case


@pytest.mark.parametrize("verdict", ["approve", "reject"])
async def test_of_any_units_the_first_word_counts(office: House, verdict: Any) -> None:
    """或签: one word decides, the others are not asked any more."""
    case = await to_be_decided(office, ANY)
    await act(case, "decide", acts.decide(DECIDER, verdict, reason="意见"), "decide/2")
    view = await case.closed()
    assert view.outcome == ("approved" if verdict == "approve" else "rejected")
    said = [e.event for e in view.timeline if e.step == "decide"]
    assert said == ["approved-2" if verdict == "approve" else "rejected-2"]


async def test_all_units_must_approve_and_the_first_rejection_rejects(office: House) -> None:
    """会签: three words for an approval, one for a rejection."""
    case = await to_be_decided(office, ALL)
    for number in (3, 1, 2):
        assert (await case.view()).outcome is None
        await act(case, "decide", acts.decide(DECIDER), f"decide/{number}")
    assert (await case.closed()).outcome == "approved"

    other = await to_be_decided(office, ALL)
    await act(other, "decide", acts.decide(DECIDER), "decide/1")
    await act(other, "decide", acts.decide(DECIDER, "reject", reason="不符合"), "decide/3")
    view = await other.closed()
    assert view.outcome == "rejected"
    assert [e.event for e in view.timeline if e.step == "decide"] == ["approved-1", "rejected-3"]
