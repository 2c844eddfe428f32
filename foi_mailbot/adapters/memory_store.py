"""The store port in memory, for tests and for trying things out: the same promises, except that nothing lasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Lock

from foi_mailbot.adapters.memory_grants import GrantShelves, MemoryAutoLetters, MemoryGrants, MemoryVerdicts
from foi_mailbot.core.audit import Entry, Event, seal
from foi_mailbot.core.case import State
from foi_mailbot.errors import Parked, Transient
from foi_mailbot.ports import LETTER, CaseRow, Cursor, IntakeRow, LetterRow, OutboxRow

_QUEUED = (State.APPROVED, State.SENDING)


@dataclass(slots=True)
class _Shelves:
    """Everything stored. Rows are frozen, so copying the dictionaries copies the store."""

    cursors: dict[tuple[str, str], Cursor] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)
    intake: dict[tuple[str, str, int, int], IntakeRow] = field(default_factory=dict)
    cases: dict[str, CaseRow] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    letters: dict[str, dict[int, LetterRow]] = field(default_factory=dict)
    outbox: dict[tuple[str, str], tuple[int, OutboxRow]] = field(default_factory=dict)  # place in the queue, row
    audit: list[Entry] = field(default_factory=list)
    granted: GrantShelves = field(default_factory=GrantShelves)

    def copy(self) -> _Shelves:
        return _Shelves(
            dict(self.cursors),
            dict(self.raw),
            dict(self.intake),
            dict(self.cases),
            dict(self.numbers),
            {case: dict(versions) for case, versions in self.letters.items()},
            dict(self.outbox),
            list(self.audit),
            self.granted.copy(),
        )

    def require_case(self, case_id: str) -> None:
        if case_id not in self.cases:
            raise Parked(f"There is no case {case_id} in the store.")


class MemoryIntakeLog:
    """ports.IntakeLog."""

    def __init__(self, shelves: _Shelves) -> None:
        self._shelves = shelves

    def cursor(self, mailbox: str, folder: str) -> Cursor | None:
        """Return how far that folder was read, None if never."""
        return self._shelves.cursors.get((mailbox, folder))

    def advance(self, mailbox: str, folder: str, cursor: Cursor) -> None:
        """Set the cursor."""
        self._shelves.cursors[mailbox, folder] = cursor

    def store_raw(self, rows: Sequence[tuple[IntakeRow, bytes]]) -> None:
        """Keep raw bytes (once per SHA-256) and intake rows; rows already there are left alone."""
        for row, raw in rows:
            self._shelves.raw.setdefault(row.sha256, raw)
            self._shelves.intake.setdefault(_place(row), row)

    def settle(self, row: IntakeRow) -> None:
        """Update an existing row's outcome, case_id and filed; raises Parked if there is no such row."""
        old = self._shelves.intake.get(_place(row))
        if old is None:
            raise Parked(f"There is no mail {row.uid} of {row.mailbox}/{row.folder} in the store.")
        self._shelves.intake[_place(row)] = replace(old, outcome=row.outcome, case_id=row.case_id, filed=row.filed)

    def unfiled(self, mailbox: str, folder: str, uidvalidity: int) -> list[IntakeRow]:
        """Return rows not yet filed (undecided ones too), by UID."""
        place = (mailbox, folder, uidvalidity)
        rows = (row for row in self._shelves.intake.values() if _place(row)[:3] == place and not row.filed)
        return sorted(rows, key=lambda row: row.uid)


def _place(row: IntakeRow) -> tuple[str, str, int, int]:
    return row.mailbox, row.folder, row.uidvalidity, row.uid


class MemoryCases:
    """ports.Cases."""

    def __init__(self, shelves: _Shelves) -> None:
        self._shelves = shelves

    def add(self, case: CaseRow) -> None:
        """Insert a new case; raises Parked if its id is taken."""
        if case.id in self._shelves.cases:
            raise Parked(f"There is a case {case.id} in the store already.")
        self._shelves.cases[case.id] = case

    def get(self, key: str) -> CaseRow | None:
        """Find by case id or, failing that, by reference (newest first); a blank key finds nothing."""
        if not key:
            return None
        same = (case for case in self._shelves.cases.values() if case.reference == key)
        return self._shelves.cases.get(key) or max(same, key=lambda case: (case.received, case.id), default=None)

    def update(self, case: CaseRow) -> None:
        """Replace a case by id; raises Parked if there is none."""
        self._shelves.require_case(case.id)
        self._shelves.cases[case.id] = case

    def find(
        self,
        *,
        states: Sequence[State] = (),
        mailbox: str = "",
        reference: str = "",
        raw_sha256: str = "",
        message_ids: Sequence[str] = (),
    ) -> list[CaseRow]:
        """Return the cases that match every given filter, by due date (None last) then id.

        A blank message id matches nothing: mail without one is not all the same mail.
        """
        found = (
            case
            for case in self._shelves.cases.values()
            if (not states or case.state in states)
            and (not mailbox or case.mailbox == mailbox)
            and (not reference or case.reference == reference)
            and (not raw_sha256 or case.raw_sha256 == raw_sha256)
            and (not message_ids or not self._message_ids(case).isdisjoint(message_ids))
        )
        return sorted(found, key=lambda case: (case.due or date.max, case.id))

    def _message_ids(self, case: CaseRow) -> set[str]:
        sent = {row.message_id for (key, _), (_, row) in self._shelves.outbox.items() if key == case.id}
        return ({case.message_id} | sent) - {""}

    def next_number(self, sequence: str, start: int) -> int:
        """Return the sequence's next number: `start` the first time, then one more each call."""
        number = self._shelves.numbers.get(sequence, start - 1) + 1
        self._shelves.numbers[sequence] = number
        return number


