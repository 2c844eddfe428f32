"""Triage: one file decided and drafted without server or store."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from foi_mailbot.service.assess import Assessor, Council

_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t\r\n]")
_MAIL_HEADERS = re.compile(
    rb"^(from|to|subject|date|message-id|received|mime-version|return-path|content-type):", re.IGNORECASE | re.MULTILINE
)


def looks_like_mail(raw: bytes, suffix: str) -> bool:
    """Say whether these bytes are a mail (RFC 5322) and not the plain text of a body."""
    if suffix.lower() == ".eml":
        return True
    head = raw.lstrip(b"\r\n").split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0]
    return bool(_HEADER.match(head)) and len(_MAIL_HEADERS.findall(head)) >= 2


def triage(raw: bytes, suffix: str, assessor: Assessor, council: Council, received_on: date) -> dict[str, Any]:
    """Return the published record (docs/triage.schema.json). Raises Fatal on a template or rulebook fault."""
    council = replace(council, own_addresses=())  # a file says nothing of the mailbox it came to
    if looks_like_mail(raw, suffix):
        received = datetime.combine(received_on, time(12), UTC)
        assessment = assessor.mail(raw, council, received)
    else:
        text = raw.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
        assessment = assessor.text(text, council, received_on)
    return assessor.record(assessment, assessor.draft(assessment, council, assessment.reference))
