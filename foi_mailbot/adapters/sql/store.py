"""The database: durable transactions, one writer at a time, and the schema's version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, insert, inspect, select, text, update

from foi_mailbot.adapters.sql.cases import SqlCases, SqlLetters
from foi_mailbot.adapters.sql.engine import connect, our_errors
from foi_mailbot.adapters.sql.grants import SqlAutoLetters, SqlGrants, SqlVerdicts
from foi_mailbot.adapters.sql.log import SQLITE_TRIGGERS, SqlAuditLog, entries_after, entry_of
from foi_mailbot.adapters.sql.mail import SqlIntakeLog
from foi_mailbot.adapters.sql.outbox import SqlOutbox
from foi_mailbot.adapters.sql.tables import SCHEMA_VERSION, metadata, schema_version
from foi_mailbot.adapters.sql.work import Work
from foi_mailbot.core.audit import Entry
from foi_mailbot.errors import Fatal, FoiMailbotError

PAGE = 1000
"""Entries read at a time by `read_entries`."""


@dataclass(frozen=True, slots=True)
class SqlTransaction:
    """ports.Transaction."""

    intake: SqlIntakeLog
    cases: SqlCases
    letters: SqlLetters
    outbox: SqlOutbox
    audit: SqlAuditLog
    grants: SqlGrants
    automatic: SqlAutoLetters
    verdicts: SqlVerdicts


class SqlStore:
    """ports.Store. Safe to use from several threads and processes: each transaction has a connection of its own."""

    def __init__(self, url: str, busy_seconds: float = 5.0) -> None:
        """Open (or create) the store at an SQLAlchemy URL; a writer waits `busy_seconds` for another.

        Raises Fatal if it cannot be opened or was written by a newer version, Transient if it is locked.
        """
        self._engine = connect(url, busy_seconds)
        try:
            with our_errors(), self._engine.begin() as connection:
                _prepare_schema(connection)
        except FoiMailbotError:
            self._engine.dispose()
            raise

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Begin a write transaction: durable on a clean exit, undone on any exception.

        Raises Transient if the database is locked or the disk is full.
        """
        with our_errors(), self._engine.begin() as connection:
            work = Work(connection)
            yield SqlTransaction(
                SqlIntakeLog(work),
                SqlCases(work),
                SqlLetters(work),
                SqlOutbox(work),
                SqlAuditLog(work),
                SqlGrants(work),
                SqlAutoLetters(work),
                SqlVerdicts(work),
            )

    def read_entries(self, case: str = "") -> Iterator[Entry]:
        """Yield all entries (or a case's), by seq, without holding up a writer or the whole log in memory."""
        after = 0
        while True:
            with our_errors(), self._engine.connect() as plain:
                connection = plain.execution_options(read_only=True)
                page = [entry_of(row) for row in connection.execute(entries_after(after, case).limit(PAGE)).mappings()]
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].seq

    def close(self) -> None:
        """Release connections."""
        self._engine.dispose()


def _prepare_schema(connection: Connection) -> None:
    if inspect(connection).has_table(schema_version.name):
        found = connection.execute(select(schema_version.c.version)).scalar_one_or_none()
        if found is None or found > SCHEMA_VERSION:
            raise Fatal(
                f"The store was written by a newer foi-mailbot (schema {found}, this version knows {SCHEMA_VERSION}). "
                "Install that version again, or restore the backup made before the upgrade."
            )
        if found < SCHEMA_VERSION:  # so far every version only added tables
            metadata.create_all(connection)
            connection.execute(update(schema_version).values(version=SCHEMA_VERSION))
        return
    metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        for trigger in SQLITE_TRIGGERS:
            connection.execute(text(trigger))
    connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
