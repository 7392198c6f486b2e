"""What a person does with an open task: the command that a script has them send."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from activities.officers import Officers
from compiler.applicant import MaterialRef
from compiler.fields import parse
from compiler.guards import evaluate
from compiler.kinds import Capture, Exchange, FieldType
from compiler.plan import Plan
from simulation.runs import Run
from workflows.contracts import (
    AcceptCommand,
    AnyCommand,
    CaptureCommand,
    DecideCommand,
    DispatchCommand,
    HandOutCommand,
    ReplyCommand,
    ResolveCommand,
    ReviewCommand,
    SignForCommand,
    SupplyCommand,
)
from workflows.side import Side
from workflows.state import Task

CANDIDATES: dict[FieldType, tuple[Any, ...]] = {
    "text": ("甲", "A-1"),
    "integer": (12, 1, 0),
    "boolean": (False, True),
    "money": ("1000.00", "0.00"),
    "date": ("2026-01-15",),
    "division": ("430102",),
    "id_number": ("430102199003078524",),
    "uscc": ("51110000MJ0172305X",),
    "phone": ("13800138000",),
}
"""Values to try, the usual one first."""


@dataclass(frozen=True)
class Scene:
    """A task and whom it waits for."""

    run: Run
    side: Side
    task: Task
    officers: Officers
    turn: int

    @property
    def id(self) -> str:
        """The command's id: once a task, revision and turn."""
        return f"{self.task.id}@{self.task.rev}.{self.turn}"

    def common(self, *, reason: str = "") -> dict[str, Any]:
        """Return what every command has."""
        return {
            "command_id": self.id,
            "task": self.task.id,
            "task_rev": self.task.rev,
            "by": self.officer(),
            "reason": reason,
        }

    def officer(self) -> str:
        """Return who holds this task, else who may do it and has not acted on the case yet."""
        role = self.task.awaiting.role
        if role == "applicant" or self.task.holder:
            return self.task.holder or "applicant"
        return self.entitled(role)[0]

    def entitled(self, role: str) -> list[str]:
        """Return who has this role and may act here, first those who have not acted yet."""
        side = self.side
        unit, division = self.task.awaiting.unit, side.division
        able = [
            officer.id
            for officer in self.officers.officers
            if role in officer.roles and not self.officers.refusal(officer.id, role, unit, division)
        ]
        acted = {entry.by for entry in side.timeline()}
        return sorted(able, key=lambda name: name in acted) or ["nobody"]


def verdict(verdicts: tuple[str, ...], turn: int) -> Any:
    """Return the verdict of a turn; the last one stands for all later turns."""
    return verdicts[min(turn, len(verdicts) - 1)]


def _accept(scene: Scene) -> AnyCommand:
    said = verdict(scene.run.script.accept, scene.turn)
    first = next(iter(scene.side.plan.materials), None)
    asked = (first.name if first else "申请表",) if said == "correct" else ()
    reason = "不属于本机关职权" if said == "refuse" else ""
    return AcceptCommand(**scene.common(reason=reason), verdict=said, corrections=asked)


def _review(scene: Scene) -> AnyCommand:
    return ReviewCommand(
        **scene.common(reason="审查意见"), verdict=verdict(scene.run.script.review, scene.turn)
    )


def _decide(scene: Scene) -> AnyCommand:
    said = verdict(scene.run.script.decide, scene.turn)
    reason = "不符合法定条件" if said == "reject" else ""
    return DecideCommand(**scene.common(reason=reason), verdict=said)


def _reply(scene: Scene) -> AnyCommand:
    step = scene.side.plan.steps[scene.task.step]
    refusable = isinstance(step, Exchange) and step.refuse is not None
    if scene.run.script.refuse_letters and refusable:
        return ReplyCommand(**scene.common(reason="不符合条件"), refuse=True)
    fields = letter(scene.side.plan, scene.task)
    return ReplyCommand(**scene.common(), fields=fields)


def _supply(scene: Scene) -> AnyCommand:
    ids = tuple(material.id for material in scene.side.plan.materials[:1])
    return SupplyCommand(**scene.common(), materials=tuple(MaterialRef(id=i) for i in ids))


def _capture(scene: Scene) -> AnyCommand:
    step = scene.side.plan.steps[scene.task.step]
    what = step.what if isinstance(step, Capture) else ()
    return CaptureCommand(**scene.common(), evidence=tuple(MaterialRef(id=w) for w in what))


ANSWERS: dict[str, Callable[[Scene], AnyCommand]] = {
    "accept": _accept,
    "review": _review,
    "decide": _decide,
    "reply": _reply,
    "supply": _supply,
    "capture": _capture,
    "hand_out": lambda s: HandOutCommand(**s.common(reason="核验居民身份证原件")),
    "resolve": lambda s: ResolveCommand(**s.common(reason="已处置")),
    "dispatch": lambda s: DispatchCommand(**s.common(), number="M-1"),
    "sign_for": lambda s: SignForCommand(**s.common()),
}
"""Act → what a person says who does it."""


def act_of(task: Task) -> str | None:
    """Return the act that a person does on a task; None where only the outside world acts."""
    return next((act for act in task.acts if act in ANSWERS), None)


def letter(plan: Plan, task: Task) -> dict[str, Any]:
    """Return values for a letter's fields; those with which what decisions require holds."""
    names = list(task.fields)
    choices = [CANDIDATES[task.fields[name]] for name in names]
    for values in itertools.islice(itertools.product(*choices), 200):
        filled = dict(zip(names, values, strict=True))
        if _agrees(plan, task, filled):
            return filled
    return {name: CANDIDATES[kind][0] for name, kind in task.fields.items()}


def _agrees(plan: Plan, task: Task, filled: dict[str, Any]) -> bool:
    """Whether the requirements that read this letter hold, if all else is as usual."""
    for step_id, guard in plan.guards.items():
        mine = f"{task.step}."
        step = plan.steps.get(step_id)
        if (
            step is None
            or step.kind != "decide"
            or not any(n.startswith(mine) for n in guard.names)
        ):
            continue
        known = {name: _usual(name, kind) for name, kind in guard.names.items()}
        known |= {f"{mine}{name}": parse(task.fields[name], v) for name, v in filled.items()}
        if not evaluate(guard, known):
            return False
    return True


def _usual(name: str, kind: FieldType) -> Any:
    return True if name.endswith((".passed", ".verified")) else parse(kind, CANDIDATES[kind][0])
