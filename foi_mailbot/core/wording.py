"""The rules by which kinds of mail are told, ready to be searched for in what somebody wrote."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from foi_mailbot.core.kinds import Kind
from foi_mailbot.core.phrases import Finder, Lexicon, Parts, Said, compile_phrases, lower

ENOUGH = 3
"""Points from which a kind is told; those of several rules add up."""

SENDER = "sender"
REPLY = "reply"
WHERE = ("anywhere", "subject", "text", SENDER, REPLY)
"""Where a rule listens; `reply` is the text of a mail that answers another."""
_PLACES = {
    "subject": frozenset({"anywhere", "subject"}),
    "text": frozenset({"anywhere", "text"}),
    SENDER: frozenset({SENDER}),
}


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


class Reading:
    """One text made ready for every rule, each piece of it once."""

    def __init__(self, text: str, lexicon: Lexicon, *, answering: bool = False) -> None:
        """Take `text` as it was written; `answering` another mail or not."""
        self.answering = answering
        self._length = len(text)
        self._parts = Parts(lower(text), lexicon)
        self._pieces: dict[tuple[int, int], Said] = {}
        self.stands: dict[int, bool] = {}  # by rule: whether one of the words it needs stands anywhere

    def piece(self, span: tuple[int, int]) -> Said:
        """Return `text[start:end]`, ready."""
        known = self._pieces.get(span)
        if known is None:
            known = self._pieces[span] = self._parts.piece(*span)
        return known

    @property
    def whole(self) -> Said:
        """Return all of it, ready."""
        return self.piece((0, self._length))


class Wording:
    """Rules ready to be searched for; build once per KindWords."""

    def __init__(self, words: KindWords) -> None:
        """Compile every phrase. Raises KeyError for an unknown list: the loader checks first."""
        self.rules = words.rules
        says = [compile_phrases(rule.says, words.lists) for rule in words.rules]
        self._patterns = [pattern for patterns in says for pattern in patterns]
        self._rule_of = [number for number, patterns in enumerate(says) for _ in patterns]
        unless = [compile_phrases(rule.unless, words.lists) for rule in words.rules]
        needs = [compile_phrases(rule.needs, words.lists) for rule in words.rules]
        lists = {name: compile_phrases([f"@{name}"], words.lists) for name in words.lists}
        self._lexicon = Lexicon(chain(self._patterns, *unless, *needs, *lists.values()))
        self._unless, self._needs = [Finder(each) for each in unless], [Finder(each) for each in needs]
        self._finder = Finder(self._patterns)
        self._lists = {name: Finder(patterns) for name, patterns in lists.items()}
        self._listening: dict[tuple[frozenset[str], frozenset[Kind]], frozenset[int]] = {}
        self._vocabularies = {name: frozenset(said) for name, said in words.lists.items()}

    def read(self, text: str, *, answering: bool = False) -> Reading:
        """Return a text ready to be searched."""
        return Reading(text, self._lexicon, answering=answering)

    def vocabulary(self, name: str) -> frozenset[str]:
        """Return the phrases of a list as they were written; none of a list that is not there."""
        return self._vocabularies.get(name, frozenset())

    def holds(self, name: str, said: Said) -> bool:
        """Say whether a phrase of that list stands in the text."""
        return name in self._lists and self._lists[name].any(said)

    def hits(
        self,
        where: str,
        reading: Reading,
        spans: Sequence[tuple[int, int]],
        asking: Collection[int] = (),
        deaf: Collection[Kind] = (),
    ) -> list[tuple[int, int, int]]:
        """Return (rule number, start, end) of each rule's first hit in those spans of a text, by rule.

        `where` is what the spans are: subject, text or sender. Rules of the `deaf` kinds pass over the spans that
        start at `asking`.
        """
        found: dict[int, tuple[int, int, int]] = {}
        places = _PLACES[where] | ({REPLY} if reading.answering and where == "text" else frozenset())
        for span in spans:
            said, heard = reading.piece(span), self._heard(places, deaf if span[0] in asking else ())
            tried: set[int] = set()  # rules that spoke in this piece, and may have been silenced
            for at in self._finder.possible(said):
                number = self._rule_of[at]
                if number in found or number in tried or number not in heard:
                    continue
                match = said.holds(self._patterns[at])
                if match is None:
                    continue
                tried.add(number)
                if not self._unless[number].any(said) and self._needed(number, reading):
                    found[number] = (number, span[0] + match.start(), span[0] + match.end())
        return [found[number] for number in sorted(found)]

    def _heard(self, places: frozenset[str], deaf: Collection[Kind]) -> frozenset[int]:
        """Return the rules that listen in those places and are not of the deaf kinds."""
        key = (places, frozenset(deaf))
        if key not in self._listening:
            rules = enumerate(self.rules)
            self._listening[key] = frozenset(n for n, r in rules if r.where in places and r.kind not in key[1])
        return self._listening[key]

    def _needed(self, number: int, reading: Reading) -> bool:
        if not self.rules[number].needs:
            return True
        known = reading.stands.get(number)
        if known is None:
            known = reading.stands[number] = self._needs[number].any(reading.whole)
        return known


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
