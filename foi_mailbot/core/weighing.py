"""Which way the words of one stretch of text point: to this council, to another body, to both, or nowhere sure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from foi_mailbot.core.doubting import Doubt
from foi_mailbot.core.finding import Found, is_scoring
from foi_mailbot.core.jurisdiction import Holder, Ours, Shared, Theirs, Unknown
from foi_mailbot.core.matching import Hit, Word, words
from foi_mailbot.core.naming import carries, named, subjects, supports
from foi_mailbot.core.ownership import ASKED, faint, has_something_of_yours, mentioned, of_a_service

MODIFIERS = 1
"""So many unknown words directly before a service may belong to its own phrase ("unfilled school crossing patrols")."""


_COUNT = re.compile(r"how many|(?:total )?numbers?\b", re.IGNORECASE)
_ATTRIBUTES = frozenset(
    {
        "with",
        "in",
        "on",
        "had",
        "have",
        "has",
        "were",
        "was",
        "are",
        "is",
        "of",
        "these",
        "those",
        "them",
        "whom",
        "who",
    }
)


_ARTICLE = len(" the ")
_PEOPLE = re.compile(r"who (?:are|were|live)", re.IGNORECASE)
_PLACED = len(" in the district ")
"""So far may "who are" stand behind those it tells of: "children in the district who"."""

BACKING = 2
"""So many different weak words of other bodies' services make a likely word sure."""

SLACK = 1
"""So many words may stand before a service that the question before was about already."""


class Lean(StrEnum):
    """Where a stretch of text points."""

    NOWHERE = "nowhere"
    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Weighed:
    """How a stretch leans, on which functions, bodies and hits, and why in plain words."""

    lean: Lean
    functions: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    why: tuple[str, ...] = ()
    doubt: Doubt | None = None  # if it leans DOUBTFUL: what stands against it


@dataclass(frozen=True, slots=True)
class _Way:
    """How closely a question must name another body's service before it counts."""

    strict: bool
    alone: bool
    slack: int
    lent: bool = False  # only the questions before lent it its service: they, and no introduction, name it


def weigh(
    found: Found,
    *,
    strict: bool,
    settled: Sequence[str] = (),
    before: Sequence[str] = (),
    alone: bool = True,
    topical: bool = True,
) -> Weighed:
    """Weigh what was found; `strict` also demands that another body's service heads its sentence.

    `settled` are functions the request has already proved to be about: they need not head the question again.
    `before` are those of the question before: a few words more may stand before them. `alone` says that neither it
    nor the topic names a service of another body; `topical` that the topic does.
    """
    theirs, ours, unknown = found.firm(Theirs, Shared), found.firm(Ours), found.firm(Unknown)
    hard = found.listed("own_records_hard")
    if hard:
        said = found.text[hard[0].start : hard[0].end]
        return Weighed(Lean.OURS, tuple(ours), (), tuple(hard), (f"“{said}”: the council's own records",))
    if theirs:
        proved = bool(set(theirs) & set(settled))
        theirs = [f for f in theirs if f in settled or _decided(found, f)] if proved else theirs
        way = _Way(strict and not proved, alone, SLACK if set(theirs) & set(before) else 0, proved and not topical)
        return _weigh_theirs(found, theirs, ours, unknown, way)
    if ours:
        why = tuple(_reason(found.holders[f]) for f in ours)
        if parted := _parted(found, ours):
            return parted
        return Weighed(Lean.OURS, tuple(ours), (), tuple(found.hits_of(ours)), why)
    if unknown and (not strict or _heads(found, found.hits_of(unknown)[0], _Way(strict, False, 0))):
        why = tuple(_reason(found.holders[f]) for f in unknown)
        return Weighed(Lean.DOUBTFUL, tuple(unknown), (), tuple(found.hits_of(unknown)), why, Doubt.NO_BODY)
    return Weighed(Lean.NOWHERE)


def weigh_topic(found: Found) -> Weighed:
    """Weigh what the preamble says: a topic of another body needs a sure word that none of ours leads up to."""
    topic = weigh(found, strict=False)
    if topic.lean not in (Lean.THEIRS, Lean.BOTH):
        return topic
    first = min(found.hits_of(topic.functions), key=lambda h: h.start)
    if any(h.level == "decisive" for h in topic.hits) and not mentioned(found, first, before=True):
        return topic
    if isinstance(found.holders[first.owner], Ours):
        return replace(topic, lean=Lean.OURS, bodies=())
    return replace(topic, lean=Lean.DOUBTFUL, why=(Doubt.INTRODUCTION.told(),), doubt=Doubt.INTRODUCTION)


