"""How cases look in a terminal: a list, one case, and its timeline over all places."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from engine.cases import CaseRow
from engine.topology import Topology
from workflows.contracts import Awaiting, CaseView, TimelineEntry

BEIJING = ZoneInfo("Asia/Shanghai")

STAGES = {
    "received": "收件",
    "in_transfer": "转递",
    "signed_for": "签收",
    "correcting": "补正",
    "accepted": "受理",
    "not_accepted": "不予受理",
    "reviewing": "审查",
    "suspended": "特别程序",
    "decided": "决定",
    "completed": "办结",
    "delivering": "送达中",
    "delivered": "送达",
    "archived": "归档",
}

OUTCOMES = {
    "approved": "准予",
    "rejected": "不予",
    "not_accepted": "不予受理",
    "not_collected": "当场告知, 未收件",
    "withdrawn": "撤回",
    "terminated": "终止",
    "acknowledged": "已接收",
    "answered": "已答复",
    "settled": "已结算",
}

LIGHTS = {"green": "绿灯", "yellow": "黄灯", "red": "红灯"}

ROLES = {
    "acceptor": "受理岗",
    "reviewer": "审查岗",
    "decider": "审批岗",
    "clerk": "经办岗",
    "head": "负责人",
    "supervisor": "督办岗",
    "applicant": "申请人",
    "system": "",
}


def province_name(topology: Topology, code: str) -> str:
    """Return `430000 湖南省`."""
    return f"{code} {topology.province(code).name}"


def duration(span: dt.timedelta) -> str:
    """Return a span as people say it: `3.2 s`, `4 min`, `5 h`, `6 d`."""
    seconds = span.total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def clock(moment: dt.datetime) -> str:
    """Return a moment in Beijing time."""
    return moment.astimezone(BEIJING).strftime("%m-%d %H:%M:%S")


def awaiting_line(row: Awaiting, topology: Topology) -> str:
    """Return who must act, for what, since when, within what."""
    role = ROLES.get(row.role, row.role)
    within = f", 时限 {row.within}" if row.within else ""
    if row.due is not None:
        light = LIGHTS[row.light]
        within += f", {clock(row.due)} 到期{'(暂定)' if row.provisional else ''} {light}"
    who = f"{province_name(topology, row.province)} {row.unit} {role}".rstrip()
    reason = f"; {row.reason}" if row.reason else ""
    return f"{who}: {row.what} (自 {clock(row.since)}{within}{reason})"


def print_list(rows: Sequence[CaseRow], topology: Topology, console: Console | None = None) -> None:
    """Print cases as a table."""
    out = console or Console()
    if not rows:
        out.print("no cases")
        return
    table = Table("办件编号", "事项", "阶段", "结果", "等待", "收件地", "办理地")
    for row in rows:
        table.add_row(
            row.case_no,
            row.matter,
            STAGES.get(row.stage, row.stage),
            OUTCOMES.get(row.outcome, row.outcome),
            " ".join(w for w in row.awaiting if w.startswith(("unit:", "place:"))),
            province_name(topology, row.home_province),
            province_name(topology, row.handling_province),
        )
    out.print(table)


def spent_line(view: CaseView, topology: Topology) -> str:
    """Return how long the case has waited for each place, the applicant, and systems."""
    provinces = {row.place: row.province for row in view.timeline} | view.places
    names = {"applicant": "申请人", "system": "系统与寄递"}
    names |= {place: province_name(topology, code) for place, code in provinces.items()}
    rows = sorted(view.spent.items(), key=lambda item: -item[1])
    return ", ".join(
        f"{names.get(who, who)} {duration(dt.timedelta(seconds=seconds))}" for who, seconds in rows
    )


def print_case(view: CaseView, topology: Topology, console: Console | None = None) -> None:
    """Print one case."""
    out = console or Console()
    out.print(f"[bold]{view.matter}[/bold]  {view.case_no}", highlight=False)
    outcome = f"  结果: {OUTCOMES.get(view.outcome, view.outcome)}" if view.outcome else ""
    closed = "  已结束" if view.closed else ""
    out.print(f"阶段: {STAGES.get(view.stage, view.stage)}{outcome}{closed}", highlight=False)
    out.print(
        f"收件地: {province_name(topology, view.home_province)}  "
        f"办理地: {province_name(topology, view.handling_province)}",
        highlight=False,
    )
    for row in view.awaiting:
        out.print(f"等待: {awaiting_line(row, topology)}", highlight=False)
    if view.spent:
        out.print(f"用时: {spent_line(view, topology)}", highlight=False)
    print_timeline(view.timeline[-5:], topology, out)


def print_trace(view: CaseView, topology: Topology, console: Console | None = None) -> None:
    """Print a case's whole timeline."""
    out = console or Console()
    out.print(f"[bold]{view.matter}[/bold]  {view.case_no}", highlight=False)
    print_timeline(view.timeline, topology, out)
    for row in view.awaiting:
        out.print(f"等待: {awaiting_line(row, topology)}", highlight=False)


def print_timeline(entries: Sequence[TimelineEntry], topology: Topology, console: Console) -> None:
    """Print timeline entries: when, how long until the next, where, what, by whom."""
    heads = ("时间", "历时", "地点", "单位", "事项进展", "经办", "文号")
    table = Table(*heads, box=None, padding=(0, 1))
    following: list[TimelineEntry | None] = [*entries[1:], None]
    for entry, after in zip(entries, following, strict=True):
        table.add_row(
            clock(entry.at),
            duration(after.at - entry.at) if after else "",
            province_name(topology, entry.province),
            entry.unit,
            entry.text,
            entry.by,
            entry.document_no,
        )
    console.print(table)
