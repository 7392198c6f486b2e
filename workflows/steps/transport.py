"""材料流转: papers or an archive travel from one place to the other, and every hand-over is signed.

A courier tells itself how far a parcel is. With 机要, a messenger or by hand two officers say it:
who sends gives the number, who receives says what arrived. Each acts at their own place, so the
home orders the part that is not its own (`workflows/handover.py`).
"""

from __future__ import annotations

from compiler.kinds import Transport
from workflows import facts
from workflows.contracts import (
    DispatchCommand,
    ParcelRequest,
    SignForCommand,
    StepResult,
)
from workflows.handover import HomeSide
from workflows.paperwork import issue
from workflows.side import Side
from workflows.steps import parcels
from workflows.tasks import open_task, perform, refuse, trouble

BY_OFFICERS = frozenset({"classified", "messenger", "hand"})
"""Ways on which no carrier reports anything by itself."""

CARRIERS = {"classified": "机要通信", "messenger": "专人送取", "hand": "直接移交"}

WHAT = {"materials": "申请材料", "archive": "档案", "result": "办理结果"}


def parts(step: Transport) -> tuple[str, ...]:
    """Return the places whose officers act, in their order; none when a carrier reports."""
    return (step.source, step.to) if step.by in BY_OFFICERS else ()


async def run(side: Side, step_id: str, step: Transport) -> StepResult:
    """Send the papers and wait until the other place has signed for them."""
    side.move(step_id, "transfer")
    if step.by in BY_OFFICERS:
        await _by_officers(side, step_id, step)
    elif step.by == "network":
        side.note(step_id, "sent", f"{WHAT[step.what]}经网络移交")
    else:
        await parcels.send(
            side,
            step_id,
            step,
            lambda key: ParcelRequest(
                key=key,
                case_no=side.case_no,
                leg=step_id,
                sender=side.unit(step.source),
                to_division=side.docket.divisions[step.to],
                to_unit=side.unit(step.to),
                contents=tuple(material.id for material in side.filing.materials),
            ),
        )
        await _custody(side, step_id, step, "↓", waybill=side.state.waybills[step_id])
    side.move(step_id, "sign_for")
    return StepResult(label="done")


async def _by_officers(side: Side, step_id: str, step: Transport) -> None:
    """Have each place do its part: its own officers here, those of the other by an order."""
    memo = side.memo(step_id)
    for place in parts(step):
        if place in memo:
            continue
        if place == side.place:
            await part(side, step_id, step)
        elif isinstance(side, HomeSide):
            result = await side.hand_over(step_id, step, place)
            if result.label == "refused":
                side.stop_if_asked()  # the applicant has withdrawn, the other place knew it first
        else:
            raise TypeError(f"{step_id}: only the home can order {place} to act")
        memo[place] = True


async def part(side: Side, step_id: str, step: Transport) -> StepResult:
    """Do this place's part of a transport without a carrier: dispatch it, or sign for it."""
    if side.place == step.source:
        return await _dispatch(side, step_id, step)
    return await _sign_for(side, step_id, step)


async def _dispatch(side: Side, step_id: str, step: Transport) -> StepResult:
    """Wait until an officer (经办岗) has sent the papers on their way."""
    carrier, papers = CARRIERS[step.by], WHAT[step.what]
    task = open_task(
        side,
        step_id,
        step,
        acts=("dispatch",),
        role="clerk",
        what=f"封装并移交{papers}({carrier})",
        suffix="↑",
        within=step.within or "",
    )
    command, record = await perform(side, step, task)
    if not isinstance(command, DispatchCommand):
        raise TypeError(command.act)
    side.state.waybills[step_id] = command.number
    text = f"{papers}{command.items}件已交{carrier}, 编号{command.number}"
    await _custody(side, step_id, step, "↑", waybill=command.number)
    side.note(step_id, "dispatched", text, by=command.by, document_no=record.document_no)
    side.desk.done(command, text, record.document_no)
    return StepResult(label="done", outputs={"number": command.number, "items": command.items})


async def _custody(side: Side, step_id: str, step: Transport, nth: str, **said: str) -> None:
    """Issue the custody note (物料流转凭证) of one hand-over."""
    listed = facts.materials(side, (material.id for material in side.filing.materials))
    await issue(
        side,
        step_id,
        step,
        "custody_note",
        nth=nth,
        sender=side.unit(step.source),
        recipient=side.unit(step.to),
        contents=listed if step.what == "materials" else WHAT[step.what],
        carrier=CARRIERS.get(step.by, "EMS"),
        **said,
    )


async def _sign_for(side: Side, step_id: str, step: Transport) -> StepResult:
    """Wait until an officer (经办岗) has opened what arrived and compared it with the list.

    What never arrives is an incident of the sender and the carrier: it is looked for, and nothing
    is sent a second time (档案不得重复转递).
    """
    papers = WHAT[step.what]
    task = open_task(
        side,
        step_id,
        step,
        acts=("sign_for",),
        role="clerk",
        what=f"签收{papers}, 核对清单",
        suffix="↓",
        within=step.within or "",
    )
    while True:
        command, record = await perform(side, step, task)
        if not isinstance(command, SignForCommand):
            raise TypeError(command.act)
        if not command.missing:
            break
        refuse(side, command, "登记为未收到, 已转查找: when it is found, sign for it")
        await trouble(side, step_id, step, f"{papers}逾期未收到, 请查找或补办: {command.reason}")
    differs = f", 差异: {command.differences}" if command.differences else ", 与清单一致"
    text = f"签收{papers}{differs}"
    await _custody(side, step_id, step, "↓", differences=command.differences)
    side.note(step_id, "signed_for", text, by=command.by, document_no=record.document_no)
    side.desk.done(command, text, record.document_no)
    return StepResult(label="done", outputs={"differences": command.differences})
