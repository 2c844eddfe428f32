"""Which words of a question are the asked council's own: its services' fainter words, its things, its acts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from foi_mailbot.core.finding import Found
from foi_mailbot.core.jurisdiction import Ours
from foi_mailbot.core.matching import Hit, words
from foi_mailbot.core.naming import carries, empty_spans, one_body, supports, within

_YOUR = re.compile(
    r"\byour\s+(?!(?:local )?(?:council|authority|organisation|response|reply|answer|la|jurisdiction|definition|"
    r"e-?mail|reference|behalf|records?|systems?|closest|nearest|duty|control|disclosure|remit|boundar|patch|"
    r"catchment|children|help|time|assistance|attention|convenience|understanding|request|letter|acknowledg|earliest|"
    r"knowledge)\w*\b)",
    re.IGNORECASE,
)  # what stands behind "your" here is no thing that the council has
_ITS = re.compile(r"its\b", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Z][a-z]+")
ASKED = re.compile(r"\b(?:council|authority|you|district|borough|city)\b", re.IGNORECASE)
"""How a question speaks of the council asked."""


def has_something_of_yours(found: Found) -> bool:
    """Say whether something is the asked council's that is no part of another body's service: "your depot"."""
    theirs = [(h.start, h.end) for h in found.owned if supports(found, h)]
    passed = [*empty_spans(found), *theirs]
    for start, end in found.spans:
        for mark in _YOUR.finditer(found.text, start, end):
            after = words(found.text, mark.end(), end)[:2]
            thing = bool(after) and carries(after[0], found.empty) and not within(after[0], passed)
            if thing and not within(after[-1], theirs):
                return True
    return False


def of_a_service(found: Found, possession: Hit) -> bool:
    """Say whether "its own" is another body's service's: "each school that pays rent from its own budget"."""
    if not _ITS.match(found.text, possession.start, possession.end):
        return False
    start = found.sentence_start(possession.start)
    named = [h for h in found.owned if start <= h.start < possession.start and one_body(found, h)]
    if not named or ASKED.search(found.text, start, possession.start):
        return False
    return not _NAME.search(found.text, named[-1].end, possession.start)


def mentioned(found: Found, first: Hit, *, before: bool) -> bool:
    """Say whether a word of ours that no other body's function shares stands in the question, however faint."""
    applying = [h for h in found.listed("applying") if h.start >= first.end]
    return any(not before or h.end <= first.start for h in faint(found, applying))


def speaks_of_ours(found: Found) -> bool:
    """Say whether any word of a service of ours stands there that no other body's shares."""
    return bool(faint(found, ())) or bool(found.firm(Ours))


def faint_words(found: Found) -> frozenset[str]:
    """Return the words of services of ours that stand there faintly, in lower case."""
    return frozenset(found.said(h) for h in faint(found, ()))


def touches_ours(found: Found) -> bool:
    """Say whether a word of a service of ours stands there that is no mere step of any service's ("application")."""
    return bool(faint(found, found.listed("applying"))) or bool(found.firm(Ours))


def faint(found: Found, besides: Iterable[Hit]) -> list[Hit]:
    """Return the weak words of services of ours that no other body's shares, without those at the places `besides`."""
    ours = [h for h in found.hits if h.owner and h.level == "weak" and isinstance(found.holders[h.owner], Ours)]
    backed = {(h.start, h.end) for h in found.hits if supports(found, h)} | {(h.start, h.end) for h in besides}
    backed |= {(h.start, h.end) for name in ("processes", "people") for h in found.listed(name)}
    return [h for h in ours if (h.start, h.end) not in backed and found.said(h) not in found.neutral]
