"""SIGKILL of the worker that acts, at each step of the collect procedure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from drill import AWAY, HOME, MAKERS, Drill, Stage, noted
from temporalio.client import WorkflowUpdateStage

from gateways.sandbox.faults import Fault
from workflows.contracts import UPDATE_ACT, CaseView, CommandAnswer, CommandEnvelope

pytestmark = pytest.mark.xdist_group("survival-worker")

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
        away: The handling province has no worker from the beginning until the blow.
    """

    at: str
    acts: tuple[str, ...] = ()
    seen: Callable[[CaseView], bool] = lambda _: True
    asked: str = ""
    path: str = ""
    claimed: str = ""
    away: bool = False


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
    "dispatch booked": Blow(HOME, seen=noted("dispatch", "booked")),
    "dispatch picked up": Blow(HOME, seen=noted("dispatch", "picked_up")),
    "dispatch in transit": Blow(HOME, seen=noted("dispatch", "in_transit")),
    "dispatch signed for": Blow(HOME, seen=noted("dispatch", "signed_for")),
    "order pending": Blow(HOME, seen=noted("handle", "ordered"), away=True),
    "accept open": Blow(AWAY, seen=takes("accept")),
    "accept claimed": Blow(AWAY, claimed="accept"),
    "decide open": Blow(AWAY, ("accept",), seen=takes("decide")),
    "decide claimed": Blow(AWAY, ("accept",), claimed="decide"),
    "issue": Blow(AWAY, BOTH, seen=noted("issue", "issued")),
    "deliver asked": Blow(AWAY, BOTH, asked="handling/deliver/parcel/1", path=PARCELS),
    "deliver in transit": Blow(AWAY, BOTH, seen=noted("deliver", "in_transit")),
}  # fmt: skip


@pytest.mark.parametrize("step", BLOWS)
async def test_a_case_survives_its_worker_being_killed(stage: Stage, step: str) -> None:
    """The outcome is the same, and no parcel, acceptance or decision comes twice."""
    blow = BLOWS[step]
    if blow.away:
        await stage.workers[AWAY].kill()
    drill = await lead_to(stage, blow)
    if blow.claimed:
        await kill_while_claimed(stage, drill, blow)
    else:
        await drill.until(blow.seen, step, blow.at)
        await stage.killed(blow.at, *((AWAY,) if blow.away else ()))
    view = await drill.finish(done=(*blow.acts, blow.claimed))
    await drill.assert_once(view, stage.sandbox)
    commands = await drill.taken()
    assert len(commands) == len(set(commands)) == len(BOTH)


async def lead_to(stage: Stage, blow: Blow) -> Drill:
    """File a case and do the acts before the blow; make the outside system slow for the last."""
    slow = Fault(path=blow.path, kind="delay", method="POST", seconds=LATE) if blow.path else None
    if slow and not blow.acts:
        await stage.misbehave(slow)
    drill = await stage.file()
    for act in blow.acts:
        if slow and act == blow.acts[-1]:
            await stage.misbehave(slow)
        await drill.act(act)
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
