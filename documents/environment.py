"""Where templates run: a sandbox that knows no undefined names, and what it lets them use."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from compiler.calendars import CHINA

LAYOUT = Path(__file__).parent / "layout"

NAMES = frozenset({
    "title", "number", "unit", "division", "date", "case_no", "matter", "regime", "applicant",
    "identity", "law", "facts",
})  # fmt: skip
"""What a body may use. All but `facts` are text."""

UNITS = {"workdays": "个工作日", "days": "日", "hours": "小时", "minutes": "分钟"}


def chinese_date(value: dt.datetime | str) -> str:
    """Return `2026年3月1日` in China for a moment or an ISO date; other text stays as it is."""
    try:
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    day = moment.astimezone(CHINA) if moment.tzinfo else moment
    return f"{day.year}年{day.month}月{day.day}日"


def clause(text: str) -> str:
    """Return text without the full stop at its end, to stand inside a sentence."""
    return text.strip().rstrip("。.;；")


def span(text: str) -> str:
    """Return `10个工作日` for `10 workdays`; what is no limit stays as it is."""
    number, _, unit = text.partition(" ")
    return f"{number}{UNITS[unit]}" if unit in UNITS else text


def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=html, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {"date": chinese_date, "clause": clause, "span": span}
    return made


TEXT = _environment(html=False)
FRAME = (LAYOUT / "document.txt").read_text("utf-8")
"""Head and foot of every document, around its paragraphs."""

PAGE = _environment(html=True).from_string((LAYOUT / "document.html").read_text("utf-8"))
"""The printable page. It shows what the text says, so it is no part of a version."""
