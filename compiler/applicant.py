"""Who applies and with what: the parts of an application that every matter has alike."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from compiler.plan import ApplicantKind

PartyRole = Literal["agent", "handler", "guardian", "legal_representative"]

ROLE_NAMES: dict[PartyRole, str] = {
    "agent": "代理人",
    "handler": "经办人",
    "guardian": "监护人",
    "legal_representative": "法定代表人",
}
"""Role → what officers and applicants call it."""

PROXIES: frozenset[PartyRole] = frozenset({"agent", "handler", "guardian"})
"""Who comes in the applicant's stead."""

MANDATED: frozenset[PartyRole] = frozenset({"agent", "handler"})
"""Who needs a 授权委托书 that has not expired (民法典 165); the others stand for by law."""

BEIJING = dt.timezone(dt.timedelta(hours=8))
"""By whose day a mandate expires; a fixed offset, because workflows read no time zone files."""

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Mandate(BaseModel):
    """What a party stands on: a 授权委托书, or for a guardian the ground (出生医学证明, 户口簿)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Word
    number: str = ""
    scope: str = ""
    """委托事项: what the party may do."""
    valid_until: dt.date | None = None
    """The last day on which it holds."""


class Party(BaseModel):
    """A natural person who acts for the applicant. Everything but `role` is personal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: PartyRole
    name: Word
    id_number: Word
    phone: str = ""
    mandate: Mandate | None = None

    def expired(self, at: dt.datetime) -> bool:
        """Tell whether the mandate's last day has passed, in Beijing, at a moment with its zone."""
        last = self.mandate.valid_until if self.mandate else None
        return last is not None and last < at.astimezone(BEIJING).date()

    def as_person(self) -> Applicant:
        """Return who has to be proved when this party comes."""
        return Applicant(
            kind="individual", name=self.name, id_number=self.id_number, phone=self.phone
        )


class Applicant(BaseModel):
    """申请人. Everything but `kind` is personal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ApplicantKind
    name: str
    id_number: str = ""
    uscc: str = ""
    phone: str = ""
    address: str = ""
    # Left out when empty: an application without parties keeps its digest, and a province that
    # does not know of parties yet can still read its order.
    parties: tuple[Party, ...] = Field(default=(), exclude_if=lambda parties: not parties)

    def present(self) -> tuple[Party, ...]:
        """Return the parties who come: the proxies, else those who represent an organisation."""
        proxies = tuple(party for party in self.parties if party.role in PROXIES)
        return proxies or self.parties


class MaterialRef(BaseModel):
    """A material that the applicant gave: which one, its digest, and whether paper travels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    digest: str = ""
    paper: bool = False


def mandate_expired(applicant: Applicant, at: dt.datetime) -> Party | None:
    """Return a party whose mandate has expired at a moment, None when all hold.

    Who hands out a result, or takes evidence, must not do so to a party with an expired mandate.
    """
    return next((party for party in applicant.parties if party.expired(at)), None)
