"""A stage for the examples: cases of real matters in virtual time, and what was seen of them.

A `Part` is a script with words of its own: what people say at a step, which systems misbehave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

from compiler.catalogue import Catalogue
from compiler.plan import Plan
from engine.topology import Topology
from errors import GatewayRefusedError
from gateways.data.protocol import DataAnswer, DataCheck
from gateways.http import Pending
from gateways.payment.protocol import MoneyReceipt, PayOut
from gateways.registry import DATA, PAYMENT
from simulation import driver, paths, people
from simulation.answers import ANSWERS, Scene
from simulation.filing import file
from simulation.outside import Data, Payment, Runs, World, run_of
from simulation.paths import Path, positive
from simulation.runs import Run, Spec
from simulation.scripts import Script
from workflows.contracts import AnyCommand, Awaiting, CaseInput, CaseView, TimelineEntry
from workflows.handover import HomeSide

Words = Callable[[Scene], AnyCommand]


@dataclass(frozen=True)
class Part(Script):
    """One case's script."""

    says: Mapping[str, Words] = field(default_factory=dict)
    """Step → what whoever has its task says, instead of the usual."""
    out_at: str = ""
    """Step at which the applicant wants to withdraw."""
    cards_refused: int = 0
    """How often the bank refuses the applicant's account."""
    without: tuple[str, ...] = ()
    """Materials that are not handed in."""
    data_differ: bool = False
    """The data asked bear nothing out."""


@dataclass(frozen=True)
class Look:
    """Whom the case waited for when somebody was about to act at a step."""

    step: str
    act: str
    province: str
    rows: tuple[Awaiting, ...]


@dataclass
class Played:
    """A case that was played to its end."""

    run: Run
    view: CaseView
    problems: tuple[str, ...]
    days: float
    looks: list[Look] = field(default_factory=list)
    paid_under: list[str] = field(default_factory=list)
    """The key of each time that the bank was asked to pay."""

    @property
    def outcome(self) -> str | None:
        """How it ended."""
        return self.view.outcome

    def at(self, step: str) -> list[TimelineEntry]:
        """Return a step's entries of the timeline."""
        return [entry for entry in self.view.timeline if entry.step == step]

    def told(self, step: str, event: str) -> str:
        """Return the text of a step's event."""
        return next(entry.text for entry in self.at(step) if entry.event == event)

    def order(self, *events: tuple[str, str]) -> list[tuple[str, str]]:
        """Return (place, event) of these steps and events in the order in which they happened."""
        wanted = set(events)
        return [(e.step, e.event) for e in self.view.timeline if (e.step, e.event) in wanted]

    def look(self, step: str) -> Look:
        """Return the first look at a step."""
        return next(found for found in self.looks if found.step == step)

    def row(self, step: str) -> Awaiting:
        """Return the person's task that was open at a step."""
        return next(row for row in self.look(step).rows if self.look(step).act in row.acts)


@dataclass(frozen=True)
class _Bank(Payment):
    """A bank that refuses an account so often, and remembers under which key it was asked."""

    asked: dict[str, list[str]]

    async def pay_out(
        self, key: str, question: PayOut, pending: Pending | None = None
    ) -> MoneyReceipt:
        run = run_of(self.runs, key)
        part, asked = run.script, self.asked.setdefault(run.spec.case.case_no, [])
        asked.append(key)
        if isinstance(part, Part) and len(asked) <= part.cards_refused:
            raise GatewayRefusedError("payment refused (422): 账户状态异常")
        return await super().pay_out(key, question, pending)


class _Records(Data):
    """Data that may bear nothing out."""

    async def check(
        self, key: str, question: DataCheck, pending: Pending | None = None
    ) -> DataAnswer:
        answer = await super().check(key, question, pending)
        part = run_of(self.runs, key).script
        differ = isinstance(part, Part) and part.data_differ
        return answer.model_copy(update={"verified": not differ})


@dataclass
class Stand:
    """Where one batch is watched from."""

    runs: Runs = field(default_factory=dict)
    looks: dict[str, list[Look]] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)


class _World(World):
    """The virtual world with this bank and these records; it lets its runs be seen."""

    def __init__(self, runs: Runs, stand: Stand) -> None:
        super().__init__(runs)
        stand.runs = runs
        self._played |= {PAYMENT.name: _Bank(runs, stand.asked), DATA.name: _Records(runs)}


def _heard(usual: Words, stand: Stand, act: str) -> Words:
    """Return what a person says: the part's own words for this step, else the usual."""

    def say(scene: Scene) -> AnyCommand:
        run, step = scene.run, scene.task.step
        home = next((site for site in run.open.values() if isinstance(site, HomeSide)), None)
        rows = home.awaited() if home else ()
        look = Look(step, act, scene.task.awaiting.province, rows)
        stand.looks.setdefault(run.spec.case.case_no, []).append(look)
        part = run.script
        own = part.says.get(step) if isinstance(part, Part) else None
        return (own or usual)(scene)

    return say


@dataclass(frozen=True)
class Stage:
    """The catalogue, and cases of it."""

    catalogue: Catalogue
    topology: Topology

    def plan(self, matter: str, mode: str) -> Plan:
        """Return the Plan of a matter in a mode."""
        return self.catalogue.plan(matter, mode)

    async def play(
        self,
        matter: str,
        mode: str,
        parts: Mapping[str, Part],
        away: frozenset[str] = frozenset(),
    ) -> dict[str, Played]:
        """Play one case for each part, all at once; provinces that are `away` cannot be reached."""
        plan = self.plan(matter, mode)
        stand = Stand()
        entered = {f"at {part.out_at}": _at(part.out_at) for part in parts.values() if part.out_at}
        ways = {name: Path(name, _leaving(part), bool, positive) for name, part in parts.items()}
        specs = [
            Spec(path=name, case=self._filed(plan, part, number))
            for number, (name, part) in enumerate(parts.items(), 1)
        ]
        reached = driver.virtual_server
        with ExitStack() as patches:
            patches.enter_context(patch.dict(paths.PATHS, ways))
            patches.enter_context(patch.dict(people.WHENS, entered))
            said = {act: _heard(usual, stand, act) for act, usual in ANSWERS.items()}
            patches.enter_context(patch.dict(ANSWERS, said))
            patches.enter_context(patch.object(driver, "World", partial(_World, stand=stand)))
            patches.enter_context(
                patch.object(driver, "virtual_server", lambda known: reached(known - away))
            )
            rows = {row.path: row async for row in driver.play(specs)}
        stuck = {name: row.problems for name, row in rows.items() if row.view is None}
        assert not stuck, stuck
        return {
            name: Played(
                run=stand.runs[row.case_no],
                view=row.view,
                problems=tuple(text for text in row.problems if not text.startswith("outcome")),
                days=row.days,
                looks=stand.looks.get(row.case_no, []),
                paid_under=stand.asked.get(row.case_no, []),
            )
            for name, row in rows.items()
            if row.view is not None
        }

    def _filed(self, plan: Plan, part: Part, number: int) -> CaseInput:
        case = file(self.catalogue, plan, self.topology, part, number)
        kept = tuple(m for m in case.filing.materials if m.id not in part.without)
        return case.model_copy(
            update={"filing": case.filing.model_copy(update={"materials": kept})}
        )


def _leaving(part: Part) -> Part:
    """Return the part with its moment of withdrawal by name."""
    said: Any = f"at {part.out_at}" if part.out_at else part.withdraw
    return Part(**{**part.__dict__, "withdraw": said})


def _at(step: str) -> Callable[[Any], bool]:
    return lambda site: step in site.state.cursors.values()
