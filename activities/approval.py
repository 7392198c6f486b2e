"""Official acts: checked against officer, unit, role and division, numbered and documented.

The officer acts in the handling province; the act is remote for the applicant and for the
collecting province, which never decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.documents import Issuer
from activities.numbers import word
from activities.officers import Officers
from workflows.contracts import RECORD_ACT, ActRecord, ActRequest, DocumentRequest


@dataclass(frozen=True)
class ApprovalActivities:
    """What needs to know the officers."""

    officers: Officers
    issuer: Issuer

    @activity.defn(name=RECORD_ACT.name)
    async def record_act(self, request: ActRequest) -> ActRecord:
        """Put an act on record, or say why this officer may not do it.

        A refusal is a result, because an officer must be told, and the task stays open.
        """
        at = activity.info().scheduled_time  # the same for every attempt
        roles = dict.fromkeys(request.signers, "")
        roles |= dict.fromkeys((request.officer, *request.also), request.role)
        for officer, role in roles.items():
            refusal = self.officers.refusal(officer, role, request.unit, request.division)
            if refusal:
                return ActRecord(allowed=False, refusal=refusal, at=at)
        number = await self.issuer.number(
            word(request.act),
            division=request.division,
            unit=request.unit,
            key=request.key,
            at=at,
        )
        record = ActRecord(allowed=True, document_no=number, at=at)
        template = self.issuer.templates.of_act(request.act)
        if request.subject is None or template is None:
            return record
        wanted = DocumentRequest(
            key=request.key,
            template=template.id,
            subject=request.subject,
            unit=request.unit,
            division=request.division,
            step=request.step,
            by=request.officer,
            facts={"reason": request.reason, **request.facts},
        )
        document = self.issuer.issue(template, wanted, number, at)
        return record.model_copy(update={"document": document})
