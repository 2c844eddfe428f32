"""Mails of every kind: is each told for what it is, robots above all, and no request taken for something else?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.judgement.cases import rows
from foi_mailbot.core.message import parse
from foi_mailbot.core.request import read_request
from foi_mailbot.core.screening import Hold, Suppress, screen

OWN = "foi@council.example"


@dataclass(slots=True)
class Tally:
    """How the mails of one kind were told."""

    mails: int = 0
    right: int = 0
    lookalikes: int = 0
    lookalikes_right: int = 0
    as_request: int = 0  # taken for a new request though it is none: a letter might go out
    suppressed: int = 0  # a person's mail that nobody would see
    wrong: list[str] = field(default_factory=list)


def told(headers: Mapping[str, object], body: str) -> tuple[str, bool]:
    """Return the kind a mail is told for, and whether it would never be answered."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if "content-type" not in {name.lower() for name in headers}:
        lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
    message = parse("\r\n".join([*lines, "", body.replace("\n", "\r\n")]).encode())
    verdict = screen(message, own_addresses=[OWN])
    if isinstance(verdict, Suppress | Hold):
        return str(verdict.kind), isinstance(verdict, Suppress)
    return str(read_request(message, []).kind), False


def measure(path: Path) -> dict[str, Tally]:
    """Return each kind's tally."""
    found: dict[str, Tally] = {}
    for _, row in rows(path):
        kind, headers = str(row["kind"]), row.get("headers")
        got, suppressed = told(headers if isinstance(headers, dict) else {}, str(row.get("body", "")))
        tally = found.setdefault(kind, Tally())
        right, lookalike = got == kind, bool(row.get("lookalike"))
        tally.mails += 1
        tally.right += right
        tally.lookalikes += lookalike
        tally.lookalikes_right += lookalike and right
        tally.as_request += got == "request" != kind
        tally.suppressed += suppressed and kind in ("request", "follow_up", "internal_review", "subject_access")
        if not right:
            tally.wrong.append(f"{row.get('id', '?')}: {got}")
    return found
