"""The work of `kuasheng calendar recompute`: ask every open workflow, and tell how it went."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from cli.common import connected
from cli.timeline import province_name
from engine.cases import Cases
from engine.connect import Connections
from engine.recompute import Clocks, Recomputed, look, open_workflows, recompute
from engine.settings import Settings
from engine.topology import Topology
from errors import UnreachableError

R = TypeVar("R", Clocks, Recomputed)

progress = Console(stderr=True)


def run(version: str, provinces: str | None, *, dry_run: bool, data: Path | None) -> None:
    """Compute due dates anew, or only count them, and print a line a province.

    Args:
        version: The calendar's, which workers must have.
        provinces: Codes with commas; None for all.
        dry_run: Change nothing.
        data: The folder with keys.

    Raises:
        UnreachableError: some workflow did not do it; the command may be repeated.
    """

    async def work(
        _settings: Settings, connections: Connections
    ) -> tuple[Topology, list[Clocks] | list[Recomputed]]:
        topology = connections.topology
        cases = Cases(connections)
        found = await open_workflows(cases, connections, topology.select(provinces))
        if dry_run:
            return topology, await _gathered(look(cases, connections, found), len(found))
        results = recompute(cases, connections, found, version)
        return topology, await _gathered(results, len(found))

    topology, results = connected(data, work)
    _print(results, topology)
    failed = [result for result in results if result.problem]
    if failed:
        raise UnreachableError(
            f"{len(failed)} of {len(results)} workflows did not answer or refused, the first "
            f"{failed[0].of.workflow_id}: {failed[0].problem}",
            "see that workers run with the new calendar, and repeat the command",
        )


async def _gathered(results: AsyncIterator[R], total: int) -> list[R]:
    """Collect results under a progress bar."""
    bar = track(
        range(total),
        description="cases",
        console=progress,
        transient=True,
        disable=not progress.is_terminal,
    )
    return [await anext(results) for _ in bar]


def _print(results: list[Clocks] | list[Recomputed], topology: Topology) -> None:
    """Print one row a province: what was checked, and what moved or runs."""
    out = Console(highlight=False)
    if not results:
        out.print("no open cases")
        return
    counting = isinstance(results[0], Clocks)
    heads = (
        ("省份", "在办流程", "计时", "其中暂定") if counting else ("省份", "在办流程", "时限调整")
    )
    table = Table(*heads, "未答复")
    for code in sorted({result.of.province for result in results}):
        rows = [result for result in results if result.of.province == code]
        numbers = [len(rows), *map(sum, zip(*map(_numbers, rows), strict=True))]
        failed = sum(bool(row.problem) for row in rows)
        table.add_row(province_name(topology, code), *map(str, numbers), str(failed))
    out.print(table)


def _numbers(result: Clocks | Recomputed) -> tuple[int, ...]:
    if isinstance(result, Clocks):
        return result.running, result.provisional
    return (result.moved,)
