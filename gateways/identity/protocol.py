"""What the identity service is asked and answers. Only what a check needs leaves us."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol

from gateways.http import Pending, Question, Wire


class IdentityCheck(Question):
    """Is this the person, or the organisation, of the papers (人证核验)?"""

    PERSONAL: ClassVar[tuple[str, ...]] = ("name", "id_number", "uscc")

    name: str
    id_number: str = ""
    uscc: str = ""
    level: Literal["remote", "in_person"]


class IdentityAnswer(Wire):
    """The verdict; `reason` says why not."""

    reference: str
    matched: bool
    reason: str = ""


class IdentityGateway(Protocol):
    """The identity service."""

    async def check(
        self, key: str, question: IdentityCheck, pending: Pending | None = None
    ) -> IdentityAnswer | Pending:
        """Check once under `key`, or ask again about a `pending` check.

        Raises:
            GatewayRefusedError: The service will not check this.
            GatewayUnavailableError: No usable answer; the same key may be used again.
        """
        ...
