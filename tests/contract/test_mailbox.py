"""What every Mailbox must do: the one in memory, ours over IMAP against Dovecot, and against the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

import pytest
from imapclient import IMAPClient

from foi_mailbot.adapters.embedded import EmbeddedServers
from foi_mailbot.adapters.imap import ImapMailbox
from foi_mailbot.adapters.memory_mail import MemoryMailbox
from foi_mailbot.errors import Fatal, Transient
from foi_mailbot.ports import Mailbox
from tests.contract import fetched
from tests.servers.dovecot import Dovecot

FIRST = b"Subject: drains\r\nMessage-ID: <1@a.example>\r\n\r\nWho looks after them?\r\n"
SECOND = "Subject: parks\r\n\r\nÜber die Hügel \r\n.\r\n".encode("latin-1")
JULY = datetime(2025, 7, 3, 23, 30, 5, tzinfo=timezone(timedelta(hours=1)))


class World(Protocol):
    """The mailbox under test, and the back door a test looks through."""

    mailbox: Mailbox

    def deliver(self, raw: bytes, folder: str = "INBOX", received: datetime | None = None) -> None: ...
    def messages(self, folder: str = "INBOX") -> list[bytes]: ...
    def read(self, folder: str = "INBOX") -> int: ...
    def remove(self, uid: int) -> None: ...


class MemoryWorld:
    def __init__(self) -> None:
        self._memory = MemoryMailbox(uidvalidity=77)
        self.mailbox: Mailbox = self._memory

    def deliver(self, raw: bytes, folder: str = "INBOX", received: datetime | None = None) -> None:
        self._memory.deliver(raw, folder, received=received)

    def messages(self, folder: str = "INBOX") -> list[bytes]:
        return self._memory.messages(folder)

    def read(self, folder: str = "INBOX") -> int:
        return len(self._memory.read(folder))

    def remove(self, uid: int) -> None:
        self._memory.remove(uid)


class ImapWorld:
    """Either server, seen from the back by a second connection."""

    def __init__(self, host: str, port: int, user: str, password: str, separator: str) -> None:
        self.mailbox: Mailbox = ImapMailbox(
            host=host, port=port, tls="none", user=user, password=lambda: password, timeout=20
        )
        self._separator = separator
        self._back = IMAPClient(host, port=port, ssl=False, timeout=20)
        self._back.login(user, password)

    def end(self) -> None:
        self.mailbox.close()
        self._back.logout()

    def deliver(self, raw: bytes, folder: str = "INBOX", received: datetime | None = None) -> None:
        name = folder.replace("/", self._separator)
        if not self._back.folder_exists(name):
            self._back.create_folder(name)
        self._back.append(name, raw, msg_time=received or datetime.now(UTC))

    def messages(self, folder: str = "INBOX") -> list[bytes]:
        uids = self._select(folder)
        answer = self._back.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
        return [answer[uid][b"BODY[]"] for uid in uids]

    def read(self, folder: str = "INBOX") -> int:
        self._select(folder)
        return len(self._back.search("SEEN"))

    def remove(self, uid: int) -> None:
        self._select("INBOX")
        self._back.delete_messages([uid])
        self._back.expunge()

    def _select(self, folder: str) -> list[int]:
        name = folder.replace("/", self._separator)
        if not self._back.folder_exists(name):
            return []
        self._back.select_folder(name)
        return sorted(self._back.search("ALL"))


@pytest.fixture(
    params=[
        "memory",
        pytest.param("embedded", marks=pytest.mark.slow),
        pytest.param("dovecot", marks=pytest.mark.servers),
    ]
)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    match request.param:
        case "memory":
            yield MemoryWorld()
        case "embedded":
            with EmbeddedServers() as servers:
                embedded = ImapWorld(servers.host, servers.imap_port, servers.user, servers.password(), "/")
                yield embedded
                embedded.end()
        case _:
            server: Dovecot = request.getfixturevalue("dovecot")
            real = ImapWorld(server.host, server.port, server.user, server.password(), ".")
            yield real
            real.end()


def test_a_new_mail_is_found_once_and_fetched_byte_for_byte(world: World) -> None:
    world.deliver(FIRST)
    world.deliver(SECOND)
    world.mailbox.open("INBOX")
    first, second = world.mailbox.new_uids(0)
    assert first < second
    assert [mail.raw for mail in fetched(world.mailbox, [first, second])] == [FIRST, SECOND]
    assert world.mailbox.new_uids(first) == [second]


def test_nothing_newer_than_the_newest_is_nothing_though_imap_answers_with_the_newest(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    (newest,) = world.mailbox.new_uids(0)
    assert world.mailbox.new_uids(newest) == []
    assert world.mailbox.new_uids(newest + 500) == []


def test_an_empty_folder_has_no_new_mail(world: World) -> None:
    world.mailbox.open("INBOX")
    assert world.mailbox.new_uids(0) == []
    assert fetched(world.mailbox, []) == []


def test_mail_that_comes_while_the_folder_is_open_is_found(world: World) -> None:
    world.mailbox.open("INBOX")
    assert world.mailbox.new_uids(0) == []
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    assert len(world.mailbox.new_uids(0)) == 1


def test_the_date_of_receipt_is_the_servers_and_in_utc(world: World) -> None:
    world.deliver(FIRST, received=JULY)
    world.mailbox.open("INBOX")
    (mail,) = fetched(world.mailbox, world.mailbox.new_uids(0))
    assert mail.received == JULY
    assert mail.received.tzinfo is UTC


def test_uidvalidity_stays_the_same_from_one_opening_to_the_next(world: World) -> None:
    assert world.mailbox.open("INBOX") == world.mailbox.open("INBOX") > 0


def test_fetching_leaves_mail_unread(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    fetched(world.mailbox, world.mailbox.new_uids(0))
    assert world.read() == 0


def test_mail_a_person_has_read_meanwhile_is_still_new_to_us(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    uids = world.mailbox.new_uids(0)
    world.mailbox.file(uids, "", mark_read=True)
    assert world.read() == 1
    assert world.mailbox.new_uids(0) == uids


def test_mail_gone_meanwhile_is_absent_from_what_is_fetched(world: World) -> None:
    world.deliver(FIRST)
    world.deliver(SECOND)
    world.mailbox.open("INBOX")
    first, second = world.mailbox.new_uids(0)
    world.remove(first)
    assert [mail.uid for mail in fetched(world.mailbox, [first, second])] == [second]


def test_filing_makes_the_folder_and_moves_mail_unread(world: World) -> None:
    world.deliver(FIRST)
    world.deliver(SECOND)
    world.mailbox.open("INBOX")
    first, _ = world.mailbox.new_uids(0)
    world.mailbox.file([first], "FOI/Done", mark_read=False)
    assert (world.messages(), world.messages("FOI/Done")) == ([SECOND], [FIRST])
    assert world.read("FOI/Done") == 0


def test_filing_marks_read_where_that_is_wanted(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    world.mailbox.file(world.mailbox.new_uids(0), "FOI/Done", mark_read=True)
    assert world.messages("FOI/Done") == [FIRST]
    assert world.read("FOI/Done") == 1


def test_filing_again_what_was_filed_changes_nothing(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    uids = world.mailbox.new_uids(0)
    for _ in range(3):
        world.mailbox.file(uids, "FOI/Done", mark_read=True)
    assert (world.messages(), world.messages("FOI/Done")) == ([], [FIRST])


def test_an_empty_destination_leaves_mail_where_it_is(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    world.mailbox.file(world.mailbox.new_uids(0), "", mark_read=False)
    assert world.messages() == [FIRST]
    assert world.read() == 0


def test_mail_filed_into_the_folder_it_is_in_keeps_its_uid_and_so_is_not_new_again(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    uids = world.mailbox.new_uids(0)
    world.mailbox.file(uids, "INBOX", mark_read=True)
    assert world.mailbox.new_uids(0) == uids


def test_a_folder_that_is_not_there_is_for_the_operator_to_mend(world: World) -> None:
    with pytest.raises(Fatal, match="Nowhere"):
        world.mailbox.open("Nowhere")


def test_a_mailbox_that_is_not_open_says_so_as_something_to_retry(world: World) -> None:
    with pytest.raises(Transient):
        world.mailbox.new_uids(0)


def test_closing_twice_and_opening_again_are_allowed(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    world.mailbox.close()
    world.mailbox.close()
    world.mailbox.open("INBOX")
    assert len(world.mailbox.new_uids(0)) == 1


def test_a_failure_put_into_the_memory_mailbox_comes_once() -> None:
    mailbox = MemoryMailbox()
    mailbox.deliver(FIRST)
    mailbox.open("INBOX")
    mailbox.fail_with(Transient("away"))
    with suppress(Transient):
        mailbox.new_uids(0)
    mailbox.open("INBOX")
    assert mailbox.new_uids(0) == [1]
    mailbox.renumber(9)
    assert (mailbox.open("INBOX"), mailbox.new_uids(0)) == (9, [1])
