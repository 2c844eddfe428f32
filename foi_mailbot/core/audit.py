"""The sealed log: each entry carries the hash of the one before, so an edit, gap or reorder shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from foi_mailbot.errors import Fatal

Value = str | int | bool | None | list[str]

GENESIS = "0" * 64
"""What the first entry carries as the hash of the one before."""

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "mail.received": "A mail was read from a mailbox and its raw bytes were stored.",
        "mail.suppressed": "A mail nobody must answer (a robot, a bounce, a list, our own) was recorded, not answered.",
        "mail.duplicate": "A mail with the same bytes as one already handled arrived again and opened no new case.",
        "mail.quarantined": "A mail could not be read; its raw bytes are kept for a person.",
        "mail.filed": "A mail was marked and moved in its mailbox after its outcome was committed.",
        "case.opened": "A case was opened for a request.",
        "case.decided": "The asks of a request were decided by the rulebook named in the details.",
        "case.held": "A case was set aside for an officer, with the reason.",
        "case.released": "An officer put a case that was held, suppressed or rejected back to work.",
        "case.rejected": "An officer rejected the draft: it will not be sent.",
        "case.kept": "The council answers this request itself: the case went to casework.",
        "case.viewed": "An officer opened a case.",
        "case.closed": "A case was closed.",
        "case.corrected": "An officer said of one ask whether its decision was right, for the rules to be judged by.",
        "case.reviewed": "An officer looked at a case whose letter left automatically, and said whether it was right.",
        "letter.acknowledged": "An automatic acknowledgement was put in the outbox.",
        "letter.drafted": "A letter was drafted from the decision.",
        "letter.edited": "An officer changed the letter; any earlier approval is void.",
        "letter.approved": "An officer, or `auto` under grants, approved the letter with the content hash given.",
        "letter.revoked": "The approval of a letter was withdrawn, by an officer, or as it or its grant had changed.",
        "letter.sending": "The letter was claimed for sending; the mail server is contacted next.",
        "letter.sent": "The mail server accepted the letter.",
        "letter.refused": "The mail server refused the letter for good.",
        "letter.retried": "The mail server surely did not take the letter; it will be tried again.",
        "letter.uncertain": "The mail server's answer never came; the letter is not sent again by guess.",
        "letter.resolved": "It was established whether an uncertain letter was sent.",
        "grant.proposed": "A person proposed that one function's letters may leave without an officer.",
        "grant.confirmed": "A second person confirmed a proposed grant: it is in force.",
        "grant.suspended": "A grant ended at once, by a person or because a case sent under it was overturned.",
        "rule.demoted": "Officers corrected a rule too often: what relies on it goes to a person.",
        "rule.lifted": "A rule's demotion ended: it is right often enough again, or it was rewritten.",
        "contact.verified": "Somebody made sure of another body's contact, or gave it anew; the details name its row.",
        "contact.bounced": "A letter or mail to another body's contact came back: it is not given until verified anew.",
        "service.started": "The service started, with the version and rulebook in the details.",
        "service.stopped": "The service stopped.",
    }
)
"""The vocabulary of the log: event name -> what it says."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, before it is sealed. No personal data in `details`: ids, codes and hashes only."""

    name: str  # one of core.audit.EVENTS
    case: str  # case id, "" for service-wide events
    actor: str  # "system" or the officer's account name
    details: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Entry:
    """A sealed event: `hash` = SHA-256 (hex) over canonical JSON of all other fields, `previous` among them."""

    seq: int  # from 1, without gaps
    at: str  # ISO 8601 UTC with offset, microseconds: 2026-11-24T09:00:00.000000+00:00
    event: Event
    previous: str  # hash of entry seq-1; 64 zeros for the first
    hash: str


class FaultKind(StrEnum):
    """What was done to the log."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    CLOCK = "clock-set-back"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the log at `seq`; `what` says it in plain English. A gap is named by its first entry."""

    seq: int
    kind: FaultKind
    what: str


def canonical(fields: Mapping[str, object]) -> bytes:
    """Return the one JSON text of those fields: keys sorted, no spaces, UTF-8.

    A lone surrogate (a damaged mail can carry one) becomes its JSON escape, so any text can be sealed.
    """
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", errors="backslashreplace")


def moment(at: datetime) -> str:
    """Return `at` (timezone-aware) as the log writes it: UTC, microseconds, offset; sorts as text.

    Raises Fatal for a naive datetime.
    """
    if at.tzinfo is None:
        raise Fatal("A log entry's time has no time zone; the clock must give UTC.")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def digest(entry: Entry) -> str:
    """Return the SHA-256 (hex) that `entry.hash` must be: over all its other fields."""
    return _digest(entry.seq, entry.at, entry.event, entry.previous)


def _digest(seq: int, at: str, event: Event, previous: str) -> str:
    fields = {
        "seq": seq,
        "at": at,
        "name": event.name,
        "case": event.case,
        "actor": event.actor,
        "details": dict(event.details),
        "previous": previous,
    }
    return hashlib.sha256(canonical(fields)).hexdigest()


def seal(previous: Entry | None, event: Event, at: datetime) -> Entry:
    """Return the entry that follows `previous` (None: the log is empty).

    Raises Fatal if the event is not one of EVENTS or `at` has no time zone. A clock that went back is no reason to
    lose an entry: it is sealed, and `verify` names it.
    """
    if event.name not in EVENTS:
        raise Fatal(f"'{event.name}' is not one of the log's documented events.")
    # A private copy in plain JSON types: what is sealed cannot change afterwards, and reads back equal.
    kept = Event(event.name, event.case, event.actor, json.loads(canonical(event.details)))
    seq, before = (previous.seq + 1, previous.hash) if previous else (1, GENESIS)
    written = moment(at)
    return Entry(seq, written, kept, before, _digest(seq, written, kept, before))


