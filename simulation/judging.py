"""The verdict over a simulated case that has ended, or that has not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from simulation.outside import JOURNEYS
from simulation.paths import expected, path_of
from simulation.people import plain
from simulation.runs import Row, Run

ALWAYS = frozenset({"withdrawn", "terminated"})
"""Outcomes that the applicant or an officer can bring about in any matter."""


def judged(run: Run) -> Row:
    """Return the row of a run; `problems` holds everything that is not as it must be."""
    case, view = run.spec.case, run.view
    stuck = not run.over
    ended = run.ended if run.ended and run.started else run.started
    span = (ended - run.started) if ended and run.started else dt.timedelta()
    problems = [*run.problems, *(_stuck(run) if stuck else _ended(run))]
    return Row(
        case_no=case.case_no,
        matter=case.plan.matter,
        mode=case.plan.mode,
        path=run.spec.path,
        outcome=view.outcome if view else None,
        stuck=stuck,
        days=round(span / dt.timedelta(days=1), 1),
        events=run.events,
        problems=tuple(problems),
        view=view,
    )


def _stuck(run: Run) -> Iterator[str]:
    if not run.open:
        yield "it was never worked on"
    for workflow_id, side in run.open.items():
        rows = "; ".join(f"{r.unit} {r.role}: {r.what}" for r in side.awaited())
        at = ", ".join(side.state.cursors.values())
        yield f"{workflow_id} is open at {at}, awaiting {rows or 'nobody'}"


def _ended(run: Run) -> Iterator[str]:
    plan, view, path = run.spec.case.plan, run.view, path_of(run.spec.path)
    if view is None:
        return
    if view.outcome not in plan.outcomes() | ALWAYS:
        yield f"outcome {view.outcome} is none of this Plan's"
    wanted = expected(plan, run.spec.path)
    if view.outcome not in wanted:
        yield f"outcome {view.outcome} instead of {' or '.join(sorted(wanted))}"
    for event in path.shows:
        if event not in run.happened:
            yield f"the timeline shows no {event}"
    for refusal in path.refused:
        if refusal not in run.refusals:
            yield f"nobody was refused as {refusal}"
    yield from _papers(run)


def _papers(run: Run) -> Iterator[str]:
    """Originals are back with the applicant, or never left the place where they were shown."""
    case = run.spec.case
    held = {material.id for material in case.filing.materials if material.paper}
    away: set[str] = set()
    for parcel in run.parcels.values():
        if parcel.cancelled or JOURNEYS[parcel.fate][-1][1] != "signed_for":
            continue
        away = away - set(parcel.contents) if parcel.to_applicant else away | set(parcel.contents)
    # A receipt with an officer's name is that of a result that was handed over (当面领取).
    receipts = run.view.timeline if run.view else ()
    if any(plain(entry.event) == "delivered" and entry.by for entry in receipts):
        away = set()
    if left := sorted(held & away):
        yield f"originals are not back: {', '.join(left)}"
