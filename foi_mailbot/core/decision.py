"""What to do about a request: one frozen union, one decision an ask, each with its evidence and reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import assert_never

from foi_mailbot.core.compiled import empty_words, holders_of, matcher_of
from foi_mailbot.core.finding import Found, find
from foi_mailbot.core.guards import guarded
from foi_mailbot.core.jurisdiction import Holder, Ours, Shared, Theirs, in_being, named_in
from foi_mailbot.core.matching import Matcher, stem, words
from foi_mailbot.core.request import Ask, Kind, Request
from foi_mailbot.core.rulebook import Regime, Rulebook
from foi_mailbot.core.weighing import (
    Lean,
    Weighed,
    content_words,
    speaking,
    speaks_of_ours,
    subjects,
    weigh,
    weigh_topic,
)


class AskOutcome(StrEnum):
    """Who may hold what one ask seeks."""

    HELD = "held"  # nothing points away from this council
    OTHER_BODY = "other_body"
    BOTH = "both"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that counted: `request.text[start:end] == text`; `rule` is "function_id/strong" and the like."""

    start: int
    end: int
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class AskDecision:
    """The decision on one ask; `reasons` are plain sentences for the officer."""

    ask: Ask
    outcome: AskOutcome
    functions: tuple[str, ...]
    bodies: tuple[str, ...]  # authority codes, [] unless OTHER_BODY or BOTH
    regime: Regime
    evidence: tuple[Evidence, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Every ask is another body's."""

    asks: tuple[AskDecision, ...]


@dataclass(frozen=True, slots=True)
class PartRedirect:
    """Some asks are another body's, the rest stay here."""

    asks: tuple[AskDecision, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Nothing points away from this council: casework."""

    asks: tuple[AskDecision, ...]


@dataclass(frozen=True, slots=True)
class Unsure:
    """A person decides; `why` says what stood in the way. Also every kind that is not a new request."""

    asks: tuple[AskDecision, ...]
    why: str
    kind: Kind = Kind.REQUEST


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Never answered; logged with the rule."""

    kind: Kind
    rule: str
    why: str


Decision = Redirect | PartRedirect | Held | Unsure | Suppressed

OUTCOME_NAMES: dict[type, str] = {
    Redirect: "redirect",
    PartRedirect: "part_redirect",
    Held: "held",
    Unsure: "unsure",
    Suppressed: "suppressed",
}


def outcome_name(decision: Decision) -> str:
    """Return the published name of the outcome (see docs/triage.schema.json)."""
    return OUTCOME_NAMES[type(decision)]


INHERIT_WORDS = 9
"""A question without a service of its own takes over the topic's only if it has fewer content words than this."""
CORPORATE_WORDS = 5
"""… and than this if it asks for what every council has: contracts, staff, spending."""

FOREIGN_WORDS = 0
"""… and no more than this that name a subject of their own, if only the question before lends it one."""
THEME = 2
"""So many questions about one service of another body make it the topic of those that follow."""

HEADING_WORDS = 8
"""An introduction's sentence of no more words is a heading: what it names, all questions under it may mean."""
LOOK_BACK = 20
"""So many questions back may "those cars" point."""
_THOSE = re.compile(r"\b(?:those|these|such|the same) ([A-Za-z]{3,})", re.IGNORECASE)
_ANAPHORA_FIRST = 11  # words: "of these" further in points back inside the same question


@dataclass(frozen=True, slots=True)
class _Bench:
    """What judging one request needs at hand."""

    request: Request
    rulebook: Rulebook
    matcher: Matcher
    holders: dict[str, Holder]
    topic: Weighed
    known: frozenset[str]  # stems that add nothing: empty words, and what the preamble has spoken of already

    theme: tuple[str, ...] = ()  # functions that all questions so far are about, if they are another body's

    def find(self, spans: Sequence[tuple[int, int]]) -> Found:
        return find(self.request.text, spans, self.matcher, self.holders.__getitem__)


def decide(request: Request, rulebook: Rulebook, authority: str, received_on: date) -> Decision:
    """Decide a request made to `authority` (a code) and received on that day.

    Redirect only if every ask is another body's beyond doubt; Unsure whenever another body's ask stands beside a
    doubtful one, something could not be read, or the mail is no new request. Nothing pointing away: Held.
    """
    if request.kind is not Kind.REQUEST and request.told.also is not Kind.REQUEST:
        return Unsure((), request.told.why, request.kind)
    asked = rulebook.authorities.get(authority)
    if asked is None or not in_being(asked, received_on):
        return Unsure((), f"{asked.name if asked else authority} is not in being on {received_on.isoformat()}")
    asks = _judge_all(request, rulebook, authority, received_on)
    if request.kind is not Kind.REQUEST or request.told.also is not None:
        return Unsure(asks, request.told.why, request.kind)
    if request.problems:
        return Unsure(asks, "not everything could be read: " + "; ".join(request.problems))
    decision = _conclude(asks)
    going = [a.ask for a in asks if a.outcome in (AskOutcome.OTHER_BODY, AskOutcome.BOTH)]
    if isinstance(decision, Redirect | PartRedirect):
        why = guarded(request.text, request.asks, going, matcher_of(rulebook))
        return Unsure(asks, why) if why else decision
    return decision


def _conclude(asks: tuple[AskDecision, ...]) -> Decision:
    outcomes = {a.outcome for a in asks}
    if AskOutcome.UNSURE in outcomes:
        doubtful = [a for a in asks if a.outcome is AskOutcome.UNSURE]
        named = ", ".join(a.ask.label for a in doubtful if a.ask.label)
        return Unsure(asks, f"{f'question {named}' if named else 'the request'}: {doubtful[0].reasons[0]}")
    if outcomes == {AskOutcome.OTHER_BODY}:
        return Redirect(asks)
    return Held(asks) if outcomes == {AskOutcome.HELD} else PartRedirect(asks)


def _judge_all(request: Request, rulebook: Rulebook, authority: str, on: date) -> tuple[AskDecision, ...]:
    matcher = matcher_of(rulebook)
    holders = holders_of(rulebook, authority, on)
    context = speaking(request.text, request.preamble)
    found = find(request.text, context, matcher, holders.__getitem__)
    said = {word.stem for start, end in context for word in words(request.text, start, end)}
    bench = _Bench(request, rulebook, matcher, holders, weigh_topic(found), empty_words(rulebook) | said)
    headings = find(request.text, _headings(request.text, context), matcher, holders.__getitem__)
    judged: list[AskDecision] = []
    weighed: list[Weighed] = []
    shared: tuple[str, ...] = ()
    for ask in request.asks:
        carried = _carried_on(request.text, ask, request.asks, weighed)
        theme = shared if len(weighed) >= THEME else ()
        weighed.append(_under_heading(_weigh_ask(ask, replace(bench, theme=theme), carried), headings))
        shared = _theme(weighed, shared)
        judged.append(_as_decision(ask, weighed[-1], bench))
    return tuple(judged)


def _headings(text: str, context: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(a, b) for a, b in context if len(text[a:b].split()) <= HEADING_WORDS and "?" not in text[a:b]]


def _under_heading(weighed: Weighed, headings: Found) -> Weighed:
    """Doubt another body's question that stands under a heading with our words, or with one that leads away from it."""
    if weighed.lean is not Lean.THEIRS:
        return weighed
    away = any(h.level == "away" and h.owner in weighed.functions for h in headings.hits)
    if away or headings.listed("own_side") or headings.listed("own_possessions") or speaks_of_ours(headings):
        return _doubted(weighed, "its heading has words of this council's own")
    return weighed


def _carried_on(text: str, ask: Ask, asks: Sequence[Ask], weighed: Sequence[Weighed]) -> Weighed:
    """Return how the question was weighed that this one carries on: the one before, or the one with "those cars"."""
    if not weighed:
        return Weighed(Lean.NOWHERE)
    meant = {stem(m[1]) for m in _THOSE.finditer(ask.text)}
    if meant:
        near = slice(max(0, len(weighed) - LOOK_BACK), len(weighed))
        for earlier, how in zip(reversed(asks[near]), reversed(weighed[near]), strict=True):
            if any(word.stem in meant for word in words(text, earlier.start, earlier.end)):
                return how
    return weighed[-1]


def _weigh_ask(ask: Ask, bench: _Bench, previous: Weighed) -> Weighed:
    head = _head_spans(ask)
    found = bench.find(head)
    # "of these" carries on with a population that is already another body's: the service need not head it again
    follows = _points_away(previous) and _refers(found, head, "of_these")
    settled = bench.topic.functions if _points_away(bench.topic) else ()
    settled += (*bench.theme, *(previous.functions if follows else ()))
    found = found.without_examples(settled)
    alone = not (_points_away(bench.topic) or _points_away(previous))
    own = weigh(
        found,
        strict=not follows,
        settled=settled,
        before=previous.functions if _points_away(previous) else (),
        alone=alone,
        topical=_points_away(bench.topic),
    )
    details = bench.find(ask.details)
    if own.lean in (Lean.THEIRS, Lean.BOTH, Lean.DOUBTFUL):
        return _checked(own, found, details, bench.topic)
    if own.lean is not Lean.NOWHERE:
        return own
    if not bench.topic.functions:
        listed = weigh(details, strict=False)
        if listed.lean is not Lean.NOWHERE:
            return _from_list(listed, details)
    return _inherit(found, details, bench, previous, head)


def _checked(own: Weighed, found: Found, details: Found, topic: Weighed) -> Weighed:
    decisive = any(h.level == "decisive" for h in own.hits)
    if topic.lean is Lean.OURS and not decisive:
        return replace(own, lean=Lean.OURS, why=("the request as a whole is about this council's own matters",))
    if topic.lean is Lean.OURS and own.lean is Lean.THEIRS:
        return _doubted(own, "the request as a whole is about this council's own matters")
    if any(h.level == "decisive" for h in details.hits_of(details.firm(Ours))) or details.listed("own_records_hard"):
        return _doubted(own, "its sub-questions name this council's own matters")
    return own


def _from_list(listed: Weighed, details: Found) -> Weighed:
    if listed.lean in (Lean.THEIRS, Lean.BOTH) and details.weak(Ours):
        return _doubted(listed, "its list runs across both tiers")
    return listed


def _inherit(
    found: Found, details: Found, bench: _Bench, previous: Weighed, head: Sequence[tuple[int, int]]
) -> Weighed:
    source, origin = _source(found, bench, previous, head)
    if source.lean is Lean.NOWHERE:
        return Weighed(Lean.NOWHERE, why=("nothing in it points to another body",))
    if source.lean is Lean.OURS:
        return replace(source, why=(f"it goes on about {origin}, which is this council's own",))
    if source.lean is Lean.DOUBTFUL:
        return replace(source, why=(f"it goes on about {origin}: {source.why[0]}",))
    backed = found.backing(source.functions)
    if found.listed("own_possessions") and not backed:
        return Weighed(Lean.OURS, (), (), tuple(found.listed("own_possessions")), ("it asks for this council's own",))
    if found.listed("own_side"):
        return _doubted(source, f"it may go on about {origin}, but has this council acting for itself")
    if found.weak(Ours) and not backed:
        return _doubted(source, f"it may go on about {origin}, but has words of this council's own services")
    if found.listed("own_documents") and not backed:
        return _doubted(source, "it asks for documents, which this council may have of its own")
    if details.listed("own_records_hard"):
        return _doubted(source, "its sub-questions name this council's own records")
    lent = source is previous and not (backed or bench.theme) and not _refers(found, head, "anaphora")
    if lent and subjects(found, source.functions) > FOREIGN_WORDS:
        return _doubted(source, f"it may have a subject of its own, apart from {origin}")
    corporate = found.listed("own_records_soft") and source is not previous
    limit = CORPORATE_WORDS if corporate else INHERIT_WORDS
    if not backed and content_words(bench.request.text, head, bench.known) >= limit:
        return _doubted(source, f"it names no service itself and is too long to be sure it is about {origin}")
    return replace(source, why=(f"it goes on about {origin}", source.why[-1]))


def _theme(weighed: Sequence[Weighed], so_far: tuple[str, ...]) -> tuple[str, ...]:
    """Return the functions that all questions, the last one included, share as another body's; `so_far` without it."""
    last = weighed[-1]
    if not _points_away(last):
        return ()
    return last.functions if len(weighed) == 1 else tuple(f for f in so_far if f in last.functions)


def _points_away(weighed: Weighed) -> bool:
    return weighed.lean in (Lean.THEIRS, Lean.BOTH)


def _refers(found: Found, head: Sequence[tuple[int, int]], how: str) -> bool:
    return any(len(words(found.text, head[0][0], h.start)) <= _ANAPHORA_FIRST for h in found.listed(how))


def _source(found: Found, bench: _Bench, previous: Weighed, head: Sequence[tuple[int, int]]) -> tuple[Weighed, str]:
    continued = set(found.weak(Ours, Theirs, Shared)) & set(previous.functions)
    if previous.lean is not Lean.NOWHERE and (
        _refers(found, head, "anaphora") or (continued and not continued & set(bench.topic.functions))
    ):
        return previous, "the question before"
    if bench.topic.lean is not Lean.NOWHERE:
        return bench.topic, "the topic of the request"
    return previous, "the question before"


def _doubted(weighed: Weighed, why: str) -> Weighed:
    return replace(weighed, lean=Lean.DOUBTFUL, why=(why, *weighed.why))


def _head_spans(ask: Ask) -> list[tuple[int, int]]:
    spans, at = [], ask.start
    for start, end in ask.details:
        spans.append((at, start))
        at = end
    spans.append((at, ask.end))
    return [(a, b) for a, b in spans if b > a]


def _as_decision(ask: Ask, weighed: Weighed, bench: _Bench) -> AskDecision:
    outcome = _outcome(weighed.lean)
    text = bench.request.text
    evidence = tuple(Evidence(h.start, h.end, text[h.start : h.end], h.rule) for h in weighed.hits)
    away = outcome in (AskOutcome.OTHER_BODY, AskOutcome.BOTH)
    reasons = weighed.why or ("nothing in it points to another body",)
    regime = _regime(weighed.functions, bench.rulebook)
    bodies = named_in(text, weighed.bodies, bench.rulebook) if away else ()
    return AskDecision(ask, outcome, weighed.functions, bodies, regime, evidence, reasons)


def _outcome(lean: Lean) -> AskOutcome:
    match lean:
        case Lean.NOWHERE | Lean.OURS:
            return AskOutcome.HELD
        case Lean.THEIRS:
            return AskOutcome.OTHER_BODY
        case Lean.BOTH:
            return AskOutcome.BOTH
        case Lean.DOUBTFUL:
            return AskOutcome.UNSURE
        case _:
            assert_never(lean)


def _regime(functions: Sequence[str], rulebook: Rulebook) -> Regime:
    regimes = {rulebook.functions[f].regime for f in functions}
    if not regimes:
        return Regime.FOIA
    return regimes.pop() if len(regimes) == 1 else Regime.UNSURE
