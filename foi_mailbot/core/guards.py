"""What stops a redirect draft whatever the words say, and hands the case to a person with the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence

from foi_mailbot.core.asks import Ask
from foi_mailbot.core.matching import Matcher

MOST_ASKS = 40
"""More questions than this, and nobody has checked that they were told apart rightly."""

LONGEST_UNMARKED = 350
"""Words of questions that no number or bullet separates: beyond this they are padding or cannot be told apart."""

REASONS = {
    "guard_everything": "it asks for all this council holds on the subject, which nobody knows without looking",
    "guard_elections": "it touches elections, whose officers answer for themselves",
    "guard_security": "it touches security, which only a person may weigh",
    "guard_partnership": "it speaks of a partnership or shared service, in which this council may have a part",
}
"""Word lists of config/lexicon.toml, and what an officer reads when one of their phrases stands in the question."""

_NAMED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Cllr|Councillor|Sir|Dame)\.?[ \t]+(?!(?:or|and|Madam|Sir|Mayor)\b)[A-Z][a-z]+"
)
_GREETING = re.compile(
    r"^\W*(?:dear|hello|hi|good (?:morning|afternoon|evening))\b[^\n,]*", re.IGNORECASE | re.MULTILINE
)
_MARKED = re.compile(
    r"[(\[]?(?:\d{1,2}|[a-z]|[ivx]{1,4})[\])., :–-]|[•●▪◦‣·*–—-]|(?:q|question|part|item|request)[ .]?\d", re.IGNORECASE
)


def guarded(text: str, every: Sequence[Ask], going: Sequence[Ask], matcher: Matcher) -> str:
    """Return why a person must decide though the questions in `going` point to another body; "" if nothing stops it.

    `every` are all questions of the request `text`, `going` those that would be redirected.
    """
    if len(every) > MOST_ASKS:
        return f"it has {len(every)} questions, too many to be sure that they were told apart rightly"
    unmarked = sum(len(ask.text.split()) for ask in every if not _MARKED.match(ask.text))
    if unmarked > LONGEST_UNMARKED:
        return "it is long and its questions are not numbered, so they cannot be told apart with certainty"
    return next((why for ask in going if (why := _stopped(text, ask, matcher))), "")


def _stopped(text: str, ask: Ask, matcher: Matcher) -> str:
    hit = next((h for h in matcher.find(text, ask.start, ask.end) if h.level in REASONS and not h.owner), None)
    if hit is not None:
        return f"“{text[hit.start : hit.end]}”: {REASONS[hit.level]}"
    named = _NAMED.search(_GREETING.sub("", ask.text))
    return "it names a person, so only a person may decide" if named else ""
