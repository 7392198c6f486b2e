"""`kuasheng matters simulate`: matters in virtual time. What is heavy is imported when it runs."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer


def simulate(
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE]...", help="Codes or names, as `2021-02`.")
    ] = None,
    mode: Annotated[str, typer.Option(help="Only this mode, as `collect`.")] = "",
    path: Annotated[
        str, typer.Option(help="Only this path, as `parcel_lost_once`; all that apply by default.")
    ] = "",
    every: Annotated[
        bool, typer.Option("--all", help="All matters: each class of equal Plans on every path.")
    ] = False,
    chances: Annotated[
        int,
        typer.Option(
            "--random", min=0, help="So many cases of each Plan with people who do anything."
        ),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Run matters in virtual time, with scripted or random people. Exit code 1 on trouble.

    A random case that went wrong comes again by its path, as `--path random-7`.

    Example: kuasheng matters simulate 2021-02 --mode collect --path parcel_lost_once
    """
    # The other commands of this group do not talk to Temporal, and must stay instant.
    from cli.simulated import report, run, wanted  # noqa: PLC0415

    if bool(codes) == every:
        raise typer.BadParameter("name matters by their CODE, or say --all")
    specs = wanted(codes or (), mode, path, chances)
    rows = asyncio.run(run(specs))
    if not report(rows, as_json=as_json, every=every):
        raise typer.Exit(1)
