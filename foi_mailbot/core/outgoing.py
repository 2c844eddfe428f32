"""A letter becomes the exact bytes of a mail, and the hash that ties an officer's approval to its content."""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from typing import Protocol

from foi_mailbot.errors import Parked


class Written(Protocol):
    """What of a letter is sent: core.letter.Letter and the store's letter row both fit."""

    @property
    def recipient(self) -> str:
        """The one address it goes to."""

    @property
    def subject(self) -> str:
        """The subject line."""

    @property
    def text(self) -> str:
        """The plain text part."""

    @property
    def html(self) -> str:
        """The HTML part."""

    @property
    def in_reply_to(self) -> str:
        """The Message-ID answered, or ""."""

    @property
    def references(self) -> Sequence[str]:
        """The thread's Message-IDs, oldest first."""


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")  # printable ASCII without spaces and angle brackets
_ID_LIMIT = 900  # RFC 5322 section 2.1.1: a line has at most 998 characters
_REFERENCES_KEPT = 20


def sendable_address(address: str) -> bool:
    """Say whether an address can stand in a header and an envelope as it is (RFC 5321 dot-string, plain ASCII)."""
    return bool(_ADDRESS.fullmatch(address)) and "=?" not in address and ".." not in address


def compose(
    letter: Written,
    *,
    message_id: str,
    sender_address: str,
    sender_name: str,
    date: datetime,
    automatic: bool = False,
) -> bytes:
    """Return the whole mail (RFC 5322, CRLF, ASCII only); the same arguments always give the same bytes.

    `date` is timezone-aware. `automatic` marks a mail nobody approved (RFC 3834); an approved letter must not bear that
    mark, for WhatDoTheyKnow then takes its sender for one that cannot be answered.
    Raises Parked if an address or the Message-ID cannot stand in a header.
    """
    for address in (sender_address, letter.recipient):
        if not sendable_address(address):
            raise Parked(f"The address {address!r} cannot be written to: a person has to look at it.")
    if not _usable_id(message_id):
        raise Parked(f"The Message-ID {message_id!r} is not well formed.")
    boundary = "=_" + hashlib.sha256(message_id.encode("ascii")).hexdigest()[:40]
    headers = [
        ("Date", format_datetime(date)),
        ("From", _mailbox(sender_name, sender_address)),
        ("To", letter.recipient),
        ("Subject", _encoded("Subject", letter.subject)),
        ("Message-ID", message_id),
        *_thread(letter),
        # Not "All": that would also keep Exchange from telling us that a letter could not be delivered.
        ("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),
        *([("Auto-Submitted", "auto-replied")] if automatic else []),
        ("Content-Language", "en-GB"),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    ]
    parts = (_part("plain", letter.text), _part("html", letter.html))
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return ("".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n" + body).encode("ascii")


def _usable_id(value: str) -> bool:
    return len(value) <= _ID_LIMIT and bool(_MESSAGE_ID.fullmatch(value))


def _thread(letter: Written) -> list[tuple[str, str]]:
    """Return the threading headers; ids that a hostile or broken mail made unusable are left out, not passed on."""
    headers = [("In-Reply-To", letter.in_reply_to)] if _usable_id(letter.in_reply_to) else []
    usable = [r for r in letter.references if _usable_id(r)]
    kept = usable if len(usable) <= _REFERENCES_KEPT else [usable[0], *usable[1 - _REFERENCES_KEPT :]]
    return headers + ([("References", "\r\n ".join(kept))] if kept else [])


def _mailbox(name: str, address: str) -> str:
    shown = _one_line(name)
    if not shown:
        return address
    if re.fullmatch(r"[A-Za-z0-9 '.,()&-]{1,200}", shown):
        return f'"{shown}" <{address}>'
    return f"{_encoded('From', shown, force=True)}\r\n <{address}>"


def _encoded(name: str, value: str, *, force: bool = False) -> str:
    """Return a header value folded, RFC 2047 encoded unless it is plain short words that no reader could decode."""
    shown = _one_line(value)
    plain = shown.isascii() and "=?" not in shown and max(map(len, shown.split()), default=0) < 60
    if plain and not force:
        return Header(shown, "us-ascii", 76, header_name=name).encode(linesep="\r\n")
    return Header(shown, "utf-8", 76, header_name=name).encode(linesep="\r\n")


def _one_line(value: str) -> str:
    whole = value.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())


def _part(subtype: str, content: str) -> str:
    data = "\n".join(content.splitlines()).encode("utf-8", "replace") + b"\n"
    quoted = binascii.b2a_qp(data, istext=True).decode("ascii").replace("\n", "\r\n")
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}"


def content_sha256(
    recipient: str, subject: str, text: str, html: str, attachments: Sequence[bytes] = (), rulebook_sha256: str = ""
) -> str:
    """Return the hash (hex) an approval is bound to: whatever of this changes afterwards voids it."""
    content = {
        "attachments": [hashlib.sha256(a).hexdigest() for a in attachments],
        "html": html,
        "recipient": recipient,
        "rulebook": rulebook_sha256,
        "subject": subject,
        "text": text,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
