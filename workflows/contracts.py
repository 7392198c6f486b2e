"""What crosses a boundary: messages, and the signatures of activities and of the Nexus service.

Three kinds of boundary, three parts: what a province's own workflow asks of its own activities,
what provinces say to each other (marked `Federated`: encrypted under the federation key, because
both sides must read it), and what people tell a workflow. All models are frozen; fields are only
ever added, with defaults, because old histories hold old messages.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

import nexusrpc
from pydantic import BaseModel, ConfigDict, Field

from compiler.applicant import Applicant, MaterialRef
from compiler.plan import Plan

HANDOVER_VERSION = 1
"""Version of the messages between provinces. A receiver understands its own and the one before."""


class Message(BaseModel):
    """Base of everything here: immutable; unknown fields of a newer sender are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Federated(Message):
    """A message that provinces exchange; the codec encrypts it under the federation key."""

    FEDERATED: ClassVar[bool] = True


# --- What a case is about -------------------------------------------------------------------------


class Filing(Federated):
    """What the applicant filed: the part of an application that a handling place may see."""

    applicant: Applicant
    application: dict[str, Any]
    materials: tuple[MaterialRef, ...] = ()


class Tempo(Message):
    """How fast a case's own clockwork turns, in seconds; the embedded stack uses short ones."""

    handover_first: float = 1.0
    handover_longest: float = 900.0
    inquiry_every: float = 86400.0
    parcel_poll: float = 1800.0
    payment_poll: float = 60.0
    history_events: int = 4000
    """Continue as new once a run's history has this many events (server warns at 10,240)."""


# --- Activities -----------------------------------------------------------------------------------

I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741


@dataclass(frozen=True)
class ActivityRef(Generic[I, O]):
    """An activity's name and types, so that workflows call it without importing its code.

    `local` ones are short, idempotent and stay on the machine: one attempt of a second each.
    """

    name: str
    takes: type[I]
    gives: type[O]
    local: bool = False


class IntakeRequest(Message):
    """收件: ask for the intake receipt."""

    key: str
    case_no: str
    unit: str
    materials: tuple[MaterialRef, ...]


class IntakeReceipt(Message):
    """收件凭证: never a 受理通知书."""

    number: str
    received_at: dt.datetime
    materials: tuple[str, ...]


class IdentityRequest(Message):
    """身份核验; `key` is the idempotency key."""

    key: str
    applicant: Applicant
    level: Literal["remote", "in_person"]


class IdentityVerdict(Message):
    """The identity service's answer; `reason` says why not."""

    matched: bool
    reference: str
    reason: str = ""


class ParcelRequest(Message):
    """Book one parcel. The same `key` never books a second one."""

    key: str
    case_no: str
    leg: str
    sender: str
    recipient: Applicant | None = None
    """Set when the parcel goes to the applicant, else `to_division` and `to_unit` say where."""
    to_division: str = ""
    to_unit: str = ""
    contents: tuple[str, ...] = ()


ParcelState = Literal[
    "booked", "picked_up", "in_transit", "signed_for", "lost", "returned", "cancelled"
]


class Parcel(Message):
    """A parcel as the courier sees it."""

    waybill: str
    state: ParcelState
    at: dt.datetime


class TrackRequest(Message):
    """Wait until a parcel's state is no longer `known`, asking every `poll` seconds."""

    waybill: str
    known: ParcelState
    poll: float


class ActRequest(Message):
    """An official act to check against officers, units and roles, and to number."""

    key: str
    act: str
    officer: str
    role: str
    unit: str
    division: str
    case_no: str
    reason: str = ""


class ActRecord(Message):
    """The act on record, or why the officer may not do it."""

    allowed: bool
    refusal: str = ""
    document_no: str = ""
    at: dt.datetime


class DeliveryRequest(Message):
    """网络送达 of a result to the applicant's space."""

    key: str
    case_no: str
    document: str
    applicant: Applicant


class DeliveryReceipt(Message):
    """送达回执."""

    reference: str
    delivered_at: dt.datetime


