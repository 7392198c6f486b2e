"""Random definitions: procedures of all kinds with all sorts of blocks, as authors could write.

A procedure is made of phases, as real ones are: what comes before the acceptance, what lies between
it and the decision, and what follows. Within a phase anything goes. Nothing here knows the static
rules: what is valid, the real compiler says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from compiler.build import Recipe, Source, build
from compiler.definition import LegalRegime, Matter, Procedure
from compiler.findings import Finding
from compiler.kinds import KINDS
from compiler.plan import Plan
from compiler.typed import validate
from compiler.yaml_text import located

HOME, PLACES = "filing", ("handling", "other")

DIVISIONS = {HOME: "440000", "handling": "430102", "other": "110101"}
"""Place role → where it is in these cases: three provinces."""

LIMITS = ("30 minutes", "48 hours", "3 workdays", "20 workdays", "30 days")

DOOR = (
    "intake", "form_review", "identity_check", "data_check", "capture", "review", "exchange",
    "transport", "pay", "notify", "hold", "when", "choose", "parallel", "repeat",
)  # fmt: skip
"""Kinds that come before the acceptance."""

MIDDLE = (
    "data_check", "review", "exchange", "transport", "pay", "capture", "notify", "hold",
    "when", "choose", "parallel", "repeat",
)  # fmt: skip
"""Kinds between acceptance and decision."""

AFTER = ("issue", "pay_out", "transport", "hold", "notify", "deliver", "when", "choose", "parallel")
"""Kinds that follow the decision."""

HOME_ONLY = frozenset({"exchange", "handle"})
CONTROL = frozenset({"when", "choose", "parallel", "repeat"})
DEEPEST = 3

WAITS = {
    "agency": {
        "owner": "办理机关",
        "late": ["remind@50%", "yellow@80%", "supervise@90%", "red@100%"],
    },
    "quiet": {"owner": "办理机关", "late": []},
    "short": {"owner": "办理机关", "late": ["red@100%"]},
}

NEGATIVE = {
    "accept": ("not_accepted", "lapsed"),
    "decide": ("rejected", "lapsed"),
    "pay": ("unpaid",),
    "capture": ("absent",),
    "form_review": ("failed",),
    "identity_check": ("mismatched",),
    "parallel": ("failed",),
    "exchange": ("refused",),
}
"""Kind → results that a definition may lead somewhere with `on`."""

GUARDS = {
    "boolean": ("{}", "!{}"),
    "integer": ("{} > 1", "{} == 0", "{} <= 12"),
    "money": ("{} > 0", "{} == 100000"),
    "text": ('{} != ""', '{} == "甲"'),
}
"""Type → guards over one name of it."""

FILED = {"applicant.kind": "text", "materials.id_card": "boolean", "materials.form": "boolean"}

Step = dict[str, Any]
Names = dict[str, str]


@dataclass(frozen=True)
class Definition:
    """A matter and its procedure, as they stand in YAML files."""

    matter: dict[str, Any]
    procedure: dict[str, Any]

    def compiled(self) -> tuple[Plan | None, tuple[Finding, ...]]:
        """Compile it; what is no valid definition has no Plan but findings."""
        matter_node = located(self.matter, "matter")
        procedure_node = located(self.procedure, "procedure")
        matter, procedure = validate(Matter, matter_node), validate(Procedure, procedure_node)
        if isinstance(matter, list) or isinstance(procedure, list):
            found = [*(matter if isinstance(matter, list) else ())]
            found += procedure if isinstance(procedure, list) else ()
            return None, tuple(found)
        built = build(Source(matter, matter_node), "collect", Recipe(procedure, procedure_node))
        return (built.plan.sealed() if built.plan else None), built.findings


@dataclass
class Author:
    """Somebody who writes steps, as random data has them do."""

    draw: st.DrawFn
    left: int
    decided_by: str
    timeless: bool = False
    written: int = 0

    def maybe(self, percent: int) -> bool:
        return self.draw(st.integers(1, 100)) <= percent

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def name(self) -> str:
        self.written += 1
        return f"s{self.written}"

    def phase(
        self, kinds: tuple[str, ...], place: str, most: int, depth: int, names: Names, *,
        least: int = 0, within: str = "",
    ) -> list[dict[str, Step]]:  # fmt: skip
        """Write a run of steps of these kinds; what they put out is added to `names`."""
        steps: list[dict[str, Step]] = []
        for _ in range(self.draw(st.integers(least, max(least, min(most, self.left))))):
            fitting = [kind for kind in kinds if self.fits(kind, place, depth, within)]
            steps.append(self.step(self.pick(*fitting), place, depth, names))
        return steps

    def fits(self, kind: str, place: str, depth: int, within: str) -> bool:
        if kind in HOME_ONLY and place != HOME:
            return False
        if kind == "hold" and self.timeless:
            return False
        return not (kind in CONTROL and (depth == 0 or self.left < 2 or within == kind))

    def step(self, kind: str, place: str, depth: int, names: Names) -> dict[str, Step]:
        """Write one step, with its blocks."""
        name = self.name()
        self.left -= 1
        step: Step = {"kind": kind, **self.common(kind)}
        if kind in ("exchange", "transport"):
            step |= self.between(kind, place)
        else:
            step["at"] = place
        write = getattr(self, f"write_{kind}", None)
        if write is not None:
            step |= write(place, depth, names)
        for output, of in KINDS[kind].OUTPUTS.items():
            names[f"{name}.{output}"] = of
        for letter in ("send", "reply"):
            for output, of in step.get(letter, {}).get("fields", {}).items():
                names[f"{name}.{output}"] = of
        return {name: step}

    def common(self, kind: str) -> Step:
        step: Step = {}
        if kind in ("capture", "pay") or (kind not in CONTROL and self.maybe(50)):
            step["within"] = self.pick(*LIMITS)
        if self.maybe(60):
            step["wait"] = self.pick(*WAITS)
        if kind in ("pay_out", "issue", "transport") and self.maybe(20):
            step["no_return"] = True
        if self.maybe(20):
            step["title"] = f"第{self.written}步"
        return step

    def between(self, kind: str, place: str) -> Step:
        other = self.pick(*PLACES) if place == HOME else HOME
        ends = (place, other) if place != HOME or self.maybe(60) else (other, place)
        step: Step = dict(zip(("from", "to"), ends, strict=True))
        if kind == "transport":
            by = ("ems", "network") if place != HOME else KINDS_OF_CARRIERS
            by = tuple(way for way in by if way != "ems" or not self.timeless)
            return step | {"by": self.pick(*by), "what": self.pick("materials", "archive")}
        step["send"] = {"name": "联系函", "fields": self.letter(0)}
        if self.maybe(60):
            step["reply"] = {"name": "信息表", "fields": self.letter(1)}
        if self.maybe(50):
            outcome = self.pick("rejected", "terminated")
            step["refuse"] = {"outcome": outcome, "notice": "不符合转出条件"}
        return step

    def letter(self, least: int) -> dict[str, str]:
        kinds = ("money", "integer", "boolean", "text")
        return {f"f{n}": self.pick(*kinds) for n in range(self.draw(st.integers(least, 2)))}

    def guard(self, names: Names) -> str:
        known = sorted(name for name, of in names.items() if of in GUARDS)
        # The latest are the interesting ones: what steps have put out.
        name = self.pick(*known[-4:]) if self.maybe(70) else self.pick(*known)
        return str(self.pick(*GUARDS[names[name]])).format(name)

    def write_identity_check(self, *_: Any) -> Step:
        return {"level": self.pick("remote", "in_person")}

    def write_data_check(self, *_: Any) -> Step:
        waives = self.pick([], ["id_card"], ["form"])
        return {"unit": "公安机关", "waives": waives, "attempts": self.pick(1, 2)}

    def write_capture(self, *_: Any) -> Step:
        return {"what": self.pick(["photo"], ["fingerprint", "signature"])}

    def write_review(self, *_: Any) -> Step:
        return {"officers": self.pick(1, 1, 2)}

    def write_decide(self, place: str, depth: int, names: Names) -> Step:
        del place, depth
        policy = self.pick("sequential", "single", "any", "all")
        step: Step = {"policy": policy}
        if policy in ("any", "all"):
            step["units"] = ["甲局", "乙局", "丙局"][: self.pick(1, 2, 3)]
        if self.maybe(40):
            otherwise = {"task": "条件不符, 请核实", "owner": "办理机关"}
            step["require"] = {"guard": self.guard(names), "otherwise": otherwise}
        return step

    def write_issue(self, *_: Any) -> Step:
        return {"document": "证明"}

    def write_deliver(self, *_: Any) -> Step:
        slow = () if self.timeless else ("courier",)
        return {"by": self.pick(*slow, "electronic", "pick_up")}

    def write_notify(self, *_: Any) -> Step:
        return {"notice": "告知"}

    def write_hold(self, *_: Any) -> Step:
        return {"span": self.pick(*LIMITS), "stops_clock": self.maybe(20)}

    def write_when(self, place: str, depth: int, names: Names) -> Step:
        step: Step = {"guard": self.guard(names)}
        step["then"] = self.inner("when", place, depth, names)
        if self.maybe(50):
            step["else"] = self.inner("when", place, depth, names)
        return step

    def write_choose(self, place: str, depth: int, names: Names) -> Step:
        cases = {
            f"c{n}": {"when": self.guard(names), "steps": self.inner("choose", place, depth, names)}
            for n in range(self.pick(1, 2))
        }
        step: Step = {"cases": cases}
        if self.maybe(50):
            step["otherwise"] = self.inner("choose", place, depth, names)
        return step

    def write_parallel(self, place: str, depth: int, names: Names) -> Step:
        branches = {
            f"b{n}": self.inner("parallel", place, depth, names) for n in range(self.pick(2, 2, 3))
        }
        return {"branches": branches, "on_failure": self.pick("cancel", "report")}

    def write_repeat(self, place: str, depth: int, names: Names) -> Step:
        inside = dict(names)
        steps = self.inner("repeat", place, depth, inside, hide=False)
        return {"until": self.guard(inside), "most": self.pick(1, 2, 3), "steps": steps}

    def inner(
        self, within: str, place: str, depth: int, names: Names, *, hide: bool = True
    ) -> list[dict[str, Step]]:
        """Write a block's steps; what happens only there is not certain outside."""
        kinds = tuple(kind for kind in MIDDLE if kind != "hold" or self.maybe(50))
        if self.maybe(25):
            kinds = ("notify", "review", "data_check")
        seen = dict(names) if hide else names
        return self.phase(kinds, place, 2, depth - 1, seen, least=1, within=within)


