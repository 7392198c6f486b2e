"""好差评 and 整改 as people outside see them: what a case invited to, and acts on it.

Which ratings a case has stands in its timeline, so they are found without a search. A rating lives
in the province of the unit that it concerns, and outlives the case.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from engine.cases import Cases
from engine.connect import Connections
from errors import ActRefusedError, NotFoundError
from workflows.contracts import (
    AnyCommand,
    CommandAnswer,
    RateCommand,
    RatedOf,
    RatingView,
    RectificationView,
    rating_workflow_id,
    rectification_workflow_id,
)

INVITED = "invited"
"""The event with which a `rate` step stands in the timeline."""


class Rating(BaseModel):
    """One invitation of a case, and the rectification that a bad rating opened."""

    model_config = ConfigDict(frozen=True)

    rating: RatingView
    rectification: RectificationView | None = None


class Ratings:
    """The ratings of the cases that these connections can reach."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._cases = Cases(connections)

    async def of_case(self, ref: str) -> list[Rating]:
        """Return the ratings that a case has invited to, in the order of time.

        Raises:
            NotFoundError: there is no such case.
            UnreachableError: no worker of a province answers.
        """
        case = await self._cases.view(ref)
        found = []
        for entry in case.timeline:
            if entry.event != INVITED:
                continue
            client = await self._connections.client(entry.province)
            handle = client.get_workflow_handle(rating_workflow_id(case.case_no, entry.step))
            rating = await self._cases.ask(entry.province, handle, RatingView)
            work = client.get_workflow_handle(rectification_workflow_id(case.case_no, entry.step))
            try:
                opened = await self._cases.ask(entry.province, work, RectificationView)
            except NotFoundError:
                opened = None
            found.append(Rating(rating=rating, rectification=opened))
        return found

    async def one(self, ref: str, of: RatedOf) -> Rating:
        """Return the case's latest rating of the visit, or of the result.

        Raises:
            NotFoundError: the case has invited to none.
        """
        fitting = [each for each in await self.of_case(ref) if each.rating.of == of]
        if not fitting:
            raise NotFoundError(
                f"case {ref} has invited to no rating of its {of}",
                "`kuasheng case ratings` shows those that it has",
            )
        return fitting[-1]

    async def rate(self, ref: str, of: RatedOf, command: RateCommand) -> CommandAnswer:
        """Rate for the applicant; the same command id gets the same answer.

        Raises:
            ActRefusedError: it was rated before, or the time to rate has passed.
            UnreachableError: not yet accepted; the same command id may be sent again.
        """
        rating = (await self.one(ref, of)).rating
        known = rating.answers.get(command.command_id)
        if known is not None:
            return known
        if rating.score is not None:
            raise ActRefusedError("rate refused", "a rating was given already (一次一评)")
        if rating.outcome is not None:
            raise ActRefusedError("rate refused", "the time to rate has passed; no rating is kept")
        client = await self._connections.client(rating.province)
        workflow_id = rating_workflow_id(rating.case_no, rating.step)
        return await self._cases.send(client, workflow_id, command)

    async def rectify(
        self, ref: str, of: RatedOf, act: str, make: Callable[[str, int], AnyCommand]
    ) -> CommandAnswer:
        """Do an officer's act in the rectification of a bad rating.

        Args:
            ref: Case number or workflow id.
            of: Which rating.
            act: The act, as its command names it: verify, rule, rectify, call_back.
            make: Makes the command from the task's id and revision.

        Raises:
            NotFoundError: no rectification was opened.
            ActRefusedError: nothing waits for this act, or the officer may not do it.
            UnreachableError: not yet accepted; the same command id may be sent again.
        """
        found = await self.one(ref, of)
        rating, opened = found.rating, found.rectification
        if opened is None:
            raise NotFoundError(f"the {of} of case {ref} has no rectification", "only bad ones do")
        answer = opened.answers.get(make("", 0).command_id)
        if answer is None:
            row = next((row for row in opened.awaiting if act in row.acts), None)
            if row is None:
                waits = opened.awaiting[0].what if opened.awaiting else f"over ({opened.outcome})"
                raise ActRefusedError(f"{act} refused", f"the rectification waits for: {waits}")
            client = await self._connections.client(rating.province)
            workflow_id = rectification_workflow_id(rating.case_no, rating.step)
            answer = await self._cases.send(client, workflow_id, make(row.task, row.task_rev))
        if not answer.done:
            raise ActRefusedError(f"{act} refused", answer.message)
        return answer