class DataRequest(Message):
    """数据核验: ask a unit's data for `facts` (names of materials) about the applicant."""

    key: str
    case_no: str
    unit: str
    facts: tuple[str, ...]
    applicant: Applicant


class DataVerdict(Message):
    """What the unit's data says of all facts together; `reason` says why not."""

    verified: bool
    reference: str
    reason: str = ""


class FeeRequest(Message):
    """缴费: create one order over `amount` 分. The same `key` never makes a second one."""

    key: str
    case_no: str
    item: str
    amount: int
    applicant: Applicant


class PayOrder(Message):
    """An order (缴费单) as the payment platform sees it."""

    number: str
    link: str
    status: Literal["unpaid", "paid", "closed"]
    at: dt.datetime


class PaymentWatch(Message):
    """Wait until an order is no longer unpaid, asking every `poll` seconds."""

    number: str
    poll: float


class Recall(Message):
    """Ensure that what was asked for under `key` is not to be, also when it never came about."""

    key: str


class RefundRequest(Message):
    """退费: give back, whole, what was paid on an order."""

    key: str
    case_no: str
    number: str


class PayOutRequest(Message):
    """资金拨付 to the applicant's own account, what the unit's books hold for the case."""

    key: str
    case_no: str
    item: str
    unit: str
    applicant: Applicant


class MoneyReceipt(Message):
    """回单."""

    reference: str
    at: dt.datetime


class EndpointQuery(Message):
    """Does the server know this Nexus endpoint? An unknown one would fail the workflow task."""

    endpoint: str


Light = Literal["green", "yellow", "red"]
"""绿黄红灯: in time, warned (预警), late (超期)."""


class DeadlineRequest(Message):
    """Ask when a limit ends that starts at `start`; `rungs` are a ladder's (`yellow@80%`)."""

    start: dt.datetime
    limit: str
    province: str
    rungs: tuple[str, ...] = ()


class Rung(Message):
    """A rung of a ladder and the moment at which it is climbed."""

    name: Literal["remind", "yellow", "supervise", "red"]
    at: dt.datetime


class Deadline(Message):
    """When a limit ends. `calendar` is the version that was used; see `compiler.calendars`."""

    due: dt.datetime
    provisional: bool
    calendar: str
    rungs: tuple[Rung, ...] = ()


INTAKE = ActivityRef("intake", IntakeRequest, IntakeReceipt)
CHECK_IDENTITY = ActivityRef("check_identity", IdentityRequest, IdentityVerdict)
BOOK_PARCEL = ActivityRef("book_parcel", ParcelRequest, Parcel)
TRACK_PARCEL = ActivityRef("track_parcel", TrackRequest, Parcel)
RECORD_ACT = ActivityRef("record_act", ActRequest, ActRecord)
DELIVER_RESULT = ActivityRef("deliver_result", DeliveryRequest, DeliveryReceipt)
CANCEL_PARCEL = ActivityRef("cancel_parcel", Recall, Parcel)
CHECK_DATA = ActivityRef("check_data", DataRequest, DataVerdict)
CREATE_ORDER = ActivityRef("create_order", FeeRequest, PayOrder)
AWAIT_PAYMENT = ActivityRef("await_payment", PaymentWatch, PayOrder)
CLOSE_ORDER = ActivityRef("close_order", Recall, PayOrder)
REFUND = ActivityRef("refund", RefundRequest, MoneyReceipt)
PAY_OUT = ActivityRef("pay_out", PayOutRequest, MoneyReceipt)
DEADLINE = ActivityRef("deadline", DeadlineRequest, Deadline, local=True)
ENDPOINT_KNOWN = ActivityRef("endpoint_known", EndpointQuery, bool, local=True)


# --- Between provinces ----------------------------------------------------------------------------

Stage = Literal[
    "received", "in_transfer", "signed_for", "correcting", "accepted", "not_accepted",
    "reviewing", "decided", "completed", "delivering", "delivered",
]  # fmt: skip


class TimelineEntry(Federated):
    """Who did what, where and when. Never personal data."""

    at: dt.datetime
    place: str
    province: str
    unit: str
    step: str
    event: str
    text: str
    by: str = ""
    document_no: str = ""


