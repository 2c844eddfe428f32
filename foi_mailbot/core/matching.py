"""Which functions an ask is about: the rulebook's words found in it, scored, with their spans."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from foi_mailbot.core.rulebook import Rulebook

POINTS = {"decisive": 5, "strong": 3, "weak": 1, "away": -3, "keeps": 0}
"""What a phrase of each level is worth; `keeps` does not score, it says the other tier retains something."""

ENOUGH = 3
"""Points a function needs before an ask counts as being about it."""

_WORD = re.compile(r"[A-Za-z0-9]+(?:['’][A-Za-z]+)?|&|£")
_KEEP_S = frozenset(
    {"gas", "this", "was", "has", "does", "its", "news", "homeless", "series", "species", "his", "yes", "always"}
)
_IRREGULAR = {"buses": "bus", "gases": "gas", "children": "child", "lorries": "lorry"}


class Word(NamedTuple):
    """One word of a text: as written, its stem, and where it stands."""

    raw: str
    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: `owner` is a function id, or "" with a lexicon list's name as `level`."""

    owner: str
    level: str
    start: int
    end: int

    @property
    def rule(self) -> str:
        """Name the rule as evidence shows it."""
        return f"{self.owner}/{self.level}" if self.owner else self.level


@dataclass(frozen=True, slots=True)
class _Entry:
    stems: tuple[str, ...]
    acronym: str  # exact spelling when the phrase is upper case only, else ""
    exact: str  # the folded word of a phrase written "=word": its plural or singular is another matter
    owner: str
    level: str


@dataclass(slots=True)
class _Node:
    """One word of the phrases that begin alike: those that end here, and how they go on."""

    entries: list[_Entry] = field(default_factory=list)
    following: dict[str, _Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Matcher:
    """A rulebook's vocabulary compiled for search: a tree of stems, so that a long list of phrases costs no more."""

    root: _Node = field(repr=False)

    def find(self, text: str, start: int = 0, end: int | None = None) -> list[Hit]:
        """Return the phrases in `text[start:end]`; where two overlap the longer one is what was meant."""
        read = words(text, start, end)
        candidates: list[tuple[int, int, _Entry]] = []
        for at, word in enumerate(read):
            node, ahead = self.root.following.get(word.stem), at + 1
            while node is not None:
                candidates += [(at, ahead, entry) for entry in node.entries if _spelt(entry, word)]
                node = node.following.get(read[ahead].stem) if node.following and ahead < len(read) else None
                ahead += 1
        return [Hit(e.owner, e.level, read[a].start, read[b - 1].end) for a, b, e in _longest(candidates)]


def compile_rulebook(rulebook: Rulebook) -> Matcher:
    """Compile every function's phrases and every lexicon list into one matcher."""
    entries = [
        _entry(phrase, function.id, level)
        for function in rulebook.functions.values()
        for level in POINTS
        for phrase in getattr(function, level)
    ]
    entries += [_entry(phrase, "", name) for name, phrases in rulebook.lexicon.items() for phrase in phrases]
    root = _Node()
    for entry in dict.fromkeys(entries):
        node = root
        for part in entry.stems:
            node = node.following.setdefault(part, _Node())
        if entry.stems:
            node.entries.append(entry)
    return Matcher(root)


def words(text: str, start: int = 0, end: int | None = None) -> Sequence[Word]:
    """Return the words of `text[start:end]` in order; hyphens part words, apostrophes do not."""
    stop = len(text) if end is None else min(end, len(text))
    read, starts = _read(text)
    low, high = bisect_left(starts, start), bisect_left(starts, stop)
    cut = (low and read[low - 1].end > start) or (high > low and read[high - 1].end > stop)
    return list(_tokens(text, start, stop)) if cut else read[low:high]


@lru_cache(maxsize=4)
def _read(text: str) -> tuple[tuple[Word, ...], tuple[int, ...]]:
    read = tuple(_tokens(text, 0, len(text)))
    return read, tuple(word.start for word in read)


def _tokens(text: str, start: int, stop: int) -> Iterator[Word]:
    return (Word(m[0], stem(m[0]), m.start(), m.end()) for m in _WORD.finditer(text, start, stop))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Fold case, possessive and plural, so that "children's homes" and "children’s home" are the same phrase."""
    low = word.lower().replace("’", "'")
    if low.endswith(("'s", "s'")):
        low = low[:-2]
    low = low.replace("'", "")
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if len(low) <= 3 or low in _KEEP_S or low.endswith(("ss", "us", "is")):
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("ches", "shes", "xes", "sses")):
        return low[:-2]
    return low.removesuffix("s")


def scores(hits: Iterable[Hit]) -> dict[str, int]:
    """Add up each function's points: every different phrase once, weak ones never enough alone, away ones last."""
    seen: dict[str, dict[str, int]] = {}
    for hit in hits:
        if hit.owner:
            tally = seen.setdefault(hit.owner, dict.fromkeys(POINTS, 0))
            tally[hit.level] += 1
    return {owner: _score(tally) for owner, tally in seen.items()}


def _score(tally: Mapping[str, int]) -> int:
    firm = POINTS["decisive"] * tally["decisive"] + POINTS["strong"] * tally["strong"]
    weak = min(POINTS["weak"] * tally["weak"], ENOUGH - 1)
    away = 0 if tally["decisive"] else POINTS["away"] * tally["away"]
    return firm + weak + away


def _entry(phrase: str, owner: str, level: str) -> _Entry:
    acronym = phrase if phrase.upper() == phrase and phrase.isalnum() and not phrase.isdigit() else ""
    exact = phrase[1:].lower() if phrase.startswith("=") else ""
    return _Entry(tuple(w.stem for w in words(phrase)), acronym, exact, owner, level)


def _spelt(entry: _Entry, word: Word) -> bool:
    """Say whether a phrase of one word that must be spelt just so is; SEND, HER and PIP are words too."""
    if entry.acronym:
        return word.raw in (entry.acronym, entry.acronym + "s", entry.acronym + "'s", entry.acronym + "’s")
    return not entry.exact or word.raw.lower() == entry.exact


def _longest(candidates: list[tuple[int, int, _Entry]]) -> list[tuple[int, int, _Entry]]:
    kept: list[tuple[int, int, _Entry]] = []
    around: list[tuple[int, int, _Entry]] = []  # kept phrases that still reach to where we are
    for a, b, entry in sorted(candidates, key=lambda c: (c[0], -c[1])):
        around = [c for c in around if c[1] > a]
        if not any(b <= y and (x, y) != (a, b) and _swallows(long, entry) for x, y, long in around):
            kept.append((a, b, entry))
            around.append((a, b, entry))
    return kept


def _swallows(long: _Entry, short: _Entry) -> bool:
    if long.owner and short.owner:
        if long.owner == short.owner:  # what a tier keeps of a service names that service too
            return long.level != "keeps"
        return long.level in ("decisive", "strong") or short.level != "decisive"
    return long.level == "ignore" or (long.level in ("decisive", "strong") and not short.owner)
