"""Asking outside systems by activities: for an effect, under one key, or only for a look.

An effect that is done is never done again, also after continue-as-new. One that is left before it
is done (a withdrawal, a branch that another one broke off) is cancelled and waited for: what comes
about anyway is known then, and can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from compiler.kinds import BaseStep
from workflows import tasks
from workflows.contracts import ActivityRef
from workflows.side import BRANCH, Side

I = TypeVar("I", bound=BaseModel)  # noqa: E741
O = TypeVar("O", bound=BaseModel)  # noqa: E741


class EffectFailedError(Exception):
    """An outside system refused, or gave no usable answer in as many attempts as it had."""


async def effect(  # noqa: PLR0913, PLR0917 - one call says everything about one effect
    side: Side,
    step_id: str,
    step: BaseStep,
    name: str,
    ref: ActivityRef[I, O],
    make: Callable[[str], I],
    *,
    summary: str,
) -> O:
    """Do one outside effect of a step, once, and return its result.

    Args:
        side: The side that does it.
        step_id: The step.
        step: Its parameters; `retry` bounds and paces the attempts, which never end.
        name: The effect's name within the step; a result under this name is reused.
        ref: The activity.
        make: Makes the activity's input from the idempotency key.
        summary: Chinese line for the Temporal UI; never personal data.

    An outside refusal (4xx) is not retried: it becomes an officer's task, and when that is seen to
    the effect is asked for anew, under a new key.
    """
    memo = side.memo(step_id)
    if name in memo:
        return ref.gives.model_validate(memo[name])
    while True:
        round_ = memo.get(f"{name}#", 1)
        key = side.key(step_id, name if round_ == 1 else f"{name}/{round_}")
        try:
            return await attempt(side, step_id, step, name, ref, make(key), summary=summary)
        except EffectFailedError as error:
            await tasks.trouble(side, step_id, step, f"{summary}: {error}")
            memo[f"{name}#"] = round_ + 1


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
        WithdrawnError: It was left before it was done. So also `BrokenOffError`.
    """
    memo = side.memo(step_id)
    if name in memo:
        return ref.gives.model_validate(memo[name])
    side.begin_effect()
    with side.waiting_for(step_id, summary):
        side.publish()
        running: workflow.ActivityHandle[O] = workflow.start_activity(
            ref.name,
            request,
            result_type=ref.gives,
            start_to_close_timeout=timedelta(seconds=step.retry.attempt),
            retry_policy=retrying(step, attempts),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary,
        )
        branch = BRANCH.get()
        await workflow.wait_condition(lambda: running.done() or side.stopping(branch))
        if not running.done():
            running.cancel()
        try:
            result = await running
        except ActivityError as error:
            if is_cancelled_exception(error):
                side.stop_if_asked()
            raise failed(error) from error
    memo[name] = result.model_dump(mode="json")
    return result


@contextmanager
def looking(
    side: Side, step: BaseStep, ref: ActivityRef[I, O], request: I, summary: str
) -> Iterator[workflow.ActivityHandle[O]]:
    """Have an activity look until something has changed, for as long as the block lasts.

    For looks only, which change nothing: the block may be left at any moment, by a limit, by a
    withdrawal, or by a run that continues as new and then looks anew.

    Whoever looks winds the row's clock first, and a renewal cancels nothing: a look that is begun
    before a local activity and cancelled after it in one workflow task replays otherwise than it
    ran, when a query came with that task (the server gets its first half alone then).
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
        if not side.renewing:
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
