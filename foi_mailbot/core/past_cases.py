"""One past request and what became of it, read from a row of somebody's records; what cannot be used says why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

OUTCOMES = ("redirect", "part_redirect", "held", "unsure")
"""What can have become of a past request; "unsure" where a person has to say and no letter may be drafted."""

ASK_LABELS = {"other": "other_body", "other_body": "other_body", "held": "held", "both": "both", "unsure": "unsure"}
"""How a question may be labelled, and the outcome of an ask it stands for."""

_BRITISH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_BETWEEN_BODIES = re.compile(r"[;|,\n]")
_TRUTHS = {"true": True, "yes": True, "1": True, "": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class PastCase:
    """A past request. `outcome` is "" if nobody has said what became of it; `mail` holds a mail's bytes, else b""."""

    id: str
    text: str = ""
    mail: bytes = field(default=b"", repr=False)
    authority: str = ""  # "" if the records do not say
    received_on: date | None = None
    outcome: str = ""
    bodies: tuple[str, ...] = ()  # whom the answer named; () is "not said"
    asks: Mapping[str, str] = field(default_factory=dict)  # a question's label to its AskOutcome
    scored: bool = True


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a row is no past case: sentences that say what is wrong and what to write."""

    what: tuple[str, ...]


def past_case(row: Mapping[str, object], *, mail: bytes = b"", labelled: bool = True) -> PastCase | Unusable:
    """Return the past case of a row (further keys are ignored), or everything that is wrong with it.

    `mail` takes the place of `text`. Unless `labelled`, the outcome may be missing.
    """
    reading = _Reading(row)
    case = PastCase(
        id=reading.id(),
        text="" if mail else reading.text(),
        mail=mail,
        authority=reading.word("authority").upper(),
        received_on=reading.date(),
        outcome=reading.outcome(labelled=labelled),
        bodies=reading.bodies(),
        asks=reading.asks(),
        scored=reading.scored(),
    )
    return Unusable(tuple(reading.wrong)) if reading.wrong else case


class _Reading:
    """Takes a row's values one by one and notes what is wrong with each."""

    def __init__(self, row: Mapping[str, object]) -> None:
        self._row = row
        self.wrong: list[str] = []

    def word(self, key: str) -> str:
        value = self._row.get(key)
        if value is None:
            return ""
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip()
        self.wrong.append(f"{key} is no text: write it in quotes")
        return ""

    def id(self) -> str:
        name = self.word("id")
        if not name and not self.wrong:
            self.wrong.append("id is missing: give each request a name or number of its own")
        return name

    def text(self) -> str:
        text = self._row.get("text")
        if isinstance(text, str) and text.strip():
            return text.replace("\r\n", "\n")
        self.wrong.append("text is missing: write the request's words")
        return ""

    def outcome(self, *, labelled: bool) -> str:
        said = self.word("outcome")
        known = re.sub(r"[\s-]+", "_", said.lower())
        if known in OUTCOMES or (not said and not labelled):
            return known
        what = f"outcome “{said}” is not known" if said else "outcome is missing"
        self.wrong.append(
            f"{what}: write redirect (another body's), part_redirect (some of it), held (our own) or unsure"
        )
        return ""

    def date(self) -> date | None:
        said = self.word("received")
        british = _BRITISH_DATE.fullmatch(said)
        try:
            if british:
                return date(int(british[3]), int(british[2]), int(british[1]))
            return date.fromisoformat(said[:10]) if said else None
        except ValueError:
            self.wrong.append(f"received “{said}” is no date: write it as 2026-05-31 or 31/05/2026")
            return None

    def bodies(self) -> tuple[str, ...]:
        said = self._row.get("bodies") or []
        names = _BETWEEN_BODIES.split(said) if isinstance(said, str) else said
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.wrong.append('bodies is no list of authority codes: write ["KEN"]')
            return ()
        return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))

    def asks(self) -> dict[str, str]:
        said = self._row.get("asks") or {}
        if isinstance(said, dict) and all(isinstance(v, str) and v.lower() in ASK_LABELS for v in said.values()):
            return {str(label): ASK_LABELS[value.lower()] for label, value in said.items()}
        self.wrong.append('asks are not labelled by question: write {"1": "held", "2": "other_body"} (or both, unsure)')
        return {}

    def scored(self) -> bool:
        said = self._row.get("scored", True)
        if isinstance(said, bool):
            return said
        if isinstance(said, str) and said.strip().lower() in _TRUTHS:
            return _TRUTHS[said.strip().lower()]
        self.wrong.append("scored is neither true nor false")
        return True
