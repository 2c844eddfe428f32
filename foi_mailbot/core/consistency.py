"""Whether the rulebook's tables agree with one another: codes known, facts that do not clash, successions that end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import combinations

from foi_mailbot.core.rulebook import NATION_NAMES, Override, Rulebook, Succession
from foi_mailbot.core.succession import cycles, in_being

AUTHORITIES, OVERRIDES = "data/authorities.csv", "overrides.toml"
SUCCESSIONS, NATIONS = "data/successions.csv", "data/nation_bodies.csv"


@dataclass(frozen=True, slots=True)
class Fault:
    """One disagreement: in which file (relative to a config directory), at which key, what is wrong, what to write."""

    file: str
    key: str
    what: str
    write: str


def faults(rulebook: Rulebook) -> list[Fault]:
    """Return everything that makes the tables unusable together; empty if they agree."""
    return [
        *_parents(rulebook),
        *_local_facts(rulebook),
        *_clashes(rulebook.overrides),
        *_successions(rulebook),
        *_nations(rulebook),
    ]


def _parents(rulebook: Rulebook) -> Iterator[Fault]:
    for authority in rulebook.authorities.values():
        if authority.parent and authority.parent not in rulebook.authorities:
            what = f"parent {authority.parent} is unknown"
            yield Fault(AUTHORITIES, authority.code, what, "its county's code")


def _local_facts(rulebook: Rulebook) -> Iterator[Fault]:
    for override in rulebook.overrides:
        key = _named(override)
        if override.function not in rulebook.functions:
            near = _near(override.function, rulebook.functions)
            write = f"{near}an id that `foi-mailbot rules list` prints"
            yield Fault(OVERRIDES, key, f"function {override.function} is unknown", write)
        codes = {override.authority, override.county, override.holder} - {"", "self", "both"}
        for code in sorted(codes - rulebook.authorities.keys()):
            near = _code_of(code, rulebook)
            yield Fault(OVERRIDES, key, f"authority {code} is unknown", f"{near}a code from {AUTHORITIES}")
        county = rulebook.authorities.get(override.county)
        if county is not None and county.type != "county":
            write = 'a county\'s code, or authority = "…" for one council'
            yield Fault(OVERRIDES, key, f"{county.name} is no county council", write)


def _clashes(overrides: Iterable[Override]) -> Iterator[Fault]:
    for one, other in combinations(overrides, 2):
        same = (one.function, one.scope) == (other.function, other.scope)
        if same and one.holder != other.holder and _overlap(one, other):
            first, then = sorted((one, other), key=lambda o: o.start or date.min)
            what = f"is held by {_dated(first)} and by {_dated(then)} on the same days"
            write = f"{'end = ' + str(then.start) if then.start else 'an end'} for the first, or delete one of them"
            yield Fault(OVERRIDES, _named(one), what, write)


def _overlap(one: Override, other: Override) -> bool:
    def before(a: Override, b: Override) -> bool:
        return a.end is not None and b.start is not None and a.end <= b.start

    return not (before(one, other) or before(other, one))


def _dated(override: Override) -> str:
    start = f"from {override.start}" if override.start else "always"
    return f"{override.holder} ({start}{f' until {override.end}' if override.end else ''}; {override.source})"


def _successions(rulebook: Rulebook) -> Iterator[Fault]:
    for row in rulebook.successions:
        key = f"{row.predecessor} to {row.successor or row.name or 'nobody yet'}"
        for code in (row.predecessor, row.successor):
            if code and code not in rulebook.authorities:
                near = _code_of(code, rulebook)
                yield Fault(SUCCESSIONS, key, f"authority {code} is unknown", f"{near}add it to {AUTHORITIES}")
        if row.made:
            yield from _made(row, key, rulebook)
    for ring in cycles(rulebook.successions):
        what = f"go round in a circle: {' to '.join((*ring, ring[0]))}"
        yield Fault(SUCCESSIONS, "successions", what, "rows that end with a body that goes on")


def _made(row: Succession, key: str, rulebook: Rulebook) -> Iterator[Fault]:
    """Check that an order that was made ends the one and begins the other, so that routing follows one truth."""
    before, after = (rulebook.authorities.get(code) for code in (row.predecessor, row.successor))
    if not row.successor:
        write = f"the successor's code, and its line in {AUTHORITIES}; or another status"
        yield Fault(SUCCESSIONS, key, "is an order made without a successor", write)
    if before is not None and before.end != row.on:
        what = f"the order ends {before.name} on {row.on}, but its end is {before.end or 'blank'}"
        yield Fault(AUTHORITIES, before.code, what, f"end {row.on}, or correct the order in {SUCCESSIONS}")
    if after is not None and not in_being(after, row.on):
        what = f"{after.name} follows on {row.on}, when it is not in being"
        yield Fault(AUTHORITIES, after.code, what, f"start {row.on} or earlier, and an end after it")


def _nations(rulebook: Rulebook) -> Iterator[Fault]:
    for nation, function in rulebook.nation_bodies:
        key = f"{nation}, {function}"
        if nation not in NATION_NAMES:
            yield Fault(NATIONS, key, f"nation {nation} is unknown", f"one of {', '.join(NATION_NAMES)}")
        if function not in rulebook.functions:
            write = f"{_near(function, rulebook.functions)}an id that `foi-mailbot rules list` prints"
            yield Fault(NATIONS, key, f"function {function} is unknown", write)


def _named(override: Override) -> str:
    return f"override {override.function}/{override.scope}"


def _code_of(name: str, rulebook: Rulebook) -> str:
    """Suggest the code of a council written by its name ("KENT"); a guess among codes that look alike would mislead."""
    called = (a for a in rulebook.authorities.values() if name.lower() in (alias.lower() for alias in a.aliases))
    return next((f"{a.code}, or " for a in called), "")


def _near(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"{close[0]}, or " if close else ""
