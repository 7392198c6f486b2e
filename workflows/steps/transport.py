"""材料流转: the papers travel by courier to the other place."""

from __future__ import annotations

from compiler.kinds import Transport
from workflows.contracts import ParcelRequest, StepResult
from workflows.side import Side
from workflows.steps import parcels


async def run(side: Side, step_id: str, step: Transport) -> StepResult:
    """Send the papers and wait until the other place has signed for them."""
    side.enter("in_transfer")
    await parcels.send(
        side,
        step_id,
        step,
        lambda key: ParcelRequest(
            key=key,
            case_no=side.case_no,
            leg=step_id,
            sender=side.unit(step.source),
            to_division=side.docket.divisions[step.to],
            to_unit=side.unit(step.to),
            contents=tuple(material.id for material in side.filing.materials),
        ),
    )
    side.enter("signed_for")
    return StepResult(label="done")
