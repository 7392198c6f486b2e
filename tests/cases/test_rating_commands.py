"""Ratings and later acts by commands: processes of their own, against the running house."""

from __future__ import annotations

import os

import pytest
from house import ACCEPTOR, CATALOGUE, CLERK, DECIDER, Case, House
from test_case_command import Shell

from cli import acts
from compiler.catalogue import Catalogue
from compiler.published import PlanStore

pytestmark = pytest.mark.xdist_group("cases")


def operator(house: House) -> Shell:
    """A shell that is set up like that of an operator of the house."""
    return Shell(
        {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "200",
            "TEMPORAL_ADDRESS": house.running.server.address,
            "KUASHENG_DATA": str(house.running.settings.data),
            "KUASHENG_MATTERS": str(CATALOGUE),
        }
    )


async def finished(house: House) -> Case:
    """An approved case by the catalogue of today, whose procedures invite to rate."""
    plan = Catalogue.load().plan("2020-29", "online")
    PlanStore(house.running.settings.data / "plans").put(plan)
    case = await house.file("online", plan=plan)
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))
    await case.closed()
    return case


async def test_a_rating_is_given_shown_and_put_right_by_commands(house: House) -> None:
    """Rate, rate again, verify, rectify, call back, show: what is wrong costs one line."""
    case = await finished(house)
    shell = operator(house)
    of = (case.case_no, "--of", "result")
    rate = ("rate", *of, "--score", "1", "--tag", "收费", "--command-id", "cli-rate-1")
    given = (await shell.case(*rate, "--json")).json()
    assert (given["done"], given["message"]) == (True, "评价已收到")
    assert (await shell.case(*rate, "--json")).json() == given
    again = await shell.case("rate", *of, "--score", "5")
    assert (again.code, "一次一评" in again.err) == (2, True)
    assert (await shell.case("rate", *of, "--score", "5", "--tag", "别的")).code == 2
    early = await shell.case("rectify", *of, "--act", "call-back", "--yes", "--by", "x")
    assert (early.code, "waits for: 核实差评" in early.err) == (2, True)
    missing = await shell.case("rectify", *of, "--act", "rectify", "--by", CLERK)
    assert missing.err == "error: --act rectify needs --reason\n"

    assert (await shell.case("rectify", *of, "--act", "verify", "--by", CLERK)).code == 0
    await shell.case("rectify", *of, "--act", "rectify", "--by", CLERK, "--reason", "已退费")
    call = ("rectify", *of, "--act", "call-back", "--yes", "--by", "430000-supervisor")
    done = await shell.case(*call)
    assert (done.code, "评价人满意" in done.out) == (0, True)
    shown = await shell.case("ratings", case.case_no)
    assert (shown.code, "非常不满意  收费" in shown.out, "已退费" in shown.out) == (0, True, True)
    (row,) = (await shell.case("ratings", case.case_no, "--json")).json()
    assert (row["rating"]["score"], row["rectification"]["rounds"]) == (1, 1)


async def test_a_later_act_is_done_and_shown_with_its_case_by_commands(house: House) -> None:
    """Void, then revoke for fraud, record the credit entry; `show` has both acts."""
    case = await finished(house)
    shell = operator(house)
    why = ("--reason", "证照遗失", "--basis", "补证办法")
    assert (await shell.case("void", case.case_no, "--by", CLERK, *why)).code == 0
    refused = await shell.case("revoke", case.case_no, "--by", DECIDER, *why)
    assert (refused.code, "revoke refused" in refused.err) == (2, True)
    law = ("--reason", "以欺骗手段取得", "--basis", "行政许可法第六十九条第二款", "--fraud")
    assert (await shell.case("revoke", case.case_no, "--by", "430000-head", *law)).code == 0
    credit = ("record-credit", case.case_no, "--by", CLERK, "--reference", "XY-1")
    assert (await shell.case(*credit)).code == 0
    shown = await shell.case("show", case.case_no)
    assert (shown.code, "结果: 准予" in shown.out) == (0, True)
    assert "作废: " in shown.out
    assert "撤销: " in shown.out
    record = (await shell.case("show", case.case_no, "--json")).json()
    assert [(act["act"], act["done"]) for act in record["later"]] == [
        ("void", True),
        ("revoke", False),
        ("revoke", True),
    ]
    assert record["later"][2]["credit_reference"] == "XY-1"
