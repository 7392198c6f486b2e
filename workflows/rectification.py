"""整改 of a bad rating: verified, put right or appealed against, and asked about once more (回访).

Limits are ours (basis: default); the source asks for none. Nobody's silence ends a task: its ladder
is climbed and it stays open.
"""

from __future__ import annotations

from temporalio import workflow

from workflows.contracts import (
    QUERY_VIEW,
    UPDATE_ACT,
    AnyCommand,
    CallBackCommand,
    CommandAnswer,
    CommandEnvelope,
    RectificationOrder,
    RectificationOutcome,
    RectificationView,
    RuleCommand,
    VerifyCommand,
    rectification_workflow_id,
)
from workflows.office import Office
from workflows.state import WalkState

CLERK = "clerk"
SUPERVISOR = "supervisor"
"""督办岗 of the unit's own superior, who rules on appeals and asks the applicant again."""

VERIFY_LIMIT = "1 workdays"
RULE_LIMIT = "5 workdays"
RECTIFY_LIMIT = "15 workdays"
CALL_BACK_LIMIT = "5 workdays"

ROUNDS = 2
"""How often it is put right before it is closed as unresolved, with a red light."""

GROUNDS = {"mistaken": "误评", "malicious": "恶意评价"}
OF = {"window": "现场服务", "result": "办理结果"}


@workflow.defn
class RectificationWorkflow:
    """What a unit does about one bad rating."""

    @workflow.init
    def __init__(self, start: RectificationOrder) -> None:
        """Take the order before any handler runs."""
        self._start = start
        self._state = WalkState()
        self._outcome: RectificationOutcome | None = None
        self._rounds = 0
        self._appellant = ""
        root = rectification_workflow_id(start.responsible.case_no, start.step)
        self.office = Office(start.responsible, root, start.step, self._state)

    @workflow.run
    async def run(self, start: RectificationOrder) -> RectificationOutcome:
        """Verify, then rectify until the applicant is satisfied; return how it ended."""
        of = OF[start.of]
        self.office.note("opened", f"{of}收到差评({start.score}分), 启动核实整改")
        upheld = await self._appealed() if await self._verified() == "appeal" else False
        self._outcome = "upheld" if upheld else await self._put_right()
        self.office.publish()
        await workflow.wait_condition(lambda: self.office.desk.idle)
        return self._outcome

    async def _verified(self) -> str:
        """Return what the unit says of the rating: `rectify` or `appeal`."""
        task = self.office.open(
            "verify", acts=("verify",), role=CLERK, what="核实差评", within=VERIFY_LIMIT
        )
        command, record = await self.office.perform(task, _lacks_ground)
        if not isinstance(command, VerifyCommand):
            raise TypeError(command.act)
        self._appellant = command.by
        text = (
            f"申诉({GROUNDS[command.ground]}): {command.reason}"
            if command.verdict == "appeal"
            else "核实属实, 予以整改"
        )
        self.office.done(command, record, "verified", text)
        return command.verdict

    async def _appealed(self) -> bool:
        """Return whether the superior finds that the rating does not count."""
        task = self.office.open(
            "rule", acts=("rule",), role=SUPERVISOR, what="上级机关裁定差评申诉", within=RULE_LIMIT
        )
        command, record = await self.office.perform(task, self._not_appellant)
        if not isinstance(command, RuleCommand):
            raise TypeError(command.act)
        upheld = command.verdict == "uphold"
        text = "申诉成立, 该评价不计入" if upheld else "申诉不成立, 应予整改"
        self.office.done(command, record, "ruled", f"{text}: {command.reason}")
        return upheld

    def _not_appellant(self, command: AnyCommand) -> str:
        if command.by == self._appellant:
            return f"{command.by} has appealed and may not rule on it: ask another officer"
        return "" if command.reason else "a ruling needs its reason (裁定理由)"

    async def _put_right(self) -> RectificationOutcome:
        """Have it put right and ask the applicant, at most `ROUNDS` times."""
        while self._rounds < ROUNDS:
            self._rounds += 1
            number = self._rounds
            task = self.office.open(
                f"rectify-{number}", acts=("rectify",), role=CLERK, what="整改差评反映的问题",
                within=RECTIFY_LIMIT,
            )  # fmt: skip
            command, record = await self.office.perform(task, _says_how)
            text = f"整改完成: {command.reason}"
            self.office.done(command, record, f"rectified-{number}", text)
            if await self._called_back(number, command.by):
                return "rectified"
        self.office.failed = True
        self.office.note("unresolved", f"{ROUNDS}次整改后申请人仍不满意, 红灯, 记入责任单位")
        return "unresolved"

    async def _called_back(self, number: int, rectifier: str) -> bool:
        """Return whether the applicant is satisfied, asked by another person than who acted."""
        task = self.office.open(
            f"call_back-{number}", acts=("call_back",), role=SUPERVISOR, what="回访评价人",
            within=CALL_BACK_LIMIT,
        )  # fmt: skip

        def barred(command: AnyCommand) -> str:
            if command.by != rectifier:
                return ""
            return f"{rectifier} has rectified and may not call back too: ask another officer"

        command, record = await self.office.perform(task, barred)
        if not isinstance(command, CallBackCommand):
            raise TypeError(command.act)
        text = "回访: 评价人满意" if command.satisfied else "回访: 评价人仍不满意"
        self.office.done(command, record, f"called_back-{number}", text)
        return command.satisfied

    @workflow.update(name=UPDATE_ACT)
    async def act(self, envelope: CommandEnvelope) -> CommandAnswer:
        """An officer's act on the open task."""
        return await self.office.act(envelope.command)

    @act.validator
    def _check_act(self, envelope: CommandEnvelope) -> None:
        self.office.check(envelope.command)

    @workflow.query(name=QUERY_VIEW)
    def view(self) -> RectificationView:
        """Return the bad rating, what was done about it, and who must act."""
        start = self._start
        return RectificationView(
            case_no=start.responsible.case_no,
            matter=start.responsible.matter,
            of=start.of,
            step=start.step,
            score=start.score,
            tags=start.tags,
            text=start.text,
            rounds=self._rounds,
            outcome=self._outcome,
            awaiting=self.office.awaited(),
            timeline=tuple(self._state.timeline),
            answers=self._state.answers,
        )


def _lacks_ground(command: AnyCommand) -> str:
    """Return what an appeal lacks."""
    if not isinstance(command, VerifyCommand) or command.verdict == "rectify":
        return ""
    if command.ground and command.reason:
        return ""
    return "an appeal needs its ground, mistaken (误评) or malicious (恶意评价), and a reason"


def _says_how(command: AnyCommand) -> str:
    return "" if command.reason else "say what was done (整改情况), in `reason`"
