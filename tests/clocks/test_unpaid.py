"""A fee that nobody pays: reminded, then the order is closed and the case ends (终止)."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from virtual import Virtual

from compiler.application import check_filed
from compiler.catalogue import Catalogue
from engine.filing import prepare, start
from gateways.sandbox.control import SandboxControl
from workflows.contracts import QUERY_VIEW, CaseView

pytestmark = pytest.mark.xdist_group("virtual")

MATTERS = Path(__file__).parent.parent / "data" / "money"


Handle = WorkflowHandle[Any, Any]


async def look(handle: Handle) -> CaseView:
    """Look at a case."""
    view: CaseView = await handle.query(QUERY_VIEW, result_type=CaseView)
    return view


def orders(virtual: Virtual, case_no: str) -> list[str]:
    """The status of every order of a case."""
    with SandboxControl(virtual.settings.payment_url) as sandbox:
        return [order["status"] for order in sandbox.made("order", case_no)]


async def test_an_unpaid_fee_ends_the_case_and_its_order_is_closed(virtual: Virtual) -> None:
    """Five working days, one reminder; nothing can be paid when the case is over."""
    catalogue = Catalogue.load(MATTERS)
    filed = {
        "portal": "gdzwfw",
        "application_ref": "UNPAID-1",
        "matter": "2020-25",
        "mode": "online",
        "filed_at": "2026-11-20T10:00:00+08:00",
        "applicant": {
            "kind": "individual",
            "name": "不缴费的人",
            "id_number": "430102198511230014",
        },
        "application": {"handling_div": "430102"},
        "materials": [{"id": "id_card"}],
    }
    tempo = virtual.settings.tempo.model_copy(update={"payment_poll": 3600.0})
    case = prepare(
        catalogue.plan("2020-25", "online"),
        check_filed(catalogue, filed),
        virtual.topology,
        tempo,
    )
    started = await start(virtual.client, case, "province-440000")
    handle = virtual.client.get_workflow_handle(started.workflow_id)
    while not any(row.task and row.due for row in (await look(handle)).awaiting):
        await asyncio.sleep(0.05)
    (row,) = (await look(handle)).awaiting
    assert (row.role, row.unit, row.what.startswith("缴费0.01元")) == ("applicant", "申请人", True)
    assert row.due is not None

    await virtual.env.sleep(row.due + dt.timedelta(hours=1) - await virtual.env.get_current_time())
    assert await handle.result() == "terminated"
    view = await look(handle)
    done = [entry.event.split("-")[0] for entry in view.timeline]
    assert done == ["received", "ordered", "remind", "unpaid", "notified"]
    unpaid = next(entry for entry in view.timeline if entry.event == "unpaid")
    assert dt.timedelta(0) <= unpaid.at - row.due < dt.timedelta(minutes=1)
    assert await asyncio.to_thread(orders, virtual, started.case_no) == ["closed"]
