"""What every Sender must do: the one in memory, ours over SMTP to a scripted server, and to Postfix."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from foi_mailbot.adapters.memory_mail import MemorySender
from foi_mailbot.adapters.probe import ProbeStep
from foi_mailbot.adapters.smtp import SmtpSender, probe
from foi_mailbot.adapters.tls import TlsMode
from foi_mailbot.errors import Fatal, LoginRefused, Refused, Transient, Uncertain
from foi_mailbot.ports import Envelope, Receipt, Sender
from tests.servers import free_port, wait_for_port, wait_until
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.postfix import Postfix
from tests.servers.sink import PASSWORD, USER, Behaviour, SmtpSink, read_record, running_sink

BODY = (
    b"Message-ID: <7@dover.example>\r\nDate: Thu, 03 Jul 2025 09:00:00 +0000\r\nFrom: foi@dover.example\r\n"
    b"Subject: Your request\r\n\r\n.a line with a dot\r\n..two\r\nlast\r\n"
)
LETTER = Envelope(sender="foi@dover.example", recipient="asker@people.example", content=BODY)


Outcome = TypeVar("Outcome")


class World(Protocol):
    """The sender under test, and what arrived."""

    def sender(self) -> Sender: ...
    def arrived(self, count: int) -> list[bytes]: ...


class MemoryWorld:
    def __init__(self) -> None:
        self._memory = MemorySender()

    def sender(self) -> Sender:
        return self._memory

    def arrived(self, count: int) -> list[bytes]:
        return [envelope.content for envelope in self._memory.sent]


class SinkWorld:
    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    def sender(self) -> Sender:
        return to(self._sink)

    def arrived(self, count: int) -> list[bytes]:
        return [letter.content for letter in self._sink.letters()]


class PostfixWorld:
    def __init__(self, server: Postfix) -> None:
        self._server = server

    def sender(self) -> Sender:
        return SmtpSender(host=self._server.host, port=self._server.port, tls="none", timeout=20, helo="localhost")

    def arrived(self, count: int) -> list[bytes]:
        """Postfix puts its own headers first and stores LF: from Message-ID on it must be our bytes."""
        letters = self._server.wait_for(count)
        return [b"Message-ID:" + raw.split(b"\nMessage-ID:", 1)[1].replace(b"\n", b"\r\n") for raw in letters]


@pytest.fixture(params=["memory", "sink", pytest.param("postfix", marks=pytest.mark.servers)])
def world(request: pytest.FixtureRequest) -> World:
    match request.param:
        case "memory":
            return MemoryWorld()
        case "sink":
            return SinkWorld(request.getfixturevalue("smtp_sink"))
        case _:
            return PostfixWorld(request.getfixturevalue("postfix"))


def to(sink: SmtpSink, *, timeout: float = 10, final_timeout: float | None = None) -> SmtpSender:
    return SmtpSender(
        host=sink.host, port=sink.port, tls="none", timeout=timeout, final_timeout=final_timeout, helo="localhost"
    )


def using(sender: Sender, work: Callable[[Sender], Awaitable[Outcome]]) -> Outcome:
    async def whole() -> Outcome:
        try:
            return await work(sender)
        finally:
            await sender.close()

    return asyncio.run(whole())


def send(sender: Sender, *letters: Envelope) -> list[Receipt]:
    async def each(out: Sender) -> list[Receipt]:
        return [await out.send(letter) for letter in letters]

    return using(sender, each)


def test_a_letter_arrives_byte_for_byte_and_the_servers_word_is_returned(world: World) -> None:
    (receipt,) = send(world.sender(), LETTER)
    assert receipt.code == 250
    assert receipt.reply
    assert world.arrived(1) == [BODY]


def test_several_letters_go_out_one_after_the_other(world: World) -> None:
    send(world.sender(), LETTER, LETTER, LETTER)
    assert world.arrived(3) == [BODY] * 3


@pytest.mark.parametrize("address", ["", "nobody", "a@b.example> SIZE=1", "a@b.example\r\nRCPT TO:<c@d.example>"])
def test_what_is_no_address_is_refused_before_the_server_hears_of_it(world: World, address: str) -> None:
    with pytest.raises(Refused):
        send(world.sender(), Envelope(sender=LETTER.sender, recipient=address, content=BODY))
    assert world.arrived(0) == []


def test_closing_twice_is_no_error_and_sending_works_again_afterwards(world: World) -> None:
    async def work(out: Sender) -> None:
        await out.close()
        await out.close()
        await out.send(LETTER)

    using(world.sender(), work)
    assert world.arrived(1) == [BODY]


def test_the_memory_sender_keeps_a_letter_whose_answer_never_came() -> None:
    sender = MemorySender()
    sender.fail_with(Uncertain("silence"), Transient("busy"))
    with pytest.raises(Uncertain):
        send(sender, LETTER)
    with pytest.raises(Transient):
        send(sender, LETTER)
    assert sender.sent == [LETTER]


# ── over SMTP only ───────────────────────────────────────────────────────────────────────────────
@pytest.mark.servers
def test_postfixs_own_refusal_of_a_recipient_is_final_and_quoted(postfix: Postfix) -> None:
    sender = PostfixWorld(postfix).sender()
    with pytest.raises(Refused, match=r"554 5\.7\.1"):
        send(sender, Envelope(sender=LETTER.sender, recipient=postfix.refused, content=BODY))


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "final"])
def test_a_4xx_at_any_stage_is_tried_again_later(smtp_sink: SmtpSink, stage: str) -> None:
    smtp_sink.next_does(Behaviour(**{stage: "451 4.3.0 busy"}))  # type: ignore[arg-type]
    with pytest.raises(Transient, match=r"451 4\.3\.0 busy"):
        send(to(smtp_sink), LETTER)
    assert smtp_sink.letters() == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "final"])
def test_a_5xx_at_any_stage_is_final_and_quoted(smtp_sink: SmtpSink, stage: str) -> None:
    smtp_sink.next_does(Behaviour(**{stage: "550 5.1.1 no such person"}))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=r"550 5\.1\.1 no such person"):
        send(to(smtp_sink), LETTER)
    assert smtp_sink.letters() == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "final"])
def test_a_refused_letter_does_not_spoil_the_next(smtp_sink: SmtpSink, stage: str) -> None:
    smtp_sink.next_does(Behaviour(**{stage: "550 5.1.1 no such person"}))  # type: ignore[arg-type]

    async def work(out: Sender) -> None:
        with pytest.raises(Refused):
            await out.send(LETTER)
        await out.send(LETTER)

    using(to(smtp_sink), work)
    assert len(smtp_sink.letters()) == 1


def test_silence_before_the_letter_went_out_is_tried_again_later(smtp_sink: SmtpSink) -> None:
    smtp_sink.next_does(Behaviour(hang_at="mail", hang=2))
    with pytest.raises(Transient):
        send(to(smtp_sink, timeout=0.3), LETTER)
    assert smtp_sink.letters() == []


def test_silence_after_the_final_dot_is_uncertain(smtp_sink: SmtpSink) -> None:
    smtp_sink.next_does(Behaviour(hang_at="final", hang=0.8))
    with pytest.raises(Uncertain):
        send(to(smtp_sink, final_timeout=0.3), LETTER)
    wait_until(lambda: len(smtp_sink.letters()) == 1, "the sink to keep what it got")


def test_a_connection_lost_after_the_final_dot_is_uncertain_and_never_sent_again(smtp_sink: SmtpSink) -> None:
    smtp_sink.next_does(Behaviour(drop="kept"))
    with pytest.raises(Uncertain):
        send(to(smtp_sink), LETTER)
    assert len(smtp_sink.letters()) == 1


def test_a_connection_lost_while_the_letter_goes_out_is_never_sent_again_by_guess(smtp_sink: SmtpSink) -> None:
    """Both are true to it: Uncertain if bytes had gone out, Transient if the loss was seen before the first."""
    smtp_sink.next_does(Behaviour(drop="content"))
    with pytest.raises((Uncertain, Transient)):
        send(to(smtp_sink), LETTER)
    assert smtp_sink.letters() == []


def test_an_answer_to_the_dot_that_is_no_answer_is_uncertain(smtp_sink: SmtpSink) -> None:
    smtp_sink.next_does(Behaviour(final="354 what?"))
    with pytest.raises(Uncertain):
        send(to(smtp_sink), LETTER)


def test_a_cancelled_sending_leaves_no_connection_to_mistake_the_answer_on(smtp_sink: SmtpSink) -> None:
    smtp_sink.next_does(Behaviour(hang_at="final", hang=0.5))

    async def work(out: Sender) -> Receipt:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(out.send(LETTER), 0.2)
        return await out.send(LETTER)

    assert using(to(smtp_sink), work).code == 250


def test_letters_share_one_connection(smtp_sink: SmtpSink) -> None:
    before = smtp_sink.connections
    send(to(smtp_sink), LETTER, LETTER, LETTER)
    assert smtp_sink.connections - before == 1


@pytest.mark.parametrize("behaviour", [Behaviour(drop="mail"), Behaviour(mail="421 4.4.2 idle too long")])
def test_a_kept_connection_the_server_has_closed_is_made_anew_once(smtp_sink: SmtpSink, behaviour: Behaviour) -> None:
    async def work(out: Sender) -> None:
        await out.send(LETTER)
        smtp_sink.next_does(behaviour)
        await out.send(LETTER)

    using(to(smtp_sink), work)
    assert len(smtp_sink.letters()) == 2


def test_an_idle_connection_dropped_by_the_server_costs_nothing(smtp_sink: SmtpSink) -> None:
    async def work(out: Sender) -> None:
        await out.send(LETTER)
        await asyncio.to_thread(smtp_sink.drop_connections)
        await out.send(LETTER)

    using(to(smtp_sink), work)
    assert len(smtp_sink.letters()) == 2


def test_a_server_that_keeps_closing_is_tried_again_later_not_for_ever(smtp_sink: SmtpSink) -> None:
    smtp_sink.next_does(*[Behaviour(drop="mail")] * 3)
    with pytest.raises(Transient):
        send(to(smtp_sink), LETTER)


def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    with pytest.raises(Transient):
        send(SmtpSender(host="127.0.0.1", port=free_port(), tls="none", timeout=5), LETTER)


def test_bare_line_feeds_cannot_smuggle_a_second_letter_in(smtp_sink: SmtpSink) -> None:
    smuggled = b"Subject: a\r\n\r\nhello\n.\nMAIL FROM:<x@y.example>\n"
    send(to(smtp_sink), Envelope(sender=LETTER.sender, recipient=LETTER.recipient, content=smuggled))
    (letter,) = smtp_sink.letters()
    assert letter.content == smuggled.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def test_eight_bit_text_and_addresses_beyond_ascii_go_to_a_server_that_takes_them(smtp_sink: SmtpSink) -> None:
    content = "Subject: a\r\n\r\nŷ\r\n".encode()
    send(to(smtp_sink), Envelope(sender=LETTER.sender, recipient="tŷ@cymru.example", content=content))
    (letter,) = smtp_sink.letters()
    assert (letter.recipients, letter.content) == (("tŷ@cymru.example",), content)


# ── TLS and login ────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@contextmanager
def guarded(tmp_path: Path, certificates: Certificates, tls: TlsMode) -> Iterator[SmtpSink]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.chain, certificates.key)
    settings = {"implicit": context} if tls == "implicit" else {"starttls": context} if tls == "starttls" else {}
    with running_sink(tmp_path / "letters.jsonl", login=True, **settings) as sink:
        yield sink


def guarded_sender(sink: SmtpSink, tls: TlsMode, ca_file: Path, password: str = PASSWORD) -> SmtpSender:
    return SmtpSender(
        host="localhost",
        port=sink.port,
        tls=tls,
        user=USER,
        password=lambda: password,
        ca_file=ca_file,
        timeout=10,
        helo="localhost",
    )


@pytest.mark.parametrize("tls", ["implicit", "starttls", "none"])
def test_a_letter_goes_out_after_login(tmp_path: Path, certificates: Certificates, tls: TlsMode) -> None:
    with guarded(tmp_path, certificates, tls) as sink:
        send(guarded_sender(sink, tls, certificates.authority), LETTER, LETTER)
        assert len(sink.letters()) == 2


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_strangers_certificate_stops_everything(tmp_path: Path, certificates: Certificates, tls: TlsMode) -> None:
    with guarded(tmp_path, certificates, tls) as sink:
        with pytest.raises(Fatal, match=r"certificate .* was not accepted"):
            send(guarded_sender(sink, tls, certificates.stranger), LETTER)
        assert sink.letters() == []


def test_a_wrong_password_is_refused_and_never_repeated_in_the_message(
    tmp_path: Path, certificates: Certificates
) -> None:
    with (
        guarded(tmp_path, certificates, "starttls") as sink,
        pytest.raises(LoginRefused, match=r"535") as caught,
    ):
        send(guarded_sender(sink, "starttls", certificates.authority, password="not the one"), LETTER)
    assert "not the one" not in str(caught.value)


def test_a_server_without_starttls_is_never_spoken_to_in_plain_text(
    smtp_sink: SmtpSink, certificates: Certificates
) -> None:
    with pytest.raises(Fatal, match="STARTTLS"):
        send(guarded_sender(smtp_sink, "starttls", certificates.authority), LETTER)
    assert smtp_sink.letters() == []


def test_plain_text_to_another_machine_is_refused_at_once() -> None:
    with pytest.raises(Fatal, match="only on this machine"):
        SmtpSender(host="mail.council.example", port=25, tls="none")


def test_the_probe_tells_every_step_and_sends_nothing(tmp_path: Path, certificates: Certificates) -> None:
    with guarded(tmp_path, certificates, "starttls") as sink:

        def steps(password: str, ca_file: Path, port: int = sink.port) -> list[ProbeStep]:
            return asyncio.run(
                probe(
                    host="localhost",
                    port=port,
                    tls="starttls",
                    user=USER,
                    password=lambda: password,
                    ca_file=ca_file,
                    timeout=5,
                    helo="localhost",
                )
            )

        names = [(step.name, step.ok) for step in steps(PASSWORD, certificates.authority)]
        assert names == [(name, True) for name in ("DNS", "TCP", "TLS", "login", "ready")]
        assert steps("wrong", certificates.authority)[-1].name == "login"
        assert steps(PASSWORD, certificates.stranger)[-1].name == "TLS"
        assert steps(PASSWORD, certificates.authority, free_port())[-1].name == "TCP"
        assert sink.letters() == []


def test_the_sink_as_a_program_keeps_what_it_accepted_when_it_is_killed(tmp_path: Path) -> None:
    record, port = tmp_path / "letters.jsonl", free_port()
    command = [sys.executable, "-m", "tests.servers.sink", "--port", str(port), "--record", str(record)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2]) as process:
        try:
            wait_for_port(port, record)
            send(SmtpSender(host="127.0.0.1", port=port, tls="none", timeout=10, helo="localhost"), LETTER)
        finally:
            process.kill()
    assert [letter.content for letter in read_record(record)] == [BODY]