class Awaiting(Federated):
    """Who must act, for what, since when. No open case without one."""

    place: str
    province: str
    unit: str
    role: str
    what: str
    since: dt.datetime
    within: str = ""
    task: str = ""
    task_rev: int = 0
    acts: tuple[str, ...] = ()
    fields: dict[str, str] = Field(default_factory=dict)
    """For a person's task: which acts it takes, and the typed fields of a letter to write."""
    due: dt.datetime | None = None
    provisional: bool = False
    light: Light = "green"
    """When it must be done, whether that depends on an unpublished year, and how late it is."""
    reason: str = ""
    """Why the other side did not answer the last time, for operators."""


class StepResult(Federated):
    """How a step ended: one of its kind's labels, and its outputs."""

    label: str
    outputs: dict[str, Any] = Field(default_factory=dict)


class Order(Federated):
    """交办, home → handling: do this step of the case. Idempotent by (case_no, place, step)."""

    version: int = HANDOVER_VERSION
    case_no: str
    place: str
    step: str
    division: str
    home_province: str
    home_workflow: str
    matter: str
    mode: str
    plan_digest: str
    divisions: dict[str, str]
    """Place role → six-digit division, as the home resolved them."""
    filing: Filing
    outputs: dict[str, dict[str, Any]] = Field(default_factory=dict)
    tempo: Tempo = Tempo()


class OrderAck(Federated):
    """回执: taken, or refused with a reason that an operator can act on."""

    version: int = HANDOVER_VERSION
    taken: bool
    reason: str = ""


