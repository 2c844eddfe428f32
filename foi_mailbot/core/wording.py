"""The phrases by which kinds of mail are told: a small language of words, alternatives and gaps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from foi_mailbot.core.kinds import Kind

GAP_MARK = "..."
GAP = 7
"""Words that `...` in a phrase may stand for, none included."""
ENOUGH = 3
"""Points from which a kind is told; those of several rules add up."""

WHERE = ("anywhere", "subject", "text", "sender")
_TOKEN = re.compile(r"\.\.\.|#|@?[\w'/*&£$+:-]+|\[@?[\w'/*&£$+:-]+\]")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class KindRule:
    """One rule of config/kinds.toml: `says` speak for the kind unless a phrase of `unless` stands in the sentence."""

    id: str
    kind: Kind
    points: int  # 1 to 3
    where: str  # one of WHERE
    says: tuple[str, ...]
    unless: tuple[str, ...]
    needs: tuple[str, ...]  # one of these anywhere in the mail, if there are any
    why: str  # "it asks …": completes "because"


@dataclass(frozen=True, slots=True)
class KindWords:
    """All rules of config/kinds.toml and its word lists, which a phrase names as @list."""

    rules: tuple[KindRule, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NO_RULES = KindWords()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled phrase; no text without one of `anchors` can hold it (none: any text may)."""

    regex: re.Pattern[str]
    anchors: frozenset[str]


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
    return tuple(_pattern(phrase.split(), lists) for phrase in phrases)


def _pattern(tokens: Sequence[str], lists: Mapping[str, tuple[str, ...]]) -> Pattern:
    text, gap, anchors = "", False, frozenset[str]()
    for token in tokens:
        if token == GAP_MARK:
            gap = True
            continue
        options = _options(token.strip("[]"), lists)
        either = "|".join(_words(option) for option in options)
        between = (rf"(?:\W+[\w'’]+){{0,{GAP}}}?\W+" if gap else r"\W+") if text else ""
        optional = token.startswith("[")
        text += f"(?:{between}(?:{either}))?" if optional else f"{between}(?:{either})"
        gap = False
        here = frozenset() if optional else _anchors(options)
        if here and (not anchors or len(here) < len(anchors)):
            anchors = here
    return Pattern(re.compile(rf"(?<!\w){text}(?!\w)", re.IGNORECASE), anchors)


def _options(token: str, lists: Mapping[str, tuple[str, ...]]) -> list[str]:
    if token.startswith("@"):
        return [option for item in lists[token[1:]] for option in _expand(item)]
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


def _anchors(options: Sequence[str]) -> frozenset[str]:
    """Return words one of which any match must hold; none if an option has only open-ended words."""
    found = set()
    for option in options:
        plain = [w.lower() for w in option.split() if _WORD.fullmatch(w)]
        if not plain:
            return frozenset()
        found.add(max(plain, key=len))
    return frozenset(found)


class Wording:
    """Rules ready to be searched for; build once per KindWords."""

    def __init__(self, words: KindWords) -> None:
        """Compile every phrase. Raises KeyError for an unknown list: the loader checks first."""
        lists = words.lists
        self.lists = lists
        self.rules = words.rules
        self._says = [compile_phrases(rule.says, lists) for rule in words.rules]
        self._unless = [compile_phrases(rule.unless, lists) for rule in words.rules]
        self._needs = [compile_phrases(rule.needs, lists) for rule in words.rules]
        self._lists = {name: compile_phrases([f"@{name}"], lists) for name in lists if lists[name]}

    def holds(self, name: str, text: str) -> bool:
        """Say whether a phrase of that list stands in the text."""
        return _any(self._lists.get(name, ()), text, _vocabulary(text))

    def hits(
        self,
        where: str,
        text: str,
        spans: Sequence[tuple[int, int]],
        asking: Collection[int] = (),
        deaf: Collection[Kind] = (),
    ) -> Iterator[tuple[int, int, int]]:
        """Yield (rule number, start, end) of each rule's first hit in those spans of `text`.

        `where` is what the spans are: subject, text or sender. Rules of the `deaf` kinds pass over the spans that
        start at `asking`.
        """
        said = [(text[a:b], a, _vocabulary(text[a:b])) for a, b in spans]
        known = _vocabulary(text)
        for number, rule in enumerate(self.rules):
            if rule.where not in ("anywhere", where) or (where == "sender") != (rule.where == "sender"):
                continue
            possible = [p for p in self._says[number] if _may(p, known)]
            if possible and (not rule.needs or _any(self._needs[number], text, known)):
                heard = [s for s in said if s[1] not in asking] if rule.kind in deaf else said
                yield from self._first(number, possible, heard)

    def _first(
        self, number: int, possible: Sequence[Pattern], said: Sequence[tuple[str, int, frozenset[str]]]
    ) -> Iterator[tuple[int, int, int]]:
        for sentence, at, known in said:
            found = next((m for p in possible if _may(p, known) and (m := p.regex.search(sentence))), None)
            if found and not _any(self._unless[number], sentence, known):
                yield number, at + found.start(), at + found.end()
                return


def _any(patterns: Sequence[Pattern], text: str, known: frozenset[str]) -> bool:
    return any(_may(p, known) and p.regex.search(text) for p in patterns)


def _may(pattern: Pattern, known: frozenset[str]) -> bool:
    return not pattern.anchors or not pattern.anchors.isdisjoint(known)


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


@lru_cache(maxsize=4)
def _compiled(key: _Same) -> Wording:
    return Wording(key.words)


@dataclass(frozen=True, eq=False, slots=True)
class _Same:
    """Hashes a KindWords by identity: its lists cannot be hashed, and one is loaded once."""

    words: KindWords

    def __hash__(self) -> int:
        return id(self.words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.words is other.words


def wording(words: KindWords) -> Wording:
    """Return the compiled rules of `words`, made once."""
    return _compiled(_Same(words))
