"""Which way the words of one stretch of text point: to this council, to another body, to both, or nowhere sure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from foi_mailbot.core.asks import sentences
from foi_mailbot.core.doubting import Doubt
from foi_mailbot.core.finding import Found, is_scoring
from foi_mailbot.core.jurisdiction import Holder, Ours, Shared, Theirs, Unknown
from foi_mailbot.core.matching import Hit, Word, words

MODIFIERS = 1
"""So many unknown words directly before a service may belong to its own phrase ("unfilled school crossing patrols")."""

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


_YOUR = re.compile(
    r"\byour\s+(?!(?:local )?(?:council|authority|organisation|response|reply|answer|la|jurisdiction|definition|"
    r"e-?mail|reference|behalf|records?|systems?|closest|nearest|duty|control|disclosure|remit|boundar|patch|catchment|children|"
    r"help|time|assistance|attention|convenience|understanding|request|letter|acknowledg|earliest|knowledge)\w*\b)",
    re.IGNORECASE,
)  # behind "your" stand no things of the council's own here
_ITS = re.compile(r"its\b", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:council|authority|you|district|borough|city)\b", re.IGNORECASE)
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
    if any(h.level == "decisive" for h in topic.hits) and not _mentioned(found, first, before=True):
        return topic
    if isinstance(found.holders[first.owner], Ours):
        return replace(topic, lean=Lean.OURS, bodies=())
    return replace(topic, lean=Lean.DOUBTFUL, why=(Doubt.INTRODUCTION.told(),), doubt=Doubt.INTRODUCTION)


def doubted(weighed: Weighed, doubt: Doubt, about: str = "") -> Weighed:
    """Return it as doubtful, with the reason put before its own."""
    return replace(weighed, lean=Lean.DOUBTFUL, why=(doubt.told(about), *weighed.why), doubt=doubt)


def content_words(text: str, spans: Sequence[tuple[int, int]], empty: frozenset[str]) -> int:
    """Count the words that carry meaning, leaving out conditions and courtesies."""
    count = 0
    for start, end in spans:
        for a, b in sentences(text, start, end):
            if not _BOILERPLATE.search(text[a:b]):
                count += sum(_carries(w, empty) for w in words(text, a, b))
    return count


def subjects(found: Found, functions: Sequence[str], known: frozenset[str]) -> int:
    """Count the words of a stretch that name a subject other than those functions: no carriers, no place names.

    Stems in `known` are none either: the request has spoken of them before.
    """
    own = [(h.start, h.end) for h in found.hits if h.owner in functions and _supports(found, h)]
    named = [w for start, end in found.spans for w in _named(found, words(found.text, start, end), own)]
    return sum(w.stem not in known for w in named)


def speaking(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the sentences of those spans that say something about the subject: no conditions, no courtesies."""
    parts = [part for start, end in spans for part in sentences(text, start, end)]
    return [(a, b) for a, b in parts if not _BOILERPLATE.search(text[a:b])]


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
    if any(not _of_a_service(found, h) for h in (*found.listed("own_side"), *found.listed("own_possessions"))):
        return Doubt.OWN_SIDE
    if has_something_of_yours(found):
        return Doubt.OWN_SIDE
    if way.strict and any(h.level == "away" and h.owner in theirs for h in found.hits):
        return Doubt.AWAY
    if (way.strict or way.lent) and _mentioned(found, first, before=True):
        return Doubt.LED_BY
    if (way.strict or way.lent) and _mentioned(found, first, before=False):
        return Doubt.BESIDE
    if _aside_of(found, first):
        return Doubt.PLACE
    if found.listed("products"):
        return Doubt.PRODUCT
    if way.strict and first.level != "decisive" and not _backed(found, theirs, first):
        return Doubt.BARE if _bare(found, theirs) else Doubt.SINGLE
    if way.lent and found.listed("own_acts"):
        return Doubt.OWN_ACTS
    if way.strict and _circumstance(found, first):
        return Doubt.CIRCUMSTANCE
    return Doubt.NO_HEAD if way.strict and not _heads(found, first, way) else None


def has_something_of_yours(found: Found) -> bool:
    """Say whether something is the asked council's that is no part of another body's service: "your depot"."""
    theirs = [(h.start, h.end) for h in found.owned if _supports(found, h)]
    passed = [*_empty_spans(found), *theirs]
    for start, end in found.spans:
        for mark in _YOUR.finditer(found.text, start, end):
            after = words(found.text, mark.end(), end)[:2]
            plain = all(not _carries(w, found.empty) or any(a <= w.start < b for a, b in passed) for w in after[:1])
            if after and not plain and not any(a <= after[-1].start < b for a, b in theirs):
                return True
    return False


def _of_a_service(found: Found, possession: Hit) -> bool:
    """Say whether "its own" is another body's service's: "each school that pays rent from its own budget"."""
    if not _ITS.match(found.text, possession.start, possession.end):
        return False
    start = found.sentence_start(possession.start)
    named = any(start <= h.start < possession.start and _supports(found, h) for h in found.owned)
    return named and not _ASKED.search(found.text, start, possession.start)


