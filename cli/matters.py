"""`kuasheng matters`: the catalogue. Only `simulate` needs Temporal, and brings its own server."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from cli.plan_text import explained, plan_text
from cli.simulate import simulate
from compiler.catalogue import FAMILIES, MATTER_FOLDERS, ROOT, Catalogue, Entry
from compiler.definition import Matter
from compiler.findings import Finding, did_you_mean
from compiler.plan import Mode, Plan
from errors import NotFoundError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The catalogue of matters.")
app.command("simulate")(simulate)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="Code or name, as `2021-02`.")]


def _root() -> Path:
    """Return the catalogue that workers of this environment use too (see `engine.settings`)."""
    return Path(os.environ.get("KUASHENG_MATTERS") or ROOT)


@app.command("list")
def list_(
    mode: Annotated[str, typer.Option(help="Only matters with this mode, as `collect`.")] = "",
    lead: Annotated[str, typer.Option(help="Only matters that this ministry leads.")] = "",
    phase: Annotated[
        int | None,
        typer.Option(min=1, max=3, help="Only matters of this list.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the matters.

    Example: kuasheng matters list --mode collect --lead 公安部
    """
    catalogue = _whole(Catalogue.load(_root()))
    _known("mode", mode, get_args(Mode))
    _known("lead", lead, {entry.matter.lead for entry in catalogue.matters.values()})
    rows = [
        row(entry.matter)
        for entry in catalogue.matters.values()
        if mode in ("", *entry.matter.modes)
        and lead in ("", entry.matter.lead)
        and phase in (None, entry.matter.source.list)
    ]
    if as_json:
        _print_json(rows)
        return
    _table(rows)


@app.command()
def show(code: Code, as_json: Json = False) -> None:
    """Show one matter.

    Example: kuasheng matters show 2021-02
    """
    entry = Catalogue.load(_root()).find(code)
    if as_json:
        _print_json(row(entry.matter) | entry.matter.model_dump(mode="json", by_alias=True))
        return
    print(_described(entry))


@app.command()
def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Matter files, or folders of whole catalogues."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check definitions; without PATH the whole catalogue, in every mode. Exit code 1 on findings.

    Example: kuasheng matters lint matters/2021/02-household-certificate.yaml
    """
    gc.disable()  # the process ends with the lint: collecting would be a tenth of its time
    found: set[Finding] = set()
    matters = plans = 0
    for catalogue in _catalogues(paths or [_root()]):
        found.update(catalogue.compile_all())
        matters += len(catalogue.matters)
        plans += sum(len(entry.matter.modes) for entry in catalogue.matters.values())
    findings = sorted(found)
    if as_json:
        _print_json([{key: getattr(f, key) for key in Finding.__slots__} for f in findings])
    else:
        for one in findings:
            print(one.format())
        result = f"{len(findings)} findings" if findings else "no findings"
        print(f"{matters} matters, {plans} plans: {result}")
    if findings:
        raise typer.Exit(1)


@app.command()
def plan(
    code: Code,
    mode: Annotated[str, typer.Option(help="One of the matter's modes; all by default.")] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Show where each value of the definition stands.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compile a matter and show its steps.

    Example: kuasheng matters plan 2021-02 --mode collect --explain
    """
    catalogue = Catalogue.load(_root())
    entry = catalogue.find(code)
    modes = [mode] if mode else list(entry.matter.modes)
    plans = {name: catalogue.plan(entry.matter.code, name) for name in modes}
    if as_json:
        rows = [_plan_row(p) for p in plans.values()]
        _print_json(rows[0] if mode else rows)
        return
    for name, one in plans.items():
        print(plan_text(one))
        if explain:
            print(explained(catalogue.built(entry.matter.code, name)))


def row(matter: Matter) -> dict[str, Any]:
    """Return a matter as a flat row; the names are part of the command's interface."""
    return {
        "code": matter.code,
        "name": matter.name,
        "scenario": matter.scenario,
        "lead": matter.lead,
        "cooperating": list(matter.cooperating),
        "phase": matter.source.list,
        "number": matter.source.number,
        "deadline": matter.source.deadline,
        "due_by": matter.due_by.isoformat() if matter.due_by else "",
        "modes": list(matter.modes),
    }


def _plan_row(one: Plan) -> dict[str, Any]:
    return one.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {
        "digest": one.digest
    }


def _whole(catalogue: Catalogue) -> Catalogue:
    """Warn on stderr when matters are missing because of findings."""
    if catalogue.findings:
        typer.echo("some matters have findings: run `kuasheng matters lint`", err=True)
    return catalogue


def _known(what: str, word: str, known: Iterable[str]) -> None:
    """Refuse a filter that can match nothing: an empty table would look like an answer."""
    if word and word not in known:
        raise NotFoundError(
            f"no matter has {what} `{word}`", did_you_mean(word, known, "there are")
        )


def _catalogues(paths: Iterable[Path]) -> Iterator[Catalogue]:
    """Return a catalogue for each folder, and one for the matters of each catalogue.

    A file of families or a procedure concerns all matters: its whole catalogue is checked.
    """
    matters: dict[Path, list[Path]] = {}
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"no such file or folder: {path}")
        if path.is_dir():
            if not (path / FAMILIES).is_file():
                raise NotFoundError(f"{path} is no catalogue", f"a catalogue has {FAMILIES}")
            yield Catalogue.load(path)
            continue
        home = next((up for up in path.resolve().parents if (up / FAMILIES).is_file()), None)
        if home is None or path.resolve().parent.name in MATTER_FOLDERS:
            matters.setdefault(home or ROOT, []).append(path)
        else:
            yield Catalogue.load(home)
    for root, files in matters.items():
        yield Catalogue.load(root, files)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _table(rows: list[dict[str, Any]]) -> None:
    # Imported late: half of the time of a lint would go into rich.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for heading in ("code", "name", "lead", "modes", "due by"):
        table.add_column(heading, no_wrap=heading in ("code", "due by"), overflow="fold")
    for one in rows:
        modes = " ".join(one["modes"])
        table.add_row(one["code"], one["name"], one["lead"], modes, one["due_by"])
    Console().print(table)
    print(f"{len(rows)} matters")


def _described(entry: Entry) -> str:
    matter = entry.matter
    rules, source = matter.rules, matter.source
    lines = [
        f"{matter.code} {matter.name}",
        f"  {matter.scenario}",
        f"  lead         {matter.lead}",
        f"  cooperating  {'、'.join(matter.cooperating) or '—'}",
        f"  source       {source.document} list {source.list}, number {source.number}",
        f"  due by       {matter.due_by or matter.source.deadline or '—'}",
        f"  family       {matter.family} · {matter.item_type} · {matter.legal_regime}",
        f"  applicants   {', '.join(matter.applicants)}",
        f"  decides      {matter.decided_by.place} ({matter.decided_by.basis})",
        f"  promised     {rules.time_limit.promised or '—'} ({rules.time_limit.basis})",
        f"  file         {entry.node.file}",
        "  fields",
    ]
    lines += [
        f"    {name:<20} {spec.type:<10} {spec.label}{' (optional)' if spec.optional else ''}"
        for name, spec in matter.application.items()
    ]
    lines.append("  materials")
    lines += [f"    {m.id:<20} {m.name} ({m.trust})" for m in matter.materials]
    lines.append("  modes")
    lines += [
        f"    {mode:<10} {rule.procedure:<14} {rule.basis}: {rule.evidence or rule.reason}"
        for mode, rule in matter.modes.items()
    ]
    return "\n".join(lines)
