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
from compiler.kinds import Capture, Deliver, Exchange, FieldType
from compiler.plan import Plan
from simulation.papers import tolerable
from simulation.runs import Run, Site
from workflows.contracts import (
    AcceptCommand,
    AnswerSupervisionCommand,
    AnyCommand,
    CallBackCommand,
    CaptureCommand,
    CloseOutCommand,
    DecideCommand,
    DispatchCommand,
    HandOutCommand,
    RateCommand,
    RectifyCommand,
    ReplyCommand,
    ResolveCommand,
    ReviewCommand,
    RuleCommand,
    SignForCommand,
    SuperviseCommand,
    SupplyCommand,
    VerifyCommand,
)
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
    """A task, where it is, and who could do it."""

    run: Run
    site: Site
    task: Task
    officers: Officers
    turn: int
    """How often this act was done before in the case."""

    @property
    def plan(self) -> Plan:
        """The case's Plan, the same at all its places."""
        return self.run.spec.case.plan

    def common(self, *, reason: str = "") -> dict[str, Any]:
        """Return what every command has; its id is another one for each revision."""
        return {
            "command_id": f"{self.task.id}@{self.task.rev}",
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
        row = self.task.awaiting
        division = self.run.spec.case.divisions[row.place]
        able = [
            officer.id
            for officer in self.officers.officers
            if role in officer.roles
            and not self.officers.refusal(officer.id, role, row.unit, division)
        ]
        return sorted(able, key=lambda name: name in self.run.acted) or ["nobody"]


def verdict(verdicts: tuple[str, ...], turn: int) -> Any:
    """Return the verdict of a turn; the last one stands for all later turns."""
    return verdicts[min(turn, len(verdicts) - 1)]


def _accept(scene: Scene) -> AnyCommand:
    said = verdict(scene.run.script.accept, scene.turn)
    first = next(iter(scene.plan.materials), None)
    asked = (first.name if first else "申请表",) if said == "correct" else ()
    reason = "不属于本机关职权" if said == "refuse" else ""
    following = _following(scene) if said == "accept" else ()
    return AcceptCommand(
        **scene.common(reason=reason),
        verdict=said,
        corrections=asked,
        tolerated=() if scene.run.script.pledges else following,
        pledged=following if scene.run.script.pledges else (),
    )


def _following(scene: Scene) -> tuple[str, ...]:
    """Return the ids of what was not handed in and may follow."""
    lacks = scene.run.script.lacks == "tolerable"
    return tuple(m.id for m in tolerable(scene.plan)[:1]) if lacks else ()


def _review(scene: Scene) -> AnyCommand:
    return ReviewCommand(
        **scene.common(reason="审查意见"), verdict=verdict(scene.run.script.review, scene.turn)
    )


def _decide(scene: Scene) -> AnyCommand:
    said = verdict(scene.run.script.decide, scene.turn)
    reason = "不符合法定条件" if said == "reject" else ""
    return DecideCommand(**scene.common(reason=reason), verdict=said)


def _reply(scene: Scene) -> AnyCommand:
    step = scene.plan.steps[scene.task.step]
    refusable = isinstance(step, Exchange) and step.refuse is not None
    if scene.run.script.refuse_letters and refusable:
        return ReplyCommand(**scene.common(reason="不符合条件"), refuse=True)
    fields = letter(scene.plan, scene.task)
    return ReplyCommand(**scene.common(), fields=fields)


def _supply(scene: Scene) -> AnyCommand:
    ids = _following(scene) or tuple(material.id for material in scene.plan.materials[:1])
    return SupplyCommand(**scene.common(), materials=tuple(MaterialRef(id=i) for i in ids))


def _resolve(scene: Scene) -> AnyCommand:
    step = scene.plan.steps[scene.task.step]
    pick_up = scene.run.script.pick_up and isinstance(step, Deliver)
    return ResolveCommand(**scene.common(reason="已处置"), pick_up=pick_up)


def _sign_for(scene: Scene) -> AnyCommand:
    missing = scene.run.script.never_arrived and scene.turn == 0
    return SignForCommand(**scene.common(reason="逾期未到" if missing else ""), missing=missing)


def _verify(scene: Scene) -> AnyCommand:
    if scene.run.script.appeal:
        said: dict[str, Any] = {"verdict": "appeal", "ground": "mistaken"}
        return VerifyCommand(**scene.common(reason="评价对象有误"), **said)
    return VerifyCommand(**scene.common(), verdict="rectify")


def _capture(scene: Scene) -> AnyCommand:
    step = scene.plan.steps[scene.task.step]
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
    "resolve": _resolve,
    "dispatch": lambda s: DispatchCommand(**s.common(), number="M-1"),
    "sign_for": _sign_for,
    "rate": lambda s: RateCommand(**s.common(), score=s.run.script.score),
    "verify": _verify,
    "rule": lambda s: RuleCommand(**s.common(reason="评价对象有误"), verdict="uphold"),
    "rectify": lambda s: RectifyCommand(**s.common(reason="已改进")),
    "supervise": lambda s: SuperviseCommand(**s.common(reason="请限期办结")),
    "answer_supervision": lambda s: AnswerSupervisionCommand(**s.common(reason="已抓紧办理")),
    "close_out": lambda s: CloseOutCommand(**s.common()),
    "call_back": lambda s: CallBackCommand(**s.common(), satisfied=s.run.script.satisfied),
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
