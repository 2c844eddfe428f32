"""MIME is taken apart without ever failing: any bytes give headers and parts, and what went wrong is said in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from email.parser import BytesHeaderParser
from typing import NamedTuple

from foi_mailbot.core.charset import MALFORMED, clean, decode, decode_words, html_to_text

MAX_MULTIPARTS = 100
MAX_DEPTH = 30
_CONTAINER = re.compile(rb"content-type:\s*(?:multipart|message)/", re.IGNORECASE)
# The standard library takes quadratic time over the parameters of one very long content header.
_ABSURD_HEADER = re.compile(rb"^content-[a-z-]+:(?:[^\n]|\n[ \t]){20000}", re.IGNORECASE | re.MULTILINE)
_STUB = re.compile(
    r"\bhtml\b.{0,80}\b(?:view|see|display|support|read|client|reader|message|version)"
    r"|\b(?:view|see|support|display|read)\w*\b.{0,80}\bhtml\b",
    re.IGNORECASE | re.DOTALL,
)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
INLINE_PICTURE_LIMIT = 60_000  # bytes; a photographed letter is larger than a logo


class TextPart(NamedTuple):
    """Text meant to be read in the mail itself."""

    text: str


class MailPart(NamedTuple):
    """A mail within the mail."""

    mail: Mail


@dataclass(frozen=True, slots=True)
class FilePart:
    """An attached file; `logo` marks a small picture shown within the text."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    logo: bool = False


Part = TextPart | MailPart | FilePart


def open_mail(raw: bytes, problems: list[str]) -> Mail:
    """Return the parsed mail; a mail built to choke the parser is read as headers and one plain text."""
    hostile = ""
    if len(_CONTAINER.findall(raw)) > MAX_MULTIPARTS:
        hostile = "the mail has too many nested parts: read as plain text"
    elif _ABSURD_HEADER.search(raw):
        hostile = "a header of the mail is absurdly long: read as plain text"
    if not hostile:
        try:
            return message_from_bytes(raw)
        except MALFORMED:
            hostile = "the mail's structure could not be read: read as plain text"
    problems.append(hostile)
    plain = Mail()
    for name, value in BytesHeaderParser().parsebytes(raw).raw_items():
        if not name.lower().startswith("content-"):
            plain[name] = value
    plain["Content-Transfer-Encoding"] = "8bit"
    plain.set_payload(raw.partition(b"\n\n")[2].decode("ascii", "surrogateescape"))
    return plain


def read_parts(mail: Mail, problems: list[str], depth: int = 0, *, named_is_body: bool = True) -> list[Part]:
    """Return the mail's readable texts, files and inner mails, in reading order."""
    if depth > MAX_DEPTH:
        problems.append("the mail is nested too deeply: its innermost parts were not read")
        return []
    kind = media_type(mail)
    payload = mail.get_payload() if mail.is_multipart() else None
    if kind in {"message/rfc822", "message/global"} and isinstance(payload, list) and payload:
        return [MailPart(inner) for inner in payload if isinstance(inner, Mail)]
    if kind == "multipart/alternative" and isinstance(payload, list):
        return _alternative(payload, problems, depth)
    if kind.startswith("multipart/") and isinstance(payload, list):
        children = [
            read_parts(child, problems, depth + 1, named_is_body=False) for child in payload if isinstance(child, Mail)
        ]
        return [part for parts in children for part in parts]
    return list(_leaf(mail, kind, problems, named_is_body=named_is_body))


def media_type(mail: Mail) -> str:
    """Return the media type, lower-cased; one that is no RFC 6838 name is unknown bytes: application/octet-stream."""
    kind = mail.get_content_type()
    return kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def parameter(mail: Mail, name: str, header: str = "content-type") -> str:
    """Return a header's parameter, "" if absent or malformed."""
    try:
        value = mail.get_param(name, "", header)
        if isinstance(value, tuple):
            return clean(decode(value[2].encode("ascii", "surrogateescape"), value[0] or "utf-8").text)
        return clean(value or "")
    except MALFORMED:
        return ""


def _alternative(children: Sequence[object], problems: list[str], depth: int) -> list[Part]:
    """Take the plain text unless it only sends the reader to the HTML; keep the files of every branch."""
    plain: list[Part] = []
    rich: list[Part] = []
    files: list[Part] = []
    rich_problems: list[str] = []
    for child in (c for c in children if isinstance(c, Mail)):
        is_plain = media_type(child) == "text/plain"
        parts = read_parts(child, problems if is_plain else rich_problems, depth + 1)
        texts = [part for part in parts if isinstance(part, TextPart)]
        files += [part for part in parts if not isinstance(part, TextPart)]
        if texts and is_plain:
            plain += texts
        elif texts:
            rich = list(texts)  # RFC 2046 5.1.4: the last form is the richest
    if rich and is_stub("\n".join(p.text for p in plain if isinstance(p, TextPart))):
        problems += rich_problems
        return rich + files
    problems += [p for p in rich_problems if not plain or "HTML" not in p]
    return (plain or rich) + files


def is_stub(plain: str) -> bool:
    """Say whether a plain alternative is empty or merely sends the reader to the HTML."""
    text = plain.strip()
    return not text or (len(text) < 300 and _STUB.search(text) is not None)


def _leaf(mail: Mail, kind: str, problems: list[str], *, named_is_body: bool) -> Iterator[Part]:
    disposition = mail.get_content_disposition() or ""
    name = file_name(mail)
    content = _content(mail, problems)
    is_body = kind in {"text/plain", "text/html"} and disposition != "attachment" and (not name or named_is_body)
    if is_body:
        charset = parameter(mail, "charset")
        text, problem = decode(content, charset)
        if problem:
            problems.append(problem)
        if kind == "text/html":
            text, problem = html_to_text(text)
            if problem:
                problems.append(problem)
        if text.strip():
            yield TextPart(clean(text))
        return
    if not content.strip() and kind == "text/plain":
        return
    shown = disposition == "inline" or bool(mail.get("content-id"))
    logo = kind.startswith("image/") and shown and len(content) <= INLINE_PICTURE_LIMIT
    yield FilePart(name or f"unnamed {kind} part", kind, content, logo)


def _content(mail: Mail, problems: list[str]) -> bytes:
    blocks = mail.get_payload() if mail.is_multipart() else ()  # message/delivery-status and its like
    if blocks:
        lines = [f"{name}: {value}" for block in blocks if isinstance(block, Mail) for name, value in block.raw_items()]
        return "\n".join(lines).encode("utf-8", "surrogateescape")
    try:
        content = mail.get_payload(decode=True)
    except MALFORMED:
        problems.append("a part's transfer encoding could not be undone")
        return b""
    if any(type(defect).__name__.startswith("InvalidBase64") for defect in mail.defects):
        problems.append("a part's base64 encoding is broken: some of it may be missing")
    return content if isinstance(content, bytes) else b""


def file_name(mail: Mail) -> str:
    """Return the part's file name without folders or control characters, "" if it has none."""
    name = parameter(mail, "filename", "content-disposition") or parameter(mail, "name")
    name = re.split(r"[/\\]", decode_words(name))[-1]
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", name).split())[:200]
