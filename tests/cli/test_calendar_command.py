"""`kuasheng calendar show` and `due`: what is printed and what is refused."""

from __future__ import annotations

import json

import pytest

from cli.main import run


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """Run a command that must succeed and return what it printed."""
    assert run(["calendar", *args]) == 0
    return capsys.readouterr().out


def lines(text: str) -> set[str]:
    """Return the lines of a text without their indentation."""
    return {line.strip() for line in text.splitlines()}


def test_a_year_is_shown_as_it_hangs_on_the_wall(capsys: pytest.CaptureFixture[str]) -> None:
    """Days off and make-up days stand in their weeks and in a list; 2026 has 248 working days."""
    shown = printed(capsys, "show", "2026")
    assert "16休 17休 18休 19休 20休 21休 22休" in shown
    assert "23休 24   25   26   27   28班" in shown
    assert lines(shown) >= {
        "放假 (休): 02-15…02-23 春节",
        "调休上班 (班): 01-04、02-14、02-28、05-09、09-20、10-10",
        "工作日: 248 天",
    }


def test_a_local_holiday_is_shown_to_its_province(capsys: pytest.CaptureFixture[str]) -> None:
    """三月三 is a day off in 广西, also asked for by one of its cities."""
    assert "三月三" not in printed(capsys, "show", "2026", "--province", "440000")
    assert "04-19…04-20 三月三" in printed(capsys, "show", "2026", "--province", "450100")


def test_an_unpublished_year_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Its fixed holidays are known, and that is all."""
    shown = printed(capsys, "show", "2027")
    assert "2027年尚未公布" in shown
    assert "调休上班 (班): 无" in shown


def test_a_due_date_is_shown_with_the_days_that_count(capsys: pytest.CaptureFixture[str]) -> None:
    """Start, counted days, make-up days, stopped days and the end stand in the grid."""
    shown = printed(
        capsys, "due", "2026-09-18T16:00", "20 workdays", "--stop", "2026-09-21..2026-09-24",
        "--extend", "10 workdays",
    )  # fmt: skip
    assert "18起 19   20班" in shown
    assert "21停 22停 23停 24停 25休 26休 27休" in shown
    assert "9·  10·  11止 12   13   14   15" in shown
    assert lines(shown) >= {
        "自 2026-09-18 16:00 起 20 workdays + 10 workdays, 至 2026-11-11 23:59 届满",
        "放假 (休): 10-01…10-07 国庆节",
        "调休上班计入: 09-20、10-10",
        "停止计算 (停): 2026-09-21 00:00 至 2026-09-24 23:59",
    }


def test_a_due_date_as_json_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """Which days counted, which were off and why, which were made up."""
    row = json.loads(printed(capsys, "due", "2026-04-29", "5 workdays", "--json"))
    assert row.pop("calendar")
    assert row == {
        "due": "2026-05-09T23:59:59+08:00",
        "provisional": False,
        "counted": ["2026-04-30", "2026-05-06", "2026-05-07", "2026-05-08", "2026-05-09"],
        "holidays": {f"2026-05-0{day}": "劳动节" for day in range(1, 6)},
        "makeup": ["2026-05-09"],
        "stopped": [],
    }


def test_natural_days_that_end_on_a_holiday_move_on(capsys: pytest.CaptureFixture[str]) -> None:
    """The 30 days of 离婚 from 20 January 2026 end in 春节: it is said why the date is later."""
    shown = printed(capsys, "due", "2026-01-20", "30 days")
    assert "02-19 为休息日或停止计算, 顺延至 02-24" in lines(shown)
    assert "23休 24止 25   26   27   28班" in shown


def test_a_date_that_may_still_move_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """It ends in a year that is not published."""
    assert "暂定" in printed(capsys, "due", "2026-12-14", "20 workdays")


def test_hours_need_no_grid(capsys: pytest.CaptureFixture[str]) -> None:
    """They run by the clock, and stand still by it."""
    shown = printed(
        capsys, "due", "2026-10-01T08:00", "48 hours",
        "--stop", "2026-10-02T08:00..2026-10-02T20:00",
    )  # fmt: skip
    assert "至 2026-10-03 20:00 届满" in shown
    assert "一" not in shown


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["yesterday", "5 workdays"], "yesterday is no day or moment: write 2026-03-02 or "),
        (["2026-03-02", "5 weeks"], "5 weeks is no limit: write `15 workdays`"),
        (["2026-03-02", "5 workdays", "--stop", "2026-03-03"], "is no stop: write FROM..TO"),
        (
            ["2026-03-02", "5 workdays", "--stop", "2026-03-05..2026-03-03"],
            "before it begins",
        ),
        (
            ["2026-03-02", "5 hours", "--stop", "2026-03-02..2026-03-03"],
            "5 hours cannot stand still for 2026-03-02..2026-03-03: a limit by the clock needs",
        ),
        (
            ["2026-03-02", "20 workdays", "--extend", "10 days"],
            "20 workdays cannot be extended by 10 days: state the extension in workdays",
        ),
        (["2026-03-02", "5 workdays", "--province", "999999"], "no division 999999: "),
    ],
)
def test_what_cannot_be_computed_is_one_line(
    capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    """What is wrong, and what to write; exit code 2."""
    assert run(["calendar", "due", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1
