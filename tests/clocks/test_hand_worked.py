"""Limits against dates that were counted by hand, day by day, on the printed calendar of 2026.

Off in 2026: 元旦 1-3 January, 春节 15-23 February, 清明 4-6 April, 劳动节 1-5 May, 端午 19-21 June,
中秋 25-27 September, 国庆 1-7 October. Worked weekends: 4 January (Sunday), 14 and 28 February,
9 May (Saturdays), 20 September (Sunday), 10 October (Saturday).
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pytest

from compiler.calendars import CHINA, NATIONWIDE, Span, Year, load_calendar

CALENDAR = load_calendar()


def moment(text: str) -> dt.datetime:
    """Return a moment; in China when it names no offset."""
    found = dt.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


class Row(NamedTuple):
    """What is asked, and the answer: a day stands for its last second."""

    start: str
    limit: str
    due: str
    stops: tuple[tuple[str, str], ...] = ()
    extended: tuple[str, ...] = ()
    province: str = NATIONWIDE
    percent: int = 100


ROWS = {
    # 10-13 Feb are 4, 14 (make-up) 5, 15-23 off, 24-27 are 9, 28 (make-up) 10, 2-6 Mar 15, 9-13 20.
    "20 working days over 春节": Row("2026-02-09T10:00", "20 workdays", "2026-03-13"),
    # 20 Sep (make-up Sunday) is 1, 21-24 are 5, 25-27 off, 28-30 are 8, 1-7 Oct off, 8-9 are 10,
    # 10 (make-up Saturday) 11, 12-16 are 16, 19-22 are 20.
    "20 working days over 中秋 and 国庆": Row("2026-09-18T16:00", "20 workdays", "2026-10-22"),
    # 1-3 Jan off, 4 (make-up Sunday) is 1, 5-9 are 6, 12-15 are 10.
    "10 working days of delivery from 31 December": Row(
        "2025-12-31T09:00", "10 workdays", "2026-01-15"
    ),
    # 2-3 Apr are 2, 4-6 off, 7-9 are 5.
    "5 working days of acceptance over 清明": Row("2026-04-01T09:00", "5 workdays", "2026-04-09"),
    # 30 Apr is 1, 1-5 May off, 6-8 are 4, 9 (make-up Saturday) 5.
    "5 working days of acceptance over 五一": Row("2026-04-29T09:00", "5 workdays", "2026-05-09"),
    # 9-12 Jun are 4, 15-18 are 8, 19-21 off, 22-26 are 13, 29-30 are 15.
    "15 working days of a notary over 端午": Row("2026-06-08T09:00", "15 workdays", "2026-06-30"),
    # 9-12 Jun are 4, 15-17 stand still, 18 is 5, 19-21 off, 22-26 are 10, 29 Jun-3 Jul are 15.
    "a notary verifies for three days (公证法 30)": Row(
        "2026-06-08T09:00", "15 workdays", "2026-07-03", (("2026-06-15T09:00", "2026-06-17T15:00"),)
    ),
    # 3-6 Mar are 4, 9-20 stand still, 23-27 are 9, 30 Mar-3 Apr are 14, 4-6 off, 7-10 are 18,
    # 13-14 are 20.
    "two weeks of 鉴定, then 清明": Row(
        "2026-03-02T11:00", "20 workdays", "2026-04-14", (("2026-03-09T10:00", "2026-03-20T16:00"),)
    ),
    # The same count: the 10th is 30 March.
    "half of it, the stop not counted": Row(
        "2026-03-02T11:00",
        "20 workdays",
        "2026-03-30",
        (("2026-03-09T10:00", "2026-03-20T16:00"),),
        percent=50,
    ),
    # 22-24 Sep are 3, 25-27 off, 28 is 4, 29 Sep-9 Oct stand still, 10 (make-up Saturday) is 5,
    # 12-16 are 10.
    "专家评审 over 国庆, resumed before a make-up Saturday": Row(
        "2026-09-21T09:00", "10 workdays", "2026-10-16", (("2026-09-29T09:00", "2026-10-09T17:00"),)
    ),
    # 6 Mar is 1, 7-8 is a weekend anyway, 9-10 are 3.
    "a stop over a weekend changes nothing": Row(
        "2026-03-05T09:00", "3 workdays", "2026-03-10", (("2026-03-07T00:00", "2026-03-08T23:00"),)
    ),
    # 3-6 Mar are 4, 9 would be 5 but stands still, 10 is 5.
    "a stop on the last day moves it": Row(
        "2026-03-02T09:00", "5 workdays", "2026-03-10", (("2026-03-09T09:00", "2026-03-09T10:00"),)
    ),
    # 3-6 Mar are 4, 9 is 5: over before the stop.
    "a stop after the end changes nothing": Row(
        "2026-03-02T09:00", "5 workdays", "2026-03-09", (("2026-03-10T09:00", "2026-03-20T10:00"),)
    ),
    # Two stops that overlap, 9-11 and 11-13 Mar: 3-6 are 4, 16 is 5.
    "stops that overlap take a day out once": Row(
        "2026-03-02T09:00",
        "5 workdays",
        "2026-03-16",
        (("2026-03-11T09:00", "2026-03-13T10:00"), ("2026-03-09T09:00", "2026-03-11T10:00")),
    ),
    # 4-7 Aug are 4, 10-14 are 9, 17-21 are 14, 24-28 are 19, 31 is 20.
    "20 working days, not extended": Row("2026-08-03T09:00", "20 workdays", "2026-08-31"),
    # 31 Aug is 20, 1-4 Sep are 24, 7-11 are 29, 14 is 30.
    "20 and 10 more by the head (行政许可法 42)": Row(
        "2026-08-03T09:00", "20 workdays", "2026-09-14", extended=("10 workdays",)
    ),
    # 80 % of 30 are 24.
    "the yellow rung is a share of the extended limit": Row(
        "2026-08-03T09:00", "20 workdays", "2026-09-04", extended=("10 workdays",), percent=80
    ),
    # 4-21 Aug are 14, 24-28 stand still, 31 is 15, 1-4 Sep are 19, 7-11 are 24, 14-18 are 29,
    # 20 (make-up Sunday) is 30.
    "extended and stopped, to a make-up Sunday": Row(
        "2026-08-03T09:00",
        "20 workdays",
        "2026-09-20",
        (("2026-08-24T09:00", "2026-08-28T17:00"),),
        ("10 workdays",),
    ),
    # 11 days to 31 Jan, 19 more: 19 Feb, in 春节; the first working day is 24 Feb.
    "30 days of 离婚 that would end in 春节": Row("2026-01-20T10:00", "30 days", "2026-02-24"),
    # 10 days to 31 Aug, 20 more: 20 Sep, a Sunday on which people work.
    "30 days of 离婚 that end on a make-up Sunday": Row(
        "2026-08-21T10:00", "30 days", "2026-09-20"
    ),
    # 3-11 Mar are 9, 12-13 stand still, 14 is 10 but a Saturday; Monday is 16.
    "10 days with a stop, moved off a Saturday": Row(
        "2026-03-02T10:00", "10 days", "2026-03-16", (("2026-03-12T09:00", "2026-03-13T10:00"),)
    ),
    # 17 Apr is 1, 18-19 weekend, 20 is 三月三 there, 21-24 are 5.
    "5 working days over 三月三 in 广西": Row(
        "2026-04-16T10:00", "5 workdays", "2026-04-24", province="450000"
    ),
    # 17 Apr is 1, 20-23 are 5.
    "the same days in 广东": Row("2026-04-16T10:00", "5 workdays", "2026-04-23", province="440000"),
    # 19 Mar is 1, 20 is 开斋节 there, 23-24 are 3.
    "3 working days over 开斋节 in 宁夏": Row(
        "2026-03-18T10:00", "3 workdays", "2026-03-24", province="640000"
    ),
    # 16:30 on Thursday in London is 00:30 on Friday 6 March here; Monday 9 is 1.
    "the first day is counted in China": Row("2026-03-05T16:30+00:00", "1 workdays", "2026-03-09"),
    "48 hours over 国庆": Row("2026-10-01T08:00", "48 hours", "2026-10-03T08:00"),
    # 24 hours to the stop, 12 of it, 24 hours on.
    "48 hours with half a day of 检测": Row(
        "2026-10-01T08:00",
        "48 hours",
        "2026-10-03T20:00",
        (("2026-10-02T08:00", "2026-10-02T20:00"),),
    ),
    # 20 minutes to the stop, 45 of it, 70 on.
    "90 minutes with a stop of 45": Row(
        "2026-05-06T09:00",
        "90 minutes",
        "2026-05-06T11:15",
        (("2026-05-06T09:20", "2026-05-06T10:05"),),
    ),
}


def spans(row: Row) -> list[Span]:
    """Return a row's stops as moments."""
    return [(moment(begin), moment(end)) for begin, end in row.stops]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_limit_ends_when_it_was_counted_to_end(row: Row) -> None:
    """The calendar finds the date that a person finds with a finger on the page."""
    found = CALENDAR.share(
        moment(row.start),
        row.limit,
        row.percent,
        row.province,
        stops=spans(row),
        extended=row.extended,
    )
    assert found.at == moment(row.due if "T" in row.due else f"{row.due}T23:59:59")
    assert not found.provisional


