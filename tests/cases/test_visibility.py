"""What operators see in Temporal itself: search attributes, and a case's current details."""

from __future__ import annotations

from typing import Any

import pytest
from house import ACCEPTOR, DECIDER, House, eventually
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle

from cli import acts
from workflows.search import AWAITING, CASE_STAGE, HANDLING_PROVINCE, MODE, OUTCOME

pytestmark = pytest.mark.xdist_group("cases")

Seen = tuple[str | None, str | None, tuple[str, ...]]


async def shown(handle: WorkflowHandle[Any, Any], wanted: Seen) -> None:
    """Wait until a list of workflows shows this stage, outcome and awaiting."""

    async def look() -> bool | None:
        async for row in handle._client.list_workflows(f"WorkflowId = '{handle.id}'"):
            found = row.typed_search_attributes
            awaiting = tuple(found.get(AWAITING) or ())
            seen = (found.get(CASE_STAGE), found.get(OUTCOME) or None, awaiting)
            return True if seen == wanted else None
        return None

    assert await eventually(look, f"{handle.id} as {wanted}")


async def details(handle: WorkflowHandle[Any, Any]) -> str:
    """What the Temporal UI shows of a running workflow."""
    found: WorkflowMetadata = await handle.query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return found.current_details


def owed(role: str) -> tuple[str, ...]:
    """Awaiting, when this role of the health authority in 湖南 must act."""
    return ("place:430000", f"role:{role}", "unit:卫生健康主管部门")


async def test_operators_see_the_stage_and_who_must_act_at_every_wait(house: House) -> None:
    """At home and at the handling place alike; at the end nobody must act any more."""
    case = await house.file("online")
    for role, act, make in (
        ("acceptor", "accept", acts.accept(ACCEPTOR)),
        ("decider", "decide", acts.decide(DECIDER)),
    ):
        stage, what = {
            "acceptor": ("signed_for", "作出受理决定"),
            "decider": ("reviewing", "作出审批决定"),
        }[role]
        await case.task(act)
        for handle in (case.home, case.hand):
            await shown(handle, (stage, None, owed(role)))
            assert await details(handle) == (
                f"**2020-29 义诊活动备案** {case.case_no}\n\n{stage}\n\n"
                f"- **卫生健康主管部门** (430000) · {role} · {what}"
            )
        await case.act(act, make)
    await case.closed()
    await case.hand.result()
    for handle in (case.home, case.hand):
        await shown(handle, ("delivered", "approved", ()))


async def test_a_transfer_stays_accepted_while_the_other_place_writes(house: House) -> None:
    """A place that only answers letters does not move the case back to an earlier stage."""
    case = await house.file("joint")
    await case.act("accept", acts.accept("440000-acceptor"))
    await case.task("reply")
    unit = ("place:430000", "role:clerk", "unit:社会保险经办机构")
    await shown(case.home, ("accepted", None, unit))
    assert "· clerk · 收到联系函, 出具信息表" in await details(case.home)


async def test_a_list_can_be_narrowed_to_what_an_operator_looks_for(house: House) -> None:
    """Matter, mode, provinces and outcome are search attributes.

    `Mode` has to stand in backticks: bare, the server's query language takes it for a word of SQL.
    """
    case = await house.file("collect", materials=[])
    await case.closed()
    await shown(case.home, ("received", "not_collected", ()))
    query = (
        f"CaseNo = '{case.case_no}' AND MatterCode = '2021-02' AND `Mode` = 'collect' "
        "AND CollectingProvince = '440000' AND HandlingProvince = '430000' "
        f"AND PlanDigest = '{house.catalogue.plan('2021-02', 'collect').digest}' "
        "AND Outcome = 'not_collected'"
    )
    rows = [row async for row in house.clients["440000"].list_workflows(query)]
    assert [(r.id, r.workflow_type) for r in rows] == [
        (case.started.workflow_id, "2021-02 开具户籍类证明")
    ]
    found = rows[0].typed_search_attributes
    assert (found.get(MODE), found.get(HANDLING_PROVINCE)) == ("collect", "430000")
