"""数据核验 by the data sharing platform."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.asking import settled
from gateways.data.protocol import DataCheck, DataGateway
from workflows.contracts import CHECK_DATA, DataRequest, DataVerdict


@dataclass(frozen=True)
class DataActivities:
    """What needs the data sharing platform."""

    gateway: DataGateway

    @activity.defn(name=CHECK_DATA.name)
    async def check_data(self, request: DataRequest) -> DataVerdict:
        """Ask whether the facts hold; that they do not is a result, not an error."""
        applicant = request.applicant
        question = DataCheck(
            case_no=request.case_no,
            unit=request.unit,
            facts=request.facts,
            name=applicant.name,
            id_number=applicant.id_number,
            uscc=applicant.uscc,
        )
        answer = await settled(lambda pending: self.gateway.check(request.key, question, pending))
        return DataVerdict(
            verified=answer.verified, reference=answer.reference, reason=answer.reason
        )
