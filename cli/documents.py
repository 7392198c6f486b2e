"""`kuasheng case documents` and `document`: the official documents (文书) of a case.

A list names nobody. A document names whom it is for, so it is made from the case itself, which only
the province's own keys can read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.common import Data, Json, Ref, connected, dump
from compiler.findings import did_you_mean
from documents.environment import chinese_date
from documents.render import Rendered, render
from documents.templates import Templates
from engine.cases import Cases
from engine.connect import Connections
from engine.settings import Settings
from errors import NotFoundError
from workflows.contracts import OfficialDocument, Subject


def documents(ref: Ref, as_json: Json = False, data: Data = None) -> None:
    """List the official documents (文书) of a case, with what proves each of them.

    Example: kuasheng case documents 440000-20261123-ABCDEFGH
    """

    async def work(_settings: Settings, connections: Connections) -> tuple[OfficialDocument, ...]:
        return (await Cases(connections).view(ref)).documents

    found = connected(data, work)
    if as_json:
        print(dump(found))
        return
    if not found:
        print("no documents yet")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("文号", "文书", "日期", "单位", "校验码"):
        table.add_column(column, overflow="fold")
    for each in found:
        unit = f"{each.division} {each.unit}"
        table.add_row(each.number, each.title, chinese_date(each.at), unit, each.digest[:16])
    Console(highlight=False).print(table)


def document(
    ref: Ref,
    number: Annotated[
        str, typer.Argument(help="The document's number (文号), or a part.", show_default=False)
    ],
    html: Annotated[bool, typer.Option("--html", help="A page to print instead of text.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write it into this file.", show_default=False),
    ] = None,
    data: Data = None,
) -> None:
    """Make an official document (文书) of a case again, and say whether it is the one issued.

    Example: kuasheng case document REF 430102公安机关受理〔2026〕12号 --html -o notice.html
    """

    async def work(
        settings: Settings, connections: Connections
    ) -> tuple[Templates, OfficialDocument, Subject]:
        cases = Cases(connections)
        wanted = chosen((await cases.view(ref)).documents, number)
        return Templates.load(settings.matters), wanted, await cases.subject(ref)

    templates, wanted, subject = connected(data, work)
    template = templates.get(wanted.template)
    made = render(template, wanted, subject)
    text = made.html if html else made.text
    if output is None:
        print(text, end="")
    else:
        output.touch(0o600)  # it names a person
        output.write_text(text, "utf-8")
    typer.echo(proof(wanted, made, template.version), err=True)


def chosen(documents: tuple[OfficialDocument, ...], number: str) -> OfficialDocument:
    """Return the document with this number, or the only one whose number has this part.

    Raises:
        NotFoundError: None has, or several have.
    """
    exact = [each for each in documents if each.number == number]
    found = exact or [each for each in documents if number in each.number]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(each.number for each in found)
        raise NotFoundError(f"several documents have `{number}` in their number", numbers)
    numbers_ = [each.number for each in documents]
    raise NotFoundError(
        f"the case has no document {number}", did_you_mean(number, numbers_, "it has")
    )


def proof(document: OfficialDocument, made: Rendered, version: str) -> str:
    """Say whether what was made is, letter by letter, what was issued, and else why it is not."""
    if made.digest == document.digest:
        return f"verified: SHA-256 {document.digest}, as issued"
    why = (
        f"the template has changed since (issued with {document.version}, now {version})"
        if version != document.version
        else "the case's own data has changed since"
    )
    return (
        f"NOT as issued: {why}: the one issued has SHA-256 {document.digest}, "
        f"this one {made.digest}"
    )
