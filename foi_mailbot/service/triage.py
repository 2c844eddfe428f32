"""Triage: one file decided and drafted without server or store."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from foi_mailbot.core.charset import decode
from foi_mailbot.core.contacts import STALE_AFTER_DAYS, named
from foi_mailbot.core.decision import Unsure
from foi_mailbot.core.request import Kind
from foi_mailbot.service.assess import Assessor, Council

_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t\r\n]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]|\A%PDF-")  # what no plain text holds
_MAIL_HEADERS = re.compile(
    rb"^(from|to|subject|date|message-id|received|mime-version|return-path|content-type):", re.IGNORECASE | re.MULTILINE
)


def looks_like_mail(raw: bytes, suffix: str) -> bool:
    """Say whether these bytes are a mail (RFC 5322) and not the plain text of a body."""
    if suffix.lower() == ".eml":
        return True
    head = raw.lstrip(b"\r\n").split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0]
    return bool(_HEADER.match(head)) and len(_MAIL_HEADERS.findall(head)) >= 2


def triage(
    raw: bytes,
    suffix: str,
    assessor: Assessor,
    council: Council,
    received_on: date,
    *,
    today: date | None = None,
    stale_after_days: int = STALE_AFTER_DAYS,
) -> dict[str, Any]:
    """Return the published record (docs/triage.schema.json). Raises Fatal on a template or rulebook fault.

    Whether a contact was verified long ago is judged by `today`, the date of receipt if it is not given.
    """
    council = replace(council, own_addresses=())  # a file says nothing of the mailbox it came to
    if looks_like_mail(raw, suffix):
        received = datetime.combine(received_on, time(12), UTC)
        assessment = assessor.mail(raw, council, received)
    else:
        text = _text(raw)
        assessment = assessor.text(text, council, received_on)
        if why := _not_text(text):
            assessment = replace(assessment, decision=Unsure((), why, Kind.OTHER), reasons=(why,))
    draft = assessor.draft(assessment, council, assessment.reference)
    record = assessor.record(assessment, draft)
    contacts = named(draft.bodies if draft else (), assessor.rulebook, today or received_on, stale_after_days)
    unsure = [f"The contact of {c.name} must be checked: {c.why}." for c in contacts if c.needs_check]
    return {**record, "warnings": [*record["warnings"], *unsure]}


def _text(raw: bytes) -> str:
    """Decode plain text as it lies in files: UTF-8, what Windows calls Unicode, or windows-1252."""
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        text = raw.decode("utf-16", errors="replace")
    else:
        text = decode(raw.removeprefix(BOM_UTF8)).text
    return text.replace("\r\n", "\n")


def _not_text(text: str) -> str:
    """Return why this is nobody's request, "" if it may be one."""
    if not text.strip():
        return "There is nothing in it to decide: it is empty."
    if _CONTROLS.search(text):
        return "This is neither a mail nor plain text. Give the mail it came with, as a file ending in .eml."
    return ""
