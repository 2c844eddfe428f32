"""Which words of a stretch name a subject, and whose service they speak for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from foi_mailbot.core.asks import sentences
from foi_mailbot.core.finding import Found
from foi_mailbot.core.jurisdiction import Shared, Theirs
from foi_mailbot.core.matching import Hit, Word, words

_BOILERPLATE = re.compile(
    r"^\W*(?:if (?:you|your|this|it|any|the|there|not|possible|available|held|limited|so desired)\b(?![^?]*\?)|"
    r"where (?:you|your|this|exact)\b(?![^?]*\?)|please (?:redact|suppress|treat|note|interpret|let me know|exclude|"
    r"acknowledge|send (?:it|this|your|the reply)|contact|state (?:this|if so))|"
    r"(?:(?:i|we) (?:am|are|work|live|run|own|manage|teach|rent|study|volunteer|"
    r"understand)|my name)\b(?![^.?]*\b(?:request|would like|following|write|writing|"
    r"ask|asking|researching|research|seek|seeking|information)\b)|i (?:look forward|would prefer)\b|"
    r"thank|dear\b|good (?:morning|afternoon|evening)|hello\b|to whom)",
    re.IGNORECASE,
)


_LABEL = re.compile(r"\d\w*|q\d{1,2}", re.IGNORECASE)


def content_words(text: str, spans: Sequence[tuple[int, int]], empty: frozenset[str]) -> int:
    """Count the words that carry meaning, leaving out conditions and courtesies."""
    count = 0
    for start, end in spans:
        for a, b in sentences(text, start, end):
            if not _BOILERPLATE.search(text[a:b]):
                count += sum(carries(w, empty) for w in words(text, a, b))
    return count


def subjects(found: Found, functions: Sequence[str], known: frozenset[str]) -> int:
    """Count the words of a stretch that name a subject other than those functions: no carriers, no place names.

    Stems in `known` are none either: the request has spoken of them before.
    """
    own = [(h.start, h.end) for h in found.hits if h.owner in functions and supports(found, h)]
    strangers = [w for start, end in found.spans for w in named(found, words(found.text, start, end), own)]
    return sum(w.stem not in known for w in strangers)


def speaking(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the sentences of those spans that say something about the subject: no conditions, no courtesies."""
    parts = [part for start, end in spans for part in sentences(text, start, end)]
    return [(a, b) for a, b in parts if not _BOILERPLATE.search(text[a:b])]


def named(found: Found, lead: Sequence[Word], own: Sequence[tuple[int, int]]) -> list[Word]:
    """Return the words among `lead` that name a subject, outside the `own` spans."""
    spans = [*empty_spans(found), *own]
    telling = [w for w in lead if carries(w, found.empty) and not _is_name(w)]
    return [w for w in telling if not within(w, spans)]


def supports(found: Found, hit: Hit) -> bool:
    """Say whether a hit speaks for a service of another body, however faintly."""
    faint = bool(hit.owner) and hit.level not in ("away", "keeps")
    return faint and isinstance(found.holders[hit.owner], Theirs | Shared)


def one_body(found: Found, hit: Hit) -> bool:
    """Say whether a hit speaks for a service that one certain other body carries."""
    holder = found.holders.get(hit.owner)
    return supports(found, hit) and isinstance(holder, Theirs | Shared) and len(holder.bodies) == 1


def _is_name(word: Word) -> bool:
    return word.raw[:1].isupper() and word.raw[1:].islower()


def empty_spans(found: Found) -> list[tuple[int, int]]:
    """Return where words stand that open a question or carry any subject."""
    return [(h.start, h.end) for name in ("measures", "empty", "ignore", "carriers") for h in found.listed(name)]


def carries(word: Word, empty: frozenset[str]) -> bool:
    """Say whether a word carries meaning: no single letter, no label, none of the `empty` stems."""
    return len(word.raw) > 1 and not _LABEL.fullmatch(word.raw) and word.stem not in empty


def within(word: Word, spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether a word begins in one of those spans."""
    return any(start <= word.start < end for start, end in spans)
