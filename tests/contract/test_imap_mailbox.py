"""What our own IMAP mailbox must do beyond the contract: TLS, logins, restarts, large folders, servers without MOVE."""

from __future__ import annotations

import pytest

from foi_mailbot.adapters.imap import ImapMailbox, probe
from foi_mailbot.adapters.tls import TlsMode
from foi_mailbot.errors import Fatal, LoginRefused, Transient
from tests.contract import fetched
from tests.servers import free_port
from tests.servers.dovecot import Dovecot, running_dovecot

FIRST = b"Subject: drains\r\nMessage-ID: <1@a.example>\r\n\r\nWho looks after them?\r\n"
SECOND = b"Subject: parks\r\n\r\nAnd them?\r\n"


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
    assert [mail.raw for mail in fetched(mailbox, mailbox.new_uids(0))] == [FIRST]
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
    assert [mail.raw for mail in fetched(mailbox, mailbox.new_uids(0))] == raws
    mailbox.close()


@pytest.mark.servers
def test_more_mails_than_fit_into_one_command_are_filed_and_fetched(dovecot: Dovecot) -> None:
    dovecot.append_many([b"Subject: %d\r\n\r\n\r\n" % number for number in range(620)])
    mailbox = over_imap(dovecot)
    mailbox.open("INBOX")
    uids = mailbox.new_uids(0)
    assert len(fetched(mailbox, uids)) == 620
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
