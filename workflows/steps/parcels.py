"""A parcel's life, as both `transport` and `deliver` follow it."""

from __future__ import annotations

from collections.abc import Callable

from temporalio.exceptions import ActivityError

from compiler.kinds import BaseStep, Deliver
from workflows import undo
from workflows.clocks import watch, wound
from workflows.contracts import (
    BOOK_PARCEL,
    CANCEL_PARCEL,
    TRACK_PARCEL,
    Parcel,
    ParcelRequest,
    ResolveCommand,
    TrackRequest,
)
from workflows.effects import effect, failed, looking
from workflows.side import Side
from workflows.tasks import trouble

STATES = {
    "booked": "已下单",
    "picked_up": "已揽收",
    "in_transit": "运输中",
    "signed_for": "已签收",
    "lost": "丢失",
    "returned": "退回",
    "cancelled": "已取消",
}


async def send(
    side: Side,
    step_id: str,
    step: BaseStep,
    request: Callable[[str], ParcelRequest],
    lost: Callable[[int], None] = lambda _round: None,
) -> bool:
    """Book one parcel and follow it until it is signed for; return whether it was.

    A lost or returned parcel is somebody's task; when that is seen to, a new one is booked under
    a new key, so that never two travel for one booking. Or it is not: who resolves the task may
    say that the applicant comes for it instead. `lost` is told the round whose parcel is lost.
    """
    memo = side.memo(step_id)
    while True:
        round_ = memo.get("parcel#", 1)
        parcel = await effect(
            side,
            step_id,
            step,
            f"parcel/{round_}",
            BOOK_PARCEL,
            undo.armed(side, step_id, CANCEL_PARCEL, request),
            summary="寄递下单",
        )
        side.state.waybills[step_id] = parcel.waybill
        side.note(step_id, f"booked-{round_}", "寄递已下单", document_no=parcel.waybill)
        while parcel.state in ("booked", "picked_up", "in_transit"):
            if parcel.state != "booked":
                undo.disarm(side, step_id, CANCEL_PARCEL)
            parcel = await _moved(side, step_id, step, f"track/{round_}/{parcel.state}", parcel)
            side.note(
                step_id,
                f"{parcel.state}-{round_}",
                f"寄递{STATES[parcel.state]}",
                document_no=parcel.waybill,
            )
        # A courier may answer the booking itself with a later state: nothing is left to cancel.
        undo.disarm(side, step_id, CANCEL_PARCEL)
        if parcel.state == "signed_for":
            return True
        seen = await trouble(side, step_id, step, f"邮件{parcel.waybill}{STATES[parcel.state]}")
        if parcel.state == "lost":
            lost(round_)
        if isinstance(seen, ResolveCommand) and seen.pick_up and isinstance(step, Deliver):
            return False
        memo["parcel#"] = round_ + 1


async def _moved(side: Side, step_id: str, step: BaseStep, name: str, known: Parcel) -> Parcel:
    """Wait until a parcel is no longer as it was known.

    One that is only booked can be left at any moment, by a withdrawal: its undo then cancels it.
    """
    memo = side.memo(step_id)
    summary = f"寄递{STATES[known.state]}, 等待物流更新"
    request = TrackRequest(waybill=known.waybill, known=known.state, poll=side.tempo.parcel_poll)
    if name in memo:
        return Parcel.model_validate(memo[name])
    while True:
        try:
            with side.waiting_for(step_id, summary) as row:
                side.publish()
                await wound(side, row)
                with looking(side, step, TRACK_PARCEL, request, summary) as look:
                    await watch(side, row, look.done, firm=known.state != "booked")
                    parcel = await look
        except ActivityError as error:
            await trouble(side, step_id, step, f"{summary}: {failed(error)}")
            continue
        memo[name] = parcel.model_dump(mode="json")
        return parcel
