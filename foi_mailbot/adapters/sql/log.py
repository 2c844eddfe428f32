"""The sealed log: the AuditLog port in SQL, and what makes its table append-only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from foi_mailbot.adapters.sql.tables import audit
from foi_mailbot.adapters.sql.work import Work
from foi_mailbot.core.audit import Entry, Event, Value, canonical, seal

SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS audit_no_{verb.lower()} BEFORE {verb} ON audit "
    f"BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)


class SqlAuditLog:
    """ports.AuditLog. Writers exclude each other, so the end read here is the end until commit."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def append(self, event: Event, at: datetime) -> Entry:
        """Seal the event onto the log's end and return the entry; raises Fatal for an undocumented event."""
        last = self._work.run(select(audit).order_by(audit.c.seq.desc()).limit(1)).mappings().first()
        entry = seal(None if last is None else entry_of(last), event, at)
        self._work.run(
            self._work.insert(audit),
            {
                "seq": entry.seq,
                "at": entry.at,
                "name": entry.event.name,
                "case_id": entry.event.case,
                "actor": entry.event.actor,
                "details": canonical(entry.event.details).decode(),
                "previous": entry.previous,
                "hash": entry.hash,
            },
        )
        return entry

    def entries(self, case: str = "") -> list[Entry]:
        """Return all entries (or a case's), by seq."""
        return [entry_of(row) for row in self._work.run(entries_after(0, case)).mappings()]


def entries_after(seq: int, case: str = "") -> Select[Any]:
    """Return the query for the entries (of a case) that follow `seq`, in order."""
    query = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq)
    return query.where(audit.c.case_id == case) if case else query


def entry_of(row: Mapping[Any, Any]) -> Entry:
    """Return the stored entry, unchecked: a row somebody tampered with must reach `verify`, not stop the reading."""
    event = Event(row["name"], row["case_id"], row["actor"], _details(row["details"]))
    return Entry(row["seq"], row["at"], event, row["previous"], row["hash"])


def _details(stored: str) -> Mapping[str, Value]:
    try:
        details = json.loads(stored)
    except ValueError:
        details = None
    return details if isinstance(details, dict) else {"unreadable": stored}
