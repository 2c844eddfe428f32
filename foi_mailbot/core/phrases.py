"""Phrases, a small language of words, alternatives and gaps, and how many of them are found in a text at once."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

GAP_MARK = "..."
GAP = 7
"""Words that `...` in a phrase may stand for, none included."""

_TOKEN = re.compile(r"\.\.\.|#|@?[\w'/*&£$+:-]+|\[@?[\w'/*&£$+:-]+\]")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Pattern:
    """A phrase to look for; a text that holds it has a word of each of `needs` ("ask*": one that begins so)."""

    source: str
    needs: tuple[frozenset[str], ...]

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Return it for lower-case text; compiled when first asked for: most phrases stand in no mail of a day."""
        return re.compile(self.source)


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of text made ready: in lower case, and those of its words that any phrase knows."""

    text: str
    words: frozenset[str]

    def holds(self, pattern: Pattern) -> re.Match[str] | None:
        """Return where the phrase stands in it, or None."""
        for need in pattern.needs:
            if need.isdisjoint(self.words):
                return None
        return pattern.regex.search(self.text)


def problem(phrase: str, lists: Mapping[str, tuple[str, ...]]) -> str:
    """Return what is wrong with a phrase, "" if nothing is."""
    tokens = phrase.split()
    if not tokens:
        return "is empty"
    strange = next((t for t in tokens if not _TOKEN.fullmatch(t)), "")
    if strange:
        return f"holds “{strange}”, which is no word"
    if GAP_MARK in (tokens[0], tokens[-1]) or tokens[0].startswith("["):
        return "begins with a gap or an optional word, or ends with a gap"
    unknown = [t.strip("[]@") for t in tokens if "@" in t and t.strip("[]@") not in lists]
    return f"names the unknown list @{unknown[0]}" if unknown else ""


def compile_phrases(phrases: Sequence[str], lists: Mapping[str, tuple[str, ...]]) -> tuple[Pattern, ...]:
    """Compile phrases, which match in any case.

    `a/b` is either, `a*` any ending, `[a]` may be missing, `...` is a gap, `#` a number, `@x` a list's phrase.
    """
    return tuple(_pattern(said.split(), lists) for phrase in phrases for said in _apart(phrase, lists))


def _apart(phrase: str, lists: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    """Return a phrase that is only a list as that list's own phrases: each is found by its own words."""
    return lists[phrase[1:]] if phrase.startswith("@") and " " not in phrase else (phrase,)


def _pattern(tokens: Sequence[str], lists: Mapping[str, tuple[str, ...]]) -> Pattern:
    text, gap, needs = "", False, list[frozenset[str]]()
    for token in tokens:
        if token == GAP_MARK:
            gap = True
            continue
        options = _options(token.strip("[]").lower(), lists)
        either = "|".join(_words(option) for option in options)
        between = (rf"(?:\W+[\w'’]+){{0,{GAP}}}?\W+" if gap else r"\W+") if text else ""
        optional = token.startswith("[")
        text += f"(?:{between}(?:{either}))?" if optional else f"{between}(?:{either})"
        gap = False
        if not optional:
            needs += _needs(options)
    return Pattern(rf"(?<!\w){text}(?!\w)", tuple(needs))


def _options(token: str, lists: Mapping[str, tuple[str, ...]]) -> list[str]:
    if token.startswith("@"):
        return [option.lower() for item in lists[token[1:]] for option in _expand(item)]
    return token.split("/")


def _expand(item: str) -> list[str]:
    """Return every reading of a list's item: "like to see/have" is two."""
    readings = [""]
    for word in item.split():
        readings = [f"{left} {right}".strip() for left in readings for right in word.split("/")]
    return readings


def _words(option: str) -> str:
    pieces = []
    for word in option.split():
        if word == "#":
            pieces.append(r"\d[\w/.-]*")
            continue
        body = re.escape(word.removesuffix("*")).replace("'", "['’]?")
        pieces.append(body + (r"\w*" if word.endswith("*") else ""))
    return r"\W+".join(pieces)


