"""Mail in memory: a mailbox and a way out that behave as the real ones must, for tests and for trying things out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from foi_mailbot.adapters.smtp import refuse_unusable_addresses
from foi_mailbot.errors import Fatal, FoiMailbotError, Transient, Uncertain
from foi_mailbot.ports import Envelope, RawMail, Receipt

PORTION = 3  # few, so that tests meet more than one


@dataclass(slots=True)
class _Folder:
    uidvalidity: int
    uidnext: int = 1
    mails: dict[int, RawMail] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


class MemoryMailbox:
    """ports.Mailbox without a server. `deliver` puts a mail in; `fail_with` makes the next calls fail."""

    def __init__(self, *, uidvalidity: int = 1) -> None:
        """Start with an empty INBOX of that UIDVALIDITY."""
        self._folders = {"INBOX": _Folder(uidvalidity)}
        self._open: _Folder | None = None
        self._failures: list[FoiMailbotError] = []

    def deliver(self, raw: bytes, folder: str = "INBOX", *, received: datetime | None = None) -> int:
        """Put a mail into a folder (made if absent) and return its UID; `received` is aware, default now."""
        there = self._made(folder)
        uid = there.uidnext
        there.uidnext += 1
        there.mails[uid] = RawMail(uid=uid, raw=raw, received=(received or datetime.now(UTC)).astimezone(UTC))
        return uid

    def messages(self, folder: str = "INBOX") -> list[bytes]:
        """Return a folder's raw mails by UID; an absent folder has none."""
        there = self._folders.get(folder)
        return [mail.raw for mail in there.mails.values()] if there else []

    def read(self, folder: str = "INBOX") -> set[int]:
        """Return the UIDs marked read in a folder."""
        return set(self._folders[folder].seen)

    def remove(self, uid: int, folder: str = "INBOX") -> None:
        """Take one mail away, as a person beside us would."""
        self._folders[folder].mails.pop(uid, None)

    def renumber(self, uidvalidity: int, folder: str = "INBOX") -> None:
        """Give the folder a new UIDVALIDITY and its mails new UIDs from 1, as a restored server does."""
        old = self._folders[folder]
        self._folders[folder] = _Folder(uidvalidity)
        for mail in old.mails.values():
            self.deliver(mail.raw, folder, received=mail.received)

    def fail_with(self, *errors: FoiMailbotError) -> None:
        """Make each of the next calls raise the next error; a Transient also closes the folder."""
        self._failures.extend(errors)

    def open(self, folder: str) -> int:
        """See ports.Mailbox."""
        self._maybe_fail()
        self._open = self._folders.get(folder)
        if self._open is None:
            raise Fatal(f"There is no folder {folder}.")
        return self._open.uidvalidity

    def new_uids(self, after: int) -> list[int]:
        """See ports.Mailbox."""
        return sorted(uid for uid in self._selected().mails if uid > after)

    def fetch(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """See ports.Mailbox. A portion here is three mails."""
        for first in range(0, len(uids), PORTION):
            mails = self._selected().mails
            portion = [mails[uid] for uid in uids[first : first + PORTION] if uid in mails]
            if portion:
                yield portion

    def file(self, uids: Sequence[int], destination: str, *, mark_read: bool) -> None:
        """See ports.Mailbox."""
        here = self._selected()
        there = self._made(destination) if destination and uids else here
        for uid in uids:
            if uid not in here.mails:
                continue
            if mark_read:
                here.seen.add(uid)
            if there is not here:
                self._move(uid, here, there)

    def close(self) -> None:
        """See ports.Mailbox."""
        self._open = None

    def _move(self, uid: int, here: _Folder, there: _Folder) -> None:
        mail = here.mails.pop(uid)
        new = there.uidnext
        there.uidnext += 1
        there.mails[new] = RawMail(uid=new, raw=mail.raw, received=mail.received)
        if uid in here.seen:
            here.seen.discard(uid)
            there.seen.add(new)

    def _made(self, folder: str) -> _Folder:
        return self._folders.setdefault(folder, _Folder(uidvalidity=len(self._folders) + 1))

    def _selected(self) -> _Folder:
        self._maybe_fail()
        if self._open is None:
            raise Transient("The mailbox is not open.")
        return self._open

    def _maybe_fail(self) -> None:
        if self._failures:
            self._open = None
            raise self._failures.pop(0)


class MemorySender:
    """ports.Sender that keeps what it is given in `sent`. `fail_with` makes the next sends fail.

    An Uncertain that is scripted here keeps the letter, as a server that took it and then went silent does.
    """

    def __init__(self) -> None:
        """Start with nothing sent."""
        self.sent: list[Envelope] = []
        self._failures: list[FoiMailbotError] = []

    def fail_with(self, *errors: FoiMailbotError) -> None:
        """Make each of the next sends raise the next error."""
        self._failures.extend(errors)

    async def send(self, envelope: Envelope) -> Receipt:
        """See ports.Sender."""
        refuse_unusable_addresses(envelope)
        if self._failures:
            failure = self._failures.pop(0)
            if isinstance(failure, Uncertain):
                self.sent.append(envelope)
            raise failure
        self.sent.append(envelope)
        return Receipt(code=250, reply="2.0.0 kept in memory")

    async def close(self) -> None:
        """See ports.Sender."""
