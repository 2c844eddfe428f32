"""A mailbox and a mail server in this very process, for the demo and for machines without any: nothing leaves it."""

from __future__ import annotations

import asyncio
import socket
import threading
from argparse import Namespace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from imapclient import IMAPClient
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer

HOST = "127.0.0.1"
START_SECONDS = 20.0


class EmbeddedServers:
    """An IMAP server (pymap, in memory) and an SMTP sink (aiosmtpd) on free loopback ports, in one thread.

    Use it as a context manager. Plain text, one user; everything is gone at the end. Needs the `demo` extra.
    """

    host = HOST
    user = "foi"
    _password = "demo"  # noqa: S105 – of a mailbox that lives in memory, on loopback, for a minute

    def __init__(self) -> None:
        """Choose nothing yet: ports are known once it has been entered."""
        self.imap_port = 0
        self.smtp_port = 0
        self._letters: list[bytes] = []
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="embedded-servers", daemon=True)

    def password(self) -> str:
        """Return the mailbox's password, in the shape ImapMailbox asks for it."""
        return self._password

    def deliver(self, raw: bytes, folder: str = "INBOX", *, received: datetime | None = None) -> None:
        """Put a mail into the mailbox; `received` (aware) becomes its INTERNALDATE, default now."""
        with IMAPClient(self.host, port=self.imap_port, ssl=False, timeout=START_SECONDS) as client:
            client._imap.debug = 0
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else pymap waits 45 ms a command
            client.login(self.user, self._password)
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.append(folder, raw, msg_time=received or datetime.now(UTC))

    def sent(self) -> list[bytes]:
        """Return the letters that arrived, oldest first, CRLF line ends."""
        return list(self._letters)

    def __enter__(self) -> EmbeddedServers:
        """Start both servers and return once they listen."""
        self._thread.start()
        self._ready.wait(START_SECONDS)
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both servers."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_SECONDS)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 – aiosmtpd's name
        """Keep one letter; aiosmtpd calls this."""
        content = envelope.content
        self._letters.append(content if isinstance(content, bytes) else (content or "").encode())
        return "250 2.0.0 kept"

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as exc:
            self._failure = exc
            raise
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        backend, config = await DictBackend.init(_pymap_arguments(self.user, self._password))
        config.apply_context()
        imap = IMAPServer(backend.login, config)
        connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            connections[task] = writer
            try:
                await imap(reader, writer, SocketInfoLocal(writer.transport))
            finally:
                del connections[task]

        sessions: list[SMTP] = []

        def converse_smtp() -> SMTP:
            sessions.append(SMTP(self, enable_SMTPUTF8=True, loop=self._loop))
            return sessions[-1]

        mail_in = await asyncio.start_server(converse, HOST, 0)
        mail_out = await self._loop.create_server(converse_smtp, HOST, 0)
        self.imap_port = mail_in.sockets[0].getsockname()[1]
        self.smtp_port = mail_out.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        # asyncio loses a connection it accepted just before the listener closed; let that one have its session.
        await asyncio.sleep(0.02)
        # wait_closed would wait for clients that keep their connection (from Python 3.12 on).
        mail_in.close()
        mail_out.close()
        for session in sessions:
            if session.transport is not None:
                session.transport.close()
        await _end(dict(connections))


async def _end(connections: dict[asyncio.Task[None], asyncio.StreamWriter]) -> None:
    for task in connections:
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)
    for writer in connections.values():
        writer.transport.abort()
    await asyncio.sleep(0.01)  # lets the loop close the sockets it was told to close


def _pymap_arguments(user: str, password: str) -> Any:  # noqa: ANN401 – pymap reads it as argparse's
    return Namespace(
        host=HOST, port=0, debug=False, cert=None, key=None, tls=False, passlib_cfg=None, proxy_protocol=None,
        demo_data=False, demo_user=user, demo_password=password,
    )  # fmt: skip
