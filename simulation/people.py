"""People in virtual time: actors inside the workflows, as a worker interceptor.

Beside each workflow runs a task that watches its open tasks. Whoever a task waits for thinks for a
while (a timer, so virtual time passes) and then sends a command through the same desk that the
`act` update uses: checked, claimed, answered. No client takes part: one that acted from outside
would race with virtual time. Before each act the case is at rest, and is checked: somebody must be
waited for, with a due time where the step has a limit.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from temporalio.workflow import ContinueAsNewError

from activities.officers import Officers
from compiler.plan import Plan
from simulation.answers import ANSWERS, Scene, act_of
from simulation.operations import MANOEUVRES
from simulation.outside import Runs
from simulation.runs import Run, Site
from simulation.scripts import Moment
from workflows.contracts import (
    AnyCommand,
    Awaiting,
    DecideCommand,
    UrgeCommand,
    WithdrawCommand,
)
from workflows.handover import HomeSide
from workflows.office import Office
from workflows.side import Side
from workflows.state import Task

UNITS = {"workdays": 86400.0, "days": 86400.0, "hours": 3600.0, "minutes": 60.0}
"""Seconds; a working day as a plain day, for people act well within their limits."""

NO_LIMIT = 86400.0
"""Seconds that somebody takes whose step has no limit."""

A_MOMENT = 60.0
"""Seconds after which what looked wrong must be right, or is wrong."""

MOST_REFUSALS = 5
"""Refusals of one task after which nobody tries any more: the case is then found stuck."""

WHOLE_LADDER = 4
"""Rungs: remind, yellow, supervise, red."""

WITHDRAWAL = WithdrawCommand(command_id="withdraw", by="applicant", reason="申请人自愿撤回")
URGING = UrgeCommand(command_id="urge", by="applicant", reason="请尽快办理")

WHENS: dict[Moment, Callable[[Site], bool]] = {
    "to_accept": lambda site: waits_for(site, "accept"),
    "to_decide": lambda site: waits_for(site, "review") or waits_for(site, "decide"),
    "decided": lambda site: site.state.outcome is not None,
}


def waits_for(site: Site, act: str) -> bool:
    """Whether somebody's task takes this act, here or at a handling place."""
    return any(act in row.acts for row in site.awaited())


class People(Interceptor):
    """The people of all cases of a worker.

    Args:
        runs: Case number → its run.
        officers: Who may act.
    """

    def __init__(self, runs: Runs, officers: Officers) -> None:
        self._parts = {"runs": runs, "officers": officers}

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002, ARG002 - Temporal's name
    ) -> type[WorkflowInboundInterceptor]:
        """Return the class that Temporal makes an instance of for each workflow."""
        return type("PeopleOfOneWorkflow", (_Inbound,), self._parts)


class _Inbound(WorkflowInboundInterceptor):
    runs: Runs
    officers: Officers

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002
        """Run the workflow with its people beside it, and keep what became of it."""
        instance = workflow.instance()
        site: Side | Office = instance.side if hasattr(instance, "side") else instance.office
        run = self.runs[site.case_no if isinstance(site, Side) else site.responsible.case_no]
        me = workflow.info().workflow_id
        run.open[me] = site
        if isinstance(site, HomeSide) and run.started is None:
            run.started = workflow.now()
        people = asyncio.create_task(_People(run, site, self.officers).live())
        try:
            result = await self.next.execute_workflow(input)
        except ContinueAsNewError:
            run.events += workflow.info().get_current_history_length()
            raise
        except Exception as error:
            # Its task is tried again and again: the case is stuck, and this is why.
            run.wrong(f"{me} fails: {error!r}")
            raise
        people.cancel()
        run.events += workflow.info().get_current_history_length()
        run.happened |= {plain(entry.event) for entry in site.state.timeline}
        if isinstance(site, HomeSide):
            run.view, run.ended = site.view(), workflow.now()
        del run.open[me]
        return result


def plain(event: str) -> str:
    """Return an event without its number and visit: `lost` of `lost-2`."""
    return re.split("[-@]", event, maxsplit=1)[0]