def _needs(options: Sequence[str]) -> list[frozenset[str]]:
    """Return what a text must have a word of, to hold one of the options; nothing if that cannot be said."""
    each = [[known for word in option.split() if (known := _known(word))] for option in options]
    if not all(each):
        return []
    if len(each) == 1:
        return each[0]
    return [frozenset().union(*(max(words, key=lambda known: len(max(known, key=len))) for words in each))]


def _known(word: str) -> frozenset[str]:
    """Return the words of a text one of which this word of a phrase is, or is part of: "don't" may be don, or dont."""
    pieces = _WORD.findall(word.removesuffix("*"))
    if word.endswith("*"):
        return frozenset({f"{pieces[0]}*"}) if len(pieces) == 1 and pieces[0] == word[:-1] else frozenset()
    if "'" in word:
        return frozenset({pieces[0], "".join(pieces)}) if pieces else frozenset()
    return frozenset({max(pieces, key=len)}) if pieces else frozenset()


class Lexicon:
    """Every word some pattern needs: what else a text says cannot make any of them match."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        """Learn the words of those patterns."""
        known = {word for pattern in patterns for need in pattern.needs for word in need}
        self._words = frozenset(word for word in known if not word.endswith("*"))
        stems = {word[:-1] for word in known - self._words}
        self._opens = min((len(stem) for stem in stems), default=0)
        self._stems: dict[str, list[str]] = {}  # by the letters that every stem has
        for stem in stems:
            self._stems.setdefault(stem[: self._opens], []).append(stem)

        self._known = {word: frozenset((word, *self._grown(word))) for word in self._words}

    def said(self, text: str) -> Said:
        """Return `text`, which is in lower case, made ready."""
        return Parts(text, self).piece(0, len(text))

    def means(self, word: str) -> frozenset[str]:
        """Return what of the patterns' needs a word of a text meets: itself, and the beginnings it has."""
        return self._known.get(word) or frozenset(self._grown(word))

    def _grown(self, word: str) -> list[str]:
        return [f"{stem}*" for stem in self._stems.get(word[: self._opens], ()) if word.startswith(stem)]


class Parts:
    """A text read once, of which pieces are wanted."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        """Find the words of `text`, which is in lower case, and what each of them is to the patterns."""
        self._text = text
        found = [(match.start(), match.group()) for match in _WORD.finditer(text)]
        self._starts = [start for start, _ in found]
        means = {word: lexicon.means(word) for word in {word for _, word in found}}
        self._means = [means[word] for _, word in found]
        self._whole = Said(text, frozenset[str]().union(*means.values()))

    def piece(self, start: int, end: int) -> Said:
        """Return `text[start:end]`, ready; a word cut in two at its edge may be known or not."""
        if start == 0 and end == len(self._text):
            return self._whole
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return Said(self._text[start:end], frozenset[str]().union(*self._means[first:last]))


class Finder:
    """Many patterns at once: only those are tried whose rarest word a text has."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        """File each pattern under the words of its rarest need."""
        self._patterns = patterns
        often = Counter(word for pattern in patterns for need in pattern.needs for word in need)
        self._always: list[int] = []
        self._by_word: dict[str, list[int]] = {}
        for number, pattern in enumerate(patterns):
            if not pattern.needs:
                self._always.append(number)
                continue
            for word in min(pattern.needs, key=lambda need: sum(often[word] for word in need)):
                self._by_word.setdefault(word, []).append(number)

    def possible(self, said: Said) -> list[int]:
        """Return the numbers of the patterns that may stand in the text, in their order."""
        may = set(self._always)
        for word in said.words & self._by_word.keys():
            may.update(self._by_word[word])
        return sorted(may)

    def any(self, said: Said) -> bool:
        """Say whether one of the patterns stands in the text."""
        patterns, words = self._patterns, said.words
        for number in self._always:
            if said.holds(patterns[number]):
                return True
        for word in words & self._by_word.keys():
            for number in self._by_word[word]:
                if said.holds(patterns[number]):
                    return True
        return False


def lower(text: str) -> str:
    """Return the text in lower case, every character where it stood: some letters' lower case is two characters."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
