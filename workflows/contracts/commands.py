"""What people say to a case: commands on tasks, and their answers.

Three sorts. *Acts* end a task (受理, 决定). *Operations* change who does a task and until when, and
leave it open (转办, 特别程序). The *applicant's words* name no task (撤回, 催办). Every one carries
an id that makes it idempotent; those on a task name its revision, so that nobody acts on what has
moved on.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from compiler.applicant import MaterialRef
from compiler.kinds import Limit
from workflows.contracts.base import Message

RatingTag = Literal["服务态度", "办理效率", "材料要求", "办理流程", "业务水平", "收费", "其他"]
"""What a rating is about (basis: default). Fixed words: they reach officers' lists as they are."""


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
    """受理 / 不予受理 / 补正; an acceptance may leave papers to follow."""

    act: Literal["accept"] = "accept"
    verdict: Literal["accept", "refuse", "correct"]
    corrections: tuple[str, ...] = ()
    tolerated: tuple[str, ...] = ()
    """容缺受理: ids of the materials that the applicant brings later, within the plan's limit."""
    pledged: tuple[str, ...] = ()
    """告知承诺: ids of the materials for which a signed pledge stands."""
    office: str = ""
    """不予受理 for a wrong office: which unit is the right one."""


class DecideCommand(Command):
    """准予 / 不予 / 终止 (nothing is left to decide: the applicant died, the object is gone)."""

    act: Literal["decide"] = "decide"
    verdict: Literal["approve", "reject", "terminate"]


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
    pick_up: bool = False
    """For a result that could not be delivered: the applicant comes for it instead."""


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


class DispatchCommand(Command):
    """交寄: papers go by 机要, messenger or hand, under the carrier's number or name."""

    act: Literal["dispatch"] = "dispatch"
    number: str
    items: int = Field(default=1, ge=1)


class SignForCommand(Command):
    """签收: what arrived, and what differs from the list (差异)."""

    act: Literal["sign_for"] = "sign_for"
    differences: str = ""
    missing: bool = False
    """Nothing arrived: an incident that must be found out, never a second sending."""


class ClaimCommand(Command):
    """签领: the officer takes the task; nobody else may act on it until it is released."""

    act: Literal["claim"] = "claim"


class ReleaseCommand(Command):
    """释放: the task is anybody's again; a delegate gives it back with their opinion."""

    act: Literal["release"] = "release"


class TransferCommand(Command):
    """转办: another officer does the task from now on."""

    act: Literal["transfer"] = "transfer"
    to: str


class DelegateCommand(Command):
    """委派: another officer prepares the task and gives it back to who delegated it."""

    act: Literal["delegate"] = "delegate"
    to: str


class AddSignerCommand(Command):
    """加签: another officer must have signed before the task's own act counts."""

    act: Literal["add_signer"] = "add_signer"
    to: str


class SignCommand(Command):
    """会签: the opinion of an officer who was added as a signer."""

    act: Literal["sign"] = "sign"


class CopyCommand(Command):
    """抄送: another officer gets to know of the task; nobody has to do anything."""

    act: Literal["copy"] = "copy"
    to: str


class SendBackCommand(Command):
    """退回: an earlier step is done once more; then the case comes back to this one."""

    act: Literal["send_back"] = "send_back"
    to: str


class SuspendCommand(Command):
    """特别程序: the clock stops, for a legal basis and a stated time (行政许可法 45)."""

    act: Literal["suspend"] = "suspend"
    procedure: str
    within: Limit


class ResumeCommand(Command):
    """恢复办理: the special procedure is over, the clock goes on."""

    act: Literal["resume"] = "resume"


class ExtendCommand(Command):
    """延期: more time by the regime's rule, once, approved by whom it names."""

    act: Literal["extend"] = "extend"


class UrgeCommand(Command):
    """催办: the applicant, or the other side, asks that the case goes on; names no task."""

    act: Literal["urge"] = "urge"
    task: str = ""
    task_rev: int = 0


class RecomputeCommand(Command):
    """重算时限: compute the due dates of running clocks anew; names no task, sent by an operator.

    Concerns each clock whose deadline is provisional or was computed with another calendar than
    `calendar`, the version (12 hex digits) that was published. The answer's `count` says how many
    due dates moved; it is not `done` when the worker that computes does not have that calendar yet.
    """

    act: Literal["recompute"] = "recompute"
    task: str = ""
    task_rev: int = 0
    calendar: str


