"""身份核验 by the identity service."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.asking import settled
from gateways.identity.protocol import IdentityCheck, IdentityGateway
from workflows.contracts import CHECK_IDENTITY, IdentityRequest, IdentityVerdict


@dataclass(frozen=True)
class IdentityActivities:
    """What needs the identity service."""

    gateway: IdentityGateway

    @activity.defn(name=CHECK_IDENTITY.name)
    async def check_identity(self, request: IdentityRequest) -> IdentityVerdict:
        """Check that the applicant is who the papers say; a mismatch is a result, not an error."""
        applicant = request.applicant
        question = IdentityCheck(
            name=applicant.name,
            id_number=applicant.id_number,
            uscc=applicant.uscc,
            level=request.level,
        )
        answer = await settled(lambda pending: self.gateway.check(request.key, question, pending))
        return IdentityVerdict(
            matched=answer.matched, reference=answer.reference, reason=answer.reason
        )
