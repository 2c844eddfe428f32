"""A whole office in memory: real rules and letters, the shipped in-memory adapters, a clock that is told the time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from foi_mailbot import bootstrap
from foi_mailbot.adapters.memory_mail import MemoryMailbox, MemorySender
from foi_mailbot.adapters.memory_store import MemoryStore
from foi_mailbot.core.audit import Entry
from foi_mailbot.ports import CaseRow, LetterRow, OutboxRow
from foi_mailbot.service import records
from foi_mailbot.service.assess import Assessor, Council
from foi_mailbot.service.automatic import Automatic
from foi_mailbot.service.dispatch import Dispatch
from foi_mailbot.service.grants import GrantDesk
from foi_mailbot.service.intake import Filing, Intake, ReferenceSequence
from foi_mailbot.service.journal import Journal
from foi_mailbot.service.learning import Learning
from foi_mailbot.service.review import Review
from tests.council import council

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FILED, NUMBERED = Filing("Filed", mark_read=False), ReferenceSequence("FI", 90001, 5)
REDIRECTED = "How many looked-after children were placed in children's homes in 2024/25?"
KEPT = "How many household refuse bins did you collect in 2024/25?"


@dataclass
class Office:
    """Everything wired in memory."""

    assessor: Assessor
    council: Council
    store: MemoryStore = field(default_factory=MemoryStore)
    mailbox: MemoryMailbox = field(default_factory=MemoryMailbox)
    sender: MemorySender = field(default_factory=MemorySender)
    now: datetime = START
    stopping: bool = False
    batch: int = 2
    filing: Filing = FILED
    sequence: ReferenceSequence | None = NUMBERED
    switched_on: bool = False
    contacts_stale_after_days: int = 180
    announced: list[Entry] = field(default_factory=list)

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    @property
    def journal(self) -> Journal:
        return Journal(self.store, self.clock, self.announced.append)

    @property
    def intake(self) -> Intake:
        return Intake(
            council=self.council,
            mailbox=self.mailbox,
            journal=self.journal,
            assessor=self.assessor,
            filing=self.filing,
            sequence=self.sequence,
            batch=self.batch,
            stopping=lambda: self.stopping,
            automatic=self.automatic,
        )

    @property
    def automatic(self) -> Automatic:
        return Automatic(
            self.assessor.rulebook,
            self.switched_on,
            contacts_stale_after_days=self.contacts_stale_after_days,
        )

    @property
    def grants(self) -> GrantDesk:
        return GrantDesk(self.journal, {"dover": self.council}, self.assessor.rulebook)

    @property
    def learning(self) -> Learning:
        return Learning(self.journal, self.assessor.rulebook)

    @property
    def review(self) -> Review:
        return Review(self.journal, {"dover": self.council}, self.assessor)

    @property
    def dispatch(self) -> Dispatch:
        return Dispatch(self.journal, {"dover": self.sender}, automatic=self.automatic)

    def read(self, *mails: bytes) -> int:
        for raw in mails:
            self.mailbox.deliver(raw, received=START)
        return self.intake.drain("INBOX")

    def send(self) -> int:
        return asyncio.run(self.dispatch.run())

    def cases(self) -> list[CaseRow]:
        with self.store.transaction() as tx:
            return sorted(tx.cases.find(), key=lambda case: case.id)

    def case(self, key: str = "C000001") -> CaseRow:
        with self.store.transaction() as tx:
            found = tx.cases.get(key)
        assert found is not None
        return found

    def letter(self, key: str = "C000001") -> LetterRow:
        with self.store.transaction() as tx:
            found = tx.letters.current(key)
        assert found is not None
        return found

    def outbox(self, key: str = "C000001", purpose: str = "letter") -> OutboxRow:
        with self.store.transaction() as tx:
            found = tx.outbox.get(key, purpose)
        assert found is not None
        return found

    def record(self, key: str = "C000001") -> dict[str, Any]:
        return records.load(self.case(key).decision_json)

    def events(self) -> list[str]:
        with self.store.transaction() as tx:
            return [entry.event.name for entry in tx.audit.entries()]


def dover(folder: Path, assessor: Assessor) -> Council:
    """Return Dover's council as the settings of the tests give it."""
    settings = bootstrap.load_settings(council(folder, imap_port=1, smtp_port=1, password="x").settings)
    return bootstrap.build_council(settings.mailboxes[0], settings, assessor)
