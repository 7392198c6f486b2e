"""What YAML may say: the models of matters, families and procedures as authors write them.

A matter is the merge of three texts, the later one winning key by key: `common` and its family
(and the family's own family) in `families.yaml` or `families/`, then the matter's file. What a
family says, a matter does not repeat. The merge happens on located nodes (`compiler.merge`); these
models check its result.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from compiler.kinds import Frozen, Limit, Name
from compiler.plan import ApplicantKind, CoApplicants, FieldSpec, Material, Mode, Place, Wait

Code = Annotated[str, StringConstraints(pattern=r"^(2020|2021|later)-[0-9]{2}$")]
"""List and number: `2020-07` is number 7 of the first list, `later-03` number 3 of the third."""

Basis = Literal["source", "law", "default"]
"""Where a statement comes from: the source text, a law that is named, or only our default."""

LegalRegime = Literal[
    "行政许可", "行政确认", "行政给付", "行政登记", "行政备案", "行政裁决", "公证", "公共服务",
    "婚姻登记",
]  # fmt: skip
"""Decides which time law applies."""

ItemType = Literal[
    "行政许可", "行政确认", "行政给付", "行政登记", "行政备案", "其他行政权力", "公共服务"
]
"""事项类型, one of the four of 四级四同."""


class Source(Frozen):
    """Where the matter stands in the source document; `deadline` verbatim, third list only."""

    document: str
    list: Literal[1, 2, 3]
    number: int = Field(ge=1)
    deadline: str = ""


class LegalBasis(Frozen):
    """A clause and the day from which it holds."""

    title: str
    clause: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


class DecidedBy(Frozen):
    """The place whose unit has the power to decide (办理事权)."""

    place: Name
    basis: Basis
    note: str = ""


class ConditionRule(Frozen):
    """申请条件: in words, and as a guard where software can check it when the case is filed."""

    text: str = ""
    when: str | None = None
    otherwise: str = ""
    basis: Basis


class FilingRule(Frozen):
    """申报方式."""

    channels: tuple[Literal["online", "window", "self_service", "mobile"], ...]
    basis: Basis


class AcceptanceRule(Frozen):
    """受理模式; `tolerant` is 容缺受理."""

    tolerant: bool = False
    instant: bool = False
    basis: Basis


class ReviewRule(Frozen):
    """审核程序."""

    policy: Literal["sequential", "single", "any", "all", "none"]
    roles: tuple[Literal["acceptor", "reviewer", "decider"], ...] = ()
    basis: Basis


class TimeRule(Frozen):
    """办理时限; promised must not exceed statutory."""

    promised: Limit | None = None
    statutory: Limit | None = None
    legal_basis: str = ""
    basis: Basis


class CertificateRule(Frozen):
    """发证方式."""

    form: Literal["none", "electronic", "paper", "both", "self_print"]
    name: str = ""
    basis: Basis


class FeeRule(Frozen):
    """收费标准: amount in yuan, null when each province sets it."""

    amount: float | None = 0
    note: str = ""
    basis: Basis


class Rules(Frozen):
    """The seven rule elements that 四(三) demands of every matter."""

    conditions: Annotated[tuple[ConditionRule, ...], Field(min_length=1)]
    filing: FilingRule
    acceptance: AcceptanceRule
    review: ReviewRule
    time_limit: TimeRule
    certificate: CertificateRule
    fee: FeeRule


class MaterialRule(Material):
    """A material as an author states it."""

    basis: Basis = "default"


class CoApplicantsRule(CoApplicants):
    """Who applies together with the applicant, as an author states it."""

    basis: Basis


class ProxyRule(Frozen):
    """委托办理: whether somebody may come in the applicant's stead."""

    policy: Literal["allowed", "forbidden"] = "allowed"
    legal_basis: str = ""
    basis: Basis = "default"


class RepresentativeRule(Frozen):
    """Whether an organisation must name its 法定代表人 or a 经办人 when it applies."""

    required: bool = False
    basis: Basis = "default"


class RepeatRule(Frozen):
    """Whether one applicant may have several cases of the matter open at once (certificates)."""

    allowed: bool = False
    reason: str = ""
    basis: Basis = "default"


class Change(Frozen):
    """What a matter changes in a procedure's step, or puts before or after it.

    `before` and `after` hold steps by id; any other key overrides the step's parameter of that
    name, which the step's own kind then checks.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    drop: bool = False
    before: dict[Name, dict[str, Any]] = Field(default_factory=dict)
    after: dict[Name, dict[str, Any]] = Field(default_factory=dict)


class ModeRule(Frozen):
    """How the matter goes in one mode.

    `basis: source` needs the `evidence` phrase of the scenario, `default` and `law` a `reason`.
    """

    basis: Basis
    evidence: str = ""
    reason: str = ""
    procedure: Name
    with_: dict[Name, Any] = Field(default_factory=dict, alias="with")
    change: dict[Name, Change] = Field(default_factory=dict)
    places: dict[Name, Place] = Field(default_factory=dict)
    rules: dict[str, Any] = Field(default_factory=dict)
    onsite_required_by: str = ""


class SourceLimits(Frozen):
    """What the scenario's own words restrict, verbatim; eligibility rules are made from them."""

    excludes: str = ""
    requires: str = ""
    keeps: str = ""
    pilot: str = ""


class Matter(Frozen):
    """A matter (事项) after the merge."""

    code: Code
    name: str
    source: Source
    scenario: str
    lead: str
    cooperating: tuple[str, ...]
    family: str
    themes: tuple[str, ...] = ()
    applicants: Annotated[tuple[ApplicantKind, ...], Field(min_length=1)]
    item_type: ItemType
    legal_regime: LegalRegime
    basic_code: str | None = None
    legal_basis: tuple[LegalBasis, ...] = ()
    due_by: dt.date | None = None
    handling_level: tuple[Literal["nation", "province", "city", "county", "township"], ...]
    application: dict[Name, FieldSpec]
    places: dict[Name, Place] = Field(default_factory=dict)
    decided_by: DecidedBy
    not_limited_by: tuple[str, ...] = ()
    no_trip: tuple[str, ...] = ()
    limits: SourceLimits = SourceLimits()
    supersedes: tuple[Code, ...] = ()
    prerequisites: tuple[str, ...] = ()
    co_applicants: CoApplicantsRule | None = None
    proxy: ProxyRule = ProxyRule()
    representative: RepresentativeRule = RepresentativeRule()
    repeatable: RepeatRule = RepeatRule()
    rules: Rules
    materials: tuple[MaterialRule, ...] = ()
    modes: Annotated[dict[Mode, ModeRule], Field(min_length=1)]


class Param(Frozen):
    """A parameter that a procedure leaves to the matter; without a default it must be given."""

    type: Literal["duration", "text", "choice", "boolean"]
    of: tuple[str, ...] = ()
    default: Any = None


class Procedure(Frozen):
    """A way of working that matters share.

    `places` maps each role to its binding, or to null where every matter binds its own. `home` is
    the role of the place where the case lives. `steps` stays raw here: the kinds check each step
    after parameters are put in and the matter's changes are made.
    """

    procedure: Name
    title: str
    home: Name
    places: dict[Name, Place | None]
    params: dict[Name, Param] = Field(default_factory=dict)
    waits: dict[Name, Wait] = Field(default_factory=dict)
    steps: list[dict[Name, dict[str, Any]]]
