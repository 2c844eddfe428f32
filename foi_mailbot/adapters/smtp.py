"""The way out: one kept SMTP connection, and the exact word on whether a letter was taken, refused or in doubt."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable
from pathlib import Path

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from aiosmtplib.protocol import SMTPProtocol, normalize_message_line_endings

from foi_mailbot.adapters.probe import ProbeStep, reach
from foi_mailbot.adapters.tls import TlsMode, client_context, refuse_plain_text, tls_failure
from foi_mailbot.errors import Fatal, FoiMailbotError, LoginRefused, Refused, Transient, Uncertain
from foi_mailbot.ports import Envelope, Receipt

GOODBYE_SECONDS = 5.0
START_INPUT = 354
CLOSING = 421
MALFORMED = -1  # aiosmtplib's code for an answer that is not SMTP

_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f]+@[^\s<>@\x00-\x1f\x7f]+")
_LEADING_DOT = re.compile(rb"(?m)^\.")


class _Lost(Transient):
    """The connection went away before anything of the letter was handed over."""


class SmtpSender:
    """ports.Sender over one kept connection. Belongs to one event loop; `close` before leaving it."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: TlsMode,
        user: str = "",
        password: Callable[[], str] | None = None,
        ca_file: Path | None = None,
        timeout: float = 60,
        final_timeout: float | None = None,
        helo: str | None = None,
    ) -> None:
        """Keep the settings; nothing is contacted. An empty `user` sends without login.

        Timeouts are in seconds, for each answer; `final_timeout` is for the one to the final dot, where RFC 5321
        section 4.5.3.2.6 advises 600 (None: the same as `timeout`). Raises Fatal if tls is "none" and the host is
        not this machine.
        """
        refuse_plain_text(host, tls)
        self._host, self._port, self._tls, self._ca_file = host, port, tls, ca_file
        self._user, self._password, self._helo = user, password, helo
        self._timeout = timeout
        self._final_timeout = timeout if final_timeout is None else final_timeout
        self._client: SMTP | None = None
        self._lock = asyncio.Lock()

    async def send(self, envelope: Envelope) -> Receipt:
        """See ports.Sender. Raises Fatal (certificate, no STARTTLS) and LoginRefused too, before anything went out."""
        content = normalize_message_line_endings(envelope.content)
        refuse_unusable_addresses(envelope)
        async with self._lock:
            try:
                client = await self._begin(envelope, content)
                self._expect(await self._ask(client, b"RCPT", f"TO:<{envelope.recipient}>".encode()), "the recipient")
                protocol = await self._ask_for_content(client)
                return await self._hand_over(protocol, content)
            except (Refused, Transient):
                await self._forget_letter()
                raise
            except BaseException:
                self._drop()  # in doubt or cancelled: nothing on this connection can be trusted any more
                raise

    async def close(self) -> None:
        """See ports.Sender."""
        client, self._client = self._client, None
        if client is not None:
            await _say_goodbye(client)

    async def _begin(self, envelope: Envelope, content: bytes) -> SMTP:
        kept = self._client is not None
        try:
            return await self._mail_from(envelope, content)
        except _Lost:
            # A server may close an idle connection whenever it likes; nothing of this letter was handed over.
            if not kept:
                raise
        return await self._mail_from(envelope, content)

    async def _mail_from(self, envelope: Envelope, content: bytes) -> SMTP:
        if self._client is None or not self._client.is_connected:
            self._drop()
            self._client = await _connected(self._host, self._port, self._tls, self._ca_file, self._timeout, self._helo)
            if self._user:
                await _login(self._client, self._host, self._user, self._password() if self._password else "")
        client = self._client
        arguments = _mail_arguments(client, self._host, envelope, content)
        self._expect(await self._ask(client, b"MAIL", *arguments), "the sender")
        return client

    async def _ask_for_content(self, client: SMTP) -> SMTPProtocol:
        protocol = client.protocol
        answer = await self._ask(client, b"DATA")
        if answer.code != START_INPUT or protocol is None:
            self._expect(answer, "DATA")
            self._drop()
            raise Transient(f"{self._host} answered DATA out of turn: {_words(answer)}.")
        return protocol

    async def _hand_over(self, protocol: SMTPProtocol, content: bytes) -> Receipt:
        try:
            protocol.write(_LEADING_DOT.sub(b"..", content) + b".\r\n")
        except SMTPServerDisconnected as exc:
            self._drop()
            raise Transient(f"{self._host} closed the connection before the letter went out.") from exc
        try:
            answer = await protocol.read_response(timeout=self._final_timeout)
        except (SMTPException, OSError) as exc:
            raise Uncertain(f"{self._host} was handed the letter, but its answer never came: {exc}.") from exc
        if answer.code // 100 == 2:
            return Receipt(code=answer.code, reply=_one_line(answer.message))
        if answer.code // 100 not in {4, 5}:
            raise Uncertain(f"{self._host} was handed the letter and answered what is no answer: {_words(answer)}.")
        self._expect(answer, "the letter")
        raise AssertionError(answer.code)

    async def _ask(self, client: SMTP, *command: bytes) -> SMTPResponse:
        try:
            return await client.execute_command(*command)
        except (SMTPException, OSError) as exc:
            self._drop()
            raise _Lost(f"{self._host} stopped answering before the letter went out: {exc}.") from exc

    def _expect(self, answer: SMTPResponse, what: str) -> None:
        """Return on 2xx; else raise Refused (5xx), Transient (4xx) or _Lost (421 and what is no SMTP)."""
        match answer.code // 100:
            case 2:
                return
            case 5:
                raise Refused(f"{self._host} refused {what}: {_words(answer)}.")
            case 4 if answer.code != CLOSING:
                raise Transient(f"{self._host} did not take {what} for now: {_words(answer)}.")
            case _:
                self._drop()
                raise _Lost(f"{self._host} is closing or out of step: {_words(answer)}.")

    async def _forget_letter(self) -> None:
        if self._client is not None:
            try:
                await self._client.rset()
            except (SMTPException, OSError):
                self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            _cut(client)


