"""Months in a terminal, as they hang on the wall: 休 a day off, 班 a make-up day."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable

from rich.columns import Columns
from rich.table import Table
from rich.text import Text

from compiler.calendars import Calendar

Mark = tuple[str, str]
"""What stands beside a day's number, one Chinese character or two blanks, and its style."""

BLANK = "  "


def day_mark(calendar_: Calendar, day: dt.date, province: str) -> Mark:
    """Return the mark of a day that no limit concerns."""
    kind = calendar_.kind(day, province)
    if kind in ("holiday", "local"):
        return "休", "red"
    if kind == "makeup":
        return "班", "bold"
    return BLANK, "dim" if kind == "weekend" else ""


def month(year: int, number: int, mark: Callable[[dt.date], Mark]) -> Table:
    """Return one month as a grid of weeks from Monday to Sunday."""
    table = Table(
        *(f"{day}{BLANK}" for day in "一二三四五六日"),
        title=f"{year}年{number}月",
        box=None,
        padding=(0, 1, 0, 0),
        header_style="dim",
    )
    for week in calendar.Calendar().monthdatescalendar(year, number):
        table.add_row(*(_cell(day, *mark(day)) if day.month == number else "" for day in week))
    return table


def _cell(day: dt.date, mark: str, style: str) -> Text:
    return Text(f"{day.day:2}{mark}", style=style)


def months(first: dt.date, last: dt.date, mark: Callable[[dt.date], Mark]) -> Columns:
    """Return the months from one day's to another's, side by side as the terminal has room."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return Columns([month(n // 12, n % 12 + 1, mark) for n in numbers], padding=(1, 3))


def runs(days: Iterable[dt.date]) -> str:
    """Return days as people write them, those in a row as one: `02-15…02-23、04-04`."""
    spans: list[tuple[dt.date, dt.date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][1] == dt.timedelta(days=1):
            spans[-1] = spans[-1][0], day
        else:
            spans.append((day, day))
    return "、".join(
        f"{first:%m-%d}" if first == last else f"{first:%m-%d}…{last:%m-%d}"
        for first, last in spans
    )
