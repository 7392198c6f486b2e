"""督办 as people outside see it: which late tasks of a case are supervised, and acts on that.

Which ones there are stands in the case's timeline, so they are found without a search.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.cases import Cases
from engine.connect import Connections
from errors import ActRefusedError, NotFoundError
from workflows.contracts import (
    AnyCommand,
    CommandAnswer,
    SupervisionView,
    supervision_workflow_id,
)

OPENED = "supervising-"
"""What the event begins with, with which a supervision stands in the timeline; its mark follows."""


class Supervisions:
    """The supervisions of the cases that these connections can reach."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._cases = Cases(connections)

    async def of_case(self, ref: str) -> list[SupervisionView]:
        """Return a case's supervisions in the order of time.

        Raises:
            NotFoundError: there is no such case.
            UnreachableError: no worker of a province answers.
        """
        case = await self._cases.view(ref)
        found = []
        for entry in case.timeline:
            if not entry.event.startswith(OPENED):
                continue
            mark = entry.event.removeprefix(OPENED).partition("@")[0]
            client = await self._connections.client(entry.province)
            handle = client.get_workflow_handle(supervision_workflow_id(case.case_no, mark))
            found.append(await self._cases.ask(entry.province, handle, SupervisionView))
        return found

    async def act(
        self, ref: str, act: str, make: Callable[[str, int], AnyCommand]
    ) -> CommandAnswer:
        """Do an officer's act in the supervision that waits for it.

        Raises:
            NotFoundError: nothing of this case is supervised.
            ActRefusedError: none waits for this act, or the officer may not do it.
            UnreachableError: not yet accepted; the same command id may be sent again.
        """
        views = await self.of_case(ref)
        if not views:
            raise NotFoundError(f"nothing of case {ref} is supervised", "nobody was that late")
        known = make("", 0).command_id
        for view in views:
            if known in view.answers:
                return view.answers[known]
        waiting = [(view, row) for view in views for row in view.awaiting if act in row.acts]
        if not waiting:
            what = "; ".join(row.what for view in views for row in view.awaiting) or "nothing"
            raise ActRefusedError(f"{act} refused", f"its supervisions wait for: {what}")
        view, row = waiting[0]
        client = await self._connections.client(view.province)
        workflow_id = supervision_workflow_id(view.case_no, view.mark)
        answer = await self._cases.send(client, workflow_id, make(row.task, row.task_rev))
        if not answer.done:
            raise ActRefusedError(f"{act} refused", answer.message)
        return answer
