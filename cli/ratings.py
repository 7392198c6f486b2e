"""`kuasheng case`: 好差评 and 整改: rate, look at the ratings, and put a bad one right."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal, get_args

import typer
from rich.console import Console

from cli import acts
from cli.common import By, CommandId, Data, Json, Reason, Ref, connected, dump, show_answer
from cli.timeline import awaiting_line, print_timeline, province_name
from engine.connect import Connections
from engine.ratings import Rating, Ratings
from engine.settings import Settings
from engine.topology import Topology
from errors import FilingError
from workflows.contracts import (
    CallBackCommand,
    CommandAnswer,
    RateCommand,
    RatedOf,
    RatingTag,
    RectifyCommand,
    RuleCommand,
    VerifyCommand,
)

SCORES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
RATED = {"window": "现场服务", "result": "办理结果"}
OUTCOMES = {
    None: "",
    "unrated": "未评价",
    "rated": "",
    "rectified": "整改完成",
    "upheld": "申诉成立, 不计入",
    "unresolved": "整改后仍不满意",
}

Of = Annotated[
    RatedOf,
    typer.Option("--of", help="The visit at the window, or the result.", show_default=False),
]
TAGS: tuple[RatingTag, ...] = get_args(RatingTag)
LONGEST = 500
"""Characters of a rating's text."""

Act = Literal["verify", "appeal", "rectify", "decide-appeal", "call-back"]


def rate(
    ref: Ref,
    of: Of,
    score: Annotated[
        int, typer.Option(min=1, max=5, help="5 非常满意 … 1 非常不满意.", show_default=False)
    ],
    tag: Annotated[
        list[str] | None,
        typer.Option(help=f"What it is about; repeat. {'/'.join(TAGS)}.", show_default=False),
    ] = None,
    text: Annotated[str, typer.Option(help="In the applicant's own words.")] = "",
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Rate, for the applicant, the visit or the result (好差评); once each.

    Example: kuasheng case rate REF --of result --score 5
    """
    tags = tuple(known for known in TAGS if known in (tag or ()))
    if len(tags) != len(set(tag or ())):
        raise FilingError("--tag takes only the words of the help", "use --text for anything else")
    if len(text) > LONGEST:
        raise FilingError(f"--text has at most {LONGEST} characters, these are {len(text)}")
    command = RateCommand(
        command_id=command_id or str(uuid.uuid4()), score=score, tags=tags, text=text
    )

    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        return await Ratings(connections).rate(ref, of, command)

    show_answer(connected(data, work), as_json=as_json)


def ratings(ref: Ref, as_json: Json = False, data: Data = None) -> None:
    """Show what a case invited to rate, what came of it, and what bad ratings led to.

    Example: kuasheng case ratings REF
    """

    async def work(_settings: Settings, connections: Connections) -> None:
        found = await Ratings(connections).of_case(ref)
        if as_json:
            print(dump(found))
        else:
            _print(found, connections.topology)

    connected(data, work)


def rectify(
    ref: Ref,
    of: Of,
    act: Annotated[Act, typer.Option(help="What is done.", show_default=False)],
    by: By,
    reason: Reason = "",
    ground: Annotated[
        Literal["mistaken", "malicious"] | None,
        typer.Option(help="Of an appeal: 误评 or 恶意评价.", show_default=False),
    ] = None,
    yes: Annotated[
        bool | None,
        typer.Option("--yes/--no", help="decide-appeal: uphold it; call-back: satisfied."),
    ] = None,
    command_id: CommandId = "",
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Act on a bad rating: verify (核实), appeal (申诉), rectify (整改), decide-appeal, call-back.

    A clerk verifies it, or appeals with --ground and --reason, and rectifies with --reason; the
    superior's officer decides the appeal and calls back, with --yes or --no.
    Example: kuasheng case rectify REF --of result --act verify --by 430000-clerk
    """
    if act in ("decide-appeal", "call-back") and yes is None:
        raise FilingError(f"--act {act} needs --yes or --no")
    if act in ("appeal", "decide-appeal", "rectify") and not reason:
        raise FilingError(f"--act {act} needs --reason")
    if (act == "appeal") != (ground is not None):
        raise FilingError("--ground mistaken or malicious belongs to --act appeal")
    said = {"reason": reason, "command_id": command_id}
    name, make = {
        "verify": ("verify", acts.on_task(VerifyCommand, by, verdict="rectify", **said)),
        "appeal": (
            "verify",
            acts.on_task(VerifyCommand, by, verdict="appeal", ground=ground or "", **said),
        ),
        "rectify": ("rectify", acts.on_task(RectifyCommand, by, **said)),
        "decide-appeal": (
            "rule",
            acts.on_task(RuleCommand, by, verdict="uphold" if yes else "dismiss", **said),
        ),
        "call-back": ("call_back", acts.on_task(CallBackCommand, by, satisfied=bool(yes), **said)),
    }[act]

    async def work(_settings: Settings, connections: Connections) -> CommandAnswer:
        return await Ratings(connections).rectify(ref, of, name, make)

    show_answer(connected(data, work), as_json=as_json)


def _print(found: list[Rating], topology: Topology) -> None:
    out = Console()
    if not found:
        out.print("no ratings")
    for each in found:
        rating = each.rating
        score = SCORES[rating.score] if rating.score else "待评价"
        if rating.outcome == "unrated":
            score = ""
        where = f"{province_name(topology, rating.province)} {rating.unit}"
        words = (RATED[rating.of], where, score, "、".join(rating.tags), OUTCOMES[rating.outcome])
        out.print("  ".join(word for word in words if word), highlight=False)
        if each.rectification is not None:
            print_timeline(each.rectification.timeline, topology, out)
            for row in each.rectification.awaiting:
                out.print(f"等待: {awaiting_line(row, topology)}", highlight=False)


def register(app: typer.Typer) -> None:
    """Add these commands to the group of cases."""
    for command in (rate, ratings, rectify):
        app.command()(command)