KINDS_OF_CARRIERS = ("ems", "classified", "messenger", "hand", "network")


def _steps(author: Author) -> list[dict[str, Step]]:
    """Write a whole procedure: the door, the decision at its place, what follows."""
    names = {**FILED, "application.urgent": "boolean", "application.years": "integer"}
    steps = author.phase(DOOR, HOME, 3, DEEPEST, names, least=1)
    elsewhere = author.decided_by != HOME
    middle = _decided(author, names)
    if elsewhere:
        handle: Step = {"kind": "handle", "at": author.decided_by, "steps": middle}
        steps.append({author.name(): handle})
        for name in [name for name in names if name.startswith("s")]:
            names.pop(name)
    else:
        steps += middle
    steps += author.phase(AFTER, HOME, 2, DEEPEST, names)
    if author.maybe(60):
        steps.append(author.step(author.pick("notify", "deliver"), HOME, 0, names))
    return steps


def _decided(author: Author, names: Names) -> list[dict[str, Step]]:
    place = author.decided_by
    if author.maybe(15):
        last = author.step("notify", place, 0, names)
        next(iter(last.values()))["outcome"] = author.pick("acknowledged", "answered", "settled")
        return [*author.phase(MIDDLE, place, 2, 2, names), last]
    steps = author.phase(("data_check", "review", "notify"), place, 1, 1, names)
    if author.maybe(75):
        steps.append(author.step("accept", place, 0, names))
    steps += author.phase(MIDDLE, place, 3, DEEPEST, names)
    steps.append(author.step("decide", place, 0, names))
    steps += author.phase(AFTER, place, 2, 1, names)
    return steps


