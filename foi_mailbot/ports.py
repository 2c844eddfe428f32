"""What the service layer needs of the world: at most five methods a port, no implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from foi_mailbot.core.audit import Entry, Event
from foi_mailbot.core.case import State
from foi_mailbot.core.rulebook import Contact
from foi_mailbot.ports_granting import AutoLetters, Grants, Verdicts

Clock = Callable[[], datetime]
"""Returns the present moment, timezone-aware, UTC."""


# ── mail in ──────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read: every UID <= `last_uid` under this `uidvalidity` has an outcome."""

    uidvalidity: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class RawMail:
    """One mail as the server holds it; `received` is INTERNALDATE, timezone-aware."""

    uid: int
    raw: bytes = field(repr=False)
    received: datetime


class Mailbox(Protocol):
    """One mailbox on a server. Blocking: the daemon calls it in a thread, one thread a mailbox."""

    def open(self, folder: str) -> int:
        """Select the folder (connecting if need be) and return its UIDVALIDITY.

        Raises Transient if the server cannot be reached, Fatal if it refuses login or has no such folder.
        """

    def new_uids(self, after: int) -> list[int]:
        """Return the selected folder's UIDs above `after`, ascending."""

    def fetch(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield those mails, ascending by UID, in portions that fit in memory; those gone meanwhile are absent.

        None is marked read. Between two portions the mailbox may be used otherwise.
        """

    def file(self, uids: Sequence[int], destination: str, *, mark_read: bool) -> None:
        """Mark and move those mails to `destination` (made if absent) in one command. UIDs already gone are no error.

        An empty destination leaves them where they are.
        """

    def close(self) -> None:
        """Log out; never raises."""


# ── mail out ─────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Envelope:
    """A rendered letter ready for SMTP; `content` is the whole message, CRLF line ends."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server's final acceptance: reply code and text, as it gave them."""

    code: int
    reply: str


class Sender(Protocol):
    """A way out. Its only caller is service.dispatch."""

    async def send(self, envelope: Envelope) -> Receipt:
        """Hand over one message.

        Raises Transient if it surely was not accepted (not connected, 4xx), Refused on 5xx,
        Uncertain if the answer to the final dot never came.
        """

    async def close(self) -> None:
        """Close a kept connection; never raises."""


# ── letters ──────────────────────────────────────────────────────────────────────────────────────
Render = Callable[[str, dict[str, object]], tuple[str, str, str]]
"""Render(template name, context) -> (subject, text, html). Raises Fatal on a template fault or an undefined name."""


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────
class ContactList(Protocol):
    """The operator's own contacts, which add to the shipped ones or replace them by code and purpose."""

    def put(self, contacts: Sequence[Contact]) -> None:
        """Replace or add those contacts for good, all or none. Raises Fatal, with nothing changed, if it cannot."""


LETTER, ACKNOWLEDGEMENT = "letter", "acknowledgement"  # what an outbox row is


# ── store ────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class IntakeRow:
    """One mail seen in a folder; unique by (mailbox, folder, uidvalidity, uid)."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    sha256: str
    received: datetime
    outcome: str = ""  # "" until decided, then "case" or "duplicate"
    case_id: str = ""
    filed: bool = False


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as stored. `request_json`/`decision_json` are service.records' canonical JSON."""

    id: str
    mailbox: str
    authority: str
    reference: str
    state: State
    kind: str
    outcome: str
    subject: str
    applicant_name: str
    applicant_email: str
    received: datetime
    received_on: date
    due: date | None
    raw_sha256: str
    message_id: str
    rulebook_sha256: str
    request_json: str
    decision_json: str
    note: str = ""  # why it waits for a person, in plain English


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One version of a case's letter; the highest version is the current one."""

    case_id: str
    version: int
    recipient: str
    subject: str
    text: str
    html: str
    template: str
    in_reply_to: str
    references: tuple[str, ...]
    blocked: tuple[str, ...]
    author: str  # "system" or the officer who edited it
    content_sha256: str


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A letter on its way. The state of a case's LETTER is the case's own; an ACKNOWLEDGEMENT's moves by itself."""

    case_id: str
    mailbox: str
    message_id: str
    sender: str
    recipient: str
    content: bytes = field(repr=False)
    content_sha256: str
    state: State
    purpose: str = LETTER
    attempts: int = 0
    not_before: datetime | None = None
    reply: str = ""  # every answer of the server, one a line


class IntakeLog(Protocol):
    """Which mails were seen, and how far each folder was read."""

    def cursor(self, mailbox: str, folder: str) -> Cursor | None:
        """Return how far that folder was read, None if never."""

    def advance(self, mailbox: str, folder: str, cursor: Cursor) -> None:
        """Set the cursor."""

    def store_raw(self, rows: Sequence[tuple[IntakeRow, bytes]]) -> None:
        """Keep raw bytes (once per SHA-256) and intake rows; rows already there are left alone."""

    def settle(self, row: IntakeRow) -> None:
        """Update an existing row's outcome, case_id and filed."""

    def unfiled(self, mailbox: str, folder: str, uidvalidity: int) -> list[IntakeRow]:
        """Return rows not yet filed (undecided ones too), by UID."""


class Cases(Protocol):
    """Cases and their letters."""

    def add(self, case: CaseRow) -> None:
        """Insert a new case; its id is unique."""

    def get(self, key: str) -> CaseRow | None:
        """Find by case id or, failing that, by reference (newest first)."""

    def update(self, case: CaseRow) -> None:
        """Replace a case by id."""

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

        `message_ids` matches a case's own message_id or its outbox row's message_id.
        """

    def next_number(self, sequence: str, start: int) -> int:
        """Return the sequence's next number: `start` the first time, then one more each call."""


class Letters(Protocol):
    """Drafted letters, version by version, and raw mail."""

    def put(self, letter: LetterRow) -> None:
        """Add a version; (case_id, version) is unique."""

    def current(self, case_id: str) -> LetterRow | None:
        """Return the newest version."""

    def raw(self, sha256: str) -> bytes | None:
        """Return the stored raw mail."""


class Outbox(Protocol):
    """Approved letters and what became of them."""

    def put(self, row: OutboxRow) -> None:
        """Insert or replace by case id and purpose."""

    def get(self, case_id: str, purpose: str = LETTER) -> OutboxRow | None:
        """Return a case's letter, or its acknowledgement, in the outbox."""

    def ready(self, now: datetime) -> list[OutboxRow]:
        """Return rows in state approved whose not_before has come, oldest approval first."""

    def in_doubt(self) -> list[OutboxRow]:
        """Return rows left in state sending (by a crash)."""


class AuditLog(Protocol):
    """The sealed log."""

    def append(self, event: Event, at: datetime) -> Entry:
        """Seal the event onto the log's end and return the entry."""

    def entries(self, case: str = "") -> list[Entry]:
        """Return all entries (or a case's), by seq."""


class Transaction(Protocol):
    """One durable step: everything done through it is committed together or not at all."""

    @property
    def intake(self) -> IntakeLog:
        """Which mails were seen."""

    @property
    def cases(self) -> Cases:
        """Cases."""

    @property
    def letters(self) -> Letters:
        """Letters and raw mail."""

    @property
    def outbox(self) -> Outbox:
        """What is on its way."""

    @property
    def grants(self) -> Grants:
        """Grants of automatic sending."""

    @property
    def automatic(self) -> AutoLetters:
        """Letters approved under a grant."""

    @property
    def verdicts(self) -> Verdicts:
        """What officers said of the rules."""

    @property
    def audit(self) -> AuditLog:
        """The sealed log."""


class Store(Protocol):
    """The database. `transaction()` commits durably on a clean exit and rolls back on an exception."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a write transaction; raises Transient if the database is locked or the disk is full."""

    def read_entries(self, case: str = "") -> Iterator[Entry]:
        """Yield all committed entries of the sealed log (or a case's), by seq, without holding up a writer."""

    def close(self) -> None:
        """Release connections."""
