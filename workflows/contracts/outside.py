"""What a workflow asks of its own province's activities: requests, answers, and their names."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from compiler.applicant import Applicant, MaterialRef
from workflows.contracts.base import ActivityRef, Message
from workflows.contracts.documents import OfficialDocument, Subject


class IntakeRequest(Message):
    """收件: ask for the intake receipt."""

    key: str
    case_no: str
    unit: str
    materials: tuple[MaterialRef, ...]
    division: str = ""
    step: str = ""
    subject: Subject | None = None


class IntakeReceipt(Message):
    """收件凭证: never a 受理通知书."""

    number: str
    received_at: dt.datetime
    materials: tuple[str, ...]
    document: OfficialDocument | None = None


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
    also: tuple[str, ...] = ()
    """Further officers whom the act names (转办 to …) and who must be entitled as well."""
    signers: tuple[str, ...] = ()
    """Officers who are to sign (加签): of the unit, in any role."""
    step: str = ""
    subject: Subject | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    """What its document says: see `OfficialDocument`."""


class ActRecord(Message):
    """The act on record, or why the officer may not do it."""

    allowed: bool
    refusal: str = ""
    document_no: str = ""
    at: dt.datetime
    document: OfficialDocument | None = None


class DocumentRequest(Message):
    """A document to issue without an officer's act (物料流转凭证, 送达回执); `key` as ever."""

    key: str
    template: str
    subject: Subject
    unit: str
    division: str
    step: str = ""
    by: str = ""
    facts: dict[str, str] = Field(default_factory=dict)
    """What it says: see `OfficialDocument`. Those that its template does not declare are left."""


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


class DuplicateRequest(Message):
    """Register a case as open where it is to be accepted, and ask whether it is filed twice.

    `province` is the accepting side's, `applicants` the applicant and all co-applicants.
    """

    case_no: str
    matter: str
    province: str
    applicants: tuple[Applicant, ...]


class DuplicateVerdict(Message):
    """The open case of the same persons and matter that was there first; empty when none was."""

    duplicate_of: str = ""


class FilingRelease(Message):
    """The work on a case has ended in the province that was to accept it."""

    case_no: str
    province: str


class FilingReleased(Message):
    """Whether the case had been registered there."""

    known: bool


Light = Literal["green", "yellow", "red"]
"""绿黄红灯: in time, warned (预警), late (超期)."""


class Stop(Message):
    """A span in which a limit did not run (特别程序), from its notice to its resumption."""

    start: dt.datetime
    end: dt.datetime


class DeadlineRequest(Message):
    """Ask when a limit ends that starts at `start`; `rungs` are a ladder's (`yellow@80%`).

    A clock that stands still has no due time: ask again, with the whole stop, when it goes on.
    """

    start: dt.datetime
    limit: str
    province: str
    rungs: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    """Ended stops, in any order; see `compiler.calendars` for the days that they take out."""
    extended: tuple[str, ...] = ()
    """延期: limits in the unit of `limit` that are added to it; rungs are shares of the whole."""


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
ISSUE_DOCUMENT = ActivityRef("issue_document", DocumentRequest, OfficialDocument)
DELIVER_RESULT = ActivityRef("deliver_result", DeliveryRequest, DeliveryReceipt)
CANCEL_PARCEL = ActivityRef("cancel_parcel", Recall, Parcel)
CHECK_DATA = ActivityRef("check_data", DataRequest, DataVerdict)
CREATE_ORDER = ActivityRef("create_order", FeeRequest, PayOrder)
AWAIT_PAYMENT = ActivityRef("await_payment", PaymentWatch, PayOrder)
CLOSE_ORDER = ActivityRef("close_order", Recall, PayOrder)
REFUND = ActivityRef("refund", RefundRequest, MoneyReceipt)
PAY_OUT = ActivityRef("pay_out", PayOutRequest, MoneyReceipt)
CHECK_DUPLICATE = ActivityRef("check_duplicate", DuplicateRequest, DuplicateVerdict)
"""Before acceptance, by the accepting side, for Plans that are not `repeatable`. Idempotent by case
and province. A duplicate is told to the acceptance officer (与办件X重复), who decides."""
RELEASE_FILING = ActivityRef("release_filing", FilingRelease, FilingReleased)
"""When the work of a side that has asked `CHECK_DUPLICATE` ends, however it ends. Idempotent."""
DEADLINE = ActivityRef("deadline", DeadlineRequest, Deadline, local=True)
ENDPOINT_KNOWN = ActivityRef("endpoint_known", EndpointQuery, bool, local=True)
