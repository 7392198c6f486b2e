"""`kuasheng case` and `starter.py` as processes of their own, against the running house."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from house import ACCEPTOR, CATALOGUE, CLERK, DECIDER, FILED, Case, House

from cli import acts
from engine.filing import Started

pytestmark = pytest.mark.xdist_group("cases")

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "127.0.0.1:1"


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What a successful `--json` command printed."""
        assert (self.code, self.err) == (0, "")
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Where commands find Temporal and the installation."""

    env: dict[str, str]

    async def run(self, *args: str, address: str = "") -> Done:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *args,
            cwd=ROOT,
            env=self.env | ({"TEMPORAL_ADDRESS": address} if address else {}),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Done(process.returncode or 0, out.decode(), err.decode())

    async def case(self, *args: str, address: str = "") -> Done:
        """Run `kuasheng case …`."""
        return await self.run("-m", "cli.main", "case", *args, address=address)


@pytest.fixture
def shell(house: House) -> Shell:
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


@pytest.fixture
def filed(tmp_path: Path) -> Path:
    """An application in a file; JSON is YAML too."""
    path = tmp_path / "application.yaml"
    application = {**FILED["online"], "application_ref": uuid.uuid4().hex[:12]}
    path.write_text(json.dumps(application, ensure_ascii=False), "utf-8")
    return path


async def test_a_case_goes_from_start_to_end_by_commands(
    house: House, shell: Shell, filed: Path
) -> None:
    """Start, start again, list, show, trace, accept, decide: as JSON, under both kinds of REF."""
    started = (await shell.case("start", str(filed), "--json")).json()
    case = Case(house, Started.model_validate(started))
    assert (started["existing"], started["mode"], started["province"]) == (
        False,
        "online",
        "440000",
    )
    number, workflow_id = started["case_no"], started["workflow_id"]
    again, starter = await asyncio.gather(
        shell.case("start", str(filed), "--json"), shell.run("starter.py", str(filed), "--json")
    )
    assert again.json() == starter.json() == {**started, "existing": True}

    await case.task("accept")
    await case.until(lambda v: [r.role for r in v.awaiting] == ["acceptor"], "the home's view")
    shown, by_id, traced, listed = await asyncio.gather(
        shell.case("show", number, "--json"),
        shell.case("show", workflow_id, "--json"),
        shell.case("trace", number, "--json"),
        shell.case("list", "--province", "440000", "--json"),
    )
    view = shown.json()
    assert by_id.json() == view
    assert (view["case_no"], view["stage"], view["closed"]) == (number, "signed_for", False)
    assert [row["role"] for row in view["awaiting"]] == ["acceptor"]
    assert traced.json() == view["timeline"]
    assert {e["event"] for e in traced.json()} >= {"received", "passed", "matched", "taken"}
    [row] = [row for row in listed.json() if row["case_no"] == number]
    assert (row["workflow_id"], row["status"]) == (workflow_id, "running")

    accept = ("accept", number, "--accept", "--by", ACCEPTOR, "--command-id", f"{number}-a")
    answer = (await shell.case(*accept, "--json")).json()
    assert (answer["done"], answer["message"]) == (True, "受理")
    decide = ("decide", workflow_id, "--approve", "--by", DECIDER, "--reason", "符合条件")
    repeated, decided = await asyncio.gather(
        shell.case(*accept, "--json"), shell.case(*decide, "--json")
    )
    assert repeated.json() == answer
    assert decided.json()["message"] == "准予"
    assert (await case.closed()).outcome == "approved"
    end = (await shell.case("show", number, "--json")).json()
    assert (end["outcome"], end["awaiting"]) == ("approved", [])
    late = await shell.case("decide", number, "--approve", "--by", DECIDER)
    assert (late.code, late.out, late.err) == (
        2,
        "",
        f"error: case {number} has no open task for decide: it is closed (approved)\n",
    )


async def test_for_people_the_same_commands_print_text(
    house: House, shell: Shell, filed: Path
) -> None:
    """Number and id after the start, who must act in show and list, the way in trace."""
    started = await shell.case("start", str(filed))
    assert (started.code, started.err) == (0, "")
    first, number, workflow_id = started.out.splitlines()
    assert first == "started: 2020-29 义诊活动备案 in 440000"
    ref = number.removeprefix("case number: ")
    assert re.fullmatch(r"440000-20261120-[A-Z2-7]{8}", ref)
    assert workflow_id.startswith("workflow id: case/gdzwfw/")
    again = await shell.run("starter.py", str(filed))
    assert again.out == started.out.replace("started:", "already started:", 1)
    [row] = [r async for r in house.clients["440000"].list_workflows(f"CaseNo = '{ref}'")]
    case = Case(
        house,
        Started(
            case_no=ref, workflow_id=row.id, run_id=row.run_id, province="440000",
            matter="", mode="online", existing=True,
        ),
    )  # fmt: skip
    await case.task("accept")
    await case.until(lambda v: [r.role for r in v.awaiting] == ["acceptor"], "the home's view")
    shown, traced, listed = await asyncio.gather(
        shell.case("show", ref),
        shell.case("trace", ref),
        shell.case("list", "--province", "440000"),
    )
    accepted = await shell.case("accept", ref, "--accept", "--by", ACCEPTOR)
    for done in (shown, traced, listed, accepted):
        assert (done.code, done.err) == (0, "")
        assert "\x1b" not in done.out
    assert "卫生健康主管部门" in shown.out
    assert "作出受理决定" in shown.out
    assert "湖南" in traced.out
    assert ref in listed.out
    assert re.fullmatch(r"done: 受理  430102卫生健康主管部门受理〔\d{4}〕[0-9]+号\n", accepted.out)


async def test_the_acts_in_person_have_commands_too(house: House, shell: Shell) -> None:
    """Capture, two reviews and hand-out: the next act's task is open when a command returns."""
    case = await house.file("in_person")
    evidence = ("--evidence", f"photo={'ab' * 32}", "--evidence", "fingerprint")
    await case.task("capture")
    taken = await shell.case("capture", case.case_no, *evidence, "--by", "440000-clerk")
    assert re.fullmatch(
        r"done: 已采集照片、指纹  440000跨省通办窗口采集〔\d{4}〕[0-9]+号\n", taken.out
    )
    await case.act("accept", acts.accept(ACCEPTOR))
    ref = case.case_no
    one = await shell.case("review", ref, "--pass", "--by", "430000-reviewer")
    assert one.out.startswith("done: 审查意见1: 通过  430102公安机关审查意见〔")
    reason = ("--reason", "照片不符")
    two = await shell.case("review", ref, "--fail", "--by", "430000-reviewer-2", *reason)
    assert two.out.startswith("done: 审查意见2: 不通过, 照片不符  430102公安机关审查意见〔")
    await case.act("decide", acts.decide(DECIDER, "reject", reason="审查未通过"))
    proof = ("--reason", "核验居民身份证原件")
    handed = await shell.case("hand-out", ref, "--by", CLERK, *proof)
    assert handed.out.startswith("done: 当面领取  430102公安机关送达〔")
    assert (await case.closed()).outcome == "rejected"


