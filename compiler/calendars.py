"""Working days: the calendars as data, and the arithmetic of limits over them.

A limit starts to run on the day after the act that starts it (民法典 201) and ends with the end of
its last day; where that is no working day, a limit in natural days ends with the next working day
(民法典 203). Limits in working days (行政许可法 82) skip holidays and count make-up working days
(调休). Hours and minutes run from the moment itself. All days are days in China (UTC+8).

A limit does not run in a stop (特别程序, 行政许可法 45). From limits in days a stop takes out whole
days: the day on which it begins, every day in it and the day on which it ends; the limit goes on
with the day after, as it would start then (民法典 201). From limits in hours or minutes it takes
out exactly its own length. No limit ends in a stop.

In a year that is not published yet only the fixed days of 全国年节及纪念日放假办法 are off
besides weekends; a date that depends on it is `provisional` and is to be computed again later. The
announcement of a year also moves days of the last December before it: the one for 2019 made 29
December 2018 a working day and 31 December a day off.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BeforeValidator, ValidationError

from compiler.kinds import Frozen, Limit
from errors import LimitError, SettingsError

CHINA = dt.timezone(dt.timedelta(hours=8))
END_OF_DAY = dt.time(23, 59, 59, tzinfo=CHINA)

CALENDARS = Path(__file__).resolve().parent.parent / "matters" / "calendars"

NATIONWIDE = "000000"

FIXED = {
    (1, 1): "元旦",
    **dict.fromkeys([(5, 1), (5, 2)], "劳动节"),
    **dict.fromkeys([(10, 1), (10, 2), (10, 3)], "国庆节"),
}
"""(month, day) of the holidays that no announcement moves."""

NEW_YEAR = dt.timedelta(days=7)
"""Days before an unpublished year that its announcement may still move."""

SECONDS = {"hours": 3600, "minutes": 60}
"""Units that run by the clock; the others count days."""

Span = tuple[dt.datetime, dt.datetime]
"""A stop: from its begin to the moment from which the limit runs again."""

DayKind = Literal["workday", "makeup", "weekend", "holiday", "local"]
"""What a day is: make-up days (调休上班) are worked, local ones are holidays of one province."""

M = TypeVar("M", bound=Frozen)


def _day(value: Any) -> Any:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value


Day = Annotated[dt.date, BeforeValidator(_day)]


class Year(Frozen):
    """One published year: days off, and weekend days on which people work."""

    year: int
    source: str
    holidays: dict[Day, str]
    workdays: dict[Day, str]


class LocalDay(Frozen):
    """A holiday of one province."""

    province: str
    day: Day
    name: str


class LocalDays(Frozen):
    """All holidays of single provinces."""

    basis: str
    days: tuple[LocalDay, ...]


class Due(Frozen):
    """When a limit ends; `provisional` when an unpublished year may still move it.

    `days` are the days that were counted, none for hours and minutes. The last of them is the day
    of `at`, but where a limit in natural days moved on from a day off.
    """

    at: dt.datetime
    provisional: bool
    days: tuple[dt.date, ...] = ()


class Calendar(Frozen):
    """The working days of China and of its provinces.

    `version` is the first 12 hex digits of the SHA-256 of the files: a case notes the version that
    its dates were computed with.
    """

    version: str
    years: dict[int, Year]
    local: dict[tuple[str, dt.date], str]

    def kind(self, day: dt.date, province: str = NATIONWIDE) -> DayKind:
        """Return what a day is in a province (six-digit code)."""
        if (province, day) in self.local:
            return "local"
        year = self.years.get(day.year)
        if year is not None and day in year.workdays:
            return "makeup"
        if self.name(day):
            return "holiday"
        return "workday" if day.weekday() < 5 else "weekend"

    def name(self, day: dt.date, province: str = NATIONWIDE) -> str:
        """Return the name of the holiday that a day belongs to, empty for all other days."""
        if (province, day) in self.local:
            return self.local[province, day]
        year = self.years.get(day.year)
        fixed = FIXED.get((day.month, day.day), "")
        return fixed if year is None else year.holidays.get(day, "")

    def is_workday(self, day: dt.date, province: str = NATIONWIDE) -> bool:
        """Whether people work on this day in this province (six-digit code)."""
        return self.kind(day, province) in ("workday", "makeup")

    def provisional(self, day: dt.date) -> bool:
        """Whether an announcement that is still to come may make this day another."""
        return (day + NEW_YEAR).year not in self.years or day.year not in self.years

    def due(
        self,
        start: dt.datetime,
        limit: Limit,
        province: str = NATIONWIDE,
        *,
        stops: Sequence[Span] = (),
        extended: Sequence[Limit] = (),
    ) -> Due:
        """Return when a limit ends that starts at `start` (timezone-aware).

        Args:
            start: The act that starts the limit.
            limit: Such as `15 workdays`, `30 days`, `48 hours`.
            province: Six-digit code; its local holidays count.
            stops: Spans in which the limit did not run, in any order; they may overlap.
            extended: 延期: limits in the same unit that are added to the first one.

        Raises:
            LimitError: an extension has another unit, or a stop ends before it begins.
        """
        return self.share(start, limit, 100, province, stops=stops, extended=extended)

    def share(  # noqa: PLR0913 - a limit is these words
        self,
        start: dt.datetime,
        limit: Limit,
        percent: int,
        province: str = NATIONWIDE,
        *,
        stops: Sequence[Span] = (),
        extended: Sequence[Limit] = (),
    ) -> Due:
        """Return when `percent` of the whole limit has passed; whole days are rounded up.

        See `due` for the rest.
        """
        count, unit = whole(limit, extended)
        for begin, end in stops:
            if end < begin:
                raise LimitError(f"a stop ends ({end}) before it begins ({begin})")
        if unit in SECONDS:
            length = dt.timedelta(seconds=count * SECONDS[unit] * percent / 100)
            return Due(at=_run(start, length, stops), provisional=False)
        first = start.astimezone(CHINA).date()
        days = self._count(first, -(-count * percent // 100), unit, province, stops)
        last = days[-1] if days else first
        while unit == "days" and (stopped(last, stops) or not self.is_workday(last, province)):
            last += dt.timedelta(days=1)
        return Due(
            at=dt.datetime.combine(last, END_OF_DAY),
            provisional=self.provisional(last),
            days=tuple(days),
        )

    def _count(
        self, day: dt.date, count: int, unit: str, province: str, stops: Sequence[Span]
    ) -> list[dt.date]:
        """Return the first `count` days after a day that count."""
        found: list[dt.date] = []
        while len(found) < count:
            day += dt.timedelta(days=1)
            runs = unit == "days" or self.is_workday(day, province)
            if runs and not stopped(day, stops):
                found.append(day)
        return found

    def workdays_between(
        self, start: dt.datetime, end: dt.datetime, province: str = NATIONWIDE
    ) -> int:
        """Return how many working days lie after `start`'s day, up to and with `end`'s day."""
        first, last = start.astimezone(CHINA).date(), end.astimezone(CHINA).date()
        span = (last - first).days
        return sum(
            self.is_workday(first + dt.timedelta(days=n), province) for n in range(1, span + 1)
        )


def whole(limit: Limit, extended: Sequence[Limit] = ()) -> tuple[int, str]:
    """Return a limit with its extensions as count and unit.

    Raises:
        LimitError: an extension has another unit.
    """
    number, unit = limit.split(" ")
    count = int(number)
    for more in extended:
        number, other = more.split(" ")
        if other != unit:
            raise LimitError(
                f"{limit} cannot be extended by {more}", f"state the extension in {unit}"
            )
        count += int(number)
    return count, unit


def stopped(day: dt.date, stops: Sequence[Span]) -> bool:
    """Whether a stop takes this day out of limits in days."""
    return any(
        begin.astimezone(CHINA).date() <= day <= end.astimezone(CHINA).date()
        for begin, end in stops
    )


def _run(start: dt.datetime, length: dt.timedelta, stops: Sequence[Span]) -> dt.datetime:
    """Return when a clock has run for `length` that stands still in each stop."""
    at = start
    for begin, end in sorted(stops):
        ran = max(begin - at, dt.timedelta())
        if ran >= length:
            break
        length -= ran
        at = max(at, end)
    return at + length


@lru_cache(maxsize=4)
def load_calendar(folder: Path = CALENDARS) -> Calendar:
    """Read the calendars of a folder: `YEAR.yaml` files and `local.yaml`.

    Raises:
        SettingsError: a file cannot be read, or says something impossible.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise SettingsError(f"no calendars in {folder}", "run tools/make_calendar.py")
    digest = hashlib.sha256()
    years: dict[int, Year] = {}
    local: dict[tuple[str, dt.date], str] = {}
    for path in files:
        content = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + content)
        if path.stem == "local":
            days = _read(LocalDays, path, content)
            local = {(row.province, row.day): row.name for row in days.days}
        else:
            year = _read(Year, path, content)
            years[year.year] = year
    return Calendar(version=digest.hexdigest()[:12], years=years, local=local)


def _read(model: type[M], path: Path, content: bytes) -> M:
    try:
        return model.model_validate(yaml.load(content, Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise SettingsError(f"{path} is no calendar ({first})", "make it again") from error
