"""Acts on a finished case as people outside see them: do one, list them.

They are numbered over the case, in the province that decided, so they are found one after the other
without a search, and of two officers who act at the same time only one can be the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from engine.cases import Cases
from engine.connect import Connections
from errors import ActRefusedError, ConflictError, NotFoundError
from workflows.contracts import (
    TASK_TIMEOUT,
    AmendCommand,
    AnyCommand,
    CaseView,
    CommandAnswer,
    LaterActInput,
    LaterActView,
    LaterCommand,
    Responsible,
    TimelineEntry,
    VoidCommand,
    later_workflow_id,
)
from workflows.later import RULES, LaterActWorkflow, unlawful
from workflows.rating import found_by

ISSUED = "issued"
APPROVED = "approved"
"""Events of the timeline: a certificate was made, the decision was given."""


class LaterActs:
    """The later acts of the cases that these connections can reach."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._cases = Cases(connections)

    async def of_case(self, case: CaseView) -> list[LaterActView]:
        """Return what was done, or tried, to a finished case, in its order.

        Raises:
            UnreachableError: no worker of the deciding province answers.
        """
        if not case.closed:
            return []
        client = await self._connections.client(case.handling_province)
        found: list[LaterActView] = []
        while True:
            handle = client.get_workflow_handle(later_workflow_id(case.case_no, len(found) + 1))
            try:
                found.append(await self._cases.ask(case.handling_province, handle, LaterActView))
            except NotFoundError:
                return found

    async def do(self, ref: str, command: LaterCommand) -> CommandAnswer:
        """Do an act on a finished case; the same command id gets the same answer.

        Args:
            ref: Case number or workflow id.
            command: The act. One that voids or amends without a number means the only one.

        Raises:
            ActRefusedError: the case is open, the act is not lawful for it, the officer may not do
                it, or another act came first.
            UnreachableError: not yet accepted; the same command id may be sent again.
        """
        case = await self._cases.view(ref)
        if not case.closed:
            raise _refused(command, f"case {case.case_no} is still open: it can be withdrawn")
        known = await self.of_case(case)
        same = next((act for act in known if act.command_id == command.command_id), None)
        if same is not None and same.act != command.act:
            raise ConflictError(f"command id {command.command_id} was used for {same.act} already")
        if same is not None and command.command_id in same.answers:
            return _allowed(command, same.answers[command.command_id])
        before = tuple(act.act for act in known if act.done is not False)
        refusal = unlawful(command.act, case.outcome or "", before)
        if same is None and refusal:
            raise _refused(command, refusal)
        command, first = _numbered(command, case, known)
        number = same.number if same else len(known) + 1
        if same is None:
            await self._start(
                case,
                LaterActInput(
                    command=command,
                    number=number,
                    outcome=case.outcome or "",
                    before=before,
                    certificate=first,
                    responsible=_decided_by(command, case),
                    subject=await self._cases.subject(ref),
                ),
            )
        client = await self._connections.client(case.handling_province)
        workflow_id = later_workflow_id(case.case_no, number)
        return _allowed(command, await self._cases.send(client, workflow_id, command))

    async def _start(self, case: CaseView, start: LaterActInput) -> None:
        province = self._connections.topology.province(case.handling_province)
        client = await self._connections.client(province.code)
        try:
            await client.start_workflow(
                LaterActWorkflow.run,
                start,
                id=later_workflow_id(case.case_no, start.number),
                task_queue=province.task_queue,
                task_timeout=TASK_TIMEOUT,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=found_by(start.responsible),
                static_summary=f"{case.matter} · {RULES[start.command.act].text}",
            )
        except WorkflowAlreadyStartedError as error:
            raise ActRefusedError(
                f"{start.command.act} refused: another act on case {case.case_no} came first",
                "look at it with `kuasheng case show`, then repeat the command",
            ) from error

    async def follow(
        self, ref: str, act: str, make: Callable[[str, int], AnyCommand]
    ) -> CommandAnswer:
        """Do an officer's act on what has to follow from a later act (信用记录推送).

        Args:
            ref: Case number or workflow id.
            act: The act, as its command names it: record_credit, resolve.
            make: Makes the command from the task's id and revision.

        Raises:
            ActRefusedError: nothing waits for it, or the officer may not do it.
            UnreachableError: not yet accepted; the same command id may be sent again.
        """
        case = await self._cases.view(ref)
        known = make("", 0)
        for later in await self.of_case(case):
            if known.command_id in later.answers:
                return _allowed(known, later.answers[known.command_id])
            row = next((row for row in later.awaiting if act in row.acts), None)
            if row is not None:
                client = await self._connections.client(case.handling_province)
                workflow_id = later_workflow_id(case.case_no, later.number)
                command = make(row.task, row.task_rev)
                return _allowed(command, await self._cases.send(client, workflow_id, command))
        raise _refused(known, f"nothing that followed from case {case.case_no} waits for it")


def _refused(command: AnyCommand, why: str) -> ActRefusedError:
    return ActRefusedError(f"{command.act} refused", why)


def _allowed(command: AnyCommand, answer: CommandAnswer) -> CommandAnswer:
    if not answer.done:
        raise _refused(command, answer.message)
    return answer


def _entries(case: CaseView, event: str) -> list[TimelineEntry]:
    """Return the entries of an event; a further visit or unit adds `@2` or `-2` to its name."""
    return [
        e
        for e in case.timeline
        if e.event == event or e.event.startswith((f"{event}@", f"{event}-"))
    ]


def _decided_by(command: AnyCommand, case: CaseView) -> Responsible:
    """Return the unit that approved the case: its own act is what is done away with."""
    decisions = _entries(case, APPROVED)
    if not decisions:
        raise _refused(command, f"no decision stands in the timeline of case {case.case_no}")
    decision = decisions[-1]
    return Responsible(
        case_no=case.case_no,
        matter=case.matter,
        place=decision.place,
        province=decision.province,
        unit=decision.unit,
        # Every number of a document begins with the division of the unit that gave it.
        division=decision.document_no[:6],
    )


def _numbered(
    command: LaterCommand, case: CaseView, known: Sequence[LaterActView]
) -> tuple[LaterCommand, str]:
    """Return the command with the number that it concerns, and under which that was first issued.

    What was voided or corrected before is known by its later number. Where nothing was issued, the
    decision itself can be corrected.
    """
    issued = [entry.document_no for entry in _entries(case, ISSUED)]
    if not issued and not isinstance(command, VoidCommand):
        issued = [entry.document_no for entry in _entries(case, APPROVED)[-1:]]
    valid = {number: number for number in issued}
    for act in known:
        if act.done and act.old_number in valid:
            valid[act.new_number] = valid.pop(act.old_number)
    if not isinstance(command, VoidCommand | AmendCommand):
        return command, "、".join(valid)
    numbers = "、".join(valid) or "none"
    if command.number in valid:
        return command, valid[command.number]
    if command.number or len(valid) != 1:
        raise _refused(command, f"say which number with --number; valid today: {numbers}")
    ((number, first),) = valid.items()
    return command.model_copy(update={"number": number}), first