async def test_what_cannot_be_done_is_one_line_and_exit_code_2(house: House, shell: Shell) -> None:
    """Nothing on stdout, no traceback, and what to do about it."""
    case = await house.file("online")
    await case.task("accept")
    ref = case.case_no
    officers: dict[tuple[str, ...], str] = {
        ("accept", ref, "--accept", "--by", "430000-nobody"): (
            "accept refused: officer 430000-nobody is not registered (未登记的经办人员): add them "
            "to the officers file"
        ),
        ("accept", ref, "--accept", "--by", DECIDER): (
            f"accept refused: officer {DECIDER} has the role 审批岗, this act needs acceptor "
            "(受理岗) (岗位不符): ask an officer with that role"
        ),
    }
    others: dict[tuple[str, ...], str] = {
        ("decide", ref, "--approve", "--by", DECIDER): (
            f"case {ref} has no open task for decide: it is signed_for and waits for: "
            "卫生健康主管部门 (430000): 作出受理决定"
        ),
        ("accept", ref, "--by", ACCEPTOR): ("say exactly one of --accept, --refuse and --correct"),
        ("accept", ref, "--refuse", "--by", ACCEPTOR): (
            "--refuse needs --reason: the applicant is told why"
        ),
        ("review", ref, "--pass", "--fail", "--by", ACCEPTOR): (
            "say exactly one of --pass and --fail"
        ),
        ("review", ref, "--fail", "--by", ACCEPTOR): (
            "--fail needs --reason: whoever decides must know why"
        ),
        ("show", "440000-20261120-AAAAAAAA"): (
            "no case 440000-20261120-AAAAAAAA in province 440000"
        ),
        ("show", "case/gdzwfw/never-filed"): "no case case/gdzwfw/never-filed in province 440000",
        ("show", "something"): (
            "something is neither a case number (440000-20261123-ABCDEFGH) nor a workflow id "
            "(case/PORTAL/REFERENCE): `kuasheng case list` shows both"
        ),
    }
    told = [await shell.case(*args) for args in officers]
    told += await asyncio.gather(*(shell.case(*args) for args in others))
    for done, text in zip(told, (officers | others).values(), strict=True):
        assert (done.code, done.out, done.err) == (2, "", f"error: {text}\n")
    assert (await case.task("accept")).row.task_rev == 1 + len(officers)


async def test_without_temporal_every_command_says_so_in_one_line(
    shell: Shell, filed: Path
) -> None:
    """Within seconds, and with what to do."""
    expected = (
        f"error: Temporal at {NOWHERE} does not answer: start it with `kuasheng up`, or set "
        "TEMPORAL_ADDRESS\n"
    )
    commands = (
        ("start", str(filed)),
        ("list",),
        ("show", "440000-20261120-AAAAAAAA"),
        ("accept", "440000-20261120-AAAAAAAA", "--accept", "--by", ACCEPTOR),
    )
    done = await asyncio.gather(*(shell.case(*c, address=NOWHERE) for c in commands))
    for ended in done:
        assert (ended.code, ended.out, ended.err) == (2, "", expected)
