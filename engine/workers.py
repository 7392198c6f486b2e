"""The workers of this process: one a province, any subset of them, drained when told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from engine.topology import Province
from errors import UnreachableError

Parts = Callable[[Province, Client], Sequence[Any]]
"""Makes a province's activities, or its Nexus service handlers."""

STICKY = timedelta(seconds=1)
"""How long the server waits for a killed worker's cache before another worker may take the case."""


class Capacity(BaseModel):
    """How much one province's worker takes on at once.

    `cached_workflows` 0 replays a case at every task (tests do); `grace` is in seconds.
    """

    model_config = ConfigDict(frozen=True)

    cached_workflows: int = 300
    workflow_tasks: int = 20
    activities: int = 50
    local_activities: int = 20
    nexus_tasks: int = 20
    pollers: int = 5
    threads: int = 16
    """For the workflow tasks of all provinces together."""
    grace: float = 10.0


class WorkerPool:
    """Workers of several provinces in one process; an async context manager.

    Args:
        clients: Province → client of its namespace, with its keys.
        workflows: Workflow classes, the same for every province.
        activities: Makes a province's activities.
        nexus_handlers: Makes a province's Nexus service handlers.
        capacity: Sizes, for each province alike.
    """

    def __init__(
        self,
        clients: Mapping[Province, Client],
        *,
        workflows: Sequence[type],
        activities: Parts,
        nexus_handlers: Parts,
        capacity: Capacity = Capacity(),  # noqa: B008 - frozen
    ) -> None:
        self._capacity = capacity
        self._threads = ThreadPoolExecutor(capacity.threads, "workflow")
        self._running: list[asyncio.Task[None]] = []
        self._workers = [
            self._worker(
                client,
                task_queue=province.task_queue,
                workflows=workflows,
                activities=activities(province, client),
                nexus_service_handlers=nexus_handlers(province, client),
            )
            for province, client in clients.items()
        ]

    async def __aenter__(self) -> Self:
        self._running = [asyncio.create_task(worker.run()) for worker in self._workers]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drain: what runs may finish within the grace time, nothing new is taken."""
        await asyncio.gather(*(worker.shutdown() for worker in self._workers))
        await asyncio.gather(*self._running, return_exceptions=True)
        self._threads.shutdown()

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set.

        Raises:
            UnreachableError: A worker gave up: its namespace is not there, or every poll of about
                a minute failed.
        """
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait(
            (stopping, *self._running), return_when=asyncio.FIRST_COMPLETED
        )
        stopping.cancel()
        for task in done - {stopping}:
            if (error := task.exception()) is not None:
                raise UnreachableError(
                    f"a worker has lost its Temporal server ({error})",
                    "see that the server runs, then start the worker again",
                ) from error

    def _worker(self, client: Client, **parts: Any) -> Worker:
        sizes = self._capacity
        # Few pollers at first: 33 provinces of a laptop share a server, most with nothing to do.
        pollers = PollerBehaviorAutoscaling(minimum=1, initial=1, maximum=sizes.pollers)
        return Worker(
            client,
            **parts,
            workflow_task_executor=self._threads,
            max_cached_workflows=sizes.cached_workflows,
            max_concurrent_workflow_tasks=sizes.workflow_tasks,
            max_concurrent_activities=sizes.activities,
            max_concurrent_local_activities=sizes.local_activities,
            max_concurrent_nexus_tasks=sizes.nexus_tasks,
            workflow_task_poller_behavior=pollers,
            activity_task_poller_behavior=pollers,
            nexus_task_poller_behavior=pollers,
            sticky_queue_schedule_to_start_timeout=STICKY,
            graceful_shutdown_timeout=timedelta(seconds=sizes.grace),
        )


@contextlib.contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """Give an event that SIGTERM and Ctrl-C set, instead of ending the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
