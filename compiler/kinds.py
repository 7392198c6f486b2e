"""The step kinds that a procedure may use: one frozen model a kind, one table of all.

A kind says which parameters a step of it takes, which results (`LABELS`) may end it, which values
it puts out for guards, and which of its keys hold nested steps (`BLOCKS`). It says nothing about
how the step runs: that is `workflows/steps/`, one file a kind.

Structural keys (`on`, and those in `BLOCKS`) exist only in YAML. The builder turns them into the
Plan's edges, so the models here hold a step's own parameters and nothing about order.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Limit = Annotated[
    str, StringConstraints(pattern=r"^[1-9][0-9]{0,3} (workdays|days|hours|minutes)$")
]
"""A span of time as the rules state it: `15 workdays`, `30 days` (natural), `48 hours`."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""An identifier in definitions: a step, place role, field, parameter or wait."""

FieldType = Literal[
    "text", "integer", "boolean", "money", "date", "division", "id_number", "uscc", "phone"
]
"""Types of typed fields. `compiler.fields` says how each is checked and what a guard sees."""

Outcome = Literal[
    "approved", "rejected", "not_accepted", "withdrawn", "terminated", "revoked", "cancelled",
    "voided", "not_collected", "acknowledged", "answered", "settled",
]  # fmt: skip
"""How a case can end (办件结果): different acts, actors and documents, never one word for all."""


class Frozen(BaseModel):
    """Base of every model here: immutable, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Retry(Frozen):
    """How a step's outside effects are tried again; they are tried until they succeed.

    `attempt` bounds one try, `first` is the first pause in seconds, `longest` the longest one.
    """

    attempt: int = Field(default=20, ge=1, le=600)
    first: int = Field(default=1, ge=1, le=3600)
    longest: int = Field(default=300, ge=1, le=86400)


class Letter(Frozen):
    """A named message between places (联系函, 信息表) and its typed fields."""

    name: str
    fields: dict[Name, FieldType] = Field(default_factory=dict)


class Refusal(Frozen):
    """What it means when the other place refuses an exchange, or lets its limit pass."""

    outcome: Outcome
    notice: str


class Otherwise(Frozen):
    """The task that a person gets when a `require` guard does not hold."""

    task: str
    owner: str


class BaseStep(Frozen):
    """What every step has."""

    LABELS: ClassVar[tuple[str, ...]] = ("done",)
    """Results that may end the step; the first is the one that goes on to the next step."""
    ENDINGS: ClassVar[dict[str, Outcome]] = {}
    """Result → outcome of the case, where a result of this kind decides it."""
    OUTPUTS: ClassVar[dict[str, FieldType]] = {}
    """Values that later guards may read as `step.name`."""
    BLOCKS: ClassVar[tuple[str, ...]] = ()
    """Keys of nested steps in YAML."""
    TITLE: ClassVar[str] = ""
    """The kind's Chinese name, used where a step has no title of its own."""

    title: str = ""
    within: Limit | None = None
    wait: Name | None = None
    no_return: bool = False
    outcome: Outcome | None = None
    retry: Retry = Retry()

    def ending(self, label: str) -> Outcome | None:
        """Return how the case ends when this step ends with `label`; None when it goes on."""
        return self.outcome or self.ENDINGS.get(label)

    @property
    def label(self) -> str:
        """What people read: the step's own title, else the kind's Chinese name."""
        return self.title or self.TITLE


class PlacedStep(BaseStep):
    """A step at one place; `at` is a role that the matter binds to a division."""

    at: Name

    @property
    def actor(self) -> str:
        """The role of the place that acts."""
        return self.at


class BetweenStep(BaseStep):
    """A step from one place to another."""

    source: Name = Field(alias="from")
    to: Name

    @property
    def actor(self) -> str:
        """The role of the place that acts."""
        return self.source


class Intake(PlacedStep):
    """收件: take the application in and give the intake receipt (收件凭证)."""

    TITLE: ClassVar[str] = "收件"
    kind: Literal["intake"]


class FormReview(PlacedStep):
    """形式审查: what is missing is told on the spot and nothing is collected (当场告知)."""

    TITLE: ClassVar[str] = "形式审查"
    LABELS: ClassVar[tuple[str, ...]] = ("passed", "failed")
    ENDINGS: ClassVar[dict[str, Outcome]] = {"failed": "not_collected"}
    kind: Literal["form_review"]


class IdentityCheck(PlacedStep):
    """身份核验: is the applicant the person of the papers."""

    TITLE: ClassVar[str] = "身份核验"
    LABELS: ClassVar[tuple[str, ...]] = ("matched", "mismatched")
    ENDINGS: ClassVar[dict[str, Outcome]] = {"mismatched": "not_collected"}
    kind: Literal["identity_check"]
    level: Literal["remote", "in_person"] = "remote"