def doubted(weighed: Weighed, doubt: Doubt, about: str = "") -> Weighed:
    """Return it as doubtful, with the reason put before its own."""
    return replace(weighed, lean=Lean.DOUBTFUL, why=(doubt.told(about), *weighed.why), doubt=doubt)


def _weigh_theirs(found: Found, theirs: list[str], ours: list[str], unknown: list[str], way: _Way) -> Weighed:
    evidence = found.hits_of(theirs)
    first = min(evidence, key=lambda h: h.start)
    bodies = tuple(dict.fromkeys(body for f in theirs for body in _bodies(found.holders[f])))
    doubt = _doubt(found, first, theirs, unknown, way)
    if ours:
        own = found.hits_of(ours)
        spoken = [h for h in own if not found.aside(h)]
        if min(h.start for h in own) < first.start:
            why = ("our own service comes first: the other is only mentioned with it",)
            if parted := _parted(found, ours):
                return parted
            return Weighed(Lean.OURS, tuple(ours), (), tuple(own), why)
        parted = _parted(found, ours)
        if parted and parted.bodies == bodies and set(parted.functions) == set(ours):
            return replace(parted, functions=(*theirs, *ours), hits=(*evidence, *parted.hits))
        if (
            any(way.strict or h.level == "decisive" for h in spoken)
            or first.level != "decisive"
            or not _counted(found, first)
        ):
            doubt = Doubt.BOTH_TIERS
    reasons = tuple(dict.fromkeys(_reason(found.holders[f]) for f in theirs))
    kept = [h for h in found.hits if h.level == "keeps" and h.owner in theirs]
    named = first.level == "decisive" and any((h.start, h.end) == (first.start, first.end) for h in kept)
    named = named and not (found.listed("own_side") or found.listed("own_possessions"))
    if doubt and not named:
        about = _reason(found.holders[unknown[0]]) if unknown else found.text[first.start : first.end]
        return Weighed(Lean.DOUBTFUL, tuple(theirs), bodies, tuple(evidence), (doubt.told(about),), doubt)
    shared = kept or any(isinstance(found.holders[f], Shared) for f in theirs)
    lean = Lean.BOTH if shared else Lean.THEIRS
    return Weighed(lean, tuple(theirs), bodies, (*evidence, *kept), reasons)


def _doubt(found: Found, first: Hit, theirs: list[str], unknown: list[str], way: _Way) -> Doubt | None:
    if unknown:
        return Doubt.NO_BODY
    if found.listed("list_cues"):
        return Doubt.LIST
    if any(not of_a_service(found, h) for h in (*found.listed("own_side"), *found.listed("own_possessions"))):
        return Doubt.OWN_SIDE
    if has_something_of_yours(found):
        return Doubt.OWN_SIDE
    if way.strict and any(h.level == "away" and h.owner in theirs for h in found.hits):
        return Doubt.AWAY
    if (way.strict or way.lent) and mentioned(found, first, before=True):
        return Doubt.LED_BY
    if (way.strict or way.lent) and mentioned(found, first, before=False):
        return Doubt.BESIDE
    if _aside_of(found, first):
        return Doubt.PLACE
    if found.listed("products"):
        return Doubt.PRODUCT
    if way.strict and first.level != "decisive" and not _backed(found, theirs, first):
        return Doubt.BARE if _bare(found, theirs) else Doubt.SINGLE
    if (way.lent or first.level != "decisive") and found.listed("own_acts"):
        return Doubt.OWN_ACTS
    if way.strict and _circumstance(found, first):
        return Doubt.CIRCUMSTANCE
    return Doubt.NO_HEAD if way.strict and not _heads(found, first, way) else None


def _bare(found: Found, theirs: Sequence[str]) -> bool:
    """Say whether nothing in the question but its one likely word tells a subject, and it asks for no act of ours."""
    asked = any(ASKED.search(found.text, start, end) for start, end in found.spans)
    return not (asked or found.listed("own_records_soft") or subjects(found, theirs, frozenset()))


def _backed(found: Found, theirs: Sequence[str], first: Hit) -> bool:
    """Say whether a likely word has another beside it, or BACKING weak ones that no service of ours shares."""
    if sum(is_scoring(h) for h in found.owned if h.owner in theirs) > 1:
        return True
    people = {(h.start, h.end) for h in found.listed("people")}
    beside = {
        found.text[h.start : h.end].lower()
        for h in found.owned
        if h.level == "weak"
        and supports(found, h)
        and (h.start, h.end) not in people
        and not first.start <= h.start < first.end
    }
    return len(beside) >= BACKING and not faint(found, ())


