"""The deadline activity: what a workflow asks is what the calendar is asked."""

from __future__ import annotations

import datetime as dt

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.clock import ClockActivities
from compiler.calendars import CHINA, load_calendar
from workflows.contracts import Deadline, DeadlineRequest, Stop


def moment(text: str) -> dt.datetime:
    """Return a moment in China."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA)


async def ask(**said: object) -> Deadline:
    """Ask about 20 working days from 3 August 2026."""
    request = DeadlineRequest.model_validate(
        {
            "start": moment("2026-08-03T09:00"),
            "limit": "20 workdays",
            "province": "430000",
            "rungs": ("yellow@80%", "red@100%"),
            **said,
        }
    )
    clock = ClockActivities(load_calendar())
    return await ActivityEnvironment().run(clock.deadline, request)


async def test_stops_and_extensions_reach_the_calendar() -> None:
    """The ladder is of the whole limit without the stops: 24 of 30 days are up on 11 September."""
    stop = Stop(start=moment("2026-08-24T09:00"), end=moment("2026-08-28T17:00"))
    found = await ask(stops=(stop,), extended=("10 workdays",))
    assert found.due == moment("2026-09-20T23:59:59")
    assert {rung.name: rung.at for rung in found.rungs} == {
        "yellow": moment("2026-09-11T23:59:59"),
        "red": moment("2026-09-20T23:59:59"),
    }
    assert found.calendar == load_calendar().version


async def test_a_question_of_before_gets_the_answer_of_before() -> None:
    """A request without the newer words is one without stops and extensions."""
    assert (await ask()).due == moment("2026-08-31T23:59:59")


async def test_an_impossible_limit_is_not_asked_again() -> None:
    """Mixed units are a mistake of the asker: trying again cannot help."""
    with pytest.raises(ApplicationError, match="cannot be extended") as caught:
        await ask(extended=("10 days",))
    assert caught.value.non_retryable
    assert caught.value.type == "BadLimit"