class MemoryLetters:
    """ports.Letters."""

    def __init__(self, shelves: _Shelves) -> None:
        self._shelves = shelves

    def put(self, letter: LetterRow) -> None:
        """Add a version; raises Parked if that version exists or its case does not."""
        self._shelves.require_case(letter.case_id)
        versions = self._shelves.letters.setdefault(letter.case_id, {})
        if letter.version in versions:
            raise Parked(f"There is a version {letter.version} of that letter in the store already.")
        versions[letter.version] = letter

    def current(self, case_id: str) -> LetterRow | None:
        """Return the newest version."""
        versions = self._shelves.letters.get(case_id)
        return versions[max(versions)] if versions else None

    def raw(self, sha256: str) -> bytes | None:
        """Return the stored raw mail."""
        return self._shelves.raw.get(sha256)


class MemoryOutbox:
    """ports.Outbox."""

    def __init__(self, shelves: _Shelves) -> None:
        self._shelves = shelves

    def put(self, row: OutboxRow) -> None:
        """Insert or replace by case and purpose; what is tried again keeps its place, a new approval goes last."""
        self._shelves.require_case(row.case_id)
        old = self._shelves.outbox.get((row.case_id, row.purpose))
        if old is not None and (row.state is not State.APPROVED or old[1].state in _QUEUED):
            place = old[0]
        else:
            place = max((one[0] for one in self._shelves.outbox.values()), default=0) + 1
        self._shelves.outbox[row.case_id, row.purpose] = (place, row)

    def get(self, case_id: str, purpose: str = LETTER) -> OutboxRow | None:
        """Return a case's letter, or its acknowledgement, in the outbox."""
        found = self._shelves.outbox.get((case_id, purpose))
        return found[1] if found else None

    def ready(self, now: datetime) -> list[OutboxRow]:
        """Return rows in state approved whose not_before has come, oldest approval first."""
        return [row for row in self._in_state(State.APPROVED) if row.not_before is None or row.not_before <= now]

    def in_doubt(self) -> list[OutboxRow]:
        """Return rows left in state sending (by a crash)."""
        return self._in_state(State.SENDING)

    def _in_state(self, state: State) -> list[OutboxRow]:
        queued = sorted(self._shelves.outbox.values(), key=lambda one: one[0])
        return [row for _, row in queued if row.state is state]


class MemoryAuditLog:
    """ports.AuditLog."""

    def __init__(self, shelves: _Shelves) -> None:
        self._shelves = shelves

    def append(self, event: Event, at: datetime) -> Entry:
        """Seal the event onto the log's end and return the entry; raises Fatal for an undocumented event."""
        entry = seal(self._shelves.audit[-1] if self._shelves.audit else None, event, at)
        self._shelves.audit.append(entry)
        return entry

    def entries(self, case: str = "") -> list[Entry]:
        """Return all entries (or a case's), by seq."""
        return [entry for entry in self._shelves.audit if not case or entry.event.case == case]


@dataclass(frozen=True, slots=True)
class MemoryTransaction:
    """ports.Transaction."""

    intake: MemoryIntakeLog
    cases: MemoryCases
    letters: MemoryLetters
    outbox: MemoryOutbox
    audit: MemoryAuditLog
    grants: MemoryGrants
    automatic: MemoryAutoLetters
    verdicts: MemoryVerdicts


class MemoryStore:
    """ports.Store. One writer at a time: another waits `busy_seconds`, then gets Transient."""

    def __init__(self, busy_seconds: float = 5.0) -> None:
        self._shelves = _Shelves()
        self._lock = Lock()
        self._busy_seconds = busy_seconds

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        """Begin a write transaction: kept on a clean exit, undone on any exception. Raises Transient if locked."""
        if not self._lock.acquire(timeout=self._busy_seconds):
            raise Transient("The store is locked by another writer.")
        try:
            draft = self._shelves.copy()
            yield MemoryTransaction(
                MemoryIntakeLog(draft),
                MemoryCases(draft),
                MemoryLetters(draft),
                MemoryOutbox(draft),
                MemoryAuditLog(draft),
                MemoryGrants(draft.granted),
                MemoryAutoLetters(draft.granted, draft.require_case),
                MemoryVerdicts(draft.granted, draft.require_case),
            )
            self._shelves = draft
        finally:
            self._lock.release()

    def read_entries(self, case: str = "") -> Iterator[Entry]:
        """Yield all committed entries (or a case's), by seq."""
        yield from MemoryAuditLog(self._shelves).entries(case)

    def close(self) -> None:
        """Nothing to release."""
