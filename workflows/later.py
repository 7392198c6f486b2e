"""Acts on a finished case: 撤销, 注销, 作废 and 更正, each with its own actor, ground and document.

The case is not opened again: its outcome stays what it was, and these acts stand beside it. One act
is one workflow in the namespace of the unit that decided, numbered over the case's later acts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from workflows.contracts import (
    DELIVER_RESULT,
    QUERY_VIEW,
    UPDATE_ACT,
    ActRecord,
    AmendCommand,
    AnyCommand,
    CommandAnswer,
    CommandEnvelope,
    DeliveryReceipt,
    DeliveryRequest,
    LaterActInput,
    LaterActView,
    RecordCreditCommand,
    RevokeCommand,
    VoidCommand,
    later_workflow_id,
)
from workflows.desk import refuse
from workflows.office import Office
from workflows.state import WalkState

CREDIT_LIMIT = "7 workdays"
"""For the credit record of a fraud (basis: default)."""

NOTICE_LIMIT = "3 workdays"
"""For whoever sees to a notice that the applicant's space has refused (basis: default)."""

NOTICE_ATTEMPT = timedelta(seconds=20)


@dataclass(frozen=True)
class Rule:
    """Who may do a later act: its Chinese name and the role that it needs."""

    text: str
    role: str


RULES: Mapping[str, Rule] = {
    "revoke": Rule("撤销", "head"),
    "cancel": Rule("注销", "decider"),
    "void": Rule("作废", "clerk"),
    "amend": Rule("更正", "decider"),
}
"""Every later act. 终止 is no such act: it ends a case that is still open."""

FINAL = frozenset({"revoke", "cancel"})
"""Acts after which nothing is left that another one could be done to."""


def unlawful(act: str, outcome: str, before: Sequence[str]) -> str:
    """Return why an act may not be done to a finished case; empty when it may.

    Args:
        act: The act.
        outcome: How the case ended.
        before: What was done to its result already.
    """
    rule = RULES.get(act)
    if rule is None:
        return f"{act} is no act on a finished case: there are {', '.join(RULES)}"
    if outcome != "approved":
        return f"{act} ({rule.text}) needs an approved result, this case ended as {outcome}"
    ended = next((done for done in before if done in FINAL), None)
    if ended is not None:
        return f"{act} ({rule.text}) is too late: {ended} ({RULES[ended].text}) was done before"
    return ""


