"""Numbers of official documents (文号): one series a division, unit, word and year, without gaps.

A number is taken in the transaction that keeps it, so an attempt that dies leaves none behind, and
it is kept under the key of what it was taken for, so a repeated attempt finds it again.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import DateTime, Engine, UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Field, Session, SQLModel

from ledger.database import unreachable


class Series(NamedTuple):
    """What numbers are counted in: `430102` `公安机关` `受理` of 2026."""

    division: str
    unit: str
    word: str
    year: int


class Number(NamedTuple):
    """A document's number, counted from 1 in its series."""

    series: Series
    serial: int

    def __str__(self) -> str:
        division, unit, word, year = self.series
        return f"{division}{unit}{word}〔{year}〕{self.serial}号"


class NumberSeries(SQLModel, table=True):
    """A series and the last serial that was taken from it."""

    __tablename__ = "number_series"

    division: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    word: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int = 0


class DocumentNumber(SQLModel, table=True):
    """A number that was taken, and for what. Nothing personal: a key names case, place and step."""

    __tablename__ = "document_number"
    __table_args__ = (UniqueConstraint("division", "unit", "word", "year", "serial"),)

    key: str = Field(primary_key=True)
    division: str
    unit: str
    word: str
    year: int
    serial: int
    issued_at: dt.datetime = Field(sa_type=DateTime(timezone=True))


CONFLICTS = 2
"""How often a taking can meet others: at making the same series, then at taking the same key."""


class Numbers:
    """The register of numbers; any number of threads and processes may take from it at once.

    Args:
        engine: From `ledger.database.open_database`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, series: Series, key: str, at: dt.datetime) -> Number:
        """Return the number that was taken under this key, else the next of the series.

        The first taking counts: a key that comes back with another series, because a year has begun
        meanwhile, keeps the number that it has.

        Args:
            series: What to count in.
            key: Idempotency key of the document.
            at: When it was issued, with its zone.

        Raises:
            UnreachableError: The database does not answer; trying again is safe.
        """
        try:
            for _ in range(CONFLICTS):
                with suppress(IntegrityError):
                    return self._taken(series, key, at)
            return self._taken(series, key, at)
        except DBAPIError as error:
            raise unreachable(self._engine, error) from error

    def _taken(self, series: Series, key: str, at: dt.datetime) -> Number:
        with Session(self._engine) as session, session.begin():
            return _known(session, key) or _next(session, series, key, at)


def _known(session: Session, key: str) -> Number | None:
    """Return what was taken under a key."""
    row = session.get(DocumentNumber, key)
    if row is None:
        return None
    return Number(Series(row.division, row.unit, row.word, row.year), row.serial)


def _next(session: Session, series: Series, key: str, at: dt.datetime) -> Number:
    """Take the next serial; the series' row stays locked until the transaction ends."""
    row = session.get(NumberSeries, series, with_for_update=True)
    if row is None:
        row = NumberSeries(**series._asdict())
        session.add(row)
        session.flush()
    row.last += 1
    number = Number(series, row.last)
    session.add(DocumentNumber(**series._asdict(), serial=number.serial, key=key, issued_at=at))
    return number