def _lead_on(
    author: Author, steps: list[dict[str, Step]], after: str = "", region: str = ""
) -> None:
    """Lead results that are no success forward, within the same walk.

    Args:
        author: Who leads.
        steps: A sequence.
        after: The step that follows it in the same walk, if there is one.
        region: The block whose walk it is; empty at the top.
    """
    flat = [(name, step) for entry in steps for name, step in entry.items()]
    for index, (name, step) in enumerate(flat):
        later = [found for found, _ in flat[index + 1 :]] + ([after] if after else [])
        through = step["kind"] in ("when", "choose")
        for block in _blocks(step):
            inside = (later[0] if later else "", region) if through else ("", name)
            _lead_on(author, block, *inside)
        if step["kind"] == "repeat":
            target = later[0] if later else "return" if region else "end"
            step["on"] = {"exhausted": target}
        telling = [
            found for found, other in flat[index + 1 :] if other["kind"] in ("notify", "deliver")
        ]
        for label in _negative(step):
            if telling and author.maybe(40):
                step.setdefault("on", {})[label] = author.pick(*telling)


def _negative(step: Step) -> tuple[str, ...]:
    """Return the results of a step that are no success."""
    if step["kind"] == "exchange" and "refuse" not in step:
        return ()
    if step.get("on_failure") == "report":
        return ()
    return NEGATIVE.get(step["kind"], ())


