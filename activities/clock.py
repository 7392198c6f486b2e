"""Deadlines: when a limit ends, by the calendar that this worker has."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity
from temporalio.exceptions import ApplicationError

from compiler.calendars import Calendar, Due, Span
from errors import LimitError
from workflows.contracts import DEADLINE, Deadline, DeadlineRequest, Rung


@dataclass(frozen=True)
class ClockActivities:
    """Answers with dates, so that workflow code never needs a calendar."""

    calendar: Calendar

    @activity.defn(name=DEADLINE.name)
    async def deadline(self, request: DeadlineRequest) -> Deadline:
        """Return when the limit ends and when each rung of its ladder is due.

        A rung is written `name@percent%` of the whole limit with its extensions, without the
        stops; whole days are rounded up.

        Raises:
            ApplicationError: `BadLimit`: asked like this, there is no answer.
        """
        try:
            due = self._share(request, 100)
            rungs = sorted((self._rung(text, request) for text in request.rungs), key=_at)
        except LimitError as error:
            raise ApplicationError(str(error), type="BadLimit", non_retryable=True) from None
        return Deadline(
            due=due.at,
            provisional=due.provisional,
            calendar=self.calendar.version,
            rungs=tuple(rungs),
        )

    def _share(self, request: DeadlineRequest, percent: int) -> Due:
        stops: list[Span] = [(stop.start, stop.end) for stop in request.stops]
        return self.calendar.share(
            request.start,
            request.limit,
            percent,
            request.province,
            stops=stops,
            extended=request.extended,
        )

    def _rung(self, text: str, request: DeadlineRequest) -> Rung:
        name, _, percent = text.rstrip("%").partition("@")
        at = self._share(request, int(percent)).at
        return Rung.model_validate({"name": name, "at": at})


def _at(rung: Rung) -> float:
    return rung.at.timestamp()
