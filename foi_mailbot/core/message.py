"""A mail's bytes become a Message: its headers, what the sender newly wrote, and where each piece came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime

from foi_mailbot.core.charset import MALFORMED, header_text
from foi_mailbot.core.mime import FilePart, MailPart, media_type, open_mail, parameter, read_parts
from foi_mailbot.core.quoting import Origin, Passage, cut, is_forward

__all__ = [
    "Address",
    "Attachment",
    "ExtractText",
    "Extracted",
    "Message",
    "Origin",
    "Passage",
    "is_forward",
    "parse",
    "with_texts",
]

MAX_INNER_MAILS = 10  # mails within mails within mails
ADDRESS_LIMIT = 50_000  # characters of one address header that are read
PART_LIMIT = 500_000  # characters of one text part that are looked at, its quoted history included
REQUEST_LIMIT = 100_000  # characters of new, forwarded and attached text in all: many times the longest request
MAX_FILES_READ = 25  # attachments whose text is read: each may take its reader many seconds
# Parts that accompany a mail and never carry a request: nobody needs their text.
NO_TEXT_WANTED = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-keys",
        "text/calendar",
        "text/vcard",
        "text/x-vcard",
        "text/rfc822-headers",
        "message/delivery-status",
        "message/disposition-notification",
    }
)
_TOO_LONG = "the mail's text is too long to be read automatically: only its beginning was read"
_REQUEST_ORIGINS = frozenset({Origin.BODY, Origin.FORWARDED, Origin.ATTACHMENT})
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,995}>")
_ADDRESS = re.compile(r"[^\s@<>\",;:()\[\]\\]{1,200}@[^\s@<>\",;:()\\]{1,253}")


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
    logo: bool = False  # a small picture shown within the text: nobody needs its words


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


def parse(raw: bytes) -> Message:
    """Read a mail (RFC 5322, MIME). Never raises, whatever the bytes; what could not be read is in `problems`."""
    problems: list[str] = []
    mail = open_mail(raw, problems)
    headers = _headers(mail, problems)
    first = dict(reversed(headers))
    passages: list[Passage] = []
    attachments: list[Attachment] = []
    _read_body(mail, first.get("subject", ""), passages, attachments, problems)
    ids = _MESSAGE_ID.findall(first.get("message-id", ""))
    return Message(
        message_id=ids[0] if ids else "",
        subject=first.get("subject", ""),
        sender=_sender(mail, problems),
        reply_to=_addresses(mail, "reply-to", problems),
        to=_addresses(mail, "to", problems),
        cc=_addresses(mail, "cc", problems),
        date=_date(first.get("date", "")),
        in_reply_to=next(iter(_MESSAGE_ID.findall(first.get("in-reply-to", ""))), ""),
        references=tuple(_MESSAGE_ID.findall(first.get("references", ""))),
        headers=headers,
        content_type=media_type(mail),
        report_type=parameter(mail, "report-type").strip().lower(),
        passages=_bounded(passages, problems),
        attachments=tuple(attachments),
        problems=tuple(dict.fromkeys(problems)),
    )


def with_texts(message: Message, extract: ExtractText) -> Message:
    """Return the message with its attachments' text read by `extract`, as passages and on the attachments.

    What cannot be read becomes a problem, so that a person opens it.
    """
    attachments: list[Attachment] = []
    unread = MAX_FILES_READ
    passages = list(message.passages)
    problems = list(message.problems)
    for attachment in message.attachments:
        if attachment.logo or attachment.content_type in NO_TEXT_WANTED:
            attachments.append(attachment)
            continue
        unread -= 1
        found = extract(attachment) if unread >= 0 else Extracted(problem="the mail has too many attachments")
        attachments.append(replace(attachment, text=found.text, problem=found.problem))
        if found.text.strip():
            passages.append(Passage(Origin.ATTACHMENT, found.text, attachment.name))
        else:
            why = found.problem or "it holds no text"
            problems.append(f"attachment {attachment.name} could not be read: {why}")
    bounded = _bounded(passages, problems)
    return replace(message, attachments=tuple(attachments), passages=bounded, problems=tuple(dict.fromkeys(problems)))


def _bounded(passages: Sequence[Passage], problems: list[str]) -> tuple[Passage, ...]:
    """Cut what may be request text to REQUEST_LIMIT in all: a mail must not keep the daemon busy for ever."""
    left = REQUEST_LIMIT
    kept: list[Passage] = []
    for passage in passages:
        if passage.origin in _REQUEST_ORIGINS:
            if len(passage.text) > left:
                problems.append(_TOO_LONG)
            passage = replace(passage, text=passage.text[:left])
            left -= len(passage.text)
        if passage.text:
            kept.append(passage)
    return tuple(kept)


def _headers(mail: Mail, problems: list[str]) -> tuple[tuple[str, str], ...]:
    shown = {"subject", "from"}
    return tuple(
        (name.lower(), header_text(value, problems if name.lower() in shown else None)) for name, value in _raw(mail)
    )


def _raw(mail: Mail, *names: str) -> Iterator[tuple[str, str]]:
    for name, value in mail.raw_items():
        if not names or name.lower() in names:
            yield name, str(value)


def _read_body(
    mail: Mail,
    subject: str,
    passages: list[Passage],
    attachments: list[Attachment],
    problems: list[str],
    depth: int = 0,
) -> None:
    for part in read_parts(mail, problems):
        if isinstance(part, FilePart):
            attachments.append(Attachment(part.name, part.content_type, part.content, logo=part.logo))
        elif isinstance(part, MailPart):
            _read_inner(part.mail, passages, attachments, problems, depth + 1)
        else:
            if len(part.text) > PART_LIMIT:
                problems.append(_TOO_LONG)
            passages += cut(part.text[:PART_LIMIT], subject)


def _read_inner(
    mail: Mail, passages: list[Passage], attachments: list[Attachment], problems: list[str], depth: int
) -> None:
    """Read an attached mail: its subject and own text are FORWARDED."""
    if depth > MAX_INNER_MAILS:
        problems.append("mails are attached to one another too deeply: the innermost were not read")
        return
    subject = next((header_text(value, problems) for _, value in _raw(mail, "subject")), "")
    inner: list[Passage] = []
    _read_body(mail, subject, inner, attachments, problems, depth)
    if subject:
        passages.append(Passage(Origin.FORWARDED, subject))
    passages += [Passage(Origin.FORWARDED, p.text) if p.origin is Origin.BODY else p for p in inner]


def _addresses(mail: Mail, name: str, problems: list[str]) -> tuple[Address, ...]:
    values = [value[:ADDRESS_LIMIT] for _, value in _raw(mail, name)]
    try:
        pairs = getaddresses(values)
    except MALFORMED:
        problems.append(f"the {name.title()} header could not be read")
        return ()
    found = [
        Address(email, header_text(display))
        for display, email in pairs
        if _ADDRESS.fullmatch(email) and email.isascii()
    ]
    return tuple(dict.fromkeys(found))


def _sender(mail: Mail, problems: list[str]) -> Address | None:
    senders = _addresses(mail, "from", problems)
    if len({s.email.lower() for s in senders}) > 1:
        problems.append("the mail names more than one sender: the first is taken")
    return senders[0] if senders else None


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    except MALFORMED:
        return None