def _bare(found: Found, theirs: Sequence[str]) -> bool:
    """Say whether nothing in the question but its one likely word tells a subject, and it asks for no act of ours."""
    asked = any(_ASKED.search(found.text, start, end) for start, end in found.spans)
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
        and _supports(found, h)
        and (h.start, h.end) not in people
        and not first.start <= h.start < first.end
    }
    return len(beside) >= BACKING and not _faint(found, ())


def _mentioned(found: Found, first: Hit, *, before: bool) -> bool:
    """Say whether a word of ours that no other body's function shares stands in the question, however faint."""
    applying = [h for h in found.listed("applying") if h.start >= first.end]
    return any(not before or h.end <= first.start for h in _faint(found, applying))


def speaks_of_ours(found: Found) -> bool:
    """Say whether any word of a service of ours stands there that no other body's shares."""
    return bool(_faint(found, ())) or bool(found.firm(Ours))


def faint_words(found: Found) -> frozenset[str]:
    """Return the words of services of ours that stand there faintly, in lower case."""
    return frozenset(found.said(h) for h in _faint(found, ()))


def touches_ours(found: Found) -> bool:
    """Say whether a word of a service of ours stands there that is no mere step of any service's ("application")."""
    return bool(_faint(found, found.listed("applying"))) or bool(found.firm(Ours))


def _faint(found: Found, besides: Iterable[Hit]) -> list[Hit]:
    ours = [h for h in found.hits if h.owner and h.level == "weak" and isinstance(found.holders[h.owner], Ours)]
    backed = {(h.start, h.end) for h in found.hits if _supports(found, h)} | {(h.start, h.end) for h in besides}
    backed |= {(h.start, h.end) for name in ("processes", "people") for h in found.listed(name)}
    return [h for h in ours if (h.start, h.end) not in backed and found.said(h) not in found.neutral]


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
    served = [h for h in found.hits if 0 <= relation.start - h.end <= _PLACED and _supports(found, h)]
    bodies = _bodies(found.holders[hit.owner]) if isinstance(found.holders[hit.owner], Theirs | Shared) else ()
    return any(_bodies(found.holders[h.owner]) == bodies for h in served)


def _attributes_only(lead: Sequence[Word]) -> bool:
    """Say whether a count goes straight on to an attribute: "number with special needs" counts someone unnamed."""
    return bool(lead) and lead[0].stem in _ATTRIBUTES and not any(_carries(w, _ATTRIBUTES) for w in lead)


def _subjects(found: Found, lead: Sequence[Word], hit: Hit) -> list[Word]:
    foreign = _foreign(found, lead, [(h.start, h.end) for h in found.hits if _supports(found, h)])
    at, modifiers = hit.start, 0
    while foreign and modifiers < MODIFIERS and not found.text[foreign[-1].end : at].strip(" -–"):
        at, modifiers = foreign.pop().start, modifiers + 1
    return foreign


def _foreign(found: Found, lead: Sequence[Word], own: Sequence[tuple[int, int]]) -> list[Word]:
    return [w for w in _named(found, lead, own) if not _is_participle(w)]


def _named(found: Found, lead: Sequence[Word], own: Sequence[tuple[int, int]]) -> list[Word]:
    spans = [*_empty_spans(found), *own]
    named = [w for w in lead if _carries(w, found.empty) and not _is_name(w)]
    return [w for w in named if not any(a <= w.start < b for a, b in spans)]


def _supports(found: Found, hit: Hit) -> bool:
    """Say whether a hit speaks for a service of another body, however faintly."""
    faint = bool(hit.owner) and hit.level not in ("away", "keeps")
    return faint and isinstance(found.holders[hit.owner], Theirs | Shared)


def _is_name(word: Word) -> bool:
    return word.raw[:1].isupper() and word.raw[1:].islower()


def _is_participle(word: Word) -> bool:
    return word.raw.endswith("ed") and len(word.raw) > 5


def _counted(found: Found, hit: Hit) -> bool:
    start = found.sentence_start(hit.start)
    measures = [h for h in found.listed("measures") if start <= h.start and h.end <= hit.start]
    return bool(measures) and len(words(found.text, measures[-1].end, hit.start)) <= 3


def _empty_spans(found: Found) -> list[tuple[int, int]]:
    return [(h.start, h.end) for name in ("measures", "empty", "ignore", "carriers") for h in found.listed(name)]


def _carries(word: Word, empty: frozenset[str]) -> bool:
    return len(word.raw) > 1 and not _LABEL.fullmatch(word.raw) and word.stem not in empty


def _parted(found: Found, ours: list[str]) -> Weighed | None:
    """Return the weighing of a question whose words name what the other tier keeps of a service of ours, if any do."""
    kept = [h for h in found.hits if h.level == "keeps" and h.owner in ours]
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
