"""受理: accept, refuse, or ask once for everything that is missing."""

from __future__ import annotations

from compiler.kinds import Accept
from workflows.clocks import LimitPassedError
from workflows.contracts import AcceptCommand, ActRecord, StepResult
from workflows.correcting import corrected, promise
from workflows.duplicates import duplicate_of
from workflows.materials import missing, to_be_checked
from workflows.paperwork import issue
from workflows.side import Side
from workflows.tasks import open_task, perform, refuse

DEEMED = frozenset({"行政许可"})
"""Regimes that accept in silence, for Plans that do not carry their regime's terms yet."""


async def run(side: Side, step_id: str, step: Accept) -> StepResult:
    """Wait for the acceptance officer (受理岗); after a correction the same task opens again.

    Nothing is accepted by time-out but where the law says so (视为受理, 行政许可法 32), and then it
    is shown as such, with a red light. A correction that is not answered in time lapses (终止).
    """
    memo = side.memo(step_id)
    deemed = side.plan.regime.deemed or (side.plan.engine == 1 and side.plan.legal_regime in DEEMED)
    repeated = await duplicate_of(side, step_id, step)
    while True:
        if "corrections" in memo and "corrected" not in memo:
            side.move(step_id, "ask_correction")
            try:
                await corrected(side, step_id, step, tuple(memo["corrections"]))
            except LimitPassedError:
                side.note(step_id, "lapsed", "逾期未补正, 终止办理")
                await issue(side, step_id, step, "termination_notice", reason="逾期未补正")
                return StepResult(label="lapsed")
            memo["corrected"] = True
            side.move(step_id, "corrected")
        what = _what(side, repeated)
        task = open_task(side, step_id, step, acts=("accept",), role="acceptor", what=what)
        try:
            command, record = await perform(side, step, task, lapses=deemed)
        except LimitPassedError:
            side.note(
                step_id,
                "deemed",
                "视为受理: 逾期未告知, 自收到申请材料之日起即为受理(行政许可法第三十二条)",
            )
            side.desk.close(task.id)
            since = task.awaiting.since.isoformat()
            await issue(side, step_id, step, "deemed_acceptance_notice", received=since)
            side.move(step_id, "accept")
            return StepResult(label="accepted")
        if not isinstance(command, AcceptCommand):
            raise TypeError(command.act)
        refusal = _unfit(side, command, asked="corrections" in memo)
        if refusal:
            refuse(side, command, refusal)
        elif command.verdict == "correct":
            memo["corrections"] = list(command.corrections) or [command.reason]
            side.note(
                step_id, "correct", f"补正告知: {'、'.join(memo['corrections'])}", by=command.by,
                document_no=record.document_no,
            )  # fmt: skip
            side.desk.done(command, "correction told", record.document_no)
        else:
            return await _ended(side, step_id, step, command, record)


def _unfit(side: Side, command: AcceptCommand, *, asked: bool) -> str:
    """Return why an acceptance officer's verdict cannot stand; empty when it can."""
    if command.verdict == "correct" and asked:
        return "补正 is told once only (一次性告知): accept or refuse"
    if command.tolerated and not side.plan.tolerant:
        return f"{side.plan.title} takes no papers later (不实行容缺受理): ask for a correction"
    lacking = {material.id for material in missing(side)}
    main = sorted(m.id for m in missing(side) if m.id in command.tolerated and not m.tolerable)
    if main:
        return f"{'、'.join(main)} may not follow later (主要材料不得容缺): ask for a correction"
    strange = sorted({*command.tolerated, *command.pledged} - lacking)
    if strange:
        known = "、".join(sorted(lacking)) or "nothing"
        return f"{'、'.join(strange)} is not missing; missing is {known}"
    return ""


async def _ended(
    side: Side, step_id: str, step: Accept, command: AcceptCommand, record: ActRecord
) -> StepResult:
    """Accept, perhaps with papers to follow, or refuse."""
    names = {material.id: material.name for material in side.plan.materials}
    accepted = command.verdict == "accept"
    text = "受理" if accepted else f"不予受理: {command.reason}"
    if command.office:
        text += f", 请向{command.office}申请"
    if accepted and command.pledged:
        side.state.pledged += command.pledged
        text += f", 告知承诺: {'、'.join(names[item] for item in command.pledged)}"
    if accepted and command.tolerated:
        await promise(side, step_id, step, command.tolerated)
        text += f", 容缺受理: {'、'.join(names[item] for item in command.tolerated)}, 容后补交"
    side.move(step_id, "accept" if accepted else "not_accept")
    label = "accepted" if accepted else "not_accepted"
    side.note(step_id, label, text, by=command.by, document_no=record.document_no)
    side.desk.done(command, text, record.document_no)
    return StepResult(label=label)


def _what(side: Side, repeated: str) -> str:
    """Say what the officer has to do, what is still missing, and which case this one repeats."""
    pending = to_be_checked(side)
    names = "、".join(m.name for m in missing(side) if m.id not in pending)
    lacking = f", 尚缺{names}" if names else ""
    return f"作出受理决定{lacking}" + (f", 与办件{repeated}重复" if repeated else "")
