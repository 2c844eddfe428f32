"""How each question of a request leans: by its own words, by its introduction, and by the questions before it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from foi_mailbot.core.asks import Ask
from foi_mailbot.core.coherence import weighed_together
from foi_mailbot.core.compiled import empty_words, matcher_of
from foi_mailbot.core.doubting import Doubt
from foi_mailbot.core.finding import Found, find
from foi_mailbot.core.jurisdiction import Holder, Ours, Shared, Theirs
from foi_mailbot.core.matching import Matcher, stem, words
from foi_mailbot.core.naming import content_words, speaking, subjects
from foi_mailbot.core.ownership import faint_words, has_something_of_yours, speaks_of_ours, touches_ours
from foi_mailbot.core.request import Request
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.weighing import Lean, Weighed, doubted, weigh, weigh_topic

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
_QUESTION = re.compile(
    r"\W*(?:\w{1,4}[.):]\W*)?(?:how|what|which|who|when|where|did|does|do|is|are|was|were|has|have|can)\b[^?]*\?",
    re.IGNORECASE,
)
"""A whole question stands by itself; "number of foster carers" may be a line of what stands above it."""
_ANAPHORA_FIRST = 11  # words: "of these" further in points back inside the same question


@dataclass(frozen=True, slots=True)
class _Bench:
    """What judging one request needs at hand."""

    request: Request
    matcher: Matcher
    holders: Mapping[str, Holder]
    topic: Weighed
    known: frozenset[str]  # stems that add nothing: empty words, and what the preamble has spoken of already

    theme: tuple[str, ...] = ()  # functions that all questions so far are about, if they are another body's
    spoken: frozenset[str] = frozenset()  # stems in questions surely another body's
    neutral: frozenset[str] = frozenset()  # words of ours that questions surely another body's have used already

    def find(self, spans: Sequence[tuple[int, int]]) -> Found:
        found = find(self.request.text, spans, self.matcher, self.holders.__getitem__)
        return replace(found, neutral=self.neutral) if self.neutral else found


def weigh_all(request: Request, rulebook: Rulebook, holders: Mapping[str, Holder]) -> list[Weighed]:
    """Weigh each question of the request, in order; `holders` tell by function who carries it here on that day."""
    matcher = matcher_of(rulebook)
    context = speaking(request.text, request.preamble)
    found = find(request.text, context, matcher, holders.__getitem__)
    said = {word.stem for start, end in context for word in words(request.text, start, end)}
    bench = _Bench(request, matcher, holders, weigh_topic(found), empty_words(rulebook) | said)
    headings = find(request.text, _headings(request.text, context), matcher, holders.__getitem__)
    weighed: list[Weighed] = []
    shared: tuple[str, ...] = ()
    spoken, neutral = frozenset[str](), frozenset[str]()
    for ask in request.asks:
        carried = _carried_on(request.text, ask, request.asks, weighed)
        theme = shared if len(weighed) >= THEME else ()
        here = replace(bench, theme=theme, spoken=spoken, neutral=neutral)
        weighed.append(_under_heading(_weigh_ask(ask, here, carried), headings))
        shared = _theme(weighed, shared)
        if weighed[-1].lean is Lean.THEIRS:
            neutral |= faint_words(here.find(_head_spans(ask)))
            spoken |= {word.stem for word in words(request.text, ask.start, ask.end)}
    if bench.topic.lean is Lean.OURS and all(w.lean is Lean.THEIRS for w in weighed):
        return [doubted(w, Doubt.OURS_AS_A_WHOLE) for w in weighed]
    return weighed_together(weighed, bench.topic, lambda function: rulebook.functions[function].area)


def _headings(text: str, context: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(a, b) for a, b in context if len(text[a:b].split()) <= HEADING_WORDS and "?" not in text[a:b]]


def _under_heading(weighed: Weighed, headings: Found) -> Weighed:
    """Doubt another body's question that stands under a heading with our words, or with one that leads away from it."""
    if weighed.lean is not Lean.THEIRS:
        return weighed
    away = any(h.level == "away" and h.owner in weighed.functions for h in headings.hits)
    if away or headings.listed("own_side") or headings.listed("own_possessions") or speaks_of_ours(headings):
        return doubted(weighed, Doubt.HEADING)
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
        return _checked(own, found, details, bench.topic, asking=bool(_QUESTION.match(ask.text)))
    if own.lean is not Lean.NOWHERE:
        return own
    if not bench.topic.functions:
        listed = weigh(details, strict=False)
        if listed.lean is not Lean.NOWHERE:
            return _from_list(listed, details)
    return _inherit(found, details, bench, previous, head)


def _checked(own: Weighed, found: Found, details: Found, topic: Weighed, *, asking: bool) -> Weighed:
    decisive = any(h.level == "decisive" for h in own.hits)
    if topic.lean is Lean.OURS and not decisive:
        return replace(own, lean=Lean.OURS, why=("the request as a whole is about this council's own matters",))
    if topic.lean is Lean.OURS and own.lean is Lean.THEIRS and not asking:
        return doubted(own, Doubt.OURS_AS_A_WHOLE)
    if any(h.level == "decisive" for h in details.hits_of(details.firm(Ours))) or details.listed("own_records_hard"):
        return doubted(own, Doubt.OURS_BELOW)
    return own


def _from_list(listed: Weighed, details: Found) -> Weighed:
    if listed.lean in (Lean.THEIRS, Lean.BOTH) and details.weak(Ours):
        return doubted(listed, Doubt.LISTED_ACROSS)
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
    if found.listed("own_side") or has_something_of_yours(found):
        return doubted(source, Doubt.FOLLOWS_OWN_SIDE, origin)
    if touches_ours(found):
        return doubted(source, Doubt.FOLLOWS_BESIDE, origin)
    if found.listed("own_documents") and not backed:
        return doubted(source, Doubt.DOCUMENTS)
    if details.listed("own_records_hard"):
        return doubted(source, Doubt.OWN_BELOW)
    lent = source is previous and source.lean is Lean.THEIRS and not (backed or _refers(found, head, "anaphora"))
    if lent and subjects(found, source.functions, bench.known | bench.spoken) > FOREIGN_WORDS:
        return doubted(source, Doubt.OTHER_SUBJECT, origin)
    long = 0 if backed else content_words(bench.request.text, head, bench.known)
    if found.listed("own_records_soft") and source is not previous and long >= CORPORATE_WORDS:
        return doubted(source, Doubt.CORPORATE, origin)
    if long >= INHERIT_WORDS:
        return doubted(source, Doubt.TOO_LONG, origin)
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


def _head_spans(ask: Ask) -> list[tuple[int, int]]:
    spans, at = [], ask.start
    for start, end in ask.details:
        spans.append((at, start))
        at = end
    spans.append((at, ask.end))
    return [(a, b) for a, b in spans if b > a]
