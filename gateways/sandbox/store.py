"""What the sandbox was asked, in SQLite, so that it survives a kill and parcels can be counted.

No personal data: a question is kept as the digest of its body and the facts that a service names.
"""

from __future__ import annotations

import dataclasses
import secrets
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "sandbox.sqlite"

_TABLES = """
create table if not exists thing (
    service text not null, key text not null, reference text not null unique, digest text not null,
    at real not null, case_no text not null, leg text not null, fate text not null,
    primary key (service, key)
);
create table if not exists request (
    id integer primary key, at real not null, method text not null, path text not null,
    key text not null, digest text not null, status integer not null
);
"""


@dataclass(frozen=True)
class Facts:
    """What a service keeps of a new question; `fate` decides how it will end."""

    fate: str
    case_no: str = ""
    leg: str = ""


@dataclass(frozen=True)
class Thing:
    """A check, a parcel or a delivery that exists once under its key. `at` is in Unix seconds."""

    service: str
    key: str
    reference: str
    digest: str
    at: float
    case_no: str
    leg: str
    fate: str


class SandboxStore:
    """The sandbox's memory.

    Its queries take well under a millisecond and are made on the event loop itself: so nothing can
    come between finding that a key is new and writing it down.

    Args:
        folder: Where the database file is, made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            folder / FILE, isolation_level=None, check_same_thread=False, timeout=10
        )
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=normal")
        self._db.executescript(_TABLES)

    def under_key(self, service: str, key: str) -> Thing | None:
        """Return what was made under this key."""
        return self._one("select * from thing where service = ? and key = ?", service, key)

    def by_reference(self, service: str, reference: str) -> Thing | None:
        """Return what goes by this reference."""
        return self._one(
            "select * from thing where service = ? and reference = ?", service, reference
        )

    def add(self, service: str, prefix: str, key: str, digest: str, facts: Facts) -> Thing:
        """Make a new thing; its reference is `prefix` and twelve random characters."""
        thing = Thing(
            service=service,
            key=key,
            reference=prefix + secrets.token_hex(6).upper(),
            digest=digest,
            at=time.time(),
            case_no=facts.case_no,
            leg=facts.leg,
            fate=facts.fate,
        )
        self._db.execute(
            "insert into thing values"
            " (:service, :key, :reference, :digest, :at, :case_no, :leg, :fate)",
            vars(thing),
        )
        return thing

    def end(self, thing: Thing, fate: str) -> Thing:
        """Let a thing come to this end now, whatever was to become of it."""
        ended = dataclasses.replace(thing, fate=fate, at=time.time())
        self._db.execute(
            "update thing set fate = :fate, at = :at where service = :service and key = :key",
            vars(ended),
        )
        return ended

    def note(self, method: str, path: str, key: str, digest: str, status: int) -> None:
        """Write a request down."""
        self._db.execute(
            "insert into request (at, method, path, key, digest, status) values (?, ?, ?, ?, ?, ?)",
            (time.time(), method, path, key, digest, status),
        )

    def requests(self) -> list[dict[str, Any]]:
        """Return every request, the oldest first."""
        cursor = self._db.execute("select * from request order by id")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def things(self, service: str, case_no: str = "") -> list[Thing]:
        """Return what a service made, for one case or for all, the oldest first."""
        rows = self._db.execute(
            "select * from thing where service = ? and (? = '' or case_no = ?) order by at",
            (service, case_no, case_no),
        )
        return [Thing(*row) for row in rows]

    def close(self) -> None:
        """Close the database file."""
        self._db.close()

    def _one(self, query: str, *values: str) -> Thing | None:
        row = self._db.execute(query, values).fetchone()
        return Thing(*row) if row else None
