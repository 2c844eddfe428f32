"""Connections that write durably and one at a time, and the database's errors in our own words."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

from foi_mailbot.errors import Fatal, FoiMailbotError, Parked, Transient

WRITERS_LOCK = 7_053_611
"""PostgreSQL's advisory lock of all writers: one at a time, as SQLite has it, so the audit chain has one end."""

_SQLITE = b"SQLite format 3\0"
_AS_SERVICE = "Its folder must exist, and only the service's account may use it: sudo -u foi-mailbot foi-mailbot …"
_RETRY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM", "SQLITE_PROTOCOL")


def connect(url: str, busy_seconds: float) -> Engine:
    """Return an engine for that SQLAlchemy URL (sqlite or postgresql+psycopg) whose transactions exclude each other.

    `busy_seconds` is how long a writer waits for another. Raises Fatal if the URL cannot be used.
    """
    try:
        target = make_url(url)
        if target.get_backend_name() != "sqlite":
            engine = create_engine(target, pool_pre_ping=True)
            event.listen(engine, "begin", _begin_postgresql)
            return engine
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
        raise Fatal(f"The store's address cannot be used: {error}") from error
    _make_private(target)
    engine = create_engine(target, connect_args={"timeout": busy_seconds}, pool_timeout=max(busy_seconds, 1.0))
    event.listen(engine, "connect", partial(_prepare_sqlite, busy_seconds=busy_seconds))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(url: URL) -> None:
    """Create the file readable by its owner only: it holds people's names and requests."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise Fatal("The store needs a file: write sqlite:////var/lib/foi-mailbot/foi_mailbot.db or the like.")
    path = Path(url.database)
    if path.is_dir():
        raise Fatal(f"The store {path} is a folder. Name a file in it.")
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise Fatal(f"The store {path} cannot be opened: {error.strerror}. {_AS_SERVICE}") from error
    if not os.access(path, os.R_OK | os.W_OK):
        raise Fatal(f"This account may not read and write the store {path}. {_AS_SERVICE}")
    with path.open("rb") as file:
        if (start := file.read(len(_SQLITE))) and start != _SQLITE:
            raise Fatal(f"The store {path} is not a database of SQLite. Restore the backup, or name another file.")


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry, *, busy_seconds: float) -> None:
    # sqlite3 must not open transactions of its own: it would begin them deferred, and two writers could then
    # both read the chain's end before either writes.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        _write_ahead(cursor, busy_seconds)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
    finally:
        cursor.close()


def _write_ahead(cursor: DBAPICursor, busy_seconds: float) -> None:
    # Two processes that open a new file at once both switch its journal, and SQLite refuses the second
    # without waiting the connection's busy time: it fears a deadlock.
    until = time.monotonic() + busy_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() >= until:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("read_only", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn a database error into Transient (locked, full, gone away), Parked (refused) or Fatal (damaged)."""
    try:
        yield
    except exc.TimeoutError as error:
        raise Transient("The database is busy: no connection came free in time.") from error
    except exc.DBAPIError as error:
        raise translated(error) from error


def translated(error: exc.DBAPIError) -> FoiMailbotError:
    """Return what a database error means to the service."""
    if isinstance(error, exc.IntegrityError):
        return Parked(f"The database refused a record that contradicts another: {error.orig}")
    if isinstance(error.orig, sqlite3.Error):
        return _from_sqlite(error.orig)
    if isinstance(error, exc.OperationalError) or error.connection_invalidated:
        return Transient(f"The database did not answer: {error.orig}")
    return Fatal(f"The database failed: {error.orig}")


def _from_sqlite(error: sqlite3.Error) -> FoiMailbotError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(_RETRY):
        return Transient(f"The database cannot be written just now: {error} ({name})")
    return Fatal(f"The database cannot be used: {error} ({name or type(error).__name__})")
