"""Undoing: bookings and unpaid orders that a case leaves behind are taken back.

An undo is registered before its effect is scheduled and means "ensure absent" by the effect's own
key, so it is right whether the effect was done, is on its way or never came about. A step that goes
its way takes its own undo from the list (the parcel is picked up, the fee is paid); what is still
there when the work ends was left behind, by a withdrawal, a refusal or a branch that was broken
off. Nothing with legal effect is ever undone here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container
from typing import Any, TypeVar

from pydantic import BaseModel

from compiler.kinds import BaseStep
from workflows.contracts import (
    CANCEL_PARCEL,
    CLOSE_ORDER,
    REFUND,
    ActivityRef,
    Recall,
    RefundRequest,
)
from workflows.effects import effect
from workflows.side import Side
from workflows.state import Undo
from workflows.tasks import trouble

I = TypeVar("I", bound=BaseModel)  # noqa: E741


def armed(
    side: Side, step_id: str, ref: ActivityRef[Recall, Any], make: Callable[[str], I]
) -> Callable[[str], I]:
    """Return `make` for `Side.effect`, registering the undo as soon as the key is known.

    A step has at most one undo of a kind: one that asks anew, under a new key, was refused before.
    """

    def register(key: str) -> I:
        disarm(side, step_id, ref)
        side.state.undo.append(Undo(step=step_id, effect=ref.name, key=key))
        return make(key)

    return register


def disarm(side: Side, step_id: str, ref: ActivityRef[Recall, Any]) -> None:
    """Forget a step's undo: there is nothing left that could be taken back."""
    side.state.undo = [u for u in side.state.undo if (u.step, u.effect) != (step_id, ref.name)]


async def carry_out(side: Side, steps: Container[str] | None = None) -> None:
    """Take back what was left behind, the last first, by these steps or by all.

    An outside system that is away is asked until it answers; one that refuses is a clerk's task.
    """
    for entry in reversed(list(side.state.undo)):
        if steps is not None and entry.step not in steps:
            continue
        await UNDOING[entry.effect](side, entry, side.plan.steps[entry.step])
        side.state.undo.remove(entry)
        side.state.memo.pop(entry.step, None)
        side.changed()


async def _close_order(side: Side, entry: Undo, step: BaseStep) -> None:
    """Close an order; what was paid on it in the last moment is given back."""
    order = await effect(
        side,
        entry.step,
        step,
        "undo",
        CLOSE_ORDER,
        lambda _key: Recall(key=entry.key),
        summary="关闭缴费单",
    )
    if order.status != "paid":
        side.note(entry.step, "order_closed", "缴费单已关闭", document_no=order.number)
        return
    receipt = await effect(
        side,
        entry.step,
        step,
        "refund",
        REFUND,
        lambda key: RefundRequest(key=key, case_no=side.case_no, number=order.number),
        summary="退费",
    )
    side.note(entry.step, "refunded", "结案前已缴费, 已退费", document_no=receipt.reference)


async def _cancel_parcel(side: Side, entry: Undo, step: BaseStep) -> None:
    """Cancel a booking; a parcel that is already on its way is a clerk's to get back."""
    parcel = await effect(
        side,
        entry.step,
        step,
        "undo",
        CANCEL_PARCEL,
        lambda _key: Recall(key=entry.key),
        summary="取消寄递",
    )
    if parcel.state == "cancelled":
        side.note(entry.step, "booking_cancelled", "寄递已取消", document_no=parcel.waybill)
    else:
        await trouble(side, entry.step, step, f"邮件{parcel.waybill}已揽收, 无法取消, 请追回")


UNDOING: dict[str, Callable[[Side, Undo, BaseStep], Awaitable[None]]] = {
    CLOSE_ORDER.name: _close_order,
    CANCEL_PARCEL.name: _cancel_parcel,
}
"""Everything that can be undone, by the activity that does it."""
