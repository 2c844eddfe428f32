"""The embedded servers of the demo carry mail in and letters out, and leave nothing behind."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from foi_mailbot.adapters.embedded import EmbeddedServers
from foi_mailbot.adapters.imap import ImapMailbox
from foi_mailbot.adapters.smtp import SmtpSender
from foi_mailbot.ports import Envelope

RAW = b"Subject: drains\r\n\r\nWho looks after them?\r\n"


def test_a_delivered_mail_is_read_filed_and_answered() -> None:
    moment = datetime(2025, 7, 3, 9, 0, tzinfo=UTC)
    with EmbeddedServers() as servers:
        servers.deliver(RAW, received=moment)
        mailbox = ImapMailbox(
            host=servers.host, port=servers.imap_port, tls="none", user=servers.user, password=servers.password
        )
        mailbox.open("INBOX")
        ((mail,),) = mailbox.fetch(mailbox.new_uids(0))
        assert (mail.raw, mail.received) == (RAW, moment)
        mailbox.file([mail.uid], "FOI/Done", mark_read=True)
        assert mailbox.new_uids(0) == []
        mailbox.close()

        async def answer() -> None:
            sender = SmtpSender(host=servers.host, port=servers.smtp_port, tls="none", helo="localhost")
            await sender.send(Envelope(sender="a@b.example", recipient="c@d.example", content=RAW))
            await sender.close()

        asyncio.run(answer())
        assert servers.sent() == [RAW]


def test_leaving_ends_threads_and_ports_even_with_clients_still_connected() -> None:
    before = threading.active_count()
    with EmbeddedServers() as servers:
        mailbox = ImapMailbox(
            host=servers.host, port=servers.imap_port, tls="none", user=servers.user, password=servers.password
        )
        mailbox.open("INBOX")
        lingering = socket.create_connection((servers.host, servers.smtp_port), timeout=5)
        port = servers.imap_port
    mailbox.close()
    lingering.close()
    assert threading.active_count() <= before + 1  # pymap keeps an idle pool thread for password checks
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_it_says_nothing_on_the_terminal() -> None:
    program = (
        "from foi_mailbot.adapters.embedded import EmbeddedServers\n"
        "with EmbeddedServers() as servers:\n"
        "    servers.deliver(b'Subject: a\\r\\n\\r\\nb\\r\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("", "")
