"""A mail's bytes become a Message: its headers, what the sender newly wrote, and where each piece came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Origin(StrEnum):
    """Where a passage of text came from."""

    SUBJECT = "subject"
    BODY = "body"  # newly written by the sender
    FORWARDED = "forwarded"  # a forwarded or attached mail: may be the request itself
    ATTACHMENT = "attachment"  # text of a PDF, DOCX or plain-text file
    QUOTED = "quoted"  # earlier mail quoted below a reply: never request text
    SIGNATURE = "signature"
    FOOTER = "footer"  # WhatDoTheyKnow's and list software's boilerplate


@dataclass(frozen=True, slots=True)
class Passage:
    """One stretch of text with its origin; `name` is the attachment's file name where there is one."""

    origin: Origin
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox address; `name` is the decoded display name, often empty."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file; `text` is filled by `with_texts`, `problem` says why it could not be."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extractor made of one attachment; exactly one of text and problem is filled."""

    text: str = ""
    problem: str = ""


ExtractText = Callable[[Attachment], Extracted]


@dataclass(frozen=True, slots=True)
class Message:
    """One mail as read. `headers` keep their order, names lower-cased, values decoded (RFC 2047) on one line."""

    message_id: str  # with angle brackets; "" if the mail has none
    subject: str
    sender: Address | None  # From; None if absent or unreadable
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    date: datetime | None  # the sender's claim; never the date of receipt
    in_reply_to: str
    references: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    content_type: str  # of the whole mail, e.g. "multipart/report"
    report_type: str  # Content-Type's report-type parameter, lower-cased, or ""
    passages: tuple[Passage, ...]  # in reading order; SUBJECT is not among them
    attachments: tuple[Attachment, ...]
    problems: tuple[str, ...] = ()  # plain English: "unknown charset x-foo: read as windows-1252"

    def header(self, name: str) -> str:
        """Return the first value of that header (any case), or ""."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    def text_of(self, *origins: Origin) -> str:
        """Return the text of those origins, in reading order, a blank line between passages."""
        return "\n\n".join(p.text for p in self.passages if p.origin in origins)
