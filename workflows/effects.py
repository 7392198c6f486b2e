"""Asking outside systems by activities: for an effect, under one key, or only for a look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from compiler.kinds import BaseStep
from workflows.contracts import ActivityRef

if TYPE_CHECKING:
    from workflows.side import Side

I = TypeVar("I", bound=BaseModel)  # noqa: E741
O = TypeVar("O", bound=BaseModel)  # noqa: E741


class EffectFailedError(Exception):
    """An outside system refused, or gave no usable answer in as many attempts as it had."""


async def attempt(  # noqa: PLR0913, PLR0917 - one call says everything about one effect
    side: Side,
    step_id: str,
    step: BaseStep,
    name: str,
    ref: ActivityRef[I, O],
    request: I,
    *,
    summary: str,
    attempts: int = 0,
) -> O:
    """Ask for one effect and return its result, which is kept under `name` for this step.

    Args:
        side: The side that asks.
        step_id: The step.
        step: Its parameters; `retry` paces the attempts.
        name: The effect's name within the step; a result under this name is reused.
        ref: The activity.
        request: Its input, with the idempotency key in it.
        summary: Chinese line for the Temporal UI; never personal data.
        attempts: How often at most; 0 goes on until there is an answer.

    Raises:
        EffectFailedError: Refused (4xx), or no attempt is left; the text says why.
    """
    memo = side.state.memo.setdefault(step_id, {})
    if name in memo:
        return ref.gives.model_validate(memo[name])
    try:
        with side.waiting_for(step_id, summary):
            side.publish()
            result: O = await workflow.execute_activity(
                ref.name,
                request,
                result_type=ref.gives,
                start_to_close_timeout=timedelta(seconds=step.retry.attempt),
                retry_policy=retrying(step, attempts),
                summary=summary,
            )
    except ActivityError as error:
        raise failed(error) from error
    memo[name] = result.model_dump(mode="json")
    return result


@contextmanager
def looking(
    step: BaseStep, ref: ActivityRef[I, O], request: I, summary: str
) -> Iterator[workflow.ActivityHandle[O]]:
    """Have an activity look until something has changed, for as long as the block lasts.

    For looks only, which change nothing: the block may be left at any moment, by a limit, by a
    withdrawal, or by a run that continues as new and then looks anew.
    """
    look: workflow.ActivityHandle[O] = workflow.start_activity(
        ref.name,
        request,
        result_type=ref.gives,
        start_to_close_timeout=timedelta(seconds=step.retry.attempt),
        retry_policy=retrying(step),
        summary=summary,
    )
    # Nobody waits for a look that was left: take its end, so that nothing complains of it.
    look.add_done_callback(lambda left: left.cancelled() or left.exception())
    try:
        yield look
    finally:
        look.cancel()


def retrying(step: BaseStep, attempts: int = 0) -> RetryPolicy:
    """Return how a step's effects are tried again."""
    return RetryPolicy(
        initial_interval=timedelta(seconds=step.retry.first),
        maximum_interval=timedelta(seconds=step.retry.longest),
        maximum_attempts=attempts,
    )


def failed(error: ActivityError) -> EffectFailedError:
    """Return an activity's end as the reason that people read; a cancellation goes on its way."""
    if is_cancelled_exception(error):
        raise error
    cause = error.cause
    return EffectFailedError(cause.message if isinstance(cause, ApplicationError) else str(cause))
