"""Simulations as the command line asks for and reports them."""

from __future__ import annotations

import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from cli.timeline import print_trace
from compiler.catalogue import Catalogue
from compiler.findings import did_you_mean
from compiler.plan import Mode, Plan
from engine.settings import Settings
from engine.topology import Topology
from errors import NotFoundError
from simulation.chance import PREFIX, is_random
from simulation.classes import chosen
from simulation.drivers import simulate
from simulation.filing import file
from simulation.paths import PATHS, applicable, path_of, script_of
from simulation.runs import Row, Spec
from workflows.steps.runners import unsupported

SHOWN = ("matter", "mode", "path", "outcome", "stuck", "days", "events", "problems")
"""What a row says in JSON; the names are part of the command's interface."""


def wanted(codes: Sequence[str], mode: str, path: str, chances: int = 0) -> list[Spec]:
    """Return the cases to play: for these matters all paths that apply, else a choice over all.

    With `chances`, so many random paths of each Plan instead.

    Raises:
        NotFoundError: There is no such matter, mode or path, or nothing goes that path.
        FilingError: A Plan cannot be started, or no application fits it.
    """
    settings = Settings.load()
    catalogue = Catalogue.load(settings.matters)
    topology = Topology.load(settings.topology)
    _known("mode", mode, get_args(Mode))
    if not is_random(path):
        _known("path", path, PATHS)
    plans = _plans(catalogue, codes, mode)
    if not codes and (missing := [plan for plan in plans if unsupported(plan)]):
        names = ", ".join(f"{plan.matter} ({plan.mode})" for plan in missing)
        print(f"this release cannot run {len(missing)} Plans: {names}", file=sys.stderr)
        plans = [plan for plan in plans if plan not in missing]
    if chances:
        pairs = [(p, f"{PREFIX}{seed}") for seed in range(1, chances + 1) for p in plans]
    elif is_random(path):
        pairs = [(p, path) for p in plans]
    elif codes or path:
        pairs = [(p, name) for p in plans for name in applicable(p, (path,) if path else ())]
    else:
        pairs = chosen(plans)
    if not pairs:
        raise NotFoundError(
            f"nothing to simulate: no Plan that was asked for goes the path {path or 'approved'}",
            "leave --path out to see which paths apply",
        )
    return [
        Spec(path=name, case=file(catalogue, plan, topology, script, number))
        for number, (plan, name) in enumerate(pairs, 1)
        if (script := script_of(plan, name)) is not None
    ]


def _plans(catalogue: Catalogue, codes: Sequence[str], mode: str) -> list[Plan]:
    entries = [catalogue.find(code) for code in codes] or list(catalogue.matters.values())
    return [
        catalogue.plan(entry.matter.code, name)
        for entry in entries
        for name in ([mode] if mode and codes else entry.matter.modes)
        if mode in ("", name)
    ]


def _known(what: str, word: str, known: Iterable[str]) -> None:
    if word and word not in known:
        raise NotFoundError(f"there is no {what} `{word}`", did_you_mean(word, known, "there are"))


async def run(specs: Sequence[Spec]) -> list[Row]:
    """Play cases behind a progress bar; return their rows in the order of the cases."""
    rows: dict[int, Row] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    out = Console(stderr=True)
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
        bar = progress.add_task("cases", total=len(specs), rate=0.0)
        async for index, row in simulate(specs):
            rows[index] = row
            progress.update(bar, advance=1, rate=progress.tasks[bar].speed or 0.0)
    return [rows[index] for index in sorted(rows)]


def report(rows: Sequence[Row], *, as_json: bool, every: bool) -> bool:
    """Print what became of the cases; return whether all is well."""
    well = not any(row.stuck or row.problems for row in rows)
    if as_json:
        print(json.dumps([_shown(row) for row in rows], ensure_ascii=False, indent=2))
        return well
    out = Console()
    if len(rows) == 1 and rows[0].view is not None:
        out.print(f"{rows[0].path} {path_of(rows[0].path).title}", highlight=False)
        print_trace(rows[0].view, Topology.load(Settings.load().topology), out)
    out.print(_by_path(rows) if every else _one_by_one(rows))
    for row in rows:
        for problem in row.problems:
            print(f"{row.matter} {row.mode} {row.path}: {problem}")
    wrong = sum(bool(row.stuck or row.problems) for row in rows)
    stuck = sum(row.stuck for row in rows)
    print(f"{len(rows)} runs, {len(_plans_of(rows))} plans: {wrong} with problems, {stuck} stuck")
    return well


def _shown(row: Row) -> dict[str, Any]:
    return row.model_dump(mode="json", include=set(SHOWN))


def _plans_of(rows: Iterable[Row]) -> set[tuple[str, str]]:
    return {(row.matter, row.mode) for row in rows}


def _one_by_one(rows: Sequence[Row]) -> Table:
    table = Table("matter", "mode", "path", "outcome", "days", "events", box=None)
    for row in rows:
        outcome = "stuck" if row.stuck else row.outcome or ""
        days, events = f"{row.days:g}", str(row.events)
        table.add_row(row.matter, row.mode, row.path, outcome, days, events)
    return table


def _by_path(rows: Sequence[Row]) -> Table:
    table = Table("path", "runs", "outcomes", "median days", "median events", box=None)
    table.columns[0].no_wrap = True
    for name in (*PATHS, PREFIX):
        here = [row for row in rows if row.path == name or (name == PREFIX and is_random(row.path))]
        if not here:
            continue
        ends = Counter("stuck" if row.stuck else row.outcome or "" for row in here)
        table.add_row(
            name,
            str(len(here)),
            ", ".join(f"{outcome} {count}" for outcome, count in ends.most_common()),
            f"{statistics.median(row.days for row in here):g}",
            f"{statistics.median(row.events for row in here):g}",
        )
    return table