class Report(Federated):
    """报告, handling → home: everything so far; only the one with the highest `seq` counts."""

    version: int = HANDOVER_VERSION
    case_no: str
    place: str
    seq: int
    stage: Stage
    outcome: str | None = None
    results: dict[str, StepResult]
    outputs: dict[str, dict[str, Any]] = Field(default_factory=dict)
    awaiting: tuple[Awaiting, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    corrections: tuple[str, ...] = ()
    """Materials that the applicant must correct, told once and all of them."""
    correction_round: int = 0
    finished: bool = False
    """This place has nothing left to do for the case."""


class ReportEnvelope(Federated):
    """A report and the workflow that it is for."""

    home_workflow: str
    report: Report


class ReportAck(Federated):
    """Read by the home; `closed` when the case has already ended."""

    version: int = HANDOVER_VERSION
    closed: bool = False


class Reply(Federated):
    """What the home tells the handling side after the order.

    Corrections, the applicant's withdrawal (with its `reason`), or that the case is over.
    """

    version: int = HANDOVER_VERSION
    case_no: str
    place: str
    kind: Literal["corrected", "withdrawn", "closed"]
    round: int = 0
    materials: tuple[MaterialRef, ...] = ()
    reason: str = ""


class ReplyAck(Federated):
    """`known` is false when this province has no such case (it was restored from nothing)."""

    version: int = HANDOVER_VERSION
    known: bool = True


class Inquiry(Federated):
    """催询: what is the state of my order."""

    version: int = HANDOVER_VERSION
    case_no: str
    place: str


class InquiryReply(Federated):
    """The latest report, or None when the order is not known here and must be sent again."""

    version: int = HANDOVER_VERSION
    report: Report | None = None


@nexusrpc.service
class HandOver:
    """The four short, synchronous, idempotent operations between provinces."""

    order: nexusrpc.Operation[Order, OrderAck]
    report: nexusrpc.Operation[ReportEnvelope, ReportAck]
    answer: nexusrpc.Operation[Reply, ReplyAck]
    inquire: nexusrpc.Operation[Inquiry, InquiryReply]


def case_workflow_id(portal: str, application_ref: str) -> str:
    """Return the id of a case's workflow in its home namespace."""
    return f"case/{portal}/{application_ref}"


def handling_workflow_id(case_no: str, place: str) -> str:
    """Return the id of a place's workflow for a case in that place's namespace."""
    return f"handling/{case_no}/{place}"


# --- Starting and people --------------------------------------------------------------------------

TASK_TIMEOUT = dt.timedelta(seconds=5)
"""How long a worker may hold a workflow task: a case waits that long when it was killed with one.

The server's default is 10 s. Well above the 2 s after which the SDK calls a task deadlocked.
"""


class CaseInput(Message):
    """Input of a case workflow: the whole Plan, so that the case owns its rules."""

    case_no: str
    portal: str
    application_ref: str
    payload_digest: str
    filed_at: dt.datetime
    plan: Plan
    divisions: dict[str, str]
    filing: Filing
    tempo: Tempo = Tempo()
    state: dict[str, Any] | None = None
    """Carried over by continue-as-new."""


class HandlingInput(Message):
    """Input of a handling workflow: its own province's Plan and the order that started it."""

    plan: Plan
    order: Order
    state: dict[str, Any] | None = None


class Command(Message):
    """A person's act on a task. `command_id` makes it idempotent, `task_rev` optimistic.

    `by` is an officer's id, or `applicant`.
    """

    command_id: str
    task: str
    task_rev: int
    by: str
    reason: str = ""


class AcceptCommand(Command):
    """受理 / 不予受理 / 补正."""

    act: Literal["accept"] = "accept"
    verdict: Literal["accept", "refuse", "correct"]
    corrections: tuple[str, ...] = ()


class DecideCommand(Command):
    """准予 / 不予."""

    act: Literal["decide"] = "decide"
    verdict: Literal["approve", "reject"]


class ReplyCommand(Command):
    """Answer a letter of another place with its typed fields, or refuse it."""

    act: Literal["reply"] = "reply"
    fields: dict[str, Any] = Field(default_factory=dict)
    refuse: bool = False


class SupplyCommand(Command):
    """补正: the applicant brings what was asked for."""

    act: Literal["supply"] = "supply"
    materials: tuple[MaterialRef, ...] = ()


class ResolveCommand(Command):
    """An officer has seen to a trouble (a refused courier booking, unequal amounts): go on."""

    act: Literal["resolve"] = "resolve"


class WithdrawCommand(Command):
    """撤回: the applicant takes the application back; names no task, goes to the case's home."""

    act: Literal["withdraw"] = "withdraw"
    task: str = ""
    task_rev: int = 0


class ReviewCommand(Command):
    """审查意见: one reviewing officer's opinion; `reason` is its text."""

    act: Literal["review"] = "review"
    verdict: Literal["pass", "fail"]


class CaptureCommand(Command):
    """现场采集: what an officer took from a person who is there."""

    act: Literal["capture"] = "capture"
    evidence: tuple[MaterialRef, ...]


class HandOutCommand(Command):
    """当面领取: the result is handed over; `reason` says how who came proved who they are."""

    act: Literal["hand_out"] = "hand_out"


AnyCommand = Annotated[
    AcceptCommand
    | DecideCommand
    | ReplyCommand
    | SupplyCommand
    | ResolveCommand
    | ReviewCommand
    | CaptureCommand
    | HandOutCommand
    | WithdrawCommand,
    Field(discriminator="act"),
]


class CommandEnvelope(Message):
    """The argument of the `act` update."""

    command: AnyCommand


class CommandAnswer(Message):
    """The one answer to a command id, the same however often it is asked."""

    command_id: str
    done: bool
    message: str
    document_no: str = ""


class CaseView(Message):
    """Answer of the `view` query, of a case and of a handling workflow alike."""

    case_no: str
    matter: str
    mode: str
    stage: Stage
    outcome: str | None
    closed: bool
    home_province: str
    handling_province: str
    places: dict[str, str] = Field(default_factory=dict)
    """Place role → province, of all places but the home."""
    awaiting: tuple[Awaiting, ...]
    timeline: tuple[TimelineEntry, ...]
    plan_digest: str
    waybills: dict[str, str] = Field(default_factory=dict)
    answers: dict[str, CommandAnswer] = Field(default_factory=dict)
    """Command id → its answer, for who repeats a command that the server has forgotten."""


UPDATE_ACT = "act"
QUERY_VIEW = "view"
SIGNAL_ORDERED = "ordered"
SIGNAL_REPORTED = "reported"
SIGNAL_ANSWERED = "answered"