def _aside_of(found: Found, hit: Hit) -> bool:
    """Say whether the words directly before a service make it a mere place or occasion ("next to the library")."""
    return any(0 <= hit.start - h.end <= _ARTICLE for h in found.listed("places"))


def _decided(found: Found, function: str) -> bool:
    return any(h.level == "decisive" for h in found.hits_of([function]))


def _heads(found: Found, hit: Hit, way: _Way) -> bool:
    """Say whether a service is what its question is about, not a circumstance of something else.

    Between the opening words ("how many") and the service may stand only words that carry any subject ("children",
    "reports") and at most MODIFIERS directly before it; `way.slack` more if the question before was about it.
    """
    if _circumstance(found, hit):
        return False
    start = found.sentence_start(hit.start)
    opened = [h for h in found.listed("openers") if start <= h.start and h.end <= hit.start]
    opener = max(opened, key=lambda h: h.end, default=None)
    lead = words(found.text, opener.end if opener else start, hit.start)
    if way.alone and opener and _COUNT.match(found.text, opener.start) and _attributes_only(lead):
        return False
    return len(_subjects(found, lead, hit)) <= way.slack


def _circumstance(found: Found, hit: Hit) -> bool:
    """Say whether words before a service make it a circumstance ("near"), or words behind an attribute ("precept")."""
    start = found.sentence_start(hit.start)
    parting = [h for h in found.listed("relations") if h.start >= start and h.end <= hit.start]
    if any(not _of_its_people(found, h, hit) for h in parting):
        return True
    return any(hit.end <= h.start <= hit.end + 3 for h in found.listed("foreign_heads"))


def _of_its_people(found: Found, relation: Hit, hit: Hit) -> bool:
    """Say whether "who are" and the like only tell more of a service's own people: "children who are in care"."""
    if not _PEOPLE.fullmatch(found.text, relation.start, relation.end) or found.listed("of_these"):
        return False
    served = [h for h in found.hits if 0 <= relation.start - h.end <= _PLACED and supports(found, h)]
    bodies = _bodies(found.holders[hit.owner]) if isinstance(found.holders[hit.owner], Theirs | Shared) else ()
    return any(_bodies(found.holders[h.owner]) == bodies for h in served)


def _attributes_only(lead: Sequence[Word]) -> bool:
    """Say whether a count goes straight on to an attribute: "number with special needs" counts someone unnamed."""
    return bool(lead) and lead[0].stem in _ATTRIBUTES and not any(carries(w, _ATTRIBUTES) for w in lead)


def _subjects(found: Found, lead: Sequence[Word], hit: Hit) -> list[Word]:
    foreign = _foreign(found, lead, [(h.start, h.end) for h in found.hits if supports(found, h)])
    at, modifiers = hit.start, 0
    while foreign and modifiers < MODIFIERS and not found.text[foreign[-1].end : at].strip(" -–"):
        at, modifiers = foreign.pop().start, modifiers + 1
    return foreign


def _foreign(found: Found, lead: Sequence[Word], own: Sequence[tuple[int, int]]) -> list[Word]:
    return [w for w in named(found, lead, own) if not _is_participle(w)]


def _is_participle(word: Word) -> bool:
    return word.raw.endswith("ed") and len(word.raw) > 5


def _counted(found: Found, hit: Hit) -> bool:
    start = found.sentence_start(hit.start)
    measures = [h for h in found.listed("measures") if start <= h.start and h.end <= hit.start]
    return bool(measures) and len(words(found.text, measures[-1].end, hit.start)) <= 3


def _parted(found: Found, ours: list[str]) -> Weighed | None:
    """Return the weighing of a question whose words name what the other tier keeps of a service of ours, if any do."""
    kept = [h for h in found.hits if h.level == "keeps" and h.owner in ours]
    if any(h.start < k.start for h in found.listed("own_side") for k in kept[:1]):
        return None  # "the council's position on flags" is its own alone
    bodies = tuple(dict.fromkeys(body for h in kept for body in _beside(found.holders[h.owner])))
    if not bodies:
        return None
    functions = tuple(dict.fromkeys(h.owner for h in kept))
    why = ("the other tier keeps a part of this service",)
    return Weighed(Lean.BOTH, functions, bodies, (*found.hits_of(functions), *kept), why)


def _beside(holder: Holder) -> tuple[str, ...]:
    return holder.beside if isinstance(holder, Ours) else ()


def _bodies(holder: Holder) -> tuple[str, ...]:
    assert isinstance(holder, Theirs | Shared)
    return holder.bodies


def _reason(holder: Holder) -> str:
    return holder.why
