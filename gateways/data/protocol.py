"""What the data sharing platform is asked and answers. Only what a check needs leaves us."""

from __future__ import annotations

from typing import ClassVar, Protocol

from gateways.http import Pending, Question, Wire


class DataCheck(Question):
    """Does this unit's data bear out these facts about this person or organisation (核验)?

    `facts` are material names (退休证明); none means that the person is known there at all.
    """

    PERSONAL: ClassVar[tuple[str, ...]] = ("name", "id_number", "uscc")

    case_no: str
    unit: str
    facts: tuple[str, ...] = ()
    name: str
    id_number: str = ""
    uscc: str = ""


class DataAnswer(Wire):
    """The verdict over all facts together; `reason` says why not."""

    reference: str
    verified: bool
    reason: str = ""


class DataGateway(Protocol):
    """The data sharing platform."""

    async def check(
        self, key: str, question: DataCheck, pending: Pending | None = None
    ) -> DataAnswer | Pending:
        """Check once under `key`, or ask again about a `pending` check.

        Raises:
            GatewayRefusedError: The unit knows no such person, or will not say.
            GatewayUnavailableError: No usable answer; the same key may be used again.
        """
        ...
