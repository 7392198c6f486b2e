"""One attempt at an outside system, and what its answer means to Temporal.

A refusal ends the activity; no usable answer is tried again by the step's retry policy; a pending
answer, or a parcel that has not moved, is an attempt that ended early and says when to try again.
So waiting for an outside system adds nothing to the history, however long it takes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from errors import GatewayRefusedError, GatewayUnavailableError
from gateways.http import Pending

A = TypeVar("A")

REFUSED = "GatewayRefused"
UNAVAILABLE = "GatewayUnavailable"
NOT_YET = "NotYet"
"""Types of the errors that a workflow, or a person in the Temporal UI, sees."""


@contextmanager
def outside() -> Iterator[None]:
    """Turn a gateway's errors into Temporal's: refused is final, unavailable is tried again."""
    try:
        yield
    except GatewayRefusedError as error:
        raise ApplicationError(str(error), type=REFUSED, non_retryable=True) from None
    except GatewayUnavailableError as error:
        raise ApplicationError(str(error), type=UNAVAILABLE) from None


def not_yet(text: str, seconds: float) -> ApplicationError:
    """Return the error that has the activity tried again in `seconds`, quietly."""
    return ApplicationError(
        text,
        type=NOT_YET,
        next_retry_delay=dt.timedelta(seconds=seconds),
        category=ApplicationErrorCategory.BENIGN,
    )


async def settled(ask: Callable[[Pending | None], Awaitable[A | Pending]]) -> A:
    """Ask, or ask again where the attempt before was told to, and return what was decided.

    Where to ask again travels as heartbeat details. Should they get lost, the question is asked
    anew under the same key, which is as good.

    Raises:
        ApplicationError: Refused, unavailable or not yet decided.
    """
    details = activity.info().heartbeat_details
    with outside():
        answer = await ask(Pending.model_validate(details[0]) if details else None)
    if isinstance(answer, Pending):
        activity.heartbeat(answer.model_dump())
        raise not_yet("taken, not yet decided (202)", answer.after)
    return answer
