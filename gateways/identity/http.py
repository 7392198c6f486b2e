"""The identity service over HTTP: POST /identity/checks."""

from __future__ import annotations

from dataclasses import dataclass

from gateways.http import Connection, Pending
from gateways.identity.protocol import IdentityAnswer, IdentityCheck


@dataclass(frozen=True)
class HttpIdentity:
    """See `IdentityGateway`."""

    connection: Connection

    async def check(
        self, key: str, question: IdentityCheck, pending: Pending | None = None
    ) -> IdentityAnswer | Pending:
        """Check once under `key`, or ask again about a `pending` check."""
        answer = await self.connection.ask(
            "/identity/checks", key, question, IdentityAnswer, pending
        )
        if isinstance(answer, Pending):
            return answer
        return answer.model_copy(update={"reason": question.mask(answer.reason)})
