"""督办 of a late task: its superior orders, the unit answers, the superior closes (销号).

It runs beside the case, which waits for nothing here: the late task stays open and anybody may do
it. Only the superior of the late unit supervises; the other side of a case can but urge (催办).
Limits are ours (basis: default).
"""

from __future__ import annotations

from temporalio import workflow

from workflows.contracts import (
    QUERY_VIEW,
    UPDATE_ACT,
    AnswerSupervisionCommand,
    AnyCommand,
    CloseOutCommand,
    CommandAnswer,
    CommandEnvelope,
    LateTask,
    SuperviseCommand,
    SupervisionOutcome,
    SupervisionView,
    supervision_workflow_id,
)
from workflows.office import Office
from workflows.state import WalkState

CLERK = "clerk"
SUPERVISOR = "supervisor"
"""督办岗 of the unit's own superior."""

ORDER_LIMIT = "1 workdays"
ANSWER_LIMIT = "3 workdays"
CLOSE_LIMIT = "2 workdays"

ROUNDS = 2
"""How often the unit may answer before the supervision ends unresolved, with a red light."""


@workflow.defn
class SupervisionWorkflow:
    """What a superior does about one late task."""

    @workflow.init
    def __init__(self, start: LateTask) -> None:
        """Take the late task before any handler runs."""
        self._start = start
        self._state = WalkState()
        self._outcome: SupervisionOutcome | None = None
        root = supervision_workflow_id(start.responsible.case_no, start.mark)
        self.office = Office(start.responsible, root, start.step, self._state)

    @workflow.run
    async def run(self, start: LateTask) -> SupervisionOutcome:
        """Order, then have it answered until it can be closed; return how it ended."""
        unit = start.responsible.unit
        self.office.note("opened", f"{unit}临近或超过时限: {start.what}, 启动督办")
        self._outcome = await self._answered() if await self._ordered() else "needless"
        self.office.publish()
        await workflow.wait_condition(lambda: self.office.desk.idle)
        return self._outcome

    async def _ordered(self) -> bool:
        """Return whether the superior issues the 督办单; what was done meanwhile needs none."""
        start, office = self._start, self.office
        task = office.open(
            "supervise", acts=("supervise",), role=SUPERVISOR, what=f"督办: {start.what}",
            within=ORDER_LIMIT,
        )  # fmt: skip
        facts = {"to": start.responsible.unit, "what": start.what, "due": start.due.isoformat()}
        command, record = await office.perform(
            task, documented=lambda command: (start.subject, facts | {"reason": command.reason})
        )
        if not isinstance(command, SuperviseCommand):
            raise TypeError(command.act)
        text = "无需督办" if command.needless else "下达督办单"
        office.done(command, record, "ordered", f"{text}: {command.reason}")
        return not command.needless

    async def _answered(self) -> SupervisionOutcome:
        """Have the unit answer and the superior close, at most `ROUNDS` times."""
        for number in range(1, ROUNDS + 1):
            task = self.office.open(
                f"answer-{number}", acts=("answer_supervision",), role=CLERK,
                what=f"答复督办单: {self._start.what}", within=ANSWER_LIMIT,
            )  # fmt: skip
            command, record = await self.office.perform(task, _says_what)
            if not isinstance(command, AnswerSupervisionCommand):
                raise TypeError(command.act)
            self.office.done(command, record, f"answered-{number}", f"督办答复: {command.reason}")
            if await self._closed(number):
                return "closed"
        self.office.failed = True
        self.office.note("unresolved", f"{ROUNDS}次答复后仍未销号, 红灯, 记入责任单位")
        return "unresolved"

    async def _closed(self, number: int) -> bool:
        """Return whether the superior is satisfied with the answer (销号)."""
        task = self.office.open(
            f"close-{number}", acts=("close_out",), role=SUPERVISOR, what="督办销号",
            within=CLOSE_LIMIT,
        )  # fmt: skip
        command, record = await self.office.perform(task)
        if not isinstance(command, CloseOutCommand):
            raise TypeError(command.act)
        text = "督办销号" if command.satisfied else f"不予销号, 请再答复: {command.reason}"
        self.office.done(command, record, f"closed-{number}", text)
        return command.satisfied

    @workflow.update(name=UPDATE_ACT)
    async def act(self, envelope: CommandEnvelope) -> CommandAnswer:
        """An officer's act on the open task."""
        return await self.office.act(envelope.command)

    @act.validator
    def _check_act(self, envelope: CommandEnvelope) -> None:
        self.office.check(envelope.command)

    @workflow.query(name=QUERY_VIEW)
    def view(self) -> SupervisionView:
        """Return the late task, what was done about it, and who must act."""
        start = self._start
        return SupervisionView(
            case_no=start.responsible.case_no,
            matter=start.responsible.matter,
            mark=start.mark,
            what=start.what,
            due=start.due,
            province=start.responsible.province,
            unit=start.responsible.unit,
            outcome=self._outcome,
            awaiting=self.office.awaited(),
            timeline=tuple(self._state.timeline),
            answers=self._state.answers,
        )


def _says_what(command: AnyCommand) -> str:
    return "" if command.reason else "say what was done and until when (答复内容), in `reason`"