def verify(entries: Iterable[Entry], head: tuple[int, str] | None = None) -> list[Fault]:
    """Check a whole log in the order it is stored and return every fault, by seq; [] means it is whole.

    Streams: memory grows with the faults, not with the log, and checking goes on after a fault. It finds entries that
    were edited, deleted (a gap), inserted or reordered, and a clock that was set back. From the entries alone nobody
    can tell that the newest ones were cut off, or that everything from some entry on was sealed anew: that takes a
    signed checkpoint kept elsewhere. Give what such a checkpoint says, (seq, hash) of an entry the log must still
    hold, as `head`.
    """
    reader = _Reader(head)
    for entry in entries:
        reader.read(entry)
    return reader.finish()


@dataclass(slots=True)
class _Reader:
    """The state of one run of `verify`. `tip` is the sound entry with the highest seq so far."""

    head: tuple[int, str] | None
    tip: Entry | None = None
    tip_hashes: set[str] = field(default_factory=lambda: {GENESIS})  # more than one if its seq occurs twice
    tip_named: bool = False
    gaps: list[tuple[int, int]] = field(default_factory=list)  # first and last missing seq
    broken: set[int] = field(default_factory=set)  # seqs of entries whose own hash is wrong
    faults: list[Fault] = field(default_factory=list)
    head_seen: bool = False

    @property
    def expected(self) -> int:
        return self.tip.seq + 1 if self.tip else 1

    def read(self, entry: Entry) -> None:
        self._compare_with_head(entry)
        if _sound(entry):
            self._place(entry)
        elif entry.seq == self.expected:
            self._name(entry.seq, FaultKind.EDITED, f"entry {entry.seq} was edited: it does not match its own hash")
            self._advance(entry, named=True)
        else:
            # Its number may be what was edited, so it must not move the place we are at.
            self.broken.add(entry.seq)
            self._name(
                entry.seq,
                FaultKind.EDITED,
                f"an entry numbered {entry.seq} was edited: it does not match its own hash "
                f"and stands where entry {self.expected} belongs",
            )

    def _place(self, entry: Entry) -> None:
        if entry.seq < self.expected:
            self._behind(entry)
            return
        if entry.seq > self.expected:
            self.gaps.append((self.expected, entry.seq - 1))
        elif entry.previous not in self.tip_hashes and not self.tip_named:
            self._broken_link(entry)
        if self.tip and not self.tip_named and entry.at < self.tip.at:
            self._name(
                entry.seq,
                FaultKind.CLOCK,
                f"entry {entry.seq} is dated {entry.at}, before entry {self.tip.seq} ({self.tip.at})",
            )
        self._advance(entry, named=False)

    def _behind(self, entry: Entry) -> None:
        seq, ahead = entry.seq, self.expected - 1
        gap = next((g for g in self.gaps if g[0] <= seq <= g[1]), None)
        if gap is None:
            self._name(seq, FaultKind.INSERTED, f"a second entry numbered {seq} was inserted after entry {ahead}")
            if self.tip and seq == self.tip.seq:
                self.tip_hashes.add(entry.hash)
            return
        self.gaps.remove(gap)
        self.gaps.extend(part for part in ((gap[0], seq - 1), (seq + 1, gap[1])) if part[0] <= part[1])
        self._name(seq, FaultKind.REORDERED, f"entry {seq} was moved: it stands after entry {ahead}")

    def _broken_link(self, entry: Entry) -> None:
        if self.tip is None:
            self._name(entry.seq, FaultKind.EDITED, "entry 1 was rewritten: it claims that another stood before it")
            return
        self._name(
            self.tip.seq,
            FaultKind.EDITED,
            f"entry {self.tip.seq} was rewritten: entry {entry.seq} still carries the hash it had before",
        )

    def _advance(self, entry: Entry, *, named: bool) -> None:
        self.tip, self.tip_hashes, self.tip_named = entry, {entry.hash}, named

    def _compare_with_head(self, entry: Entry) -> None:
        if self.head is None or entry.seq != self.head[0] or self.head_seen:
            return
        self.head_seen = True
        if entry.hash != self.head[1]:
            self._name(
                entry.seq, FaultKind.EDITED, f"entry {entry.seq} was rewritten: the checkpoint names another hash"
            )

    def _name(self, seq: int, kind: FaultKind, what: str) -> None:
        self.faults.append(Fault(seq, kind, what))

    def finish(self) -> list[Fault]:
        for first, last in self.gaps:
            self._missing(first, last)
        if self.head is not None and not self.head_seen and self.head[0] >= self.expected:
            first, last = self.expected, self.head[0]
            self._name(first, FaultKind.DELETED, f"{_range(first, last)} missing from the log's end")
        return sorted(self.faults, key=lambda fault: fault.seq)

    def _missing(self, first: int, last: int) -> None:
        for seq in sorted(self.broken):
            if first <= seq <= last:
                if first < seq:
                    self._name(first, FaultKind.DELETED, f"{_range(first, seq - 1)} missing")
                first = seq + 1
        if first <= last:
            self._name(first, FaultKind.DELETED, f"{_range(first, last)} missing")


def _sound(entry: Entry) -> bool:
    try:
        return entry.hash == digest(entry)
    except (TypeError, ValueError):  # details that JSON cannot hold were never sealed by us
        return False


def _range(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
