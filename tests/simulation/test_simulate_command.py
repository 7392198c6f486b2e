"""`kuasheng matters simulate`, as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.xdist_group("simulation")


def simulate(*args: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "matters", "simulate", *args],
        cwd=ROOT,
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_case_is_told_with_its_timeline() -> None:
    """Path, dates, how it ended; nothing else on stdout, nothing on stderr."""
    done = simulate("2021-02", "--mode", "collect", "--path", "rejected")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("rejected 不予\n")
    assert "收件, 出具收件凭证" in done.stdout
    assert "不予: 不符合法定条件" in done.stdout
    assert done.stdout.endswith("1 runs, 1 plans: 0 with problems, 0 stuck\n")


def test_json_has_a_row_for_every_path() -> None:
    """The names of the keys are part of the interface."""
    done = simulate("2020-25", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert {row["path"] for row in rows} >= {"approved", "second_place_refuses"}
    assert {tuple(row) for row in rows} == {
        ("matter", "mode", "path", "outcome", "stuck", "days", "events", "problems")
    }
    assert all(row["events"] > 0 and not row["stuck"] and not row["problems"] for row in rows)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "name matters by their CODE, or say --all"),
        (("2021-02", "--all"), "name matters by their CODE, or say --all"),
        (("2021-02", "--path", "aproved"), "did you mean"),
        (("2021-02", "--mode", "air"), "there is no mode `air`"),
        (("9999-99",), "9999-99"),
        (("2021-02", "--path", "unpaid"), "no Plan that was asked for goes the path unpaid"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(args: tuple[str, ...], said: str) -> None:
    """What was asked for is named, and what there is."""
    done = simulate(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
