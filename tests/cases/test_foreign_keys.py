"""Messages under a foreign key, to cases that are running: an error for whoever sent them."""

from __future__ import annotations

import logging

import pytest
from house import ACCEPTOR, DECIDER, Case, House, eventually
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from cli import acts
from engine.connect import client_for
from engine.filing import start
from engine.keys import FEDERATION, KeyFile, Keyring
from errors import ActRefusedError
from worker import pool
from workflows.contracts import (
    QUERY_VIEW,
    SIGNAL_ANSWERED,
    SIGNAL_REPORTED,
    CaseView,
    Reply,
    Report,
)

pytestmark = pytest.mark.xdist_group("cases")


def stranger(house: House, province: str) -> Client:
    """A client of a province's namespace that holds none of the keys in use there."""
    ring = Keyring(KeyFile.new(f"province-{province}"), KeyFile.new(FEDERATION))
    connections = house.running.connections
    return client_for(connections.service, connections.topology.province(province), ring)


async def test_signals_and_commands_under_a_foreign_key_change_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """A forged report and a forged release are dropped, a forged command is refused."""
    case = await house.file("online")
    target = await case.task("accept")
    home = stranger(house, "440000").get_workflow_handle(case.home.id)
    hand = stranger(house, "430000").get_workflow_handle(case.hand.id)
    with caplog.at_level(logging.WARNING):
        await home.signal(
            SIGNAL_REPORTED,
            Report(
                case_no=case.case_no,
                place="handling",
                seq=10**6,
                stage="delivered",
                outcome="approved",
                results={},
                finished=True,
            ),
        )
        await hand.signal(
            SIGNAL_ANSWERED, Reply(case_no=case.case_no, place="handling", kind="closed")
        )
        with pytest.raises(ActRefusedError) as refusal:
            await house.cases.send(
                stranger(house, "430000"),
                case.hand.id,
                acts.accept(ACCEPTOR)(target.row.task, target.row.task_rev),
            )
    assert str(refusal.value).startswith("accept refused: ")
    assert "key province-430000-" in str(refusal.value)
    assert caplog.text.count("payload is encrypted under key") >= 2
    assert (await case.view()).stage == "signed_for"
    assert (await case.task("accept")).row.task_rev == target.row.task_rev
    await finished(case)


async def finished(case: Case) -> None:
    """The case goes on to its end as if nothing had been."""
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))
    assert (await case.closed()).outcome == "approved"
    await case.hand.result()


async def told(case: Case) -> CaseView | None:
    """The sender's view, once `awaiting` says why the province gave no usable answer."""
    view: CaseView = await case.home.query(QUERY_VIEW, result_type=CaseView)
    return view if any(row.reason for row in view.awaiting) else None


async def test_an_order_under_a_foreign_federation_key_reaches_nobody(house: House) -> None:
    """Its sender is told and waits, naming the province; that province works on as before."""
    filed = house.prepared("online", portal="zjzwfw", application={"organisation_div": "430102"})
    topology = house.running.connections.topology
    zhejiang = topology.province("330000")
    client = stranger(house, "330000")
    async with pool(house.running.settings, {zhejiang: client}):
        started = await start(client, filed, zhejiang.task_queue)
        house.clients["330000 (stranger)"] = client
        case = Case(house, started.model_copy(update={"province": "330000 (stranger)"}))
        await finished(await house.file("online"))
        view: CaseView = await eventually(
            lambda: told(case), "the word that the order was not taken"
        )
        [row] = view.awaiting
        assert (row.province, row.what) == ("430000", "交办: 等待义诊组织所在地(430000)办理")
        assert row.reason.startswith("unreadable failure, encrypted under key federation-")
        with pytest.raises(RPCError) as unknown:
            await case.hand.describe()
        assert unknown.value.status is RPCStatusCode.NOT_FOUND
        await case.home.terminate()
