"""Official acts: checked against officer, unit, role and division, and numbered.

The officer acts in the handling province; the act is remote for the applicant and for the
collecting province, which never decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.numbers import document_no
from activities.officers import Officers
from workflows.contracts import RECORD_ACT, ActRecord, ActRequest


@dataclass(frozen=True)
class ApprovalActivities:
    """What needs to know the officers."""

    officers: Officers

    @activity.defn(name=RECORD_ACT.name)
    async def record_act(self, request: ActRequest) -> ActRecord:
        """Put an act on record, or say why this officer may not do it.

        A refusal is a result, because an officer must be told, and the task stays open.
        """
        at = activity.info().scheduled_time  # the same for every attempt
        refusal = self.officers.refusal(
            request.officer, request.role, request.unit, request.division
        )
        if refusal:
            return ActRecord(allowed=False, refusal=refusal, at=at)
        number = document_no(request.division, request.unit, request.act, at, request.key)
        return ActRecord(allowed=True, document_no=number, at=at)
