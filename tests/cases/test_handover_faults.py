"""Hand-overs that go wrong: provinces that are not there, lose a case, or lack its Plan."""

from __future__ import annotations

import pytest
from house import ACCEPTOR, TEMPO, Case, House, events
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest

from cli import acts
from compiler.applicant import MaterialRef
from compiler.published import PlanStore
from engine.provision import provision
from worker import pool

pytestmark = pytest.mark.xdist_group("cases")

EAGER = TEMPO.model_copy(update={"inquiry_every": 0.3})


async def decided(case: Case, province: str = "430000") -> list[str]:
    """Accept and approve; return the events of the closed case."""
    await case.act("accept", acts.accept(f"{province}-acceptor"))
    await case.act("decide", acts.decide(f"{province}-decider"))
    view = await case.closed()
    assert view.outcome == "approved"
    return events(view)


async def test_a_province_that_is_not_there_is_named_and_served_when_it_comes(
    house: House,
) -> None:
    """No Nexus endpoint, then no worker: the case waits and says for whom; then it goes on."""
    case = await house.file("online", application={"organisation_div": "120101"})
    view = await case.until(lambda v: any(row.reason for row in v.awaiting), "a reason")
    [row] = view.awaiting
    assert (row.province, row.role, row.unit) == ("120000", "system", "卫生健康主管部门")
    assert row.reason == "the server has no Nexus endpoint province-120000"
    assert row.what == "交办: 等待义诊组织所在地(120000)办理"
    assert "acknowledged" not in events(view)

    running = house.running
    tianjin = running.connections.topology.select("120000")
    await provision(running.connections.service, tianjin, running.settings.keys)
    clients = await running.connections.clients(tianjin)
    house.clients["120000"] = clients[tianjin[0]]
    async with pool(running.settings, clients):
        done = await decided(case, "120000")
    assert (done.count("ordered"), done.count("acknowledged")) == (1, 1)


async def test_an_unpublished_plan_is_refused_by_its_digest_until_it_is_published(
    house: House,
) -> None:
    """The refusal stands in the timeline, once; the handling province needs no restart."""
    plan = house.catalogue.plan("2020-29", "online")
    newer = plan.model_copy(update={"name": "义诊活动备案(新)", "digest": ""}).sealed()
    case = await house.file("online", plan=newer)
    reason = f"no published Plan {newer.digest[:12]} of 2020-29 here"
    entry = await case.happened(f"refused-{reason}")
    assert entry.text == f"430000未接收: {reason}"
    PlanStore(house.running.settings.data / "plans").put(newer)
    done = await decided(case)
    assert len([event for event in done if event.startswith("refused")]) == 1
    assert done.count("acknowledged") == 1


async def delete(case: Case) -> str:
    """Take the handling workflow from its province as if it had never been; return its run."""
    run = (await case.hand.describe()).run_id
    await case.house.clients["430000"].workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace="province-430000",
            workflow_execution=WorkflowExecution(workflow_id=case.hand.id, run_id=run),
        )
    )
    return run


async def terminate(case: Case) -> str:
    """End the handling workflow as an operator may; return its run."""
    run = (await case.hand.describe()).run_id
    await case.hand.terminate("by an operator")
    return run


@pytest.mark.parametrize("lose", [delete, terminate])
async def test_a_province_that_lost_a_case_is_told_again_by_the_next_inquiry(
    house: House, lose: object
) -> None:
    """Restored from nothing, or ended by hand: the order is sent again, nothing else is."""
    case = await house.file("collect", EAGER)
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.task("decide")
    lost = await lose(case)  # type: ignore[operator]
    await case.until(lambda v: any(e.startswith("lost-") for e in events(v)), "the inquiry")
    done = await decided(case)
    assert (await case.hand.describe()).run_id != lost
    assert await case.legs() == ["deliver", "dispatch"]
    assert done.count("received") == 1


async def test_a_province_that_begins_anew_may_ask_for_a_correction_again(house: House) -> None:
    """What was supplied to the lost workflow is not known to the new one."""
    case = await house.file("online", EAGER)
    told = acts.accept(ACCEPTOR, "correct", reason="照片不清", corrections=["居民身份证"])
    await case.act("accept", told)
    await case.act("supply", acts.supply((MaterialRef(id="id_card"),)))
    await case.task("accept")
    await delete(case)
    await case.until(lambda v: any(e.startswith("lost-") for e in events(v)), "the inquiry")
    again = acts.accept(ACCEPTOR, "correct", reason="照片不清", corrections=["居民身份证"])
    await case.act("accept", again)
    await case.act("supply", acts.supply((MaterialRef(id="id_card"),)))
    await decided(case)