@workflow.defn
class LaterActWorkflow:
    """One act on a finished case, and what has to follow from it."""

    @workflow.init
    def __init__(self, start: LaterActInput) -> None:
        """Take the command before any handler runs."""
        self._start = start
        self._state = WalkState()
        self._record: ActRecord | None = None
        self._credit = ""
        root = later_workflow_id(start.responsible.case_no, start.number)
        self.office = Office(start.responsible, root, "later", self._state)

    @workflow.run
    async def run(self, start: LaterActInput) -> str:
        """Check and record the act, tell the applicant; return the act, or `refused`."""
        command, office = start.command, self.office
        refusal = unlawful(command.act, start.outcome, start.before)
        rule = RULES[command.act]
        if not refusal:
            self._record = await office.record(
                command, rule.role, name="act", subject=start.subject, facts=self._facts()
            )
            refusal = self._record.refusal
        if self._record is None or not self._record.allowed:
            office.desk.said(command, done=False, message=refusal)
            await workflow.wait_condition(lambda: office.desk.idle)
            return "refused"
        if self._record.document is not None:
            self._state.documents.append(self._record.document)
        office.done(command, self._record, command.act, self._text(rule))
        await self._tell(self._record.document_no)
        if isinstance(command, RevokeCommand) and command.fraud:
            await self._push_credit()
        office.publish()
        await workflow.wait_condition(lambda: office.desk.idle)
        return command.act

    @property
    def _numbers(self) -> tuple[str, str]:
        """The number that is void or corrected, and the one that follows it."""
        start = self._start
        if not isinstance(start.command, VoidCommand | AmendCommand):
            return "", ""
        return start.command.number, f"{start.certificate}-{start.number + 1}"

    def _text(self, rule: Rule) -> str:
        """Return what stands in the timeline."""
        old, new = self._numbers
        command = self._start.command
        what = f"{rule.text}: 原编号{old}, 新编号{new}" if old else rule.text
        return f"{what}: {command.reason} (依据: {command.basis})"

    def _facts(self) -> dict[str, str]:
        """Return what the document says beyond its subject."""
        command = self._start.command
        old, new = self._numbers
        follows = f"; 新编号{new}" if new else ""
        facts = {
            "document": old or self._start.certificate,
            "reason": f"{command.reason}; 依据{command.basis}{follows}",
        }
        if isinstance(command, AmendCommand):
            facts |= {"before": command.before, "after": command.after}
        return facts

    async def _tell(self, document: str) -> None:
        """Put the document into the applicant's space; a refusal is a clerk's task first."""
        office, start = self.office, self._start
        tried = 0
        while True:
            tried += 1
            try:
                receipt: DeliveryReceipt = await workflow.execute_activity(
                    DELIVER_RESULT.name,
                    DeliveryRequest(
                        key=f"{later_workflow_id(start.responsible.case_no, start.number)}"
                        f"/notice/{tried}",
                        case_no=start.responsible.case_no,
                        document=document,
                        applicant=start.subject.applicant,
                    ),
                    result_type=DeliveryReceipt,
                    start_to_close_timeout=NOTICE_ATTEMPT,
                    summary="告知申请人",
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                cause = error.cause
                why = cause.message if isinstance(cause, ApplicationError) else str(cause)
                await self._see_to(tried, f"告知申请人: {why}")
                continue
            office.note("notified", "已告知申请人", document_no=receipt.reference)
            return

    async def _see_to(self, number: int, what: str) -> None:
        """Wait until a clerk has seen to a notice that was refused."""
        task = self.office.open(
            f"notice-{number}", acts=("resolve",), role="clerk", what=what, within=NOTICE_LIMIT
        )
        command, record = await self.office.perform(task)
        self.office.done(command, record, f"resolved-{number}", f"已处置: {command.reason or what}")

    async def _push_credit(self) -> None:
        """Wait until a clerk has entered the fraud into the credit records (信用记录)."""
        task = self.office.open(
            "credit", acts=("record_credit",), role="clerk", what="信用记录推送",
            within=CREDIT_LIMIT,
        )  # fmt: skip
        command, record = await self.office.perform(task)
        if not isinstance(command, RecordCreditCommand):
            raise TypeError(command.act)
        self._credit = command.reference
        self.office.done(command, record, "credit", f"信用记录已推送: {command.reference}")

    @workflow.update(name=UPDATE_ACT)
    async def act(self, envelope: CommandEnvelope) -> CommandAnswer:
        """Answer the act itself, or take an officer's act on a task that follows from it."""
        command: AnyCommand = envelope.command
        if command.command_id != self._start.command.command_id:
            return await self.office.act(command)
        with self.office.desk.busy():
            await workflow.wait_condition(lambda: command.command_id in self._state.answers)
        return self._state.answers[command.command_id]

    @act.validator
    def _check_act(self, envelope: CommandEnvelope) -> None:
        command, own = envelope.command, self._start.command
        if command.command_id == own.command_id:
            if command != own:
                raise refuse("Conflict", f"command {own.command_id} was used for another act")
            return
        self.office.check(command)

    @workflow.query(name=QUERY_VIEW)
    def view(self) -> LaterActView:
        """Return the act, its document, and what still has to follow."""
        start, record = self._start, self._record
        answer = self._state.answers.get(start.command.command_id)
        done = answer.done if answer else None
        old, new = self._numbers
        return LaterActView(
            case_no=start.responsible.case_no,
            matter=start.responsible.matter,
            number=start.number,
            act=start.command.act,
            command_id=start.command.command_id,
            by=start.command.by,
            done=done,
            at=record.at if record else None,
            document_no=record.document_no if record else "",
            basis=start.command.basis,
            old_number=old,
            new_number=new,
            credit_reference=self._credit,
            awaiting=self.office.awaited(),
            timeline=tuple(self._state.timeline),
            documents=tuple(self._state.documents),
            answers=self._state.answers,
        )
