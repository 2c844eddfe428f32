"""What every Mailbox must do: the one in memory, ours over IMAP against Dovecot, and against the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

import pytest
from imapclient import IMAPClient

from foi_mailbot.adapters.embedded import EmbeddedServers
from foi_mailbot.adapters.imap import ImapMailbox, probe
from foi_mailbot.adapters.memory_mail import MemoryMailbox
from foi_mailbot.adapters.tls import TlsMode
from foi_mailbot.errors import Fatal, LoginRefused, Transient
from foi_mailbot.ports import Mailbox
from tests.servers import free_port
from tests.servers.dovecot import Dovecot, running_dovecot

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


@pytest.fixture(params=["memory", "embedded", pytest.param("dovecot", marks=pytest.mark.servers)])
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
    assert [mail.raw for mail in world.mailbox.fetch([first, second])] == [FIRST, SECOND]
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
    assert world.mailbox.fetch([]) == []


def test_mail_that_comes_while_the_folder_is_open_is_found(world: World) -> None:
    world.mailbox.open("INBOX")
    assert world.mailbox.new_uids(0) == []
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    assert len(world.mailbox.new_uids(0)) == 1


def test_the_date_of_receipt_is_the_servers_and_in_utc(world: World) -> None:
    world.deliver(FIRST, received=JULY)
    world.mailbox.open("INBOX")
    (mail,) = world.mailbox.fetch(world.mailbox.new_uids(0))
    assert mail.received == JULY
    assert mail.received.tzinfo is UTC


def test_uidvalidity_stays_the_same_from_one_opening_to_the_next(world: World) -> None:
    assert world.mailbox.open("INBOX") == world.mailbox.open("INBOX") > 0


def test_fetching_leaves_mail_unread(world: World) -> None:
    world.deliver(FIRST)
    world.mailbox.open("INBOX")
    world.mailbox.fetch(world.mailbox.new_uids(0))
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
    assert [mail.uid for mail in world.mailbox.fetch([first, second])] == [second]


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


# ── over IMAP only ───────────────────────────────────────────────────────────────────────────────
def over_imap(server: Dovecot, tls: TlsMode = "none", *, password: str = "", batch_bytes: int = 1 << 20) -> ImapMailbox:
    return ImapMailbox(
        host=server.host,
        port=server.tls_port if tls == "implicit" else server.port,
        tls=tls,
        user=server.user,
        password=(lambda: password) if password else server.password,
        ca_file=server.ca_file,
        timeout=20,
        batch_bytes=batch_bytes,
    )


@pytest.mark.servers
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_mailbox_is_read_over_tls_with_a_certificate_that_is_trusted(dovecot: Dovecot, tls: TlsMode) -> None:
    dovecot.append(FIRST)
    mailbox = over_imap(dovecot, tls)
    mailbox.open("INBOX")
    assert [mail.raw for mail in mailbox.fetch(mailbox.new_uids(0))] == [FIRST]
    mailbox.close()


@pytest.mark.servers
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_from_a_stranger_stops_before_the_password_is_asked_for(dovecot: Dovecot, tls: TlsMode) -> None:
    asked = []

    def password() -> str:
        asked.append(1)
        return dovecot.password()

    mailbox = ImapMailbox(
        host=dovecot.host,
        port=dovecot.tls_port if tls == "implicit" else dovecot.port,
        tls=tls,
        user=dovecot.user,
        password=password,
        ca_file=dovecot.certificates.stranger,
        timeout=20,
    )
    with pytest.raises(Fatal, match=r"certificate .* was not accepted.*ca_file"):
        mailbox.open("INBOX")
    assert asked == []


@pytest.mark.servers
def test_tls_from_the_start_on_a_starttls_port_names_the_mistake(dovecot: Dovecot) -> None:
    mailbox = ImapMailbox(
        host=dovecot.host, port=dovecot.port, tls="implicit", user="u", password=lambda: "p", timeout=20
    )
    with pytest.raises(Fatal, match="starttls"):
        mailbox.open("INBOX")


@pytest.mark.servers
def test_a_wrong_password_is_refused_and_never_repeated_in_the_message(dovecot: Dovecot) -> None:
    with pytest.raises(LoginRefused) as caught:
        over_imap(dovecot, password="not the one").open("INBOX")
    assert "not the one" not in str(caught.value)


def test_plain_text_to_another_machine_is_refused_at_once() -> None:
    with pytest.raises(Fatal, match="only on this machine"):
        ImapMailbox(host="mail.council.example", port=143, tls="none", user="u", password=lambda: "p")


def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    mailbox = ImapMailbox(host="127.0.0.1", port=free_port(), tls="none", user="u", password=lambda: "p", timeout=5)
    with pytest.raises(Transient):
        mailbox.open("INBOX")


@pytest.mark.servers
def test_a_restarted_server_costs_no_failed_poll(dovecot: Dovecot) -> None:
    mailbox = over_imap(dovecot)
    mailbox.open("INBOX")
    dovecot.restart()
    dovecot.append(FIRST)
    mailbox.open("INBOX")
    assert len(mailbox.new_uids(0)) == 1
    mailbox.close()


@pytest.mark.servers
def test_a_server_that_goes_away_between_commands_is_tried_again_later(dovecot: Dovecot) -> None:
    mailbox = over_imap(dovecot)
    mailbox.open("INBOX")
    dovecot.stop()
    with pytest.raises(Transient):
        mailbox.new_uids(0)
    with pytest.raises(Transient):
        mailbox.open("INBOX")
    dovecot.start()
    mailbox.open("INBOX")
    mailbox.close()


@pytest.mark.servers
def test_many_mails_come_complete_in_small_batches_of_bytes(dovecot: Dovecot) -> None:
    raws = [b"Subject: %d\r\n\r\n" % number + b"x" * 700 * number + b"\r\n" for number in range(40)]
    dovecot.append_many(raws)
    mailbox = over_imap(dovecot, batch_bytes=5000)
    mailbox.open("INBOX")
    assert [mail.raw for mail in mailbox.fetch(mailbox.new_uids(0))] == raws
    mailbox.close()


@pytest.mark.servers
def test_more_mails_than_fit_into_one_command_are_filed_and_fetched(dovecot: Dovecot) -> None:
    dovecot.append_many([b"Subject: %d\r\n\r\n\r\n" % number for number in range(620)])
    mailbox = over_imap(dovecot)
    mailbox.open("INBOX")
    uids = mailbox.new_uids(0)
    assert len(mailbox.fetch(uids)) == 620
    mailbox.file(uids, "Done", mark_read=True)
    assert (len(dovecot.uids("Done")), dovecot.uids()) == (620, [])
    mailbox.close()


@pytest.mark.servers
def test_a_folder_we_make_is_subscribed_and_may_have_any_letters(dovecot: Dovecot) -> None:
    dovecot.append(FIRST)
    mailbox = over_imap(dovecot)
    mailbox.open("INBOX")
    mailbox.file(mailbox.new_uids(0), "FOI/Gwybodaeth tŷ & gardd", mark_read=False)
    assert dovecot.messages("FOI/Gwybodaeth tŷ & gardd") == [FIRST]
    assert "FOI/Gwybodaeth tŷ & gardd" in dovecot.subscribed()
    mailbox.close()


@pytest.mark.servers
@pytest.mark.parametrize("capability", ["IMAP4rev1 UIDPLUS LITERAL+", "IMAP4rev1 LITERAL+"])
def test_a_server_without_move_gets_copies_and_our_marks_only_are_expunged(capability: str) -> None:
    with running_dovecot(capability=capability) as server:
        server.append_many([FIRST, SECOND, FIRST])
        with server.client() as person:
            person.select_folder("INBOX")
            person.delete_messages([3])  # a person marked this one and may yet change their mind
            mailbox = over_imap(server)
            mailbox.open("INBOX")
            for _ in range(2):
                mailbox.file([1, 99], "Done", mark_read=False)
            mailbox.close()
        assert server.messages("Done") == [FIRST]
        assert {2, 3} <= set(server.uids())
        assert (1 in server.uids()) is ("UIDPLUS" not in capability)


@pytest.mark.servers
def test_the_probe_tells_every_step_in_words(dovecot: Dovecot) -> None:
    steps = probe(
        host=dovecot.host,
        port=dovecot.port,
        tls="starttls",
        user=dovecot.user,
        password=dovecot.password,
        ca_file=dovecot.ca_file,
        folders=["INBOX", "Missing"],
        destinations=["FOI/Done"],
    )
    assert [(step.name, step.ok) for step in steps] == [
        ("DNS", True),
        ("TCP", True),
        ("TLS", True),
        ("login", True),
        ("folder INBOX", True),
        ("folder Missing", False),
        ("folder FOI/Done", True),
    ]
    assert dovecot.messages("FOI/Done") == []
    assert "FOI/Done" not in dovecot.subscribed()


@pytest.mark.servers
def test_the_probe_stops_at_the_first_step_that_fails(dovecot: Dovecot) -> None:
    def steps(**other: object) -> list[tuple[str, bool]]:
        settings: dict[str, object] = {
            "host": dovecot.host,
            "port": dovecot.port,
            "tls": "starttls",
            "user": dovecot.user,
            "password": dovecot.password,
            "ca_file": dovecot.ca_file,
        }
        return [(step.name, step.ok) for step in probe(**{**settings, **other})]  # type: ignore[arg-type]

    assert steps(password=lambda: "wrong")[-1] == ("login", False)
    assert steps(ca_file=dovecot.certificates.stranger)[-1] == ("TLS", False)
    assert steps(port=free_port())[-1] == ("TCP", False)
    assert steps(host="no-such-host.invalid") == [("DNS", False)]


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
