"""Working days: the calendars as data, and the arithmetic of limits over them.

A limit starts to run on the day after the act that starts it (民法典 201) and ends with the end of
its last day; where that is no working day, a limit in natural days ends with the next working day
(民法典 203). Limits in working days (行政许可法 82) skip holidays and count make-up working days
(调休). Hours and minutes run from the moment itself. All days are days in China (UTC+8).

In a year that is not published yet only the fixed days of 全国年节及纪念日放假办法 are off
besides weekends; a date that depends on it is `provisional` and is to be computed again later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BeforeValidator, ValidationError

from compiler.kinds import Frozen, Limit
from errors import SettingsError

CHINA = dt.timezone(dt.timedelta(hours=8))
END_OF_DAY = dt.time(23, 59, 59, tzinfo=CHINA)

CALENDARS = Path(__file__).resolve().parent.parent / "matters" / "calendars"

NATIONWIDE = "000000"

FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""元旦, 劳动节, 国庆节: (month, day) of the holidays that no announcement moves."""

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
    """When a limit ends; `provisional` when an unpublished year is in it."""

    at: dt.datetime
    provisional: bool


class Calendar(Frozen):
    """The working days of China and of its provinces.

    `version` is the first 12 hex digits of the SHA-256 of the files: a case notes the version that
    its dates were computed with.
    """

    version: str
    years: dict[int, Year]
    local: frozenset[tuple[str, dt.date]]

    def is_workday(self, day: dt.date, province: str = NATIONWIDE) -> bool:
        """Whether people work on this day in this province (six-digit code)."""
        if (province, day) in self.local:
            return False
        year = self.years.get(day.year)
        if year is None:
            return day.weekday() < 5 and (day.month, day.day) not in FIXED
        return day in year.workdays or (day.weekday() < 5 and day not in year.holidays)

    def provisional(self, day: dt.date) -> bool:
        """Whether this day's year is not published yet."""
        return day.year not in self.years

    def due(self, start: dt.datetime, limit: Limit, province: str = NATIONWIDE) -> Due:
        """Return when a limit ends that starts at `start` (timezone-aware).

        Args:
            start: The act that starts the limit.
            limit: Such as `15 workdays`, `30 days`, `48 hours`.
            province: Six-digit code; its local holidays count.
        """
        number, unit = limit.split(" ")
        return self.after(start, int(number), unit, province)

    def share(
        self, start: dt.datetime, limit: Limit, percent: int, province: str = NATIONWIDE
    ) -> Due:
        """Return when `percent` of a limit has passed; whole days are rounded up."""
        number, unit = limit.split(" ")
        if unit in ("workdays", "days"):
            return self.after(start, math.ceil(int(number) * percent / 100), unit, province)
        seconds = int(number) * {"hours": 3600, "minutes": 60}[unit] * percent / 100
        return Due(at=start + dt.timedelta(seconds=seconds), provisional=False)

    def after(self, start: dt.datetime, count: int, unit: str, province: str) -> Due:
        """Return the end of `count` units after `start`."""
        if unit in ("hours", "minutes"):
            return Due(at=start + dt.timedelta(**{unit: count}), provisional=False)
        day = start.astimezone(CHINA).date()
        if unit == "days":
            day += dt.timedelta(days=count)
            while not self.is_workday(day, province):
                day += dt.timedelta(days=1)
        else:
            for _ in range(count):
                day = self.next_workday(day, province)
        return Due(at=dt.datetime.combine(day, END_OF_DAY), provisional=self.provisional(day))

    def next_workday(self, day: dt.date, province: str = NATIONWIDE) -> dt.date:
        """Return the first working day after a day."""
        day += dt.timedelta(days=1)
        while not self.is_workday(day, province):
            day += dt.timedelta(days=1)
        return day

    def workdays_between(
        self, start: dt.datetime, end: dt.datetime, province: str = NATIONWIDE
    ) -> int:
        """Return how many working days lie after `start`'s day, up to and with `end`'s day."""
        first, last = start.astimezone(CHINA).date(), end.astimezone(CHINA).date()
        span = (last - first).days
        return sum(
            self.is_workday(first + dt.timedelta(days=n), province) for n in range(1, span + 1)
        )


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
    local: frozenset[tuple[str, dt.date]] = frozenset()
    for path in files:
        content = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + content)
        if path.stem == "local":
            days = _read(LocalDays, path, content)
            local = frozenset((row.province, row.day) for row in days.days)
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
