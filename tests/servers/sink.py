"""An SMTP server that does what a test tells it to, and writes down every letter before it says 250.

Also a program of its own, for tests that kill the sender: `python -m tests.servers.sink --port N --record FILE`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers import free_port

USER = "sender"
PASSWORD = "sesame"


@dataclass(frozen=True)
class Behaviour:
    """What the sink does with one letter: a reply ("451 4.3.0 busy") at a stage, "" for the usual one.

    `hang` waits that many seconds at its stage ("final": the letter having been kept). `drop` closes the
    connection there: at MAIL, after the 354, or after the dot, the letter having been kept.
    """

    mail: str = ""
    rcpt: str = ""
    data: str = ""
    final: str = ""
    hang_at: Literal["", "mail", "final"] = ""
    hang: float = 0.0
    drop: Literal["", "mail", "content", "kept"] = ""


@dataclass(frozen=True)
class Letter:
    """One accepted letter, as the record holds it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class SmtpSink:
    """A sink on a loopback port, in a thread of its own. Script it with `next_does`; read `letters()`."""

    host = "127.0.0.1"

    def __init__(
        self,
        record: Path,
        *,
        port: int = 0,
        implicit: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        login: bool = False,
    ) -> None:
        self.record = record
        self.port = port or free_port()
        self.connections = 0
        self._starttls, self.login = starttls, login
        self._script: list[Behaviour] = []
        self._sessions: set[_SinkSession] = set()
        self._controller = _SinkController(self, self.host, self.port, implicit)

    def start(self) -> None:
        self._controller.start()
        self.connections = 0  # the controller's own trial connection does not count

    def stop(self) -> None:
        self._controller.stop()

    def next_does(self, *behaviours: Behaviour) -> None:
        """Queue behaviours, one a letter begun (MAIL); afterwards everything is accepted again."""
        self._script.extend(behaviours)

    def letters(self) -> list[Letter]:
        return read_record(self.record)

    def forget(self) -> None:
        self._script.clear()
        self.record.unlink(missing_ok=True)

    def drop_connections(self) -> None:
        """Close every connection from this side, as a server does with idle ones."""
        done = threading.Event()

        def drop() -> None:
            for session in list(self._sessions):
                if session.transport is not None:
                    session.transport.close()
            done.set()

        self._controller.loop.call_soon_threadsafe(drop)
        done.wait(5)

    def session(self) -> _SinkSession:
        return _SinkSession(
            self,
            tls_context=self._starttls,
            authenticator=_authenticate if self.login else None,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
        )

    def begun(self, session: _SinkSession) -> None:
        self.connections += 1
        self._sessions.add(session)

    def ended(self, session: _SinkSession) -> None:
        self._sessions.discard(session)

    def next_behaviour(self) -> Behaviour:
        return self._script.pop(0) if self._script else Behaviour()

    def keep(self, envelope: Envelope) -> None:
        """Append the letter to the record and wait until it is on the disk."""
        content = envelope.content or b""
        line = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "content": base64.b64encode(content if isinstance(content, bytes) else content.encode()).decode("ascii"),
        }
        with self.record.open("ab") as out:
            out.write(json.dumps(line).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())


def read_record(record: Path) -> list[Letter]:
    """Read back what a sink accepted, in order; no file, no letters."""
    lines = record.read_bytes().splitlines() if record.exists() else []
    found = (json.loads(line) for line in lines)
    return [Letter(o["sender"], tuple(o["recipients"]), base64.b64decode(o["content"])) for o in found]


class _SinkSession(SMTP):
    """One connection; aiosmtpd calls the handle_ methods through its handler, which is the session itself."""

    def __init__(self, sink: SmtpSink, **settings: Any) -> None:
        super().__init__(self, **settings)
        self._sink = sink
        self._behaviour = Behaviour()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._sink.begun(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._sink.ended(self)
        super().connection_lost(error)

    async def handle_MAIL(  # noqa: N802 – aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._sink.login and not session.authenticated:
            return "530 5.7.0 log in first"  # not aiosmtpd's auth_required: that warns where TLS is not required too
        self._behaviour = self._sink.next_behaviour()
        if self._behaviour.hang_at == "mail":
            await asyncio.sleep(self._behaviour.hang)
        if self._behaviour.drop == "mail" and self.transport is not None:
            self.transport.close()
        if self._behaviour.mail:
            return self._behaviour.mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 sender ok"

    async def handle_RCPT(  # noqa: N802 – aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._behaviour.rcpt:
            return self._behaviour.rcpt
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_exception(self, error: Exception) -> str:
        return f"451 4.3.0 {type(error).__name__}"  # aiosmtpd's own asks the handler, which is the session: for ever

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 – aiosmtpd's name
        if self._behaviour.data:
            await self.push(self._behaviour.data)
        elif self._behaviour.drop == "content" and self.transport is not None:
            await self.push("354 go on")
            self.transport.close()
        else:
            await super().smtp_DATA(arg)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._behaviour.final:
            return self._behaviour.final
        self._sink.keep(envelope)
        if self._behaviour.hang_at == "final":
            await asyncio.sleep(self._behaviour.hang)
        if self._behaviour.drop == "kept" and self.transport is not None:
            self.transport.close()
        return "250 2.0.0 kept"


class _SinkController(Controller):
    def __init__(self, sink: SmtpSink, host: str, port: int, implicit: ssl.SSLContext | None) -> None:
        super().__init__(sink, hostname=host, port=port, ssl_context=implicit)
        self._sink = sink

    def factory(self) -> _SinkSession:
        return self._sink.session()


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@contextmanager
def running_sink(record: Path, **settings: Any) -> Iterator[SmtpSink]:
    """Start a sink and stop it at the end; settings as SmtpSink's."""
    sink = SmtpSink(record, **settings)
    sink.start()
    try:
        yield sink
    finally:
        sink.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", type=Path, required=True)
    given = parser.parse_args()
    with running_sink(given.record, port=given.port):
        print(f"listening on {given.port}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
