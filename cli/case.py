"""`kuasheng case`: start cases, look at them, and act on them as an officer or as the applicant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli import acts, documents, later, operations, ratings, supervision
from cli.common import (
    By,
    CommandId,
    Data,
    Json,
    Reason,
    Ref,
    TaskId,
    act,
    connected,
    dump,
    show_answer,
)
from cli.timeline import print_case, print_list, print_trace
from compiler.applicant import MaterialRef
from compiler.application import check_application, read_application
from compiler.catalogue import Catalogue
from engine.cases import Cases
from engine.connect import Connections
from engine.filing import Started, prepare, start
from engine.later import LaterActs
from engine.settings import Settings
from errors import FilingError
from workflows.contracts import CommandAnswer

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Start, inspect and decide cases (办件)."
)


def material_refs(texts: Sequence[str]) -> tuple[MaterialRef, ...]:
    """Return the materials that `ID` or `ID=DIGEST` name."""
    return tuple(
        MaterialRef(id=name, digest=digest)
        for name, _, digest in (text.partition("=") for text in texts)
    )


app.command()(documents.documents)
app.command()(documents.document)
operations.register(app)
ratings.register(app)
supervision.register(app)
later.register(app)


@app.command("start")
def start_case(
    file: Annotated[Path, typer.Argument(help="Application in YAML or JSON.", show_default=False)],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Start a case from an application; repeating it gives the same case.

    Example: kuasheng case start examples/collect.yaml
    """
    # The file first: what is wrong in it needs no server to be told.
    catalogue = Catalogue.load(Settings.load(data=data).matters)
    application = check_application(catalogue, read_application(file))
    plan = catalogue.plan(application.matter, application.mode)

    async def work(settings: Settings, connections: Connections) -> Started:
        case = prepare(plan, application, connections.topology, settings.tempo)
        home = connections.topology.of_division(case.divisions[plan.home])
        return await start(await connections.client(home.code), case, home.task_queue)

    started = connected(data, work)
    if as_json:
        print(started.model_dump_json())
        return
    state = "already started" if started.existing else "started"
    print(f"{state}: {started.matter} in {started.province}")
    print(f"case number: {started.case_no}")
    print(f"workflow id: {started.workflow_id}")