class DataCheck(PlacedStep):
    """数据核验: ask a unit's data instead of the applicant's paper; a verified one is waived."""

    TITLE: ClassVar[str] = "数据核验"
    OUTPUTS: ClassVar[dict[str, FieldType]] = {"verified": "boolean"}
    kind: Literal["data_check"]
    unit: str
    waives: tuple[Name, ...] = ()
    attempts: int = Field(default=6, ge=1, le=100)
    """How often the data is asked before the paper is asked for; `retry` paces it."""


class Capture(PlacedStep):
    """现场采集: fingerprint, photo or signature, taken in person.

    Nobody coming within `within` ends the case as withdrawn (视为撤回, as in divorce).
    """

    TITLE: ClassVar[str] = "现场采集"
    LABELS: ClassVar[tuple[str, ...]] = ("done", "absent")
    ENDINGS: ClassVar[dict[str, Outcome]] = {"absent": "withdrawn"}
    kind: Literal["capture"]
    what: tuple[Literal["fingerprint", "photo", "signature"], ...]


class Accept(PlacedStep):
    """受理: the handling unit's acceptance officer accepts, refuses, or asks once for more.

    What was asked for (补正) and not brought within the regime's limit lapses.
    """

    TITLE: ClassVar[str] = "受理"
    LABELS: ClassVar[tuple[str, ...]] = ("accepted", "not_accepted", "lapsed")
    ENDINGS: ClassVar[dict[str, Outcome]] = {
        "not_accepted": "not_accepted",
        "lapsed": "terminated",
    }
    kind: Literal["accept"]


class Review(PlacedStep):
    """审查: the reviewing officer's opinion."""

    TITLE: ClassVar[str] = "审查"
    OUTPUTS: ClassVar[dict[str, FieldType]] = {"passed": "boolean"}
    kind: Literal["review"]
    officers: int = Field(default=1, ge=1, le=5)


class Require(Frozen):
    """What must hold before a decision, and whose task it is when it does not."""

    guard: str
    otherwise: Otherwise


class Decide(PlacedStep):
    """决定: the deciding officer approves or rejects.

    Papers that were to follow (容缺受理) and did not come within their limit end it as lapsed.
    """

    TITLE: ClassVar[str] = "审批决定"
    LABELS: ClassVar[tuple[str, ...]] = ("approved", "rejected", "lapsed")
    ENDINGS: ClassVar[dict[str, Outcome]] = {
        "approved": "approved",
        "rejected": "rejected",
        "lapsed": "terminated",
    }
    kind: Literal["decide"]
    policy: Literal["sequential", "single", "any", "all"] = "sequential"
    units: tuple[str, ...] = ()
    """For `any` (或签) and `all` (会签): the units of which one, or each, decides."""
    require: Require | None = None


class Exchange(BetweenStep):
    """函件往来: a letter to another place and, where `reply` says so, its typed answer."""

    TITLE: ClassVar[str] = "函件往来"
    LABELS: ClassVar[tuple[str, ...]] = ("done", "refused", "lapsed")
    kind: Literal["exchange"]
    send: Letter
    reply: Letter | None = None
    refuse: Refusal | None = None
    lapse: Refusal | None = None
    """What then, when nobody answers within `within`; without it a letter waits for ever."""

    @model_validator(mode="after")
    def _lapses_in_time(self) -> Exchange:
        if self.lapse is not None and self.within is None:
            raise PydanticCustomError("lapse", "`lapse` needs `within`: the limit that passes")
        return self

    def ending(self, label: str) -> Outcome | None:
        """Return what a refusal or a silence means, as the definition says."""
        said = {"refused": self.refuse, "lapsed": self.lapse}.get(label)
        return said.outcome if said is not None else super().ending(label)


class Handle(PlacedStep):
    """交办: hand the nested steps over to another place, which runs them by its own Plan."""

    TITLE: ClassVar[str] = "交办"
    BLOCKS: ClassVar[tuple[str, ...]] = ("steps",)
    kind: Literal["handle"]


class Transport(BetweenStep):
    """流转: papers or an archive travel between places, with a custody note a hand-over.

    A courier (`ems`) is booked and tracked. With 机要, a messenger or by hand an officer of the
    sending place reports the dispatch and one of the receiving place what arrived.
    """

    TITLE: ClassVar[str] = "材料流转"
    kind: Literal["transport"]
    by: Literal["ems", "classified", "messenger", "hand", "network"] = "ems"
    what: Literal["materials", "archive", "result"] = "materials"


