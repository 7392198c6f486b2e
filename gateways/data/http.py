"""The data sharing platform over HTTP: POST /data/checks."""

from __future__ import annotations

from dataclasses import dataclass

from gateways.data.protocol import DataAnswer, DataCheck
from gateways.http import Connection, Pending


@dataclass(frozen=True)
class HttpData:
    """See `DataGateway`."""

    connection: Connection

    async def check(
        self, key: str, question: DataCheck, pending: Pending | None = None
    ) -> DataAnswer | Pending:
        """Check once under `key`, or ask again about a `pending` check."""
        answer = await self.connection.ask("/data/checks", key, question, DataAnswer, pending)
        if isinstance(answer, Pending):
            return answer
        return answer.model_copy(update={"reason": question.mask(answer.reason)})
