"""Every word requesters use for a service, asked of a district in plain questions: does it go where its tier says?"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.judgement.cases import DAY
from foi_mailbot.core.decision import decide, outcome_name
from foi_mailbot.core.jurisdiction import in_being
from foi_mailbot.core.request import read_text
from foi_mailbot.core.rulebook import Rulebook

FRAMES = (
    "How many {} were there in the last year?",
    "Please provide all figures you hold on {} since April 2024.",
    "What was the total cost of {} in 2024/25?",
)
RIGHT = {
    "upper": ("redirect",),
    "lower": ("held",),
    "both": ("held", "part_redirect"),
    "other-body": ("redirect",),
}
"""The outcomes that a tier asks for of a district; where no single body can be named, unsure is right too."""


@dataclass(slots=True)
class Tally:
    """How one tier's terms went; `away` is the grave kind of wrong: a letter for what is a district's own."""

    right: int = 0
    unsure: int = 0
    missed: int = 0
    away: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """Return how many questions were asked."""
        return self.right + self.unsure + self.missed + self.away


def rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield tier and requester's terms of each function. Raises ValueError if a column is missing."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"tier", "requester_terms"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path.name} has no column {' and '.join(sorted(missing))}")
        for row in reader:
            yield row["tier"], [term.strip() for term in row["requester_terms"].split("|") if term.strip()]


def plain_district(rulebook: Rulebook) -> str:
    """Return the first district, by code, that no local fact is known of."""
    local = {place for override in rulebook.overrides for place in (override.authority, override.county)}
    districts = (a for a in rulebook.authorities.values() if a.type == "district" and a.parent and in_being(a, DAY))
    return min(a.code for a in districts if not {a.code, a.parent} & local)


def measure(path: Path, rulebook: Rulebook) -> dict[str, Tally]:
    """Return each tier's tally over every term in every frame."""
    district = plain_district(rulebook)
    found: dict[str, Tally] = {tier: Tally() for tier in RIGHT}
    for tier, terms in rows(path):
        for text in (frame.format(term) for term in terms for frame in FRAMES):
            got = outcome_name(decide(read_text(text, []), rulebook, district, DAY))
            _count(found[tier], tier, text, got)
    return found


def _count(tally: Tally, tier: str, text: str, got: str) -> None:
    if got in RIGHT[tier]:
        tally.right += 1
    elif got == "unsure":
        tally.unsure += 1
    elif tier in ("lower", "both"):
        tally.away += 1
        tally.examples.append(text)
    else:
        tally.missed += 1
