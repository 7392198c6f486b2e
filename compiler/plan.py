"""The Plan: one matter in one mode, as an explicit graph that a workflow can walk.

A Plan is small, frozen and whole: it travels in the workflow's input, so editing a definition never
touches a running case and a history replays anywhere, alone. What only authors need (comments,
positions, provenance, evidence) is not in it.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import Field

from compiler.kinds import FieldType, Frozen, Limit, Name, Outcome, Step
from compiler.terms import RegimeTerms

PLAN_VERSION = 1
"""Version of this model's shape. An older stored Plan is brought up by `compiler.published`."""

ENGINE = 2
"""Version of what the interpreter must be able to do to run a Plan of today."""

Mode = Literal["online", "collect", "joint", "anywhere", "settlement"]
"""全程网办, 异地代收代办, 多地联办, 异地受理无差别办理, 实时结算."""

ApplicantKind = Literal[
    "individual", "enterprise", "individual_business", "farmer_cooperative", "organisation",
    "unfounded_company",
]  # fmt: skip
"""自然人, 企业, 个体工商户, 农民专业合作社, 其他组织, 尚未设立的企业."""

END = "end"
"""Edge target: the case ends here with the outcome it then has."""

RETURN = "return"
"""Edge target: the enclosing block (`handle`, `parallel`, `repeat`) is through."""


BLOCK_KINDS = frozenset({"handle", "parallel", "repeat"})
"""Kinds whose nested steps are a walk of their own, which ends with `return`."""


class FieldSpec(Frozen):
    """A field of the application. `personal` values never leave encrypted payloads."""

    type: FieldType
    label: str = ""
    personal: bool = False
    optional: bool = False


class Material(Frozen):
    """A material of the application, with its trust grade A–D (domain: 电子证照, 2.)."""

    id: Name
    name: str
    trust: Literal["A", "B", "C", "D"] = "C"
    waived_by: Name | None = None
    optional: bool = False
    tolerable: bool = False
    """容缺: it may follow after the acceptance, where the matter accepts so."""


class Place(Frozen):
    """A place role bound to a division.

    `value` says where the division comes from: `application.FIELD`, `portal.division`, or a
    six-digit division code.
    """

    is_: str = Field(alias="is")
    value: str
    unit: str


class Wait(Frozen):
    """Who owes an answer while a step waits, and the ladder when it is late."""

    owner: str
    late: tuple[str, ...] = ()


class Guard(Frozen):
    """A CEL expression and the types of exactly the names that it reads."""

    expr: str
    names: dict[str, FieldType]


class Condition(Frozen):
    """A condition of application that software can check when the case is filed."""

    guard: Guard
    otherwise: str


class CoApplicants(Frozen):
    """共同申请人: who applies together with the applicant, and what they are called (配偶)."""

    count: int = Field(ge=1, le=9)
    label: str
    required: bool = True


class Edge(Frozen):
    """From a step, on one of its results, to a step id, `end` or `return`.

    Block steps have further edges into their nested steps: `enter` (handle, repeat), the names of
    the cases (choose) or of the branches (parallel).
    """

    source: str
    on: str
    target: str


class Plan(Frozen):
    """One matter in one mode, ready to run."""

    plan_version: int = PLAN_VERSION
    engine: int = 1
    """What its interpreter must be able to do; a Plan that says nothing is of the first."""
    digest: str = ""
    matter: str
    name: str
    mode: Mode
    procedure: str
    legal_regime: str
    regime: RegimeTerms = RegimeTerms()
    tolerant: bool = False
    """容缺受理: whether papers may follow after the acceptance."""
    home: Name
    decided_by: Name
    promised: Limit | None = None
    fee: int | None = 0
    """In 分; None where each province sets it."""
    applicants: tuple[ApplicantKind, ...]
    co_applicants: CoApplicants | None = None
    proxy: Literal["allowed", "forbidden"] = "allowed"
    """Whether an agent, handler or guardian may stand in the applicant's stead."""
    representative_required: bool = False
    """Whether an organisation must name its 法定代表人 or a 经办人."""
    repeatable: bool = False
    """Whether one person may have several cases of this matter open at once."""
    application: dict[Name, FieldSpec]
    materials: tuple[Material, ...] = ()
    places: dict[Name, Place]
    waits: dict[Name, Wait] = Field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    guards: dict[str, Guard] = Field(default_factory=dict)
    """By step id: the guard of `when` and `repeat`, the `require` of `decide`; for `choose`, the
    key is `step/case`."""
    start: str
    steps: dict[str, Step]
    edges: tuple[Edge, ...]

    @property
    def title(self) -> str:
        """Code and name, as operators see it: `2020-01 学历公证`."""
        return f"{self.matter} {self.name}"

    def target(self, step: str, on: str) -> str | None:
        """Return where `step` leads on the result `on`, or None when no edge says."""
        for edge in self.edges:
            if edge.source == step and edge.on == on:
                return edge.target
        return None

    def blocks(self, step: str) -> dict[str, str]:
        """Return the first steps nested in a block step, by the label of the edge into them."""
        own = self.steps[step].LABELS
        return {e.on: e.target for e in self.edges if e.source == step and e.on not in own}

    def inside(self, entry: str) -> frozenset[str]:
        """Return every step that can follow `entry` before its block returns, with `entry`."""
        seen: set[str] = set()
        front = {entry}
        while front:
            seen |= front
            targets = {edge.target for edge in self.edges if edge.source in front}
            front = {target for target in targets if target in self.steps} - seen
        return frozenset(seen)

    def regions(self) -> dict[str, str]:
        """Return each step's region: empty at the top, else the `block/label` that it is in."""
        found = dict.fromkeys(self.steps, "")
        blocks = [
            (f"{step_id}/{label}", self.inside(entry))
            for step_id, step in self.steps.items()
            if step.kind in BLOCK_KINDS
            for label, entry in self.blocks(step_id).items()
        ]
        # The larger first: what is nested lies inside.
        for region, members in sorted(blocks, key=lambda block: -len(block[1])):
            found.update(dict.fromkeys(members, region))
        return found

    def repeated(self) -> frozenset[str]:
        """Return every step that is in some `repeat`."""
        return self._within("repeat")

    def branched(self) -> frozenset[str]:
        """Return every step that is in a branch of some `parallel`."""
        return self._within("parallel")

    def _within(self, kind: str) -> frozenset[str]:
        entries = (
            entry
            for step_id, step in self.steps.items()
            if step.kind == kind
            for entry in self.blocks(step_id).values()
        )
        return frozenset(step for entry in entries for step in self.inside(entry))

    def kinds(self) -> frozenset[str]:
        """Return the step kinds that a run of this Plan needs."""
        return frozenset(step.kind for step in self.steps.values())

    def outcomes(self) -> frozenset[Outcome]:
        """Return the outcomes that some path of this Plan can set."""
        found: set[Outcome] = set()
        for step in self.steps.values():
            found.update(step.ENDINGS.values())
            found.update(o for o in (step.outcome,) if o)
            letters = (getattr(step, "refuse", None), getattr(step, "lapse", None))
            found.update(said.outcome for said in letters if said is not None)
        return frozenset(found)

    def sealed(self) -> Plan:
        """Return this Plan with `digest` set to the SHA-256 of everything else in it."""
        text = self.model_dump_json(by_alias=True, exclude={"digest"}, exclude_defaults=True)
        return self.model_copy(update={"digest": hashlib.sha256(text.encode()).hexdigest()})
