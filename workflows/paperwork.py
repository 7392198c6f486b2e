"""文书 that no officer signs: a parcel handed over, a limit that passed, a withdrawal.

An act's own document is issued when the act is put on record (`tasks.perform`); what happens
without one issues its document as an effect of its own, once.
"""

from __future__ import annotations

from compiler.kinds import BaseStep
from workflows.contracts import ISSUE_DOCUMENT, DocumentRequest
from workflows.effects import effect
from workflows.side import Side

WITHDRAWAL = "withdrawal"
"""What stands for a step where a document belongs to none: the end of the whole case."""


async def issue(
    side: Side,
    step_id: str,
    step: BaseStep,
    template: str,
    *,
    nth: str = "",
    **facts: str,
) -> None:
    """Issue a document without an officer's act and keep it.

    Args:
        side: The side whose unit issues it.
        step_id: The step that it belongs to.
        step: Its parameters.
        template: Its template.
        nth: Tells several of one template in one step apart.
        facts: What it says; see the template.
    """
    if side.plan.engine == 1:
        return  # histories of the first engine have no such effects
    document = await effect(
        side,
        step_id,
        step,
        f"{template}{nth}",
        ISSUE_DOCUMENT,
        lambda key: DocumentRequest(
            key=key,
            template=template,
            subject=side.subject(),
            unit=side.unit(side.place),
            division=side.division,
            step=step_id,
            facts=facts,
        ),
        summary="出具文书",
    )
    side.file(document)


async def withdrawn(side: Side) -> None:
    """Issue the notice that a withdrawal has ended the work here, if one has."""
    here = any(entry.step == WITHDRAWAL for entry in side.state.timeline)
    if here and side.state.withdrawal is not None:
        start = side.plan.steps[side.plan.start]
        reason = side.state.withdrawal
        await issue(side, WITHDRAWAL, start, "withdrawal_notice", reason=reason)