def _blocks(step: Step) -> list[list[dict[str, Step]]]:
    if step["kind"] == "choose":
        found = [case["steps"] for case in step["cases"].values()]
        return [*found, step["otherwise"]] if "otherwise" in step else found
    if step["kind"] == "parallel":
        return list(step["branches"].values())
    return [step[key] for key in ("then", "else", "steps") if key in step]


@st.composite
def definitions(draw: st.DrawFn, most: int = 12, *, timeless: bool = False) -> Definition:
    """Generate a definition: 3 to `most` steps, give or take those that its phases need.

    Args:
        draw: Hypothesis's.
        most: Steps at most.
        timeless: Whether nothing in it takes days by itself: no parcel, payment or waiting time.
    """
    decided_by = draw(st.sampled_from([HOME, "handling"]))
    author = Author(draw, draw(st.integers(3, most)), decided_by, timeless)
    steps = _steps(author)
    _lead_on(author, steps)
    matter = {
        "code": "2020-01",
        "name": "随机事项",
        "source": {"document": "国办发〔2020〕35号", "list": 1, "number": 1},
        "scenario": "申请人可异地申请。",
        "lead": "司法部",
        "cooperating": [],
        "family": "随机",
        "applicants": ["individual"],
        "item_type": "公共服务",
        "legal_regime": draw(st.sampled_from(LegalRegime.__args__)),
        "handling_level": ["city"],
        "application": {
            "home_div": {"type": "division"},
            "other_div": {"type": "division"},
            "urgent": {"type": "boolean"},
            "years": {"type": "integer"},
        },
        "decided_by": {"place": decided_by, "basis": "default"},
        "repeatable": {"allowed": draw(st.booleans()), "reason": "随机", "basis": "default"},
        "rules": {
            "conditions": [{"text": "符合条件", "basis": "default"}],
            "filing": {"channels": ["online"], "basis": "default"},
            "acceptance": {"tolerant": draw(st.booleans()), "basis": "default"},
            "review": {"policy": "sequential", "basis": "default"},
            "time_limit": {"promised": "20 workdays", "basis": "default"},
            "certificate": {"form": "none", "basis": "default"},
            "fee": {
                "amount": 0 if timeless else draw(st.sampled_from([0, 10.5])),
                "basis": "default",
            },
        },
        "materials": [
            {"id": "id_card", "name": "居民身份证", "trust": "A"},
            {"id": "form", "name": "申请表", "trust": "B", "optional": draw(st.booleans())},
        ],
        "modes": {"collect": {"basis": "default", "reason": "随机", "procedure": "random"}},
    }
    procedure = {
        "procedure": "random",
        "title": "随机",
        "home": HOME,
        "places": {
            HOME: {"is": "收件地", "value": "portal.division", "unit": "收件单位"},
            "handling": {"is": "办理地", "value": "application.home_div", "unit": "办理机关"},
            "other": {"is": "协办地", "value": "application.other_div", "unit": "协办机关"},
        },
        "waits": WAITS,
        "steps": steps,
    }
    return Definition(matter, procedure)
