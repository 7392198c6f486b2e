"""Write `matters/calendars/YEAR.yaml`: `python tools/make_calendar.py 2025 2026`.

The days come from the public package `chinesecalendar` (国务院办公厅 on each year's holidays). A
year that it does not have yet is not published: no file is written.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import chinese_calendar

CALENDARS = Path(__file__).resolve().parent.parent / "matters" / "calendars"

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}


def text(year: int) -> str:
    """Return the file of one year.

    Raises:
        SystemExit: the year is not published.
    """
    holidays = {d: n for d, n in chinese_calendar.holidays.items() if d.year == year}
    workdays = {d: n for d, n in chinese_calendar.workdays.items() if d.year == year}
    if not holidays:
        sys.exit(f"{year} is not published in chinesecalendar {version('chinesecalendar')}")
    lines = [
        f"# {year} 年节假日和调休上班日. Made by tools/make_calendar.py; do not edit by hand.",
        f"year: {year}",
        f"source: chinesecalendar {version('chinesecalendar')}",
        "holidays:",
        *(f"  {day}: {NAMES.get(name, name)}" for day, name in sorted(holidays.items())),
        "workdays:",
        *(f"  {day}: {NAMES.get(name, name)}" for day, name in sorted(workdays.items())),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write one file for each year named on the command line."""
    for year in sys.argv[1:]:
        path = CALENDARS / f"{int(year)}.yaml"
        path.write_text(text(int(year)), "utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
