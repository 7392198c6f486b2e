"""The commands for operations on a task, as processes of their own against the running house."""

from __future__ import annotations

import pytest
from house import ACCEPTOR, DECIDER, JACK_OF_ALL, House
from test_case_command import Shell, shell

from cli import acts

pytestmark = pytest.mark.xdist_group("cases")

__all__ = ["shell"]


async def test_every_operation_is_a_command(house: House, shell: Shell) -> None:
    """Each is done or refused in one line; the case ends as if nothing had been passed around."""
    case = await house.file("online")
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.task("decide")
    number = case.case_no
    said = {
        ("claim", "--by", DECIDER): "done: 签领",
        ("delegate", "--to", JACK_OF_ALL, "--by", DECIDER): f"done: 委派给{JACK_OF_ALL}: ",
        ("release", "--by", JACK_OF_ALL, "--reason", "建议准予"): "done: 委派办结, 交回",
        ("add-signer", "--to", "430000-reviewer", "--by", DECIDER): "done: 加签430000-reviewer",
        ("sign", "--by", "430000-reviewer"): "done: 会签意见: 同意",
        ("copy", "--to", "430000-clerk", "--by", DECIDER): "done: 抄送430000-clerk",
        ("transfer", "--to", JACK_OF_ALL, "--by", DECIDER): f"done: 转办给{JACK_OF_ALL}",
        ("urge",): "done: 催办已收到",
    }
    for (command, *options), text in said.items():
        done = await shell.case(command, number, *options)
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith(text)
    hearing = ("--procedure", "听证", "--reason", "x", "--by", JACK_OF_ALL)
    refused = {
        ("suspend", *hearing, "--within", "soon"): "error: soon is no limit: write ",
        (
            "suspend",
            *hearing,
            "--within",
            "5 workdays",
        ): "error: suspend refused: 听证 is no special",
        ("resume", "--by", JACK_OF_ALL): "error: resume refused: the clock is running: ",
        ("extend", "--by", "430000-head", "--reason", "x"): "error: extend refused: 行政备案 knows",
        ("send-back", "--to", "accept", "--by", JACK_OF_ALL, "--reason", "x"): (
            "error: send_back refused: task decide takes "
        ),
        ("dispatch", "--number", "1", "--by", "430000-clerk"): "error: case ",
        ("sign-for", "--missing", "--differences", "x", "--by", "430000-clerk"): (
            "error: say --missing or --differences, not both"
        ),
        (
            "claim",
            "--task",
            "accept",
            "--by",
            JACK_OF_ALL,
        ): f"error: case {number} has no open task",
        ("urge",): "error: urge refused: the case was urged within the last day",
    }
    for (command, *options), text in refused.items():
        done = await shell.case(command, number, *options)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(text)
    await case.act("decide", acts.decide(JACK_OF_ALL))
    assert (await case.closed()).outcome == "approved"