@app.command("list")
def list_cases(
    province: Annotated[
        str, typer.Option(help="Codes with commas; default all.", show_default=False)
    ] = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List cases with their stage and whom they wait for.

    Example: kuasheng case list --province 440000,430000
    """

    async def work(_settings: Settings, connections: Connections) -> None:
        chosen = connections.topology.select(province or None)
        rows = [row async for row in Cases(connections).listed(chosen)]
        if as_json:
            print(dump(rows))
        else:
            print_list(rows, connections.topology)

    connected(data, work)


@app.command()
def show(ref: Ref, as_json: Json = False, data: Data = None) -> None:
    """Show a case: stage, who must act, the last events, and what was done to it later.

    Example: kuasheng case show 440000-20261123-ABCDEFGH
    """

    async def work(_settings: Settings, connections: Connections) -> None:
        view = await Cases(connections).view(ref)
        done = await LaterActs(connections).of_case(view)
        if as_json:
            shown = view.model_dump(mode="json")
            shown["later"] = [each.model_dump(mode="json") for each in done]
            print(json.dumps(shown, ensure_ascii=False))
        else:
            print_case(view, connections.topology)
            later.print_later(done, connections.topology)

    connected(data, work)


@app.command()
def trace(ref: Ref, as_json: Json = False, data: Data = None) -> None:
    """Trace a case over all places: who, where, what, when, how long.

    Example: kuasheng case trace case/gdzwfw/HJ-2026-0001
    """

    async def work(_settings: Settings, connections: Connections) -> None:
        view = await Cases(connections).view(ref)
        if as_json:
            print(dump(view.timeline))
        else:
            print_trace(view, connections.topology)

    connected(data, work)


@app.command()
def accept(
    ref: Ref,
    by: By,
    reason: Reason = "",
    accept: Annotated[bool, typer.Option("--accept", help="受理.")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="不予受理, with --reason.")] = False,
    correct: Annotated[bool, typer.Option("--correct", help="补正: told once, all of it.")] = False,
    material: Annotated[
        list[str] | None, typer.Option(help="What must be corrected; repeat.", show_default=False)
    ] = None,
    tolerate: Annotated[
        list[str] | None,
        typer.Option(help="ID of a paper that may follow (容缺受理); repeat.", show_default=False),
    ] = None,
    pledge: Annotated[
        list[str] | None,
        typer.Option(help="ID of a paper that a pledge replaces (告知承诺).", show_default=False),
    ] = None,
    office: Annotated[
        str, typer.Option(help="With --refuse: the office that is the right one.")
    ] = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Accept a case (受理), refuse it (不予受理), or ask once for more (补正).

    Example: kuasheng case accept REF --accept --by 430000-acceptor --reason 材料齐全
    """
    flags: tuple[tuple[Literal["accept", "refuse", "correct"], bool], ...] = (
        ("accept", accept),
        ("refuse", refuse),
        ("correct", correct),
    )
    chosen = [word for word, on in flags if on]
    if len(chosen) != 1:
        raise FilingError("say exactly one of --accept, --refuse and --correct")
    if chosen != ["accept"] and not reason and not material:
        raise FilingError(f"--{chosen[0]} needs --reason", "the applicant is told why")

    if (tolerate or pledge) and chosen != ["accept"]:
        raise FilingError("--tolerate and --pledge go with --accept")
    if office and chosen != ["refuse"]:
        raise FilingError("--office goes with --refuse")

    make = acts.accept(
        by,
        chosen[0],
        reason=reason,
        corrections=material or (),
        tolerated=tolerate or (),
        pledged=pledge or (),
        office=office,
        command_id=command_id,
    )
    act(data, ref, "accept", make, as_json=as_json)


@app.command()
def decide(
    ref: Ref,
    by: By,
    reason: Reason = "",
    approve: Annotated[bool, typer.Option("--approve", help="准予.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="不予, with --reason.")] = False,
    terminate: Annotated[
        bool, typer.Option("--terminate", help="终止: nothing is left to decide, with --reason.")
    ] = False,
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Decide a case: approve (准予), reject (不予), or terminate it (终止) undecided.

    Example: kuasheng case decide REF --approve --by 430000-decider --reason 符合条件
    """
    flags: tuple[tuple[Literal["approve", "reject", "terminate"], bool], ...] = (
        ("approve", approve),
        ("reject", reject),
        ("terminate", terminate),
    )
    chosen = [word for word, on in flags if on]
    if len(chosen) != 1:
        raise FilingError("say exactly one of --approve, --reject and --terminate")
    (verdict,) = chosen
    if verdict != "approve" and not reason:
        raise FilingError(f"--{verdict} needs --reason", "the applicant is told why")

    make = acts.decide(by, verdict, reason=reason, command_id=command_id)
    act(data, ref, "decide", make, as_json=as_json)


@app.command()
def reply(
    ref: Ref,
    by: By,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE; repeat.", show_default=False)
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="退回, with --reason.")] = False,
    reason: Reason = "",
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Answer a letter from another place (出具信息表), or refuse it.

    Example: kuasheng case reply REF --by 430000-clerk --field amount=12345.67 --field months=88
    """
    fields: dict[str, str] = {}
    for text in field or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise FilingError(f"--field {text} is not NAME=VALUE")
        fields[name] = value
    if refuse and not reason:
        raise FilingError("--refuse needs --reason", "the other place is told why")

    make = acts.reply(by, fields, refuse=refuse, reason=reason, command_id=command_id)
    act(data, ref, "reply", make, as_json=as_json, task=task)


@app.command()
def review(
    ref: Ref,
    by: By,
    reason: Reason = "",
    passed: Annotated[bool, typer.Option("--pass", help="通过.")] = False,
    failed: Annotated[bool, typer.Option("--fail", help="不通过, with --reason.")] = False,
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Give a reviewing officer's opinion (审查意见); it decides nothing by itself.

    Example: kuasheng case review REF --pass --by 430000-reviewer --reason 现场核查合格
    """
    if passed == failed:
        raise FilingError("say exactly one of --pass and --fail")
    if failed and not reason:
        raise FilingError("--fail needs --reason", "whoever decides must know why")

    verdict: Literal["pass", "fail"] = "pass" if passed else "fail"
    make = acts.review(by, verdict, reason=reason, command_id=command_id)
    act(data, ref, "review", make, as_json=as_json)


@app.command()
def capture(
    ref: Ref,
    by: By,
    evidence: Annotated[
        list[str],
        typer.Option(help="fingerprint, photo or signature, =DIGEST; repeat.", show_default=False),
    ],
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Report what was taken from a person who is there (现场采集).

    Example: kuasheng case capture REF --by 440000-clerk --evidence photo --evidence fingerprint
    """
    make = acts.capture(by, material_refs(evidence), command_id=command_id)
    act(data, ref, "capture", make, as_json=as_json)


@app.command("hand-out")
def hand_out(
    ref: Ref,
    by: By,
    reason: Annotated[
        str, typer.Option(help="How who came proved who they are.", show_default=False)
    ],
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Hand the result over in person (当面领取); --reason says how identity was proved.

    Example: kuasheng case hand-out REF --by 430000-clerk --reason 核验居民身份证原件
    """
    make = acts.hand_out(by, reason=reason, command_id=command_id)
    act(data, ref, "hand_out", make, as_json=as_json)


@app.command()
def supply(
    ref: Ref,
    material: Annotated[
        list[str], typer.Option(help="ID or ID=DIGEST; repeat.", show_default=False)
    ],
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Bring, for the applicant, what a correction (补正) asked for.

    Example: kuasheng case supply REF --material id_card
    """
    make = acts.supply(material_refs(material), command_id=command_id)
    act(data, ref, "supply", make, as_json=as_json)


@app.command()
def withdraw(
    ref: Ref,
    reason: Reason = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Take the application back (撤回) for the applicant, as long as nothing is decided.

    Papers that were sent on come back. Example: kuasheng case withdraw REF --reason 不再需要
    """
    command = acts.withdraw(reason=reason, command_id=command_id)

    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        return await Cases(connections).say(ref, command)

    show_answer(connected(data, work), as_json=as_json)


@app.command()
def resolve(
    ref: Ref,
    by: By,
    reason: Reason = "",
    pick_up: Annotated[
        bool, typer.Option("--pick-up", help="The applicant comes for the result instead.")
    ] = False,
    task: TaskId = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Report a trouble as seen to (a lost parcel, unequal amounts): the case goes on.

    Example: kuasheng case resolve REF --by 440000-clerk --reason 已重新寄递
    """
    make = acts.resolve(by, reason=reason, pick_up=pick_up, command_id=command_id)

    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        cases = Cases(connections)
        if (await cases.view(ref)).closed:
            return await LaterActs(connections).follow(ref, "resolve", make)
        return await cases.act(ref, "resolve", make, task)

    show_answer(connected(data, work), as_json=as_json)
