"""A fee that nobody pays: reminded, then the order is closed and the case ends (终止)."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest
import walk
from virtual import Virtual

from compiler.catalogue import Catalogue
from gateways.sandbox.control import SandboxControl

pytestmark = pytest.mark.xdist_group("virtual")

CATALOGUE = Catalogue.load(Path(__file__).parent.parent / "data" / "money")


DEBTOR = {**walk.PERSON, "name": "不缴费的人"}
"""Whom the sandbox knows as somebody who pays nothing."""


def orders(virtual: Virtual, case_no: str) -> list[str]:
    """The status of every order of a case."""
    with SandboxControl(virtual.settings.payment_url) as sandbox:
        return [order["status"] for order in sandbox.made("order", case_no)]


async def test_an_unpaid_fee_ends_the_case_and_its_order_is_closed(virtual: Virtual) -> None:
    """Five working days, one reminder; nothing can be paid when the case is over."""
    tempo = virtual.settings.tempo.model_copy(update={"payment_poll": 3600.0})
    plan = CATALOGUE.plan("2020-25", "online")
    where = {"handling_div": "430102"}
    case = await walk.begin(virtual, CATALOGUE, plan, "UNPAID-1", where, person=DEBTOR, tempo=tempo)
    row = await case.row(what="缴费")
    assert (await case.view()).awaiting == (row,)
    assert (row.role, row.unit, row.what.startswith("缴费0.01元")) == ("applicant", "申请人", True)
    assert row.due is not None

    await virtual.until(row.due + dt.timedelta(hours=1))
    assert await case.handle.result() == "terminated"
    view = await case.view()
    done = [entry.event.split("-")[0] for entry in view.timeline]
    assert done == ["received", "ordered", "remind", "unpaid", "notified"]
    unpaid = next(entry for entry in view.timeline if entry.event == "unpaid")
    assert dt.timedelta(0) <= unpaid.at - row.due < dt.timedelta(minutes=1)
    assert await asyncio.to_thread(orders, virtual, view.case_no) == ["closed"]
