"""Which sentences of a mail count as its writer's own: not what is repeated, sent along or the same in every mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foi_mailbot.core.asks import sentences
from foi_mailbot.core.wording import Reading, Wording

_OWN_EARLIER = re.compile(
    r"\b(?:i|we) (?:wrote|asked|sent|said|requested|emailed|e-mailed)\b[^.\n]{0,60}[:,-]\s*"
    r"[\"“](?P<said>[^\"“”]{1,5000})[\"”]",
    re.IGNORECASE,
)
_MARKED = re.compile(r"^[ \t]*>.*(?:\n[ \t]*>.*)*", re.MULTILINE)
SOME_WORDS = 20
"""Characters of new text above a quoted mail from which that mail is only repeated."""


@dataclass(frozen=True, slots=True)
class Written:
    """What `tell` reads: spans of `text`. `aside` was sent along (attachments), `own` is the sender's."""

    text: str
    subject: tuple[int, int] = (0, 0)
    own: tuple[tuple[int, int], ...] = ()
    aside: tuple[tuple[int, int], ...] = ()
    sender: str = ""  # name and address
    answering: bool = False  # it answers another mail


def counting_sentences(written: Written, words: Wording, reading: Reading) -> tuple[list[tuple[int, int]], ...]:
    """Return the sentences of subject, own words and what was sent along, without what counts for nothing."""
    text = written.text
    quoted = _repeated(text, written.own)

    def counting(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for span in spans:
            for start, end in _without(span, quoted):
                for sentence in sentences(text, start, end):
                    if not words.holds("disclaimer", reading.piece(sentence)):
                        yield sentence

    subject = [written.subject] if written.subject[1] > written.subject[0] else []
    return subject, list(counting(written.own)), list(counting(written.aside))


def _repeated(text: str, own: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return where the writer repeats an earlier mail: in quotation marks, or behind marks below words of their own."""
    found = [m.span("said") for m in _OWN_EARLIER.finditer(text)]
    marked = [m.span() for m in _MARKED.finditer(text)]
    new = sum(b - a for a, b in own) - sum(b - a for a, b in marked)
    return sorted([*found, *marked] if new >= SOME_WORDS else found)


def _without(span: tuple[int, int], holes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    at, end = span
    for left, right in holes:
        if at < right and left < end:
            if left > at:
                yield at, left
            at = max(at, right)
    if at < end:
        yield at, end
