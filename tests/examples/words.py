"""What people say in the examples at one step, in few words."""

from __future__ import annotations

from typing import Any, Literal

from stage import Words

from simulation.answers import ANSWERS, Scene
from workflows.contracts import (
    AcceptCommand,
    AnyCommand,
    DecideCommand,
    ReplyCommand,
    ResumeCommand,
    ReviewCommand,
    SuspendCommand,
)


def not_accepted(reason: str, office: str = "") -> Words:
    """Not accept, for this reason; name the right office."""
    return lambda s: AcceptCommand(**s.common(reason=reason), verdict="refuse", office=office)


def tolerated(*papers: str) -> Words:
    """Accept, with papers to follow."""
    return lambda s: AcceptCommand(**s.common(), verdict="accept", tolerated=papers)


def rejected(reason: str) -> Words:
    """Reject, for this reason."""
    return lambda s: DecideCommand(**s.common(reason=reason), verdict="reject")


def opinion(verdict: Literal["pass", "fail"]) -> Words:
    """Say this of what was reviewed, two officers by turns."""

    def say(scene: Scene) -> AnyCommand:
        by = sorted(scene.entitled("reviewer"))[scene.turn % 2]
        return ReviewCommand(**scene.common(reason="缺件") | {"by": by}, verdict=verdict)

    return say


def letter(**fields: Any) -> Words:
    """Write a letter with these fields."""
    return lambda s: ReplyCommand(**s.common(), fields=fields)


def declined(reason: str) -> Words:
    """Send a letter back, for this reason."""
    return lambda s: ReplyCommand(**s.common(reason=reason), refuse=True)


def after(procedure: str, within: str) -> Words:
    """Stop the clock for a special procedure, let it go on, and then act as usual."""
    usual = dict(ANSWERS)

    def say(scene: Scene) -> AnyCommand:
        clock, timeline = scene.site.state.clocks[scene.task.id], scene.site.state.timeline
        stopped = [e.by for e in timeline if e.event.startswith("suspend")]
        if not stopped:
            said = scene.common(reason="情况需要核实")
            return SuspendCommand(**said, procedure=procedure, within=within)
        if clock.suspended is not None:
            return ResumeCommand(**scene.common() | {"by": stopped[0]})
        return usual[scene.task.acts[0]](scene).model_copy(update={"by": stopped[0]})

    return say
