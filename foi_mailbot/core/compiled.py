"""What a rulebook is worked out to once and kept: its matcher, its empty words, who carries what for whom on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from foi_mailbot.core.jurisdiction import Holder, responsible
from foi_mailbot.core.matching import Matcher, compile_rulebook, words
from foi_mailbot.core.rulebook import Rulebook


def matcher_of(rulebook: Rulebook) -> Matcher:
    """Return the rulebook's vocabulary compiled for search."""
    return _matcher(_Same(rulebook))


def empty_words(rulebook: Rulebook) -> frozenset[str]:
    """Return the stems of the words that carry no subject."""
    return _empty(_Same(rulebook))


def holders_of(rulebook: Rulebook, authority: str, on: date) -> dict[str, Holder]:
    """Return by function who carries it where that authority is asked on that day."""
    return _holders(_Same(rulebook), authority, on)


def _stems(phrase: str) -> list[str]:
    return [w.stem for w in words(phrase)]


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A rulebook as a cache key: the same object, not an equal one."""

    rulebook: Rulebook

    def __hash__(self) -> int:
        return id(self.rulebook)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.rulebook is self.rulebook


@lru_cache(maxsize=4)
def _matcher(same: _Same) -> Matcher:
    return compile_rulebook(same.rulebook)


@lru_cache(maxsize=4)
def _empty(same: _Same) -> frozenset[str]:
    lists = (same.rulebook.lexicon.get(name, ()) for name in ("empty", "measures"))
    return frozenset(stem for phrases in lists for phrase in phrases for stem in _stems(phrase))


@lru_cache(maxsize=64)
def _holders(same: _Same, authority: str, on: date) -> dict[str, Holder]:
    return {f.id: responsible(f, authority, on, same.rulebook) for f in same.rulebook.functions.values()}
