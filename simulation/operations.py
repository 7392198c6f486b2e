"""What officers do with a task besides its act: passing it on, stopping its clock, sending it back.

A manoeuvre is a sequence of operations and of pauses in days, gone through once a case, before the
decision.
"""

from __future__ import annotations

from collections.abc import Callable

from simulation.answers import Scene
from simulation.scripts import Manoeuvre
from workflows.contracts import (
    AddSignerCommand,
    AnyCommand,
    DelegateCommand,
    ExtendCommand,
    ReleaseCommand,
    ResumeCommand,
    SendBackCommand,
    SignCommand,
    SuspendCommand,
    TransferCommand,
)
from workflows.operations import to_do_again
from workflows.side import Side

Move = Callable[[Scene], AnyCommand] | float
"""An operation, or a pause in days."""


def colleague(scene: Scene) -> str:
    """Return another officer who may do the task too."""
    me = scene.officer()
    return next(name for name in scene.entitled(scene.task.awaiting.role) if name != me)


def _sign(scene: Scene) -> AnyCommand:
    signer = next(name for name, opinion in scene.task.signers.items() if not opinion)
    return SignCommand(**scene.common(reason="同意") | {"by": signer})


def _send_back(scene: Scene) -> AnyCommand:
    again = to_do_again(scene.site, scene.task.step) if isinstance(scene.site, Side) else ()
    return SendBackCommand(**scene.common(reason="请再核实"), to=again[0])


MANOEUVRES: dict[Manoeuvre, tuple[Move, ...]] = {
    "transfer": (
        lambda s: TransferCommand(**s.common(reason="出差"), to=colleague(s)),
        1.0,
    ),
    "delegate": (
        lambda s: DelegateCommand(**s.common(reason="协助拟稿"), to=colleague(s)),
        1.0,
        lambda s: ReleaseCommand(**s.common(reason="已拟稿")),
    ),
    "add_signer": (
        lambda s: AddSignerCommand(**s.common(reason="请会签"), to=colleague(s)),
        1.0,
        _sign,
    ),
    "suspend": (
        lambda s: SuspendCommand(
            **s.common(reason="需另行认定"),
            procedure=s.plan.regime.special[0],
            within="30 days",
        ),
        20.0,
        lambda s: ResumeCommand(**s.common()),
    ),
    "suspend_until_end": (
        lambda s: SuspendCommand(
            **s.common(reason="需另行认定"),
            procedure=s.plan.regime.special[0],
            within="30 days",
        ),
        35.0,
    ),
    "extend": (
        lambda s: ExtendCommand(**s.common(reason="案情复杂") | {"by": s.entitled("head")[0]}),
    ),
    "send_back": (_send_back,),
}
"""Manoeuvre → its operations. The task's own act follows, unless the task was sent back."""