class _People:
    """The people of one workflow."""

    def __init__(self, run: Run, site: Side | Office, officers: Officers) -> None:
        self.run, self.site, self.officers = run, site, officers
        self.seen: dict[str, int] = {}
        """Task → last revision that somebody took up."""
        self.in_hand: set[str] = set()
        """Tasks that somebody is busy with."""
        self.tried: dict[str, int] = {}
        """Task → how often somebody was refused."""
        self.background: set[asyncio.Task[None]] = set()

    async def live(self) -> None:
        """Give every open task to a person, as long as the workflow runs."""
        script = self.run.script
        if isinstance(self.site, HomeSide):
            if script.withdraw:
                self._begin(self._say(script.withdraw, WITHDRAWAL))
            if script.urge:
                self._begin(self._say(script.urge, URGING))
        while True:
            await workflow.wait_condition(lambda: bool(self._waiting()))
            for task in self._waiting():
                self.seen[task.id] = task.rev
                self.in_hand.add(task.id)
                self._begin(self._take(task))

    def _waiting(self) -> list[Task]:
        """Return the tasks that wait for a person and that nobody is busy with."""
        return [
            task
            for task in self.site.state.tasks.values()
            if not task.claimed
            and task.id not in self.in_hand
            and self.seen.get(task.id) != task.rev
            and (act := act_of(task)) is not None
            and act not in self.run.script.never
            and self.tried.get(task.id, 0) < MOST_REFUSALS
        ]

    def _begin(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self.background.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.run.wrong(f"somebody could not act: {error!r}")

    async def _take(self, task: Task) -> None:
        try:
            await self._think(task)
            await self._look()
            if self._still(task):
                await self._act(task)
        finally:
            self.in_hand.discard(task.id)

    def _still(self, task: Task) -> bool:
        """Whether a task that somebody has thought about is open as it was."""
        known = self.site.state.tasks.get(task.id)
        return known is task and not known.claimed and known.rev == self.seen[task.id]

    async def _act(self, task: Task) -> None:
        act = act_of(task)
        if act is None:
            return
        script = self.run.script
        if script.manoeuvre and act == "decide" and not self.run.manoeuvred:
            self.run.manoeuvred = True
            await self._manoeuvre(task)
            if not self._still(task):
                return
        command = ANSWERS[act](self._scene(task, act))
        if script.decide_twice and isinstance(command, DecideCommand):
            other = {"command_id": f"{command.command_id}-2", "verdict": "reject"}
            await self._send(task, command, command.model_copy(update=other))
        else:
            await self._send(task, command)

    async def _manoeuvre(self, task: Task) -> None:
        for move in MANOEUVRES[self.run.script.manoeuvre or "transfer"]:
            if isinstance(move, float):
                await workflow.sleep(dt.timedelta(days=move), summary="模拟: 经办")
            elif self.site.state.tasks.get(task.id) is task:
                await self._send(task, move(self._scene(task, "")))
                self.seen[task.id] = task.rev

    def _scene(self, task: Task, act: str) -> Scene:
        return Scene(self.run, self.site, task, self.officers, self.run.turn(act))

    async def _send(self, task: Task, command: AnyCommand, late: AnyCommand | None = None) -> None:
        """Send a command, and in the same moment perhaps one that comes too late."""
        if not self._allowed(command):
            self.run.wrong(f"{command.act} on {task.id} was refused: {self.run.refusals[-1]}")
            return
        answering = asyncio.create_task(self.site.desk.submit(command))
        await asyncio.sleep(0)  # it is claimed now
        if late is not None and self._allowed(late):
            self.run.wrong(f"{late.act} on {task.id} was let through twice")
        self.run.acted.add(command.by)
        answer = await answering
        if not answer.done:
            self.run.refusals.append("NotDone")
            if command.act not in task.acts:
                self.run.wrong(f"{command.act} on {task.id} was not done: {answer.message}")
            self.tried[task.id] = self.tried.get(task.id, 0) + 1
            if self.tried[task.id] == MOST_REFUSALS:
                self.run.wrong(f"task {task.id} cannot be done: {answer.message}")

    async def _think(self, task: Task) -> None:
        """Take the time that the script gives the person."""
        script, plan = self.run.script, self.run.spec.case.plan
        if script.overdue and not self.run.overdue_done and climbs(plan, task):
            self.run.overdue_done = True
            await workflow.wait_condition(lambda: task.awaiting.due is not None)
            if task.awaiting.due is not None:
                late = task.awaiting.due + dt.timedelta(days=1) - workflow.now()
                await workflow.sleep(late, summary="模拟: 逾期")
            return
        seconds = half(task.within) if task.within else NO_LIMIT
        seconds = script.takes.get(task.step, seconds / 86400) * 86400
        if script.away_workdays and task.awaiting.place != plan.home:
            # Weeks of five working days, and two days more for a holiday in between.
            seconds += (script.away_workdays / 5 * 7 + 2) * 86400
        await workflow.sleep(seconds, summary="模拟: 经办")

    async def _say(self, moment: Moment, command: AnyCommand) -> None:
        """Have the applicant say something that names no task, when its moment has come."""
        await workflow.wait_condition(lambda: WHENS[moment](self.site))
        await workflow.sleep(A_MOMENT, summary="模拟: 申请人")
        if self._allowed(command):
            await self.site.desk.submit(command)

    def _allowed(self, command: AnyCommand) -> bool:
        """Whether a command may be said now; a refusal is kept by its type."""
        try:
            self.site.desk.check(command)
        except ApplicationError as refusal:
            self.run.refusals.append(refusal.type or "")
            return False
        return True

    async def _look(self) -> None:
        """Note what is wrong with a case at rest, if it is still wrong a moment later."""
        if wrong := at_rest(self.site):
            await workflow.sleep(A_MOMENT, summary="模拟: 复查")
            still = at_rest(self.site)
            for text in wrong:
                if text in still:
                    self.run.wrong(text)


def climbs(plan: Plan, task: Task) -> bool:
    """Whether a task has a whole ladder to climb, and nothing lapses at its end."""
    lapses = "capture" in task.acts or ("accept" in task.acts and plan.regime.deemed)
    lapses = lapses or getattr(plan.steps[task.step], "lapse", None) is not None
    return bool(task.within) and len(task.late) == WHOLE_LADDER and not lapses


def half(within: str) -> float:
    """Return half of a limit, in seconds."""
    number, unit = within.split(" ")
    return int(number) * UNITS[unit] / 2


def at_rest(site: Site) -> list[str]:
    """Return what is wrong with a case that waits."""
    if site.state.closed:
        return []
    rows = site.awaited()
    if not rows:
        return [f"nobody is waited for at stage {site.state.stage}"]
    wrong = [f"awaiting says not {lack}: {row.what}" for row in rows for lack in lacking(row)]
    wrong += [
        f"task {task.id} has a limit and no due time"
        for task in site.state.tasks.values()
        if task.within and not task.claimed and task.awaiting.due is None
    ]
    return wrong


def lacking(row: Awaiting) -> list[str]:
    """Return what a row of `awaiting` does not say."""
    wanted = ("place", "province", "unit", "role", "what", "since")
    return [name for name in wanted if not getattr(row, name)]
