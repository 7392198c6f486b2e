"""What holds of every stop (特别程序) and every extension (延期), whatever the days."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.calendars import CHINA, Span, load_calendar
from errors import LimitError

CALENDAR = load_calendar()

MOMENTS = st.datetimes(
    min_value=dt.datetime(2025, 1, 1),  # noqa: DTZ001 - made aware below
    max_value=dt.datetime(2027, 6, 1),  # noqa: DTZ001 - made aware below
).map(lambda naive: naive.replace(tzinfo=CHINA))

UNITS = st.sampled_from(["workdays", "days", "hours", "minutes"])


@st.composite
def cases(draw: st.DrawFn) -> tuple[dt.datetime, int, str, list[Span]]:
    """Draw a start, a limit and stops about it, some before the start, some after the end."""
    start = draw(MOMENTS)
    count, unit = draw(st.integers(1, 60)), draw(UNITS)
    scale = {"workdays": 1440, "days": 1440, "hours": 60, "minutes": 1}[unit]
    around, lengths = st.integers(-5 * scale, 90 * scale), st.integers(0, 20 * scale)
    stops = []
    for after, length in draw(st.lists(st.tuples(around, lengths), max_size=3)):
        begin = start + dt.timedelta(minutes=after)
        stops.append((begin, begin + dt.timedelta(minutes=length)))
    return start, count, unit, stops


CASES = cases()


@given(CASES, st.integers(1, 30))
def test_due_grows_with_the_limit(
    case: tuple[dt.datetime, int, str, list[Span]], more: int
) -> None:
    """More of a limit never ends earlier; an extension is the same as a longer limit."""
    start, count, unit, stops = case
    short = CALENDAR.due(start, f"{count} {unit}", stops=stops)
    long = CALENDAR.due(start, f"{count + more} {unit}", stops=stops)
    extended = CALENDAR.due(start, f"{count} {unit}", stops=stops, extended=[f"{more} {unit}"])
    assert start < short.at <= long.at
    assert extended == long


@given(CASES, MOMENTS, st.integers(0, 20))
def test_due_grows_with_the_stops(
    case: tuple[dt.datetime, int, str, list[Span]], begin: dt.datetime, days: int
) -> None:
    """One more stop, or a longer one, never ends a limit earlier."""
    start, count, unit, stops = case
    limit = f"{count} {unit}"
    one = [*stops, (begin, begin + dt.timedelta(days=days))]
    longer = [*stops, (begin, begin + dt.timedelta(days=days + 3))]
    dues = [CALENDAR.due(start, limit, stops=s).at for s in ((), stops, one, longer)]
    assert dues == sorted(dues)


@given(CASES)
def test_no_limit_ends_in_a_stop(case: tuple[dt.datetime, int, str, list[Span]]) -> None:
    """Neither on a day that a stop takes out nor, by the clock, within one."""
    start, count, unit, stops = case
    due = CALENDAR.due(start, f"{count} {unit}", stops=stops).at
    for begin, end in stops:
        if unit in ("workdays", "days"):
            assert not begin.date() <= due.date() <= end.date()
        else:
            assert not begin < due < end


@given(CASES)
def test_a_limit_has_as_many_days_as_it_says(
    case: tuple[dt.datetime, int, str, list[Span]],
) -> None:
    """The counted days are the limit's number, are worked where it says so, and none is stopped."""
    start, count, unit, stops = case
    due = CALENDAR.due(start, f"{count} {unit}", stops=stops)
    if unit in ("hours", "minutes"):
        assert due.days == ()
        return
    assert len(due.days) == count
    for day in due.days:
        assert day > start.date()
        assert unit == "days" or CALENDAR.is_workday(day)
        assert not any(begin.date() <= day <= end.date() for begin, end in stops)


@given(MOMENTS, st.integers(1, 60), MOMENTS)
def test_a_stop_without_a_working_day_changes_nothing(
    start: dt.datetime, count: int, about: dt.datetime
) -> None:
    """A weekend, a holiday, or a part of it: time that did not count anyway."""
    begin = about
    while CALENDAR.is_workday(begin.date()):
        begin += dt.timedelta(days=1)
    end = begin
    while not CALENDAR.is_workday((end + dt.timedelta(days=1)).date()):
        end += dt.timedelta(days=1)
    limit = f"{count} workdays"
    assert CALENDAR.due(start, limit, stops=[(begin, end)]) == CALENDAR.due(start, limit)


@given(MOMENTS, st.integers(1, 60), st.integers(1, 40), st.integers(1, 600))
def test_by_the_clock_a_stop_adds_its_own_length(
    start: dt.datetime, count: int, after: int, length: int
) -> None:
    """To the minute, if it begins before the limit is over."""
    begin = start + dt.timedelta(minutes=after)
    stop = (begin, begin + dt.timedelta(minutes=length))
    plain = CALENDAR.due(start, f"{count} hours").at
    assert CALENDAR.due(start, f"{count} hours", stops=[stop]).at - plain == stop[1] - stop[0]


def test_an_extension_has_the_unit_of_its_limit() -> None:
    """20 working days and 10 natural ones are no limit; it is said which unit to use."""
    start = dt.datetime(2026, 3, 2, tzinfo=CHINA)
    with pytest.raises(LimitError, match=r"20 workdays cannot be extended by 10 days: .*workdays"):
        CALENDAR.due(start, "20 workdays", extended=["10 days"])


def test_a_stop_does_not_end_before_it_begins() -> None:
    """Such a stop is a mistake of who asks, not a stop of no time."""
    start = dt.datetime(2026, 3, 2, tzinfo=CHINA)
    stop = (start + dt.timedelta(days=2), start + dt.timedelta(days=1))
    with pytest.raises(LimitError, match="before it begins"):
        CALENDAR.due(start, "20 workdays", stops=[stop])


def test_a_day_is_called_what_it_is() -> None:
    """Working day, make-up day, weekend, holiday, and the holiday of one province."""
    found = {
        text: (
            CALENDAR.kind(dt.date.fromisoformat(text), "450000"),
            CALENDAR.name(dt.date.fromisoformat(text), "450000"),
        )
        for text in ("2026-02-13", "2026-02-14", "2026-03-01", "2026-02-17", "2026-04-20")
    }
    assert found == {
        "2026-02-13": ("workday", ""),
        "2026-02-14": ("makeup", ""),
        "2026-03-01": ("weekend", ""),
        "2026-02-17": ("holiday", "春节"),
        "2026-04-20": ("local", "三月三"),
    }
    assert CALENDAR.name(dt.date(2027, 10, 1)) == "国庆节"
