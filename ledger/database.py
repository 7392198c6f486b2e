"""The database of registers: one a data folder, SQLite or whatever the URL names.

Tables are made when the database is opened, and opening it again changes nothing. A change to a
table that is in use will need a migration (Alembic); so far there has been none.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlmodel import SQLModel, create_engine

from errors import SettingsError, UnreachableError

PATIENCE = 30.0
"""Seconds for which a writer waits until others have written. Each write takes milliseconds."""


def open_database(url: str) -> Engine:
    """Return the database at this URL, with all tables.

    Any number of threads and processes may open and use one database at once.

    Args:
        url: As SQLAlchemy writes it, `sqlite:////srv/kuasheng/registers.db`. A SQLite file is made
            where there is none, for its owner only; `sqlite://` is in memory and leaves nothing.

    Raises:
        SettingsError: The URL cannot be understood, or its driver is not installed.
        UnreachableError: The database does not answer, or the file cannot be used.
    """
    try:
        place = make_url(url)
        sqlite = place.get_backend_name() == "sqlite"
        engine = create_engine(place, **(_of_sqlite(place) if sqlite else {}))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        # Not the URL: it may hold a password.
        raise SettingsError(
            f"the database's URL cannot be used ({type(error).__name__})",
            "correct KUASHENG_DATABASE, and install the driver that it names",
        ) from error
    if sqlite:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _write_at_once)
    try:
        if sqlite and place.database:
            with _made_by_one(Path(place.database)):
                SQLModel.metadata.create_all(engine)
        else:
            # Another process may be making the same tables in this moment: then look once more.
            with suppress(DBAPIError):
                SQLModel.metadata.create_all(engine)
            SQLModel.metadata.create_all(engine)
    except (DBAPIError, sqlite3.Error, OSError) as error:
        engine.dispose()
        raise unreachable(engine, error) from error
    return engine


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open the database at this URL for as long as the context lasts; see `open_database`."""
    engine = open_database(url)
    try:
        yield engine
    finally:
        engine.dispose()


def unreachable(engine: Engine, error: Exception) -> UnreachableError:
    """Return a database's failure as one line, without the statement and without a password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return UnreachableError(
        f"database {engine.url.render_as_string(hide_password=True)} does not answer ({cause})",
        "see that it runs and may be written, or correct KUASHENG_DATABASE",
    )


def _of_sqlite(place: URL) -> dict[str, Any]:
    """Return how an engine of SQLite is made; in memory all threads share one connection."""
    if place.database:
        return {"connect_args": {"timeout": PATIENCE}}
    alone = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    return {"connect_args": {"check_same_thread": False}, **alone}


@contextmanager
def _made_by_one(file: Path) -> Iterator[None]:
    """Let one process at a time make a SQLite file: two that switch it to WAL at once would fail.

    The folder is locked, not the file: closing a handle of the file would drop the locks that
    SQLite holds on it in this process.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield
    finally:
        os.close(folder)


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    """Let SQLAlchemy alone begin transactions, and readers go on beside a writer (WAL).

    `synchronous` stays FULL, the default: with less, a power cut could take back a number that is
    already on a document.
    """
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")


def _write_at_once(connection: Connection) -> None:
    """Take SQLite's write lock at the beginning: later it could be refused halfway."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