def test_over_new_year_a_date_stands_only_once_the_year_is_published() -> None:
    """20 working days from 14 December: provisional, then moved by what is announced.

    15-18 Dec are 4, 21-25 are 9, 28-31 are 13. Not published: 1 Jan 2027 (Friday) is off, 4-8 are
    18, 11-12 are 20. With an invented 2027 that also gives Monday 4 January off, 5-8 are 17 and
    11-13 are 20. With another that has people work on Saturday 9 January, 4-8 are 18, 9 is 19 and
    11 is 20.
    """

    def due(holidays: list[str], workdays: list[str]) -> tuple[str, bool]:
        year = Year.model_validate(
            {
                "year": 2027,
                "source": "invented",
                "holidays": dict.fromkeys(holidays, "元旦"),
                "workdays": dict.fromkeys(workdays, "元旦"),
            }
        )
        published = CALENDAR.model_copy(update={"years": {**CALENDAR.years, 2027: year}})
        found = published.due(moment("2026-12-14T10:00"), "20 workdays")
        return found.at.date().isoformat(), found.provisional

    before = CALENDAR.due(moment("2026-12-14T10:00"), "20 workdays")
    assert (before.at, before.provisional) == (moment("2027-01-12T23:59:59"), True)
    new_year = ["2027-01-01", "2027-01-02", "2027-01-03"]
    assert due([*new_year, "2027-01-04"], []) == ("2027-01-13", False)
    assert due(new_year, ["2027-01-09"]) == ("2027-01-11", False)


def test_the_last_days_of_december_are_announced_with_the_year_after() -> None:
    """15-18 Dec are 4, 21-24 are 8: sure. 25 is 9: the announcement of 2027 might reach back."""
    start = moment("2026-12-14T10:00")
    assert not CALENDAR.due(start, "8 workdays").provisional
    assert CALENDAR.due(start, "9 workdays").at == moment("2026-12-25T23:59:59")
    assert CALENDAR.due(start, "9 workdays").provisional
