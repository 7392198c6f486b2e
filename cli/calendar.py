"""`kuasheng calendar`: working days, when a limit ends and why, and due dates computed anew."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from cli.months import Mark, day_mark, months, runs
from compiler import divisions
from compiler.calendars import CHINA, NATIONWIDE, Calendar, Due, Span, load_calendar, stopped
from compiler.kinds import Limit
from errors import LimitError, NotFoundError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Working days (工作日) and time limits (时限).",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
ProvinceCode = Annotated[
    str, typer.Option(help="Six-digit code; its local holidays count.", show_default=False)
]

LIMIT: TypeAdapter[str] = TypeAdapter(Limit)


@app.command()
def show(
    year: Annotated[int, typer.Argument(min=2000, max=2100, show_default=False)],
    province: ProvinceCode = "",
) -> None:
    """Show a year's days off (休) and make-up working days (班).

    Example: kuasheng calendar show 2026 --province 450000
    """
    calendar = load_calendar()
    code = _province(province)
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    console = Console(highlight=False)
    if year in calendar.years:
        console.print(f"{year}年, 来源: {calendar.years[year].source}, 版本 {calendar.version}")
    else:
        console.print(f"{year}年尚未公布: 只有不调整的法定节假日, 所有日期均为暂定")
    console.print(months(first, last, lambda day: day_mark(calendar, day, code)))
    days = _days(first, last)
    _print_off(console, calendar, days, code)
    console.print(f"调休上班 (班): {runs(_made_up(calendar, days, code)) or '无'}")
    console.print(f"工作日: {sum(calendar.is_workday(day, code) for day in days)} 天")


@app.command()
def due(
    start: Annotated[
        str,
        typer.Argument(help="Day or moment of the act that starts it.", show_default=False),
    ],
    limit: Annotated[
        str,
        typer.Argument(help="`15 workdays`, `30 days`, `48 hours`.", show_default=False),
    ],
    province: ProvinceCode = "",
    stop: Annotated[
        list[str] | None,
        typer.Option(help="FROM..TO in which it stands still (特别程序); may be repeated."),
    ] = None,
    extend: Annotated[
        list[str] | None,
        typer.Option(help="延期: a limit that is added, such as `10 workdays`; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say when a limit ends, and show the days that count.

    Example: kuasheng calendar due 2026-09-18 "20 workdays" --stop 2026-09-21..2026-09-24
    """
    calendar, code, begin = load_calendar(), _province(province), _moment(start)
    first, *more = (_limit(text) for text in (limit, *(extend or ())))
    stops = [_stop(text, first) for text in stop or ()]
    found = calendar.due(begin, first, code, stops=stops, extended=more)
    passed = _days(begin.astimezone(CHINA).date(), found.at.astimezone(CHINA).date())
    if as_json:
        off = {f"{day}": name for day in passed if (name := calendar.name(day, code))}
        row = {
            "due": found.at.isoformat(),
            "provisional": found.provisional,
            "counted": [f"{day}" for day in found.days],
            "holidays": off,
            "makeup": [f"{day}" for day in _made_up(calendar, found.days, code)],
            "stopped": [f"{day}" for day in passed if stopped(day, stops)],
            "calendar": calendar.version,
        }
        print(json.dumps(row, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(
        f"自 {_text(begin)} 起 {' + '.join((first, *more))}, 至 [bold]{_text(found.at)}[/bold] 届满"
        f"{' (暂定: 下一年节假日尚未公布)' if found.provisional else ''}"
    )
    if found.days:
        console.print(months(passed[0], passed[-1], _marks(calendar, begin, found, code, stops)))
        console.print(f"计入 {len(found.days)} 天 (·, 调休上班为班), 次日起算 (起), 届满 (止)")
        if found.days[-1] < passed[-1]:
            console.print(f"{found.days[-1]:%m-%d} 为休息日或停止计算, 顺延至 {passed[-1]:%m-%d}")
        _print_off(console, calendar, passed, code)
        console.print(f"调休上班计入: {runs(_made_up(calendar, found.days, code)) or '无'}")
    if stops:
        spans = "、".join(f"{_text(begin)} 至 {_text(end)}" for begin, end in stops)
        console.print(f"停止计算 (停): {spans}")
    console.print(f"日历版本 {calendar.version}")


@app.command()
def recompute(
    province: Annotated[
        str, typer.Option(help="Codes with commas; default all.", show_default=False)
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count the clocks that run; change nothing.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with keys and data; default KUASHENG_DATA.", show_default=False),
    ] = None,
) -> None:
    """Compute the due dates of all open cases by the calendar of this installation.

    For when a year was published or corrected: restart the workers with the new files first.
    Example: kuasheng calendar recompute --province 440000,430000 --dry-run
    """
    # Imported here: the other commands of this group need no Temporal.
    from cli.recompute import run  # noqa: PLC0415

    run(load_calendar().version, province or None, dry_run=dry_run, data=data)


def _province(code: str) -> str:
    """Return the province of a division's code; the whole country for none."""
    if not code:
        return NATIONWIDE
    if not divisions.exists(code):
        raise NotFoundError(f"no division {code}", "give six digits, such as 450000")
    return divisions.province_of(code)


def _moment(text: str) -> dt.datetime:
    """Return a moment; in China if it names no offset, the day's begin if it names no time."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise LimitError(
            f"{text} is no day or moment", "write 2026-03-02 or 2026-03-02T09:30"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _limit(text: str) -> str:
    try:
        return LIMIT.validate_python(text)
    except ValidationError:
        raise LimitError(
            f"{text} is no limit", "write `15 workdays`, `30 days`, `48 hours` or `90 minutes`"
        ) from None


def _stop(text: str, limit: str) -> Span:
    """Return the stop `FROM..TO`; a day as TO means all of it."""
    begin, dots, end = text.partition("..")
    if not dots:
        raise LimitError(f"{text} is no stop", "write FROM..TO, such as 2026-03-02..2026-03-13")
    if limit.endswith(("hours", "minutes")) and not ("T" in begin and "T" in end):
        raise LimitError(
            f"{limit} cannot stand still for {text}",
            "a limit by the clock needs moments, such as 2026-03-02T09:00..2026-03-02T17:00",
        )
    return _moment(begin), _moment(end if "T" in end else f"{end}T23:59:59")


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def _made_up(calendar: Calendar, days: Sequence[dt.date], code: str) -> list[dt.date]:
    return [day for day in days if calendar.kind(day, code) == "makeup"]


def _text(moment: dt.datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _print_off(console: Console, calendar: Calendar, days: Sequence[dt.date], code: str) -> None:
    """Print the holidays among days by their names."""
    names = dict.fromkeys(name for day in days if (name := calendar.name(day, code)))
    for name in names:
        found = [day for day in days if calendar.name(day, code) == name]
        console.print(f"放假 (休): {runs(found)} {name}")


def _marks(
    calendar: Calendar, begin: dt.datetime, found: Due, code: str, stops: Sequence[Span]
) -> Callable[[dt.date], Mark]:
    """Return what marks each day of a limit: where it starts, counts, stands still and ends."""
    first, last = begin.astimezone(CHINA).date(), found.at.astimezone(CHINA).date()
    counted = frozenset(found.days)

    def mark(day: dt.date) -> Mark:
        sign, style = day_mark(calendar, day, code)
        if day == first:
            return "起", "bold cyan"
        if day == last:
            return "止", "bold white on red"
        if day in counted:
            return ("班" if sign == "班" else "· "), "black on green"
        if first < day < last and stopped(day, stops):
            return "停", "black on yellow"
        return sign, style

    return mark
