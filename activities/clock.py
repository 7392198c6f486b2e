"""Deadlines: when a limit ends, by the calendar that this worker has."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from compiler.calendars import Calendar
from workflows.contracts import DEADLINE, Deadline, DeadlineRequest, Rung


@dataclass(frozen=True)
class ClockActivities:
    """Answers with dates, so that workflow code never needs a calendar."""

    calendar: Calendar

    @activity.defn(name=DEADLINE.name)
    async def deadline(self, request: DeadlineRequest) -> Deadline:
        """Return when the limit ends and when each rung of its ladder is due.

        A rung is written `name@percent%` of the limit; whole days are rounded up.
        """
        due = self.calendar.due(request.start, request.limit, request.province)
        return Deadline(
            due=due.at,
            provisional=due.provisional,
            calendar=self.calendar.version,
            rungs=tuple(sorted((self._rung(text, request) for text in request.rungs), key=_at)),
        )

    def _rung(self, text: str, request: DeadlineRequest) -> Rung:
        name, _, percent = text.rstrip("%").partition("@")
        share = self.calendar.share(request.start, request.limit, int(percent), request.province)
        return Rung.model_validate({"name": name, "at": share.at})


def _at(rung: Rung) -> float:
    return rung.at.timestamp()
