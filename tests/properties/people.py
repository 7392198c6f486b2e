"""Random people: whoever is asked acts, and so does whoever is not; sometimes twice at once.

Everything goes through the real client. After each act the case is looked at, and what must never
happen is an `AssertionError` with the whole story in it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import (
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from world import House, ServerStalledError

from compiler.applicant import MaterialRef
from compiler.kinds import Capture
from simulation.answers import CANDIDATES
from workflows.contracts import (
    QUERY_VIEW,
    UPDATE_ACT,
    AcceptCommand,
    AddSignerCommand,
    AnyCommand,
    Awaiting,
    CaptureCommand,
    CaseInput,
    CaseView,
    ClaimCommand,
    CommandAnswer,
    CommandEnvelope,
    CopyCommand,
    DecideCommand,
    DelegateCommand,
    DispatchCommand,
    ExtendCommand,
    HandOutCommand,
    RecomputeCommand,
    ReleaseCommand,
    ReplyCommand,
    ResolveCommand,
    ResumeCommand,
    ReviewCommand,
    SendBackCommand,
    SignCommand,
    SignForCommand,
    Stage,
    SupplyCommand,
    SuspendCommand,
    TransferCommand,
    UrgeCommand,
    WithdrawCommand,
)
from workflows.moves import CONCLUSIONS, MOVES, STAGES

REFUSALS = frozenset({
    "StaleTask", "UnknownTask", "WrongAct", "BadField", "TooLate", "TooOften", "WrongPlace",
})  # fmt: skip
"""Types of the refusals with which a command may be turned away at once."""

HEADS = {"extend": "head"}

PATIENCE = 20.0
"""Real seconds that an answer may take on a busy machine."""

Fields = dict[str, Any]
Maker = Callable[["Crowd", Awaiting, Fields], AnyCommand]


def _reach() -> dict[Stage, frozenset[Stage]]:
    """Return for each stage all stages that moves can lead to from it."""
    found: dict[Stage, frozenset[Stage]] = {}
    for stage in STAGES:
        seen, front = {stage}, {stage}
        while front:
            front = {m.goes[s] for m in MOVES.values() for s in front if s in m.goes} - seen
            seen |= front
        found[stage] = frozenset(seen)
    return found


REACH = _reach()


def _letter(crowd: Crowd, row: Awaiting) -> Fields:
    return {name: crowd.dice.choice(CANDIDATES[kind]) for name, kind in row.fields.items()}  # type: ignore[index]


def _evidence(crowd: Crowd, row: Awaiting) -> tuple[MaterialRef, ...]:
    step = crowd.case.plan.steps[step_of(row.task)]
    what = step.what if isinstance(step, Capture) else ()
    return tuple(MaterialRef(id=name) for name in what)


def step_of(task: str) -> str:
    """Return the step that a task is of."""
    for sign in "!~/↑↓":
        task = task.partition(sign)[0]
    return task


ACTS: dict[str, Maker] = {
    "accept": lambda c, _, f: AcceptCommand(
        **f, verdict=c.dice.choice(["accept", "accept", "refuse", "correct"]),
        corrections=("居民身份证",), tolerated=c.some(["id_card"]), pledged=c.some(["form"]),
    ),
    "review": lambda c, _, f: ReviewCommand(**f, verdict=c.dice.choice(["pass", "fail"])),
    "decide": lambda c, _, f: DecideCommand(**f, verdict=c.dice.choice(["approve", "reject"])),
    "reply": lambda c, r, f: ReplyCommand(
        **f, fields=_letter(c, r), refuse=c.dice.random() < 0.3
    ),
    "supply": lambda c, _, f: SupplyCommand(
        **f, materials=tuple(MaterialRef(id=name) for name in c.some(["id_card", "form"]))
    ),
    "capture": lambda c, r, f: CaptureCommand(**f, evidence=_evidence(c, r)),
    "hand_out": lambda _c, _r, f: HandOutCommand(**f),
    "resolve": lambda c, _, f: ResolveCommand(**f, pick_up=c.dice.random() < 0.5),
    "dispatch": lambda _c, _r, f: DispatchCommand(**f, number="M-1"),
    "sign_for": lambda c, _, f: SignForCommand(**f, missing=c.dice.random() < 0.3),
}  # fmt: skip
"""Act → a random one of it."""

OPERATIONS: dict[str, Maker] = {
    "claim": lambda _c, _r, f: ClaimCommand(**f),
    "release": lambda _c, _r, f: ReleaseCommand(**f),
    "transfer": lambda c, r, f: TransferCommand(**f, to=c.officer(r)),
    "delegate": lambda c, r, f: DelegateCommand(**f, to=c.officer(r)),
    "add_signer": lambda c, r, f: AddSignerCommand(**f, to=c.officer(r)),
    "sign": lambda _c, _r, f: SignCommand(**f),
    "copy": lambda c, r, f: CopyCommand(**f, to=c.officer(r)),
    "send_back": lambda c, _, f: SendBackCommand(**f, to=c.dice.choice(sorted(c.case.plan.steps))),
    "suspend": lambda c, _, f: SuspendCommand(
        **f, procedure=c.dice.choice(("听证", *c.case.plan.regime.special)), within="10 days"
    ),
    "resume": lambda _c, _r, f: ResumeCommand(**f),
    "extend": lambda _c, _r, f: ExtendCommand(**f),
}


@dataclass
class Site:
    """What was last seen of one workflow of the case."""

    view: CaseView
    revs: dict[str, int] = field(default_factory=dict)
    timeline: frozenset[tuple[Any, ...]] = frozenset()
    documents: frozenset[str] = frozenset()


@dataclass
class Crowd:
    """Everybody around one case.

    Args:
        house: Where it lives.
        case: The case.
        dice: All chance there is.
    """

    house: House
    case: CaseInput
    dice: random.Random
    sites: dict[str, Site] = field(default_factory=dict)
    answers: dict[str, tuple[str, AnyCommand, CommandAnswer]] = field(default_factory=dict)
    """Command id → workflow, command and its one answer."""
    refused: list[tuple[str, AnyCommand]] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    sent: int = 0

    # --- looking ---------------------------------------------------------------------------------

    async def look(self) -> list[tuple[str, Awaiting]]:
        """Look at every workflow of the case; return the open tasks, each with its workflow."""
        found: list[tuple[str, Awaiting]] = []
        for workflow_id in self.house.workflow_ids(self.case):
            view = await self._view(workflow_id)
            if view is None:
                continue
            self._compare(workflow_id, view)
            home = workflow_id.startswith("case/")
            place = self.case.plan.home if home else workflow_id.rpartition("/")[2]
            found += [
                (workflow_id, row) for row in view.awaiting if row.task and row.place == place
            ]
        self.healthy()
        return found

    async def _view(self, workflow_id: str) -> CaseView | None:
        handle = self.house.client.get_workflow_handle(workflow_id)
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    view: CaseView = await handle.query(
                        QUERY_VIEW, result_type=CaseView, rpc_timeout=dt.timedelta(seconds=3)
                    )
                except WorkflowQueryFailedError as error:
                    self.check(ok=False, why=f"query of {workflow_id}: {error}")
                except RPCError as error:
                    if error.status is RPCStatusCode.NOT_FOUND:
                        return None
                    self.healthy()
                    if await self.house.stalled(self.case):
                        raise ServerStalledError from error
                else:
                    return view

    def _compare(self, workflow_id: str, view: CaseView) -> None:
        """Compare a workflow with what was seen of it before."""
        before = self.sites.setdefault(workflow_id, Site(view))
        timeline = frozenset(
            (e.place, e.step, e.event, None if self.house.forgetful else e.at)
            for e in view.timeline
        )
        documents = frozenset(document.number for document in view.documents)
        self.check(len(timeline) == len(view.timeline), "an entry stands twice in the timeline")
        self.check(before.timeline <= timeline, f"lost {before.timeline - timeline}")
        self.check(before.documents <= documents, f"lost {before.documents - documents}")
        self.check(
            view.stage in REACH[before.view.stage],
            f"{workflow_id} went from {before.view.stage} to {view.stage}: no moves lead there",
        )
        self.check(
            bool(view.awaiting) or view.closed,
            f"{workflow_id} is open, and nobody is waited for (stage {view.stage})",
        )
        for row in view.awaiting:
            if row.task:
                last = before.revs.get(f"{row.place}/{row.task}", 0)
                self.check(row.task_rev >= last, f"{row.task} went from {last} to {row.task_rev}")
                before.revs[f"{row.place}/{row.task}"] = row.task_rev
        if before.view.outcome is not None:
            self.check(
                view.outcome == before.view.outcome,
                f"{workflow_id}: outcome {before.view.outcome} became {view.outcome}",
            )
        for command_id, (where, _, answer) in self.answers.items():
            if where == workflow_id:
                self.check(
                    view.answers.get(command_id) == answer, f"the answer to {command_id} is lost"
                )
        before.view, before.timeline, before.documents = view, timeline, documents

    def healthy(self) -> None:
        """Fail if a workflow task has failed."""
        self.check(not self.house.failures.seen, "\n".join(self.house.failures.seen))

    def check(self, ok: object, why: str) -> None:
        """Fail with the story so far, unless all is well."""
        if not ok:
            told = "\n  ".join(self.story)
            raise AssertionError(f"case {self.case.case_no}: {why}\nstory:\n  {told}")

    # --- acting ----------------------------------------------------------------------------------

    async def act(self) -> None:
        """Do one random thing."""
        open_tasks = await self.look()
        doings: list[tuple[int, Callable[[], Any]]] = [
            (2, lambda: self.wait(dt.timedelta(minutes=self.dice.choice([1, 60, 600])))),
            (2, lambda: self.wait(dt.timedelta(days=self.dice.choice([1, 3, 8, 40])))),
            (1, lambda: self.send(self.home, self.withdrawal())),
            (1, lambda: self.send(self.home, UrgeCommand(command_id=self.id(), by="applicant"))),
            (1, lambda: self.send(self.home, self.recomputation())),
            (1, self.repeat_one),
            (1, lambda: self.send(self.home, self.nonsense(None))),
        ]
        if open_tasks:
            where, row = self.dice.choice(open_tasks)
            doings += [
                (8, lambda: self.send(where, self.command(row))),
                (5, lambda: self.send(where, self.operation(row))),
                (2, lambda: self.send(where, self.nonsense(row))),
                (2, lambda: self.at_once((where, self.command(row)), (where, self.command(row)))),
                (1, lambda: self.same_twice(where, self.command(row))),
                (2, lambda: self.burst(open_tasks)),
            ]
        weights = [weight for weight, _ in doings]
        doing = self.dice.choices(doings, weights)[0][1]
        await doing()

    @property
    def home(self) -> str:
        """The case's own workflow."""
        return self.house.workflow_ids(self.case)[0]

    def id(self) -> str:
        """Return an id for a new command."""
        self.sent += 1
        return f"{self.case.case_no}-c{self.sent}"

    def some(self, names: list[str]) -> tuple[str, ...]:
        """Return some of these, mostly none."""
        return tuple(name for name in names if self.dice.random() < 0.25)

    def officer(self, row: Awaiting) -> str:
        """Return somebody, mostly one who may do the task."""
        if self.dice.random() < 0.1:
            return self.dice.choice(["nobody", *self.house.officers.by_id])
        return self.dice.choice(self.entitled(row, row.role))

    def entitled(self, row: Awaiting, role: str) -> list[str]:
        """Return who has a role at the place of a row."""
        return [
            officer.id
            for officer in self.house.officers.officers
            if officer.division == row.province and role in officer.roles
        ] or ["applicant"]

    def common(self, row: Awaiting, **changes: Any) -> Fields:
        """Return what every command on a task has."""
        by = row.officer if row.officer and self.dice.random() < 0.8 else self.officer(row)
        return {
            "command_id": self.id(),
            "task": row.task,
            "task_rev": row.task_rev,
            "by": "applicant" if row.role == "applicant" else by,
            "reason": self.dice.choice(["", "理由充分"]),
            **changes,
        }

    def command(self, row: Awaiting) -> AnyCommand:
        """Return a random act on an open task; for a task without acts an operation."""
        acts = [act for act in row.acts if act in ACTS]
        if not acts:
            return self.operation(row)
        return ACTS[self.dice.choice(acts)](self, row, self.common(row))

    def operation(self, row: Awaiting) -> AnyCommand:
        """Return a random operation on a task, whether it takes it or not."""
        name = self.dice.choice(sorted(OPERATIONS))
        fields = self.common(row)
        if name in HEADS and self.dice.random() < 0.8:
            fields["by"] = self.dice.choice(self.entitled(row, HEADS[name]))
        return OPERATIONS[name](self, row, fields)

    def nonsense(self, row: Awaiting | None) -> AnyCommand:
        """Return a command that nobody can carry out: a wrong task, revision or act."""
        if row is None:
            known = self.dice.choice(["", "ghost", *self.case.plan.steps])
            fields = {"command_id": self.id(), "task": known, "task_rev": 0, "by": "nobody"}
            return DecideCommand(**fields, verdict="approve")
        wrong = self.dice.choice([
            {"task": f"{row.task}x"}, {"task_rev": row.task_rev - 1},
            {"task_rev": row.task_rev + 1}, {"by": "nobody"}, {},
        ])  # fmt: skip
        make = ACTS[self.dice.choice(sorted(ACTS))]
        return make(self, row, self.common(row, **wrong))

    def withdrawal(self) -> AnyCommand:
        """Return the applicant's wish to be let go; most of the time they urge instead."""
        if self.dice.random() < 0.7:
            return UrgeCommand(command_id=self.id(), by="applicant")
        return WithdrawCommand(command_id=self.id(), by="applicant", reason="不办了")

    def recomputation(self) -> AnyCommand:
        """Return the order to compute all due dates anew."""
        return RecomputeCommand(command_id=self.id(), by="operator", calendar="0123456789ab")

    async def wait(self, span: dt.timedelta) -> None:
        """Let virtual time pass."""
        self.story.append(f"{span} pass")
        await self.house.passes(span)
        self.healthy()

    async def repeat_one(self) -> None:
        """Send a command again that was answered, or one that was refused."""
        if self.answers and (not self.refused or self.dice.random() < 0.7):
            where, command, _ = self.answers[self.dice.choice(sorted(self.answers))]
            await self.send(where, command)
        elif self.refused:
            await self.send(*self.dice.choice(self.refused))

    async def same_twice(self, where: str, command: AnyCommand) -> None:
        """Send one command twice in the same moment: it gets one answer."""
        await self.at_once((where, command), (where, command))

    async def burst(self, open_tasks: list[tuple[str, Awaiting]]) -> None:
        """Have several people act at once, the applicant perhaps among them."""
        sends = [(where, self.command(row)) for where, row in open_tasks]
        sends.append((self.home, self.withdrawal()))
        self.dice.shuffle(sends)
        await self.at_once(*sends[:4])

    async def at_once(self, *sends: tuple[str, AnyCommand]) -> None:
        """Send commands in the same moment."""
        await asyncio.gather(*(self.send(where, command) for where, command in sends))

    async def send(self, where: str, command: AnyCommand) -> CommandAnswer | None:
        """Send a command as everybody does: with one id, again until it is answered."""
        told = command.model_dump(mode="json", exclude_defaults=True)
        self.story.append(f"{where}: {command.act} {told}")
        handle = self.house.client.get_workflow_handle(where)
        answer: CommandAnswer | None = None
        clock = asyncio.get_running_loop().time
        until = clock() + PATIENCE
        while answer is None:
            # The SDK swallows a cancellation, so `asyncio.timeout` would not end this.
            self.check(clock() < until, f"{command.command_id} is never answered")
            try:
                answer = await handle.execute_update(
                    UPDATE_ACT,
                    CommandEnvelope(command=command),
                    id=command.command_id,
                    result_type=CommandAnswer,
                    rpc_timeout=dt.timedelta(seconds=3),
                )
            except WorkflowUpdateFailedError as error:
                cause = error.cause
                known = isinstance(cause, ApplicationError) and cause.type in REFUSALS
                self.check(known, f"{command.act} failed: {cause!r}")
                self.check(command.command_id not in self.answers, "answered, then refused")
                self.refused.append((where, command))
                self.story.append(f"  refused: {cause}")
                return None
            except WorkflowUpdateRPCTimeoutOrCancelledError:
                await self._alive(where, command)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    await self._alive(where, command)
                    continue
                view = await self._view(where)
                answer = view.answers.get(command.command_id) if view else None
                if answer is None:
                    self.check(command.command_id not in self.answers, "an answer is lost")
                    return None
        _, _, first = self.answers.setdefault(command.command_id, (where, command, answer))
        self.story.append(f"  {'done' if answer.done else 'not done'}: {answer.message}")
        self.check(first == answer, f"{command.command_id} was answered {first}, now {answer}")
        return answer

    async def _alive(self, where: str, command: AnyCommand) -> None:
        self.story.append(f"  {command.command_id} on {where} is not answered yet")
        self.healthy()
        if await self.house.stalled(self.case):
            raise ServerStalledError

    # --- bringing it to its end ------------------------------------------------------------------

    async def finish(self, most: int = 300) -> str:
        """Act as reasonable people do until the case is over; return its outcome."""
        turns: dict[str, int] = {}
        for _ in range(most):
            open_tasks = await self.look()
            if self.over:
                break
            moved = False
            for where, row in open_tasks:
                if row.acts:
                    turn = turns[row.task] = turns.get(row.task, -1) + 1
                    answer = await self.send(where, self.reasonable(row, turn))
                    moved = moved or (answer is not None and answer.done)
            if not moved:
                await self.wait(dt.timedelta(days=2))
        self.check(self.over, f"is not over: {self._waits()}")
        handle = self.house.client.get_workflow_handle(self.home)
        async with asyncio.timeout(PATIENCE):
            outcome: str = await handle.result()
        view = self.sites[self.home].view
        self.check(view.outcome == outcome, f"ended as {outcome}, its view says {view.outcome}")
        self.check(outcome in CONCLUSIONS, f"ended as {outcome!r}, which is no outcome")
        possible = self.case.plan.outcomes() | {"withdrawn", "terminated"}
        self.check(outcome in possible, f"ended as {outcome}, of {sorted(possible)}")
        return outcome

    @property
    def over(self) -> bool:
        """Whether every workflow of the case says that it is closed."""
        return bool(self.sites) and all(site.view.closed for site in self.sites.values())

    def _waits(self) -> str:
        rows = (row for site in self.sites.values() for row in site.view.awaiting)
        return "; ".join(f"{row.place}/{row.task or '-'} {row.role}: {row.what}" for row in rows)

    def reasonable(self, row: Awaiting, turn: int) -> AnyCommand:
        """Return what might bring a task on: mostly its act, else what may stand in its way."""
        if row.role == "applicant":
            return SupplyCommand(**self.fields(row, "applicant"))
        officers = self.entitled(row, row.role)
        # Not everybody may: opinions are of different officers.
        by = row.officer or officers[turn % len(officers)]
        signers = [
            command.to
            for where, command, answer in self.answers.values()
            if isinstance(command, AddSignerCommand) and command.task == row.task and answer.done
        ]
        if turn % 6 == 1:
            return ReleaseCommand(**self.fields(row, by))
        if turn % 6 == 3 and signers:
            return SignCommand(**self.fields(row, signers[turn // 6 % len(signers)]))
        if turn % 12 == 5:
            return ResumeCommand(**self.fields(row, by))
        if turn % 12 == 9:
            return TransferCommand(**self.fields(row, by), to=officers[turn % len(officers)])
        return self._natural(row, row.acts[0], by)

    def _natural(self, row: Awaiting, act: str, by: str) -> AnyCommand:
        fields = self.fields(row, by)
        if act == "accept":
            return AcceptCommand(**fields, verdict="accept")
        if act == "reply":
            return ReplyCommand(**fields, fields=_letter(self, row))
        if act == "sign_for":
            return SignForCommand(**fields)
        if act == "decide":
            return DecideCommand(**fields, verdict="approve")
        return ACTS[act](self, row, fields)

    def fields(self, row: Awaiting, by: str) -> Fields:
        """Return what a reasonable command has."""
        return {
            "command_id": self.id(), "task": row.task, "task_rev": row.task_rev, "by": by,
            "reason": "核验身份证件原件",
        }  # fmt: skip
