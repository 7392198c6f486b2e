"""Several walkers at once in one run: branches of a procedure, officers who sign together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from workflows.side import BRANCH, BrokenOffError, RenewRequestedError, Side, WithdrawnError

Left = RenewRequestedError | WithdrawnError
"""How a walker leaves without having ended."""

Job = Callable[[], Awaitable[None]]


async def together(side: Side, jobs: Mapping[str, Job]) -> None:
    """Run jobs side by side until each has ended or was broken off.

    Args:
        side: The side that they belong to.
        jobs: By region; a region that stands in `state.broken` makes its job leave at its next
            safe point.

    Raises:
        RenewRequestedError: the run is to continue as new; every job is at rest.
        WithdrawnError: the applicant has taken the application back.
    """
    # Whoever calls rests until all have ended; in its stead each of them is one that is busy.
    side.busy += len(jobs) - 1
    left = await asyncio.gather(*(_one(side, region, job) for region, job in jobs.items()))
    side.busy += 1
    for reason in left:
        if reason is not None:
            raise reason


def mended(side: Side, step_id: str) -> None:
    """Forget which regions of a step were broken off: it is over, all of them have left."""
    side.state.broken = [r for r in side.state.broken if not r.startswith(f"{step_id}/")]


async def _one(side: Side, region: str, job: Job) -> Left | None:
    BRANCH.set((*BRANCH.get(), region))
    try:
        await job()
    except (RenewRequestedError, WithdrawnError) as reason:
        return reason
    except BrokenOffError:
        return None
    finally:
        side.busy -= 1
    return None