async def probe(
    *,
    host: str,
    port: int,
    tls: TlsMode,
    user: str = "",
    password: Callable[[], str] | None = None,
    ca_file: Path | None = None,
    timeout: float = 15,
    helo: str | None = None,
) -> list[ProbeStep]:
    """Try DNS, TCP, TLS (or plain greeting), login and NOOP; sends nothing. Returns the steps to the first failure."""
    steps = await asyncio.to_thread(reach, host, port, timeout)
    if not steps[-1].ok:
        return steps
    client: SMTP | None = None
    step = "TLS"
    try:
        refuse_plain_text(host, tls)
        client = await _connected(host, port, tls, ca_file, timeout, helo)
        words = (
            "Plain text: allowed, as this is the same machine." if tls == "none" else "The certificate was accepted."
        )
        steps.append(ProbeStep(step, ok=True, detail=words))
        step = "login"
        if user:
            await _login(client, host, user, password() if password else "")
        words = f"{user} is logged in." if user else "No login: no user is set."
        steps.append(ProbeStep(step, ok=True, detail=words))
        step = "ready"
        await client.noop()
        steps.append(ProbeStep(step, ok=True, detail="The server is ready to take letters. Nothing was sent."))
    except (FoiMailbotError, SMTPException, OSError) as exc:
        steps.append(ProbeStep(step, ok=False, detail=str(exc)))
    finally:
        if client is not None:
            await _say_goodbye(client)
    return steps


async def _connected(
    host: str, port: int, tls: TlsMode, ca_file: Path | None, timeout: float, helo: str | None
) -> SMTP:
    context = None if tls == "none" else client_context(ca_file)
    client = SMTP(
        hostname=host,
        port=port,
        use_tls=tls == "implicit",
        start_tls=False,  # done below by hand: aiosmtplib would carry on in plain text where it is not offered
        tls_context=context,
        timeout=timeout,
        local_hostname=helo,
    )
    try:
        await client.connect()
        await _greet(client)
        if tls == "starttls":
            if not client.supports_extension("starttls"):
                raise Fatal(f'{host}:{port} does not offer STARTTLS. Use tls = "implicit", usually on port 465.')
            await client.starttls()
            await _greet(client)
    except (SMTPException, OSError) as exc:
        _cut(client)
        raise _connect_failure(exc, host, port) from exc
    except BaseException:
        _cut(client)
        raise
    return client


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


async def _login(client: SMTP, host: str, user: str, password: str) -> None:
    try:
        await client.login(user, password)
    except SMTPAuthenticationError as exc:
        _cut(client)
        if exc.code // 100 == 4:
            raise Transient(f"{host} could not log {user} in just now: {exc.code} {exc.message}.") from exc
        raise LoginRefused(f"{host} refused the login of {user}: {exc.code} {exc.message}.") from exc
    except (SMTPResponseException, OSError) as exc:
        _cut(client)
        raise Transient(f"{host} failed while logging in: {exc}.") from exc
    except SMTPException as exc:
        _cut(client)
        raise Fatal(f"{host} offers no login that is understood here: {exc}.") from exc


def _connect_failure(exc: Exception, host: str, port: int) -> FoiMailbotError:
    for cause in (exc, exc.__cause__):
        if isinstance(cause, ssl.SSLError) and (fatal := tls_failure(cause, host, port)):
            return fatal
    return _Lost(f"{host}:{port} cannot be reached for sending: {exc}.")


def refuse_unusable_addresses(envelope: Envelope) -> None:
    """Raise Refused if sender or recipient could not stand in an SMTP command, or would smuggle one in."""
    for address in (envelope.sender, envelope.recipient):
        if not _ADDRESS.fullmatch(address):
            raise Refused(f"{address!r} is not an address a letter can be sent from or to.")


def _mail_arguments(client: SMTP, host: str, envelope: Envelope, content: bytes) -> list[bytes]:
    arguments = [f"FROM:<{envelope.sender}>".encode()]
    if client.supports_extension("size"):
        arguments.append(b"SIZE=%d" % len(content))
    if not content.isascii():
        if not client.supports_extension("8bitmime"):
            raise Refused(f"{host} takes no letter with 8-bit text, and this one has it.")
        arguments.append(b"BODY=8BITMIME")
    if not (envelope.sender + envelope.recipient).isascii():
        if not client.supports_extension("smtputf8"):
            raise Refused(f"{host} takes no addresses with letters beyond ASCII.")
        arguments.append(b"SMTPUTF8")
    return arguments


def _words(answer: SMTPResponse) -> str:
    return f"{answer.code} {_one_line(answer.message)}"


def _one_line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _cut(client: SMTP) -> None:
    """Close at once: what is still unsent must not trickle out after its sending was given up."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def _say_goodbye(client: SMTP) -> None:
    with contextlib.suppress(SMTPException, OSError):
        await client.execute_command(b"QUIT", timeout=GOODBYE_SECONDS)
    _cut(client)
