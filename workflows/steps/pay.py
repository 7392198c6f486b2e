"""缴费: the applicant pays the matter's fee, or the case ends unpaid."""

from __future__ import annotations

from temporalio.exceptions import ActivityError

from compiler.kinds import Pay
from workflows import undo
from workflows.clocks import LimitPassedError, watch, wound
from workflows.contracts import (
    AWAIT_PAYMENT,
    CLOSE_ORDER,
    CREATE_ORDER,
    FeeRequest,
    PaymentWatch,
    PayOrder,
    Recall,
    StepResult,
)
from workflows.effects import effect, failed, looking
from workflows.paperwork import issue
from workflows.side import Side
from workflows.state import Task
from workflows.tasks import open_task, trouble

FREE = {0: "本事项不收费", None: "本事项收费标准未定, 不在线收费"}


async def run(side: Side, step_id: str, step: Pay) -> StepResult:
    """Give the applicant an order and wait until it is paid, at most `within`.

    What is unpaid then is closed first; only when nothing can be paid on it any more the step ends
    as unpaid. A payment of the last moment is a payment.
    """
    fee = side.plan.fee
    if not fee:
        side.note(step_id, "free", f"{step.label}: {FREE[fee]}")
        return StepResult(label="paid")
    order = await effect(
        side,
        step_id,
        step,
        "order",
        CREATE_ORDER,
        undo.armed(
            side,
            step_id,
            CLOSE_ORDER,
            lambda key: FeeRequest(
                key=key,
                case_no=side.case_no,
                item=side.plan.title,
                amount=fee,
                applicant=side.filing.applicant,
            ),
        ),
        summary="开具缴费单",
    )
    key = next(u.key for u in side.state.undo if u.step == step_id)
    yuan = f"{fee // 100}.{fee % 100:02}元"
    side.note(step_id, "ordered", f"开具缴费单, {yuan}", document_no=order.number)
    what = f"缴费{yuan}, 缴费单{order.number}: {order.link}"
    task = open_task(side, step_id, step, acts=(), role="applicant", what=what, unit="申请人")
    try:
        seen = await _paid(side, step_id, step, task, order)
    except LimitPassedError:
        seen = await effect(
            side,
            step_id,
            step,
            "close",
            CLOSE_ORDER,
            lambda _key: Recall(key=key),
            summary="关闭缴费单",
        )
    undo.disarm(side, step_id, CLOSE_ORDER)
    side.desk.close(task.id)
    if seen.status == "paid":
        side.note(step_id, "paid", f"已缴费{yuan}", document_no=order.number)
        return StepResult(label="paid")
    side.note(step_id, "unpaid", "逾期未缴费, 缴费单已关闭", document_no=order.number)
    await issue(side, step_id, step, "termination_notice", reason="逾期未缴费")
    return StepResult(label="unpaid")


async def _paid(side: Side, step_id: str, step: Pay, task: Task, order: PayOrder) -> PayOrder:
    """Wait until the order is no longer unpaid.

    Raises:
        LimitPassedError: It is still unpaid at the end of the limit.
    """
    request = PaymentWatch(number=order.number, poll=side.tempo.payment_poll)
    while True:
        try:
            await wound(side, task)
            with looking(side, step, AWAIT_PAYMENT, request, "等待缴费") as look:
                await watch(side, task, look.done, lapses=True)
                return await look
        except ActivityError as error:
            reason = failed(error)
        await trouble(side, step_id, step, f"查询缴费单{order.number}: {reason}")
