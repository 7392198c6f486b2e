"""Working days against hand-worked dates of the real calendar, and what holds for all of them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.calendars import CALENDARS, CHINA, load_calendar

CALENDAR = load_calendar()


def moment(text: str) -> dt.datetime:
    """Return a moment in China."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("start", "limit", "day"),
    [
        # 春节: 14 February is a make-up Saturday, 15-23 are off, 28 is a make-up Saturday.
        ("2026-02-10T10:00", "10 workdays", "2026-03-02"),
        ("2026-02-13T17:59", "1 workdays", "2026-02-14"),
        ("2026-02-14T09:00", "1 workdays", "2026-02-24"),
        # 中秋 and 国庆: 25-27 September and 1-7 October are off, 10 October is a make-up Saturday.
        ("2026-09-24T10:00", "5 workdays", "2026-10-09"),
        ("2026-09-30T10:00", "3 workdays", "2026-10-10"),
        ("2026-09-19T10:00", "1 workdays", "2026-09-20"),
        # Over New Year into 2027, which is not published: 1 January is off all the same.
        ("2026-12-25T10:00", "10 workdays", "2027-01-11"),
        # Natural days do not stop for holidays, but do not end on one.
        ("2026-09-10T10:00", "30 days", "2026-10-10"),
        ("2026-02-10T10:00", "8 days", "2026-02-24"),
    ],
)
def test_a_limit_ends_on_the_hand_worked_day(start: str, limit: str, day: str) -> None:
    """Holidays are skipped, make-up Saturdays count, the first day is the day after."""
    due = CALENDAR.due(moment(start), limit)
    assert due.at == moment(f"{day}T23:59:59")


def test_a_date_in_an_unpublished_year_is_provisional() -> None:
    """December cases run into a year that nobody has announced: no crash, and it is said."""
    assert CALENDAR.due(moment("2026-12-25T10:00"), "10 workdays").provisional
    assert not CALENDAR.due(moment("2026-12-01T10:00"), "10 workdays").provisional


def test_hours_run_from_the_moment_itself() -> None:
    """48 hours are 48 hours, also over a holiday."""
    assert CALENDAR.due(moment("2026-10-01T08:00"), "48 hours").at == moment("2026-10-03T08:00")


def test_a_local_holiday_counts_only_in_its_province() -> None:
    """三月三 is off in 广西 and a working day elsewhere."""
    day = dt.date(2026, 4, 20)
    assert not CALENDAR.is_workday(day, "450000")
    assert CALENDAR.is_workday(day, "440000")
    start = moment("2026-04-17T10:00")
    assert CALENDAR.due(start, "1 workdays", "440000").at == moment("2026-04-20T23:59:59")
    assert CALENDAR.due(start, "1 workdays", "450000").at == moment("2026-04-21T23:59:59")


def test_the_years_are_those_of_the_files() -> None:
    """Every file of the folder is read, and the version is stable."""
    assert set(CALENDAR.years) == {int(p.stem) for p in CALENDARS.glob("2*.yaml")}
    assert load_calendar().version == CALENDAR.version


MOMENTS = st.datetimes(
    min_value=dt.datetime(2025, 1, 1),  # noqa: DTZ001 - made aware below
    max_value=dt.datetime(2027, 6, 1),  # noqa: DTZ001 - made aware below
).map(lambda naive: naive.replace(tzinfo=CHINA))


@given(MOMENTS, st.integers(1, 60), st.integers(1, 60))
def test_a_longer_limit_never_ends_earlier(start: dt.datetime, first: int, more: int) -> None:
    """Due dates grow with the limit, and a working-day limit ends on a working day."""
    short = CALENDAR.due(start, f"{first} workdays").at
    long = CALENDAR.due(start, f"{first + more} workdays").at
    assert start < short < long
    assert CALENDAR.is_workday(short.date())


@given(MOMENTS, st.integers(1, 60))
def test_counting_back_gives_the_limit(start: dt.datetime, count: int) -> None:
    """Between a start and its due date lie exactly as many working days as the limit has."""
    due = CALENDAR.due(start, f"{count} workdays").at
    assert CALENDAR.workdays_between(start, due) == count


@given(MOMENTS, st.integers(1, 60), st.integers(1, 100))
def test_a_share_of_a_limit_never_ends_after_it(
    start: dt.datetime, count: int, percent: int
) -> None:
    """A ladder's rungs up to 100 % come before or at the end."""
    limit = f"{count} workdays"
    assert CALENDAR.share(start, limit, percent).at <= CALENDAR.due(start, limit).at
    assert CALENDAR.share(start, limit, 100).at == CALENDAR.due(start, limit).at
