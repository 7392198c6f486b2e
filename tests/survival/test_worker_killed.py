"""SIGKILL of the worker that acts, at each step of the collect procedure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from drill import AWAY, HOME, MAKERS, Drill, Stage, noted
from temporalio.client import WorkflowUpdateStage

from gateways.sandbox.faults import Fault
from workflows.contracts import UPDATE_ACT, CaseView, CommandAnswer, CommandEnvelope
from workflows.steps.parcels import STATES

LATE = 30.0
"""Seconds by which a slow outside system answers late: no worker here lives so long."""


@dataclass(frozen=True)
class Blow:
    """When the worker is killed, and whose.

    Attributes:
        at: The province that acts in this step.
        acts: The official acts that are done before.
        seen: The step is reached when that province's side of the case looks like this.
        asked: … and when the outside system was asked under this key, and answers late.
        path: Where it is asked.
        claimed: The act whose command is claimed, but not answered, when the blow falls.
        parcel: The state in which a parcel stays until the blow.
        away: The handling province has no worker from the beginning until the blow.
    """

    at: str
    acts: tuple[str, ...] = ()
    seen: Callable[[CaseView], bool] | None = None
    asked: str = ""
    path: str = ""
    claimed: str = ""
    parcel: str = ""
    away: bool = False


def tracked(step: str, state: str) -> Callable[[CaseView], bool]:
    """Return a test: is a step's parcel known to be in this state, and waited for."""
    return lambda view: (
        any(row.what.startswith(f"寄递{STATES[state]}") for row in view.awaiting)
        and step in view.waybills
    )


def takes(act: str) -> Callable[[CaseView], bool]:
    """Return a test: does an open task take this act."""
    return lambda view: any(act in row.acts for row in view.awaiting)


PARCELS = "/courier/parcels"
BOTH = tuple(MAKERS)

BLOWS: dict[str, Blow] = {
    "intake": Blow(HOME),
    "form_review and identity": Blow(HOME, seen=noted("form_review", "passed"),
                                     asked="collecting/identity/check", path="/identity/checks"),
    "dispatch asked": Blow(HOME, asked="collecting/dispatch/parcel/1", path=PARCELS),
    **{f"dispatch {state}": Blow(HOME, seen=tracked("dispatch", state), parcel=state)
       for state in ("booked", "picked_up", "in_transit")},
    "dispatch signed_for": Blow(HOME, seen=noted("handle", "ordered")),
    "order pending": Blow(HOME, seen=noted("handle", "ordered"), away=True),
    "accept open": Blow(AWAY, seen=takes("accept")),
    "accept claimed": Blow(AWAY, claimed="accept"),
    "decide open": Blow(AWAY, ("accept",), seen=takes("decide")),
    "decide claimed": Blow(AWAY, ("accept",), claimed="decide"),
    "issue": Blow(AWAY, BOTH, seen=noted("issue", "issued"), parcel="booked"),
    "deliver asked": Blow(AWAY, BOTH, asked="handling/deliver/parcel/1", path=PARCELS),
    "deliver in transit": Blow(AWAY, BOTH, seen=tracked("deliver", "in_transit"),
                               parcel="in_transit"),
}  # fmt: skip


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(step, marks=pytest.mark.xdist_group(f"survival-{blow.at}"))
        for step, blow in BLOWS.items()
    ],
)
async def test_a_case_survives_its_worker_being_killed(stage: Stage, step: str) -> None:
    """The outcome is the same, and no parcel, acceptance or decision comes twice."""
    blow = BLOWS[step]
    with ExitStack() as until_the_blow:
        drill = await lead_to(stage, blow, until_the_blow)
        if blow.claimed:
            await kill_while_claimed(stage, drill, blow)
        else:
            if blow.seen is not None:
                await drill.until(blow.seen, step, blow.at)
            await stage.killed(blow.at, *((AWAY,) if blow.away else ()))
    view = await drill.finish(done=(*blow.acts, blow.claimed))
    await drill.assert_once(view, stage.sandbox)
    commands = await drill.taken()
    assert len(commands) == len(set(commands)) == len(BOTH)


async def lead_to(stage: Stage, blow: Blow, until_the_blow: ExitStack) -> Drill:
    """File a case and do the acts before the blow.

    What holds the case up in the step is set just before the last of these.
    """
    if blow.away:
        await stage.workers[AWAY].kill()

    async def hold_up() -> None:
        if blow.path:
            await stage.misbehave(Fault(path=blow.path, kind="delay", method="POST", seconds=LATE))
        if blow.parcel:
            until_the_blow.enter_context(stage.parcels_stop_at(blow.parcel))

    if not blow.acts:
        await hold_up()
    drill = await stage.file()
    for act in blow.acts:
        command = await drill.command(act)
        if act == blow.acts[-1]:
            await hold_up()
        await drill.send(command)
    if blow.asked:
        await stage.asked(f"{drill.case_no}/{blow.asked}")
    return drill


async def kill_while_claimed(stage: Stage, drill: Drill, blow: Blow) -> None:
    """Kill the worker as soon as the server has it that a command was taken; send it again."""
    command = await drill.command(blow.claimed)
    update = await (await drill.handle(blow.at)).start_update(
        UPDATE_ACT,
        CommandEnvelope(command=command),
        id=command.command_id,
        wait_for_stage=WorkflowUpdateStage.ACCEPTED,
        result_type=CommandAnswer,
    )
    await stage.killed(blow.at)
    first, again = await asyncio.gather(update.result(), drill.send(command))
    assert first.done
    assert again == first