class RateCommand(Command):
    """好差评: the applicant's rating, once for each invitation (一次一评). 1 and 2 are bad."""

    act: Literal["rate"] = "rate"
    task: str = "rate"
    task_rev: int = 1
    by: str = "applicant"
    score: int = Field(ge=1, le=5)
    tags: tuple[RatingTag, ...] = ()
    text: str = Field(default="", max_length=500)


class VerifyCommand(Command):
    """核实 of a bad rating: it holds and is rectified, or it is appealed against (申诉)."""

    act: Literal["verify"] = "verify"
    verdict: Literal["rectify", "appeal"]
    ground: Literal["", "mistaken", "malicious"] = ""
    """Of an appeal: 误评 or 恶意评价."""


class RectifyCommand(Command):
    """整改: what was wrong is put right; `reason` says how."""

    act: Literal["rectify"] = "rectify"


class RuleCommand(Command):
    """申诉裁定 by the superior: a rating that was mistaken or malicious does not count."""

    act: Literal["rule"] = "rule"
    verdict: Literal["uphold", "dismiss"]


class CallBackCommand(Command):
    """回访: whether the applicant is satisfied with what was put right."""

    act: Literal["call_back"] = "call_back"
    satisfied: bool


class SuperviseCommand(Command):
    """督办: the late unit's superior orders it to act, or finds that nothing is needed any more."""

    act: Literal["supervise"] = "supervise"
    needless: bool = False


class AnswerSupervisionCommand(Command):
    """督办答复: what the unit has done and until when; `reason` is its text."""

    act: Literal["answer_supervision"] = "answer_supervision"


class CloseOutCommand(Command):
    """销号: the superior closes the supervision, or wants another answer."""

    act: Literal["close_out"] = "close_out"
    satisfied: bool = True


class RevokeCommand(Command):
    """撤销: the decision was obtained by fraud, or given against the law (行政许可法 69)."""

    act: Literal["revoke"] = "revoke"
    task: str = ""
    task_rev: int = 0
    basis: str
    fraud: bool = False
    """以欺骗、贿赂等不正当手段取得: also a credit record."""


class CancelCommand(Command):
    """注销: what was given has expired or was given up, or its holder is gone (行政许可法 70)."""

    act: Literal["cancel"] = "cancel"
    task: str = ""
    task_rev: int = 0
    basis: str


class VoidCommand(Command):
    """作废: a lost or misprinted certificate's number is void, a new one follows."""

    act: Literal["void"] = "void"
    task: str = ""
    task_rev: int = 0
    basis: str
    number: str = ""


class AmendCommand(Command):
    """更正: an error in the result is corrected under a new number, without a new decision."""

    act: Literal["amend"] = "amend"
    task: str = ""
    task_rev: int = 0
    basis: str
    number: str = ""
    before: str = ""
    after: str = ""


class RecordCreditCommand(Command):
    """信用记录推送: the entry was made, under the credit platform's reference."""

    act: Literal["record_credit"] = "record_credit"
    reference: str = Field(min_length=1, max_length=80)


LaterCommand = Annotated[
    RevokeCommand | CancelCommand | VoidCommand | AmendCommand, Field(discriminator="act")
]
"""What is done to a finished case: acts on its result, which do not open it again."""

AnyCommand = Annotated[
    AcceptCommand
    | DecideCommand
    | ReplyCommand
    | SupplyCommand
    | ResolveCommand
    | ReviewCommand
    | CaptureCommand
    | HandOutCommand
    | DispatchCommand
    | SignForCommand
    | ClaimCommand
    | ReleaseCommand
    | TransferCommand
    | DelegateCommand
    | AddSignerCommand
    | SignCommand
    | CopyCommand
    | SendBackCommand
    | SuspendCommand
    | ResumeCommand
    | ExtendCommand
    | UrgeCommand
    | WithdrawCommand
    | RecomputeCommand
    | RateCommand
    | VerifyCommand
    | RectifyCommand
    | RuleCommand
    | CallBackCommand
    | SuperviseCommand
    | AnswerSupervisionCommand
    | CloseOutCommand
    | RevokeCommand
    | CancelCommand
    | VoidCommand
    | AmendCommand
    | RecordCreditCommand,
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
    count: int = 0
    """Where a command concerns many things (`recompute`): how many it changed."""
