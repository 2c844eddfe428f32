"""Which functions an ask is about: the rulebook's words found in it, scored, with their spans."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from foi_mailbot.core.rulebook import Rulebook

POINTS = {"decisive": 5, "strong": 3, "weak": 1, "away": -3, "keeps": 0}
"""What a phrase of each level is worth; `keeps` does not score, it says the other tier retains something."""

ENOUGH = 3
"""Points a function needs before an ask counts as being about it."""

EMPTY = "empty"
"""The lexicon's list of words that carry no subject; its single words are told by their stem."""

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


class Hit(NamedTuple):
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
    choosy: bool = False  # whether an entry must be spelt just so
    following: dict[str, _Node] = field(default_factory=dict)


_Candidate = tuple[int, int, _Entry, Hit]
"""A phrase that stands in a text, swallowed or not: the numbers of its first word and of the word behind it, and it."""


@dataclass(frozen=True, slots=True, eq=False)
class Matcher:
    """A rulebook's vocabulary compiled for search: a tree of stems, so that a long list of phrases costs no more."""

    root: _Node = field(repr=False)
    empty: frozenset[str] = frozenset()  # stems of single words that carry no subject: too many to report each

    def find(self, text: str, start: int = 0, end: int | None = None) -> list[Hit]:
        """Return the phrases in `text[start:end]`; where two overlap the longer one is what was meant."""
        _, low, high = _whole_words(text, start, len(text) if end is None else min(end, len(text)))
        candidates, firsts = _candidates(self, text)
        return _longest(candidates[bisect_left(firsts, low) : bisect_left(firsts, high)], high)


@lru_cache(maxsize=4)
def _candidates(matcher: Matcher, text: str) -> tuple[list[_Candidate], list[int]]:
    """Return every phrase of a text by its first word, the longest first: a text is searched once, read in parts."""
    read, _ = _read(text)
    top = matcher.root.following
    found: list[_Candidate] = []
    nexts = [*(word.stem for word in read), ""][1:]
    for at, (word, following) in enumerate(zip(read, nexts, strict=True)):
        node = top.get(word.stem)
        if node is None:
            continue
        if following in node.following:
            found += _from_here(node, read, at)
        elif node.entries:
            found += [(at, at + 1, e, Hit(e.owner, e.level, word.start, word.end)) for e in _spelt(node, word)]
    return found, [candidate[0] for candidate in found]


def _from_here(node: _Node | None, read: Sequence[Word], at: int) -> list[_Candidate]:
    """Return the phrases that begin with word number `at`, which leads to that node, the longest first."""
    word, ahead = read[at], at + 1
    found: list[list[_Candidate]] = []
    while node is not None:
        if node.entries:
            stop = read[ahead - 1].end
            found.append([(at, ahead, e, Hit(e.owner, e.level, word.start, stop)) for e in _spelt(node, word)])
        node = node.following.get(read[ahead].stem) if node.following and ahead < len(read) else None
        ahead += 1
    return [candidate for same in reversed(found) for candidate in same]


def compile_rulebook(rulebook: Rulebook) -> Matcher:
    """Compile every function's phrases and every lexicon list into one matcher."""
    entries = [
        _entry(phrase, function.id, level)
        for function in rulebook.functions.values()
        for level in POINTS
        for phrase in getattr(function, level)
    ]
    entries += [_entry(phrase, "", name) for name, phrases in rulebook.lexicon.items() for phrase in phrases]
    root, empty = _Node(), frozenset(e.stems[0] for e in entries if _is_empty(e))
    for entry in dict.fromkeys(e for e in entries if not _is_empty(e)):
        node = root
        for part in entry.stems:
            node = node.following.setdefault(part, _Node())
        if entry.stems:
            node.entries.append(entry)
            node.choosy = node.choosy or bool(entry.acronym or entry.exact)
    return Matcher(root, empty)


def _is_empty(entry: _Entry) -> bool:
    return entry.level == EMPTY and not entry.owner and len(entry.stems) == 1 and not (entry.acronym or entry.exact)


def words(text: str, start: int = 0, end: int | None = None) -> Sequence[Word]:
    """Return the words of `text[start:end]` in order; hyphens part words, apostrophes do not."""
    read, low, high = _whole_words(text, start, len(text) if end is None else min(end, len(text)))
    return read[low:high]


def _whole_words(text: str, start: int, stop: int) -> tuple[Sequence[Word], int, int]:
    """Return all words of a text, and the numbers of the first and of the one behind those in `text[start:stop]`."""
    read, starts = _read(text)
    low, high = bisect_left(starts, start), bisect_left(starts, stop)
    return (read, low, high - 1) if high > low and read[high - 1].end > stop else (read, low, high)


@lru_cache(maxsize=4)
def _read(text: str) -> tuple[tuple[Word, ...], tuple[int, ...]]:
    spans = [m.span() for m in _WORD.finditer(text)]
    raw = [text[start:end] for start, end in spans]
    starts = [start for start, _ in spans]
    return tuple(map(Word, raw, map(stem, raw), starts, (end for _, end in spans))), tuple(starts)


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


def _spelt(node: _Node, word: Word) -> list[_Entry]:
    """Return the phrases that end at a node, without those of one word that must be spelt otherwise: SEND, HER, PIP."""
    if not node.choosy:
        return node.entries
    return [e for e in node.entries if not (e.acronym or e.exact) or _is_spelt(e, word)]


def _is_spelt(entry: _Entry, word: Word) -> bool:
    if entry.acronym:
        return word.raw in (entry.acronym, entry.acronym + "s", entry.acronym + "'s", entry.acronym + "’s")
    return word.raw.lower() == entry.exact


def _longest(candidates: Iterable[_Candidate], high: int) -> list[Hit]:
    """Return those before word `high` that no longer one swallows; they come by first word, the longest first."""
    kept: list[Hit] = []
    around: list[_Candidate] = []  # kept phrases that still reach to where we are
    for candidate in candidates:
        first, behind, entry, hit = candidate
        if behind > high:
            continue
        if around:
            around = [c for c in around if c[1] > first]
            if any(behind <= y and (x, y) != (first, behind) and _swallows(e, entry) for x, y, e, _ in around):
                continue
        kept.append(hit)
        around.append(candidate)
    return kept


def _swallows(long: _Entry, short: _Entry) -> bool:
    if long.owner and short.owner:
        if long.owner == short.owner:  # what a tier keeps of a service names that service too
            return long.level != "keeps"
        return long.level in ("decisive", "strong") or short.level != "decisive"
    return long.level == "ignore" or (long.level in ("decisive", "strong") and not short.owner)
