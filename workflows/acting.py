"""The one update of a case and of a handling: a person's command, checked and carried out."""

from __future__ import annotations

from workflows import clocks
from workflows.contracts import AnyCommand, CommandAnswer, RecomputeCommand, UrgeCommand
from workflows.side import Side


def check(side: Side, command: AnyCommand) -> None:
    """Refuse at once what cannot be done; a refused command leaves nothing in the history.

    Raises:
        ApplicationError: see `Desk.check`.
    """
    if not isinstance(command, RecomputeCommand):
        side.desk.check(command)


async def act(side: Side, command: AnyCommand) -> CommandAnswer:
    """Carry a command out and answer it; the same id always gets the first answer."""
    if isinstance(command, RecomputeCommand) and command.command_id not in side.state.answers:
        return await _recompute(side, command)
    answer = await side.desk.submit(command)
    if isinstance(command, UrgeCommand):
        side.note("urge", f"urged-{side.state.urged}", "申请人催办", by="applicant")
    return answer


async def _recompute(side: Side, command: RecomputeCommand) -> CommandAnswer:
    """Compute the due dates of running clocks anew (calendar published again)."""
    with side.desk.busy():
        moved = await clocks.recompute(side, command.calendar)
    stale = [
        clock.deadline.calendar
        for clock in side.state.clocks.values()
        if clock.request is not None and clock.deadline.calendar not in (command.calendar, "")
    ]
    side.publish()
    return side.desk.said(
        command,
        done=not stale,
        message=f"{moved} due dates moved"
        if not stale
        else f"the worker computes with calendar {stale[0]}: deploy {command.calendar} first",
        count=moved,
    )
