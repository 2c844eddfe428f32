"""What a stretch of text names: the vocabulary's phrases in it, sorted by who is responsible for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from foi_mailbot.core.asks import sentences
from foi_mailbot.core.jurisdiction import Holder, Ours, Shared, Theirs
from foi_mailbot.core.matching import ENOUGH, Hit, Matcher, scores

_ASIDE = re.compile(
    r"(?=[(aefinosru])(?:"  # the letters they begin with: most words are passed over at once
    r"\([^()]*\)|\b(?:e\.g\.?|(?:such as|for example|for instance|excluding|except|other than|not including|"
    r"rather than|apart from|instead of|unrelated to|not (?:the|about|including))\b)[^.;?\n]*)",
    re.IGNORECASE,
)

_STREETS = frozenset({"Road", "Street", "Lane", "Avenue", "Close", "Drive", "Way", "Crescent", "Hill", "Grove"})
_PROPER = re.compile(r"[a-z,:;0-9)(] ?[A-Z][a-z]+[ \t]$")  # a capital word that does not open its sentence


@dataclass(frozen=True)
class Found:
    """The hits of a stretch, sorted by who is responsible for what they name."""

    text: str
    hits: tuple[Hit, ...]
    points: dict[str, int]
    holders: dict[str, Holder]
    spans: tuple[tuple[int, int], ...] = ()
    asides: tuple[tuple[int, int], ...] = ()
    empty: frozenset[str] = frozenset()  # stems of words that carry no subject
    neutral: frozenset[str] = frozenset()  # words of ours, in lower case, that are surely another body's matter here

    def sentence_start(self, at: int) -> int:
        """Return where the sentence around `at` begins, never before the stretch that was read."""
        low = next((a for a, b in self.spans if a <= at < b), 0)
        high = next((b for a, b in self.spans if a <= at < b), len(self.text))
        return next((a for a, b in sentences(self.text, low, high) if a <= at < b), low)

    def said(self, hit: Hit) -> str:
        """Return a hit's words in lower case."""
        return self.text[hit.start : hit.end].lower()

    def aside(self, hit: Hit) -> bool:
        """Say whether the hit stands in brackets or after "such as" and the like."""
        return any(a <= hit.start and hit.end <= b for a, b in self.asides)

    def without_examples(self, settled: Sequence[str]) -> Found:
        """Leave out other services' likely words that only list the settled services' cases.

        These stand in brackets or after a colon.

        "Where did the exploitation occur: parks, hotels?" asks about neither parks nor hotels. What is named for
        certain (a decisive phrase) stays in, so that a list across both tiers is still seen.
        """
        leads = [h.end for h in self.owned if h.owner in settled and h.level not in ("away", "keeps")]
        if not leads:
            return self
        colon = self.text.find(":", min(leads), max(b for _, b in self.spans))
        first = min(leads)
        kept = tuple(
            h
            for h in self.hits
            if not h.owner
            or h.owner in settled
            or h.level == "decisive"
            or h.start < first
            or not (self.aside(h) or 0 <= colon < h.start)
        )
        return replace(self, hits=kept, points=scores(kept))

    def firm(self, *kinds: type) -> list[str]:
        """Return the functions with enough points whose holder is of one of those kinds, by first mention."""
        own = [h.owner for h in self.owned if self.points[h.owner] >= ENOUGH and is_scoring(h)]
        return list(dict.fromkeys(f for f in own if isinstance(self.holders[f], kinds)))

    def hits_of(self, functions: Iterable[str]) -> list[Hit]:
        """Return the decisive and strong hits of those functions."""
        wanted = set(functions)
        return [h for h in self.owned if h.owner in wanted and is_scoring(h)]

    def weak(self, *kinds: type) -> list[str]:
        """Return the functions mentioned at all whose holder is of one of those kinds."""
        own = dict.fromkeys(h.owner for h in self.owned if h.level in ("weak", "strong", "decisive"))
        return [f for f in own if isinstance(self.holders[f], kinds)]

    def backing(self, functions: Iterable[str]) -> bool:
        """Say whether a word of another body's service among those is named that not every service has: no people."""
        wanted = set(functions)
        anyone = {(h.start, h.end) for h in self.listed("people")}
        backing = [h for h in self.owned if h.owner in wanted and h.level in ("weak", "strong", "decisive")]
        return any(
            (h.start, h.end) not in anyone and isinstance(self.holders[h.owner], Theirs | Shared) for h in backing
        )

    def listed(self, name: str) -> list[Hit]:
        """Return the hits of that lexicon list."""
        return self._lists.get(name, [])

    @cached_property
    def owned(self) -> list[Hit]:
        """Return the hits that speak of a function."""
        return [h for h in self.hits if h.owner]

    @cached_property
    def _lists(self) -> dict[str, list[Hit]]:
        lists: dict[str, list[Hit]] = {}
        for hit in self.hits:
            if not hit.owner:
                lists.setdefault(hit.level, []).append(hit)
        return lists


def find(text: str, spans: Sequence[tuple[int, int]], matcher: Matcher, holder: Callable[[str], Holder]) -> Found:
    """Find the vocabulary in those spans of the text; asides ("such as …", brackets) never speak for another body."""
    asides = tuple(aside for span in spans for aside in _asides_in(text, span))
    every = [h for start, end in spans for h in matcher.find(text, start, end) if not _names_a_place(text, h)]
    holders = {owner: holder(owner) for owner in dict.fromkeys(h.owner for h in every) if owner}
    if asides:
        every = [
            h
            for h in every
            if not h.owner
            or isinstance(holders[h.owner], Ours)
            or not any(a <= h.start and h.end <= b for a, b in asides)
        ]
    named = {h.owner: holders[h.owner] for h in every if h.owner}
    return Found(text, tuple(every), scores(every), named, tuple(spans), asides, matcher.empty)


def _asides_in(text: str, span: tuple[int, int]) -> list[tuple[int, int]]:
    start, end = span
    return [(a, min(b, end)) for a, b in _asides(text) if start <= a < end]


@lru_cache(maxsize=4)
def _asides(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _ASIDE.finditer(text)]


def _names_a_place(text: str, hit: Hit) -> bool:
    """Say whether a likely word is but the end of a name: "Hook Road", "Cole Green"."""
    return (
        hit.level == "weak"
        and text[hit.start : hit.end] in _STREETS
        and bool(_PROPER.search(text, max(0, hit.start - 40), hit.start))
    )


def is_scoring(hit: Hit) -> bool:
    """Say whether a hit is firm enough to count by itself."""
    return hit.level in ("decisive", "strong")
