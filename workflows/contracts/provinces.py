"""What provinces say to each other; encrypted under the federation key, which both sides hold."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import nexusrpc
from pydantic import Field

from compiler.applicant import MaterialRef
from workflows.contracts.base import Federated, Filing, Tempo
from workflows.contracts.documents import OfficialDocument
from workflows.contracts.outside import Light

HANDOVER_VERSION = 1
"""Version of the messages between provinces. A receiver understands its own and the one before."""


Stage = Literal[
    "received", "in_transfer", "signed_for", "correcting", "accepted", "not_accepted",
    "reviewing", "suspended", "decided", "completed", "delivering", "delivered", "archived",
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
    officer: str = ""
    """Who holds the task (签领, 转办, 委派); empty when any entitled officer may act."""


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
    visit: int = 1
    """How often the home has come to this step (`repeat`): each time is an order of its own."""
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

    @property
    def ref(self) -> str:
        """What the order is known by between the two places."""
        return order_ref(self.step, self.visit)


def order_ref(step: str, visit: int) -> str:
    """Return what an order is known by: the step, and which time where that is not the first."""
    return step if visit == 1 else f"{step}@{visit}"


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
    correction_due: dt.datetime | None = None
    """Until when the applicant may correct; then the case is terminated."""
    documents: tuple[OfficialDocument, ...] = ()
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

    Corrections, the applicant's withdrawal (with its `reason`) or urging, or that the case is over.
    """

    version: int = HANDOVER_VERSION
    case_no: str
    place: str
    kind: Literal["corrected", "withdrawn", "urged", "closed"]
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
