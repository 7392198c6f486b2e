"""Continue-as-new: a case that waits for months is the same case, run after run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from house import ACCEPTOR, CLERK, DECIDER, TEMPO, Case, House, eventually
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from cli import acts
from engine.workers import Capacity
from worker import pool
from workflows.contracts import CaseView, Tempo

pytestmark = pytest.mark.xdist_group("cases")

SHORT = TEMPO.model_copy(update={"history_events": 15, "inquiry_every": 0.3})
"""So that a run is over after a few events, and a waiting one keeps making some."""

MOVES = ("picked_up-1", "in_transit-1")
"""Which of a parcel's moves are seen depends on when it is looked at."""


async def runs(handle: WorkflowHandle[Any, Any]) -> list[WorkflowExecutionStatus | None]:
    """How each run of a workflow ended, in no order."""
    found = handle._client.list_workflows(f"WorkflowId = '{handle.id}'")
    return [run.status async for run in found]


async def renewed(handle: WorkflowHandle[Any, Any], run_id: str | None = None) -> str:
    """Wait until a workflow runs under another run id than this one (or its first)."""

    async def look() -> str | None:
        now = await handle.describe()
        first = now.raw_description.workflow_execution_info.first_run_id
        return now.run_id if now.run_id != (run_id or first) else None

    return await eventually(look, "continue-as-new")


async def collect(case: Case) -> None:
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))


async def joint(case: Case) -> None:
    await case.act("accept", acts.accept("440000-acceptor"))
    await case.act("reply", acts.reply(CLERK, {"amount": "86520.40", "months": "96"}))
    await case.happened("ordered")
    await case.until(lambda v: any(e.step == "funds" for e in v.timeline), "the second letter")
    await case.act("reply", acts.reply(CLERK, {"amount": "86520.40"}))
    await case.act("decide", acts.decide("440000-decider"))


WAYS: dict[str, Callable[[Case], Awaitable[None]]] = {
    "collect": collect,
    "joint": joint,
    "online": collect,
}


def steps(view: CaseView) -> dict[str, list[tuple[str, str]]]:
    """What happened, in order, at each place."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in view.timeline:
        if entry.event not in MOVES:
            found.setdefault(entry.place, []).append((entry.step, entry.event))
    return found


@pytest.mark.parametrize("mode", sorted(WAYS))
async def test_a_case_renewed_at_every_rest_ends_like_one_that_never_was(
    house: House, mode: str
) -> None:
    """Same outcome, same events in the same order at each place, one parcel a leg."""

    async def whole(tempo: Tempo) -> tuple[Case, CaseView]:
        case = await house.file(mode, tempo)
        await WAYS[mode](case)
        view = await case.closed()
        await case.hand.result()
        return case, view

    (plain, expected), (case, view) = await asyncio.gather(whole(TEMPO), whole(SHORT))
    assert expected.outcome == view.outcome == "approved"
    assert steps(view) == steps(expected)
    assert await case.legs() == await plain.legs()
    assert len(set(await case.legs())) == len(await case.legs())
    for handle in (plain.home, plain.hand):
        assert await runs(handle) == [WorkflowExecutionStatus.COMPLETED]
    for handle in (case.home, case.hand):
        await renewed(handle)


async def test_a_command_id_gets_its_first_answer_across_renewals(house: House) -> None:
    """Refused, renewed, repeated; done, renewed, repeated; closed, repeated: the first answer."""
    case = await house.file("joint", SHORT)
    refused = acts.accept("440000-decider", command_id=f"{case.case_no}-1")
    first = await case.task("accept")
    no = await case.send(refused, first)
    assert not no.done
    run = case.started.run_id
    while run == case.started.run_id:  # each refusal adds events, until the run is renewed
        await case.send(acts.accept("440000-clerk"), await case.task("accept"))
        run = (await case.home.describe()).run_id
    assert await case.send(refused, first) == no

    done = acts.accept("440000-acceptor", command_id=f"{case.case_no}-2")
    target = await case.task("accept")
    yes = await case.send(done, target)
    assert yes.done
    assert await renewed(case.home, run) != run
    assert await case.send(done, target) == yes
    assert await house.cases.act(case.case_no, "accept", done) == yes

    await case.act("reply", acts.reply(CLERK, {}, refuse=True, reason="不符合转出条件"))
    view = await case.closed()
    assert await case.send(done, target) == yes
    assert await house.cases.act(case.case_no, "accept", done) == yes
    assert [e.event for e in view.timeline].count("accepted") == 1


async def test_with_no_cached_workflow_a_command_id_still_counts_once(house: House) -> None:
    """Every task replays from the first event; the second sending gets the first answer."""
    clients = {p: house.clients[p.code] for p in house.running.provinces}
    away = {p: c for p, c in clients.items() if p.code in ("110000", "330000")}
    async with pool(house.running.settings, away, Capacity(cached_workflows=0)):
        case = await house.file(
            "joint",
            portal="bjzwfw",
            application={"from_div": "330102", "to_div": "110101"},
        )
        target = await case.task("accept")
        accept = acts.accept("110000-acceptor", command_id=f"{case.case_no}-1")
        first = await case.send(accept, target)
        assert await case.send(accept, target) == first
        await case.act("reply", acts.reply("330000-clerk", {}, refuse=True, reason="不符合"))
        view = await case.closed()
        assert (view.outcome, [e.event for e in view.timeline].count("accepted")) == ("rejected", 1)
        assert await case.send(accept, target) == first
