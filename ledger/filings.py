"""Open filings (在办申请): who has which matter open at which place, known only by keyed hashes.

Each province that accepts keeps its own. A filing is kept when the place gets the case and released
when its work there ends; while it is open, another one of the same persons and matter is a
duplicate, whichever portal or province it came through. Nothing personal is stored: without the key
a hash says nothing, and neither do a matter and a case number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import DateTime, Engine, Index, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Field, Session, SQLModel, col, select

from ledger.database import unreachable

_FIRST = text("closed_at IS NULL AND duplicate_of = ''")


class OpenFiling(SQLModel, table=True):
    """A filing at the province that accepts it. At most one open one a hash is no duplicate."""

    __tablename__ = "open_filing"
    __table_args__ = (
        Index("open_filing_first", "province", "hash", unique=True,
              sqlite_where=_FIRST, postgresql_where=_FIRST),
    )  # fmt: skip

    province: str = Field(primary_key=True)
    case_no: str = Field(primary_key=True)
    hash: str = Field(index=True)
    matter: str
    duplicate_of: str = ""
    opened_at: dt.datetime = Field(sa_type=DateTime(timezone=True))
    closed_at: dt.datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Filing(NamedTuple):
    """A case at the province that accepts it; `province` is its six-digit code."""

    province: str
    case_no: str
    matter: str


ATTEMPTS = 3
"""The first may lose the race against a duplicate, and the next against its own repetition."""


class Filings:
    """The register of open filings; any number of threads and processes may use it at once.

    Args:
        engine: From `ledger.database.open_database`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, filing: Filing, hashes: Sequence[str], at: dt.datetime) -> str:
        """Keep a filing as open, and tell of which open one it is a duplicate.

        The first answer counts: who asks again about a case gets it again, also when the other case
        has ended meanwhile.

        Args:
            filing: The case.
            hashes: Of its persons and matter, the one to keep first; then those under older keys,
                under which others may have been kept.
            at: When this place got it, with its zone.

        Returns:
            The number of the case that was there first, empty when there is none.

        Raises:
            UnreachableError: The database does not answer; trying again is safe.
        """
        conflict: IntegrityError | None = None
        for _ in range(ATTEMPTS):
            try:
                with Session(self._engine) as session, session.begin():
                    return _opened(session, filing, hashes, at)
            except IntegrityError as error:
                conflict = error  # another process was faster: now its filing is found
            except DBAPIError as error:
                raise unreachable(self._engine, error) from error
        raise unreachable(self._engine, conflict or LookupError(filing.case_no))

    def release(self, province: str, case_no: str, at: dt.datetime) -> bool:
        """Close a filing when the work at its place ends; again, or unknown, changes nothing.

        Returns:
            Whether the filing was known.

        Raises:
            UnreachableError: The database does not answer; trying again is safe.
        """
        try:
            with Session(self._engine) as session, session.begin():
                row = session.get(OpenFiling, (province, case_no))
                if row is not None and row.closed_at is None:
                    row.closed_at = at
                return row is not None
        except DBAPIError as error:
            raise unreachable(self._engine, error) from error


def _opened(session: Session, filing: Filing, hashes: Sequence[str], at: dt.datetime) -> str:
    known = session.get(OpenFiling, (filing.province, filing.case_no))
    if known is not None:
        return known.duplicate_of
    same = (
        select(OpenFiling.case_no)
        .where(
            OpenFiling.province == filing.province,
            col(OpenFiling.hash).in_(hashes),
            col(OpenFiling.closed_at).is_(None),
        )
        # The one that is no duplicate itself, which there is unless it was released.
        .order_by(col(OpenFiling.duplicate_of), col(OpenFiling.opened_at), col(OpenFiling.case_no))
    )
    first = session.exec(same).first() or ""
    session.add(OpenFiling(**filing._asdict(), hash=hashes[0], duplicate_of=first, opened_at=at))
    session.flush()
    return first
