"""Which council takes another's place and when: only orders that were made count, each chain followed to its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from foi_mailbot.core.rulebook import Authority, Rulebook, Succession

NOTICE = timedelta(days=366)
"""How long before a body's end its letters warn of it: a year, leap day or not."""


def in_being(authority: Authority, on: date) -> bool:
    """Say whether the authority exists on that day (start <= day < end)."""
    return (authority.start is None or authority.start <= on) and (authority.end is None or on < authority.end)


def heirs(code: str, on: date, rulebook: Rulebook) -> tuple[str, ...]:
    """Return the codes of the bodies that stand where `code` stood, on that day.

    That is `code` itself while it is in being, else every body that made orders lead to, the last of each chain.
    Several share its area between them. Empty: none is on record.
    """
    found: list[str] = []
    waiting, seen = [code], {code}
    while waiting:
        at = waiting.pop(0)
        body = rulebook.authorities.get(at)
        if body is not None and in_being(body, on):
            found.append(at)
            continue
        after = [s.successor for s in rulebook.successions if s.predecessor == at and s.made and s.on <= on]
        waiting += [c for c in dict.fromkeys(after) if c not in seen]
        seen.update(after)
    return tuple(found)


def why_not_in_being(authority: Authority, on: date, rulebook: Rulebook) -> str:
    """Say since when, or until when, it does not exist and who took its place; "" if it is in being on that day."""
    if in_being(authority, on):
        return ""
    if authority.start is not None and on < authority.start:
        return f"{authority.name} does not exist before {day(authority.start)}"
    assert authority.end is not None
    ended = f"{authority.name} ended on {day(authority.end)}"
    after = [rulebook.authorities[code].name for code in heirs(authority.code, on, rulebook)]
    if not after:
        return ended
    if len(after) == 1:
        return f"{ended}; its place was taken by {after[0]}"
    return f"{ended}; its area was divided among {_listed(after)}: which of them is meant depends on the place"


def coming_ends(code: str, on: date, rulebook: Rulebook) -> tuple[str, ...]:
    """Return a sentence for each end of that body, ordered or only announced, within a year after that day."""
    rows = [s for s in rulebook.successions if s.predecessor == code and on < s.on <= on + NOTICE]
    ends = sorted({(s.on, s.status) for s in rows})
    return tuple(end_sentence([s for s in rows if (s.on, s.status) == end], rulebook) for end in ends)


def end_sentence(rows: Iterable[Succession], rulebook: Rulebook) -> str:
    """Say in one sentence what those rows, all of one body, day and status, do to it."""
    rows = list(rows)
    first = rows[0]
    known = rulebook.authorities.get(first.predecessor)
    name = known.name if known else first.predecessor
    names = list(dict.fromkeys(filter(None, (successor_name(s, rulebook) for s in rows))))
    after = _listed(names)
    if first.made:
        takes = "takes" if len(names) == 1 else "take"
        return f"{name} ends on {day(first.on)}: the order is made, and {after} {takes} its place."
    follows = f", to be followed by {after}" if after else ""
    return (
        f"{name} may end on {day(first.on)}{follows}: {first.status}. Nothing changes until an order is made; "
        "look whether it was."
    )


def successor_name(row: Succession, rulebook: Rulebook) -> str:
    """Return the successor's name, as announced where it has no code; "" if nothing is known."""
    known = rulebook.authorities.get(row.successor)
    return known.name if known else row.name or row.successor


def cycles(successions: Iterable[Succession]) -> list[tuple[str, ...]]:
    """Return each ring of bodies that succeed one another, as codes from the alphabetically first one around."""
    after: dict[str, list[str]] = {}
    for row in successions:
        if row.successor:
            after.setdefault(row.predecessor, []).append(row.successor)
    rings: dict[frozenset[str], tuple[str, ...]] = {}
    for start in sorted(after):
        trails: list[tuple[str, ...]] = [(start,)]
        while trails:
            trail = trails.pop()
            for code in after.get(trail[-1], ()):
                if code == start:
                    rings.setdefault(frozenset(trail), trail)
                elif code not in trail:
                    trails.append((*trail, code))
    return list(rings.values())


def day(on: date) -> str:
    """Write a date as letters do: "1 April 2027"."""
    return f"{on:%-d %B %Y}"


def _listed(names: Iterable[str]) -> str:
    *most, last = names or ("",)
    return f"{', '.join(most)} and {last}" if most else last