class Pay(PlacedStep):
    """缴费: the applicant pays; unpaid after `within` ends the case."""

    TITLE: ClassVar[str] = "缴费"
    LABELS: ClassVar[tuple[str, ...]] = ("paid", "unpaid")
    ENDINGS: ClassVar[dict[str, Outcome]] = {"unpaid": "terminated"}
    kind: Literal["pay"]


class PayOut(PlacedStep):
    """拨付: money goes to the applicant's own account, under one payment key."""

    TITLE: ClassVar[str] = "资金拨付"
    kind: Literal["pay_out"]


class Issue(PlacedStep):
    """制证: the certificate or document is made and numbered."""

    TITLE: ClassVar[str] = "制证"
    OUTPUTS: ClassVar[dict[str, FieldType]] = {"number": "text"}
    kind: Literal["issue"]
    document: str


class Deliver(PlacedStep):
    """送达: the result reaches the applicant, with proof (送达回执)."""

    TITLE: ClassVar[str] = "送达"
    kind: Literal["deliver"]
    by: Literal["courier", "electronic", "pick_up"] = "electronic"


class Rate(PlacedStep):
    """好差评: the applicant rates; silence is never a good rating."""

    TITLE: ClassVar[str] = "好差评"
    kind: Literal["rate"]
    of: Literal["window", "result"]


class Archive(PlacedStep):
    """归档."""

    TITLE: ClassVar[str] = "归档"
    kind: Literal["archive"]


class Notify(PlacedStep):
    """告知: a notice to the applicant that asks nothing of anybody."""

    TITLE: ClassVar[str] = "告知"
    kind: Literal["notify"]
    notice: str


class Hold(PlacedStep):
    """等待: a set time passes (公示, 冷静期); one that stops a clock names its legal basis."""

    TITLE: ClassVar[str] = "等待"
    kind: Literal["hold"]
    span: Limit
    stops_clock: bool = False
    legal_basis: str | None = None


class When(PlacedStep):
    """Control: `then` if the guard holds, `else` if not."""

    TITLE: ClassVar[str] = "条件"
    LABELS: ClassVar[tuple[str, ...]] = ("true", "false")
    BLOCKS: ClassVar[tuple[str, ...]] = ("then", "else")
    kind: Literal["when"]
    guard: str


class Choose(PlacedStep):
    """Control: the first case whose guard holds; `otherwise` if none does."""

    TITLE: ClassVar[str] = "分支"
    BLOCKS: ClassVar[tuple[str, ...]] = ("cases", "otherwise")
    kind: Literal["choose"]
    guards: dict[Name, str]


class Parallel(PlacedStep):
    """Control: branches at the same time; a failed one cancels the others or is reported."""

    TITLE: ClassVar[str] = "并行办理"
    LABELS: ClassVar[tuple[str, ...]] = ("done", "failed")
    OUTPUTS: ClassVar[dict[str, FieldType]] = {"failed": "integer"}
    BLOCKS: ClassVar[tuple[str, ...]] = ("branches",)
    kind: Literal["parallel"]
    on_failure: Literal["cancel", "report"] = "cancel"


class Repeat(PlacedStep):
    """Control: the nested steps again until the guard holds, at most `most` times."""

    TITLE: ClassVar[str] = "重复"
    LABELS: ClassVar[tuple[str, ...]] = ("done", "exhausted")
    BLOCKS: ClassVar[tuple[str, ...]] = ("steps",)
    kind: Literal["repeat"]
    until: str
    most: int = Field(ge=1, le=20)


Step = Annotated[
    Intake | FormReview | IdentityCheck | DataCheck | Capture | Accept | Review | Decide
    | Exchange | Handle | Transport | Pay | PayOut | Issue | Deliver | Rate | Archive | Notify
    | Hold | When | Choose | Parallel | Repeat,
    Field(discriminator="kind"),
]  # fmt: skip
"""Any step."""

KINDS: dict[str, type[BaseStep]] = {
    "intake": Intake,
    "form_review": FormReview,
    "identity_check": IdentityCheck,
    "data_check": DataCheck,
    "capture": Capture,
    "accept": Accept,
    "review": Review,
    "decide": Decide,
    "exchange": Exchange,
    "handle": Handle,
    "transport": Transport,
    "pay": Pay,
    "pay_out": PayOut,
    "issue": Issue,
    "deliver": Deliver,
    "rate": Rate,
    "archive": Archive,
    "notify": Notify,
    "hold": Hold,
    "when": When,
    "choose": Choose,
    "parallel": Parallel,
    "repeat": Repeat,
}
"""Every kind by the word that YAML uses for it."""
