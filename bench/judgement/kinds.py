"""How often the product tells the kind of a mail as a labeller did: robots above all, and no request for another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import policy
from pathlib import Path
from typing import Any

from bench.judgement.cases import rows
from foi_mailbot import bootstrap, resources
from foi_mailbot.core.decision import Suppressed
from foi_mailbot.service.assess import Assessor, Council

RECEIVED = datetime(2026, 11, 20, 9, 12, 44, tzinfo=UTC)
OWN = "foi@council.example"
SEEN_BY_A_PERSON = (
    "request",
    "follow_up",
    "chaser",
    "internal_review",
    "complaint",
    "subject_access",
    "legal",
    "welsh",
)
"""Kinds that a person must see: one of these suppressed is a mail lost."""
NAMELESS = {"auto_reply": "acknowledgement", "bounce": "acknowledgement", "welsh": "request"}
"""What a labeller calls our kind for which a set has no name: a machine's receipt, a request in Welsh."""


@dataclass(slots=True)
class Tally:
    """How the mails of one kind were told."""

    mails: int = 0
    right: int = 0
    doubted: int = 0  # told for another kind, or for this one: a person decides, and reads both
    lookalikes: int = 0
    lookalikes_right: int = 0
    as_request: int = 0  # taken for a new request and nothing else though it is none: a letter might go out
    suppressed: int = 0  # a person's mail that nobody would see
    wrong: list[str] = field(default_factory=list)


def mail(line: Mapping[str, Any]) -> bytes:
    """Return the mail of one labelled line: its own headers, and those every mail has where it lacks them."""
    headers = {
        "Message-ID": f"<{line['id']}@judgement.example>",
        "Date": "Fri, 20 Nov 2026 09:12:44 +0000",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    known = {name.lower() for name in line["headers"]}
    headers = {name: value for name, value in headers.items() if name.lower() not in known} | line["headers"]
    body = line["body"]
    for name, value in headers.items():
        if name.lower() == "content-type" and value.lower().startswith("multipart/") and "boundary" not in value:
            headers[name] = f'{value}; boundary="part"'
            body = f"--part\nContent-Type: text/plain; charset=utf-8\n\n{body}\n--part--"
    rules = policy.SMTPUTF8
    head = b"".join(rules.fold_binary(*rules.header_store_parse(name, value)) for name, value in headers.items())
    return head + f"\r\n{body}\n".encode()


def told(line: Mapping[str, Any], assessor: Assessor, council: Council) -> tuple[str, str, bool]:
    """Return the kind that the product records for a line, the other that fits too, and if nobody would see it."""
    assessment = assessor.mail(mail(line), council, RECEIVED)
    also = assessment.request.told.also if assessment.request else None
    return (
        str(assessor.record(assessment, None)["kind"]),
        str(also or ""),
        isinstance(assessment.decision, Suppressed),
    )


def judge() -> tuple[Assessor, Council]:
    """Return the shipped rulebook's assessor, and a council whose mailbox is the test set's."""
    assessor = bootstrap.build_assessor()
    settings = bootstrap.load_settings(resources.config_dir() / "foi_mailbot.toml")
    council = bootstrap.build_asked_council(settings, assessor, "DOV")
    return assessor, replace(council, own_addresses=(OWN,))


def measure(path: Path, half: str = "") -> dict[str, Tally]:
    """Return each kind's tally: of the `open` half (odd ids, tuned on), the `shut` one (even, only counted), or all."""
    found: dict[str, Tally] = {}
    assessor, council = judge()
    lines = [row for _, row in rows(path)]
    unnamed = NAMELESS.keys() - {str(row["kind"]) for row in lines}
    for row in lines:
        if half and (int(str(row["id"])[1:]) % 2 == 1) != (half == "open"):
            continue
        kind = str(row["kind"])
        *kinds, suppressed = told(row, assessor, council)
        got, also = (NAMELESS[name] if name in unnamed else name for name in map(str, kinds))
        tally = found.setdefault(kind, Tally())
        right, lookalike = got == kind, bool(row.get("lookalike"))
        tally.mails += 1
        tally.right += right
        tally.doubted += also == kind != got
        tally.lookalikes += lookalike
        tally.lookalikes_right += lookalike and right
        tally.as_request += got == "request" != kind and not also
        tally.suppressed += suppressed and kind in SEEN_BY_A_PERSON
        if not right:
            tally.wrong.append(f"{row.get('id', '?')}: {' or '.join(name for name in (got, also) if name)}")
    return found
