"""What kind a mail is, by the words its sender newly wrote: the rule that says so, its evidence, and any doubt."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from foi_mailbot.core.asks import is_asking, split
from foi_mailbot.core.kinds import TABLE, Kind, Route
from foi_mailbot.core.told import NEW_REQUEST, Sign, Told
from foi_mailbot.core.wording import ENOUGH, SENDER, Reading, Wording
from foi_mailbot.core.written import Written, counting_sentences

__all__ = ["NEW_REQUEST", "Sign", "Told", "Written", "tell"]


@dataclass(slots=True)
class _Points:
    """What spoke for one kind."""

    points: int = 0
    signs: list[Sign] = field(default_factory=list)
    best: tuple[int, str, str] = (0, "", "")  # points, rule, why
    by_sender: bool = False  # who wrote counts before what is written
    listed: bool = False  # it lists questions


ORDER = (
    Kind.BOUNCE,
    Kind.SPAM,
    Kind.LEGAL,
    Kind.SUBJECT_ACCESS,
    Kind.INTERNAL_REVIEW,
    Kind.FOLLOW_UP,
    Kind.CHASER,
    Kind.AUTO_REPLY,
    Kind.COMPLAINT,
    Kind.LIST,
    Kind.ACKNOWLEDGEMENT,
    Kind.OTHER,
)  # fmt: skip
"""Which kind stands where two have equal points."""

_YIELDS = frozenset({Kind.AUTO_REPLY, Kind.BOUNCE, Kind.LIST, Kind.SPAM, Kind.OTHER, Kind.COMPLAINT})
"""Kinds that give way to a request made in the same mail: what they say is then only its setting."""

_OUTWEIGHED = frozenset({Kind.CHASER, Kind.FOLLOW_UP, Kind.INTERNAL_REVIEW, Kind.LEGAL})
"""Kinds that give way to a request for which more speaks than for them."""

_OF_A_CASE = frozenset({Kind.CHASER, Kind.FOLLOW_UP})
"""Kinds that speak of a request already made: however much they say of it, a new one beside it comes first."""

_ON_AN_EARLIER = _OF_A_CASE | {Kind.INTERNAL_REVIEW}
"""Kinds that suppose an earlier request: a mail that asks for something and speaks of none before is a first one."""

_SERIOUS = _ON_AN_EARLIER | {Kind.COMPLAINT, Kind.SUBJECT_ACCESS, Kind.LEGAL}
"""Kinds of a person's mail for which thanks are only a courtesy."""

_NO_LETTER = frozenset({Kind.INTERNAL_REVIEW, Kind.SUBJECT_ACCESS, Kind.LEGAL})
"""Kinds to which a letter about who may hold something would be the wrong answer: a hint is enough for doubt."""

_NO_REQUEST = frozenset(Kind) - {Kind.REQUEST}

_MASS = frozenset({Kind.LIST, Kind.SPAM, Kind.AUTO_REPLY, Kind.BOUNCE})
"""Kinds for which no words count that stand in a question: "Which events got lottery money?" is no fraud."""

ANEW = "request_new"
"""The rule by which a request calls itself new: it stays one even in another request's thread."""

_NAMED = frozenset({"request_law", "request_outright"})
"""Rules that only hear the Act named: a complaint may name it and ask for nothing that is recorded."""

LIST_OF_QUESTIONS = 3
LIST_POINTS = 2
"""So many questions, and what they speak for a request where another kind fits too."""

FEW_WORDS = 15
"""So many words of a reply are thanks alone, if they thank at all and ask nothing."""
LEAST_QUESTION = 5
"""Words of a question that can ask for information: "Why not?" does not."""
_QUESTION = re.compile(
    r"\?|^\W*(?:\w{1,3}[.)]\W*)?(?:please\W+)?(?:list|provide|state|supply|give|confirm|how|what|which|where|did|does|is)\b",
    re.IGNORECASE,
)
_IN_REPLY = _Points(0, [], (0, "answer-without-a-request", "it answers an earlier mail and asks for little or nothing"))
_THANKS = _Points(0, [], (0, "thanks-alone", "it answers with a few words of thanks and nothing else"))
_NOTHING_ASKED = _Points(0, [], (0, "nothing-asked", "it holds no question and asks for nothing that is known here"))
_NOTHING_NEW = _Points(0, [], (0, "nothing-new-asked", "it speaks of an earlier request and asks nothing known here"))
_EARLIER = "it asks for information, and speaks of a request, an answer or a reference there was before"
_TALKS = re.compile(r"\b(?:i|we|my|our|me|us|you|your)\b", re.IGNORECASE)
_OF_US = re.compile(r"\b(?:i|we|my|our|me|us|you)\b", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
WELSH_WORDS = 5
"""Welsh function words from which a text can be Welsh; names and a greeting have fewer."""


def tell(written: Written, words: Wording) -> Told:
    """Return the kind of what was written. Never raises; without rules everything but a blank text is a request."""
    if not written.text.strip():
        return Told(Kind.OTHER, "empty", "there is nothing in it to read")
    reading = words.read(written.text, answering=written.answering)
    subject, own, aside = counting_sentences(written, words, reading)
    welsh = _welsh(written, own, words)
    if welsh is not None:
        return welsh
    found = _points(written, words, reading, subject, own)
    rivals: dict[Kind, _Points] = {k: p for k, p in found.items() if k is not Kind.REQUEST and p.points >= ENOUGH}
    if not rivals:
        return _without_a_rule(written, words, reading, found, own)
    best, said = _strongest(written, words, reading, rivals, own)
    outright = _outright(found, words)
    apart = [s for s in (*own, *aside) if not _touched(s, said.signs) or _touched(s, outright)]
    asked = _asked(written, words, reading, apart)
    earlier = written.answering or _speaks(words, reading, "earlier", (written.subject, *own))
    first = best in _ON_AN_EARLIER and not earlier
    surely = _speaks(words, reading, "surely_earlier", (written.subject, *own))
    if asked.points < ENOUGH and best in _OF_A_CASE and Kind.SPAM in rivals:
        return _told(Kind.SPAM, rivals[Kind.SPAM], best, said)  # sellers chase answers to mail nobody asked for
    pair = _pair(written, best, rivals)
    if pair is not None:
        return pair
    if first:
        asked = max(
            asked, found.get(Kind.REQUEST, asked), key=lambda points: points.points
        )  # it answers for all it says
    if first and asked.points < ENOUGH:
        chased = best is Kind.CHASER and any(is_asking(written.text[a:b]) for a, b in own)
        return _perhaps_first(best, said, asked, asking=chased or _questioned(written, apart))
    if asked.points < ENOUGH:
        return _short_of_a_request(written, words, reading, best, said, asked, apart)
    if best is Kind.ACKNOWLEDGEMENT:
        return _told(Kind.REQUEST, asked)  # thanks that come before a request
    named = best is Kind.COMPLAINT and _complains(said, asked)
    if (best in _YIELDS and not named) or _outweighs(written, asked, best, said, first=first, surely=surely):
        return _told(Kind.REQUEST, asked, best, said)
    return _told(best, said, Kind.REQUEST, asked)


def _complains(said: _Points, asked: _Points) -> bool:
    """Say whether a complaint stands before the request in it: nothing is asked for, or far more complained of."""
    only_named = {sign.rule for sign in asked.signs} <= _NAMED
    return only_named or (said.best[0] >= ENOUGH and said.points >= 2 * asked.points)


def _pair(written: Written, best: Kind, rivals: Mapping[Kind, _Points]) -> Told | None:
    """Tell a mail about one's own data that complains or chases besides: neither may be dropped."""
    access = rivals.get(Kind.SUBJECT_ACCESS)
    if access is None or best not in {Kind.COMPLAINT, Kind.CHASER, Kind.SUBJECT_ACCESS}:
        return None
    other = best if best is not Kind.SUBJECT_ACCESS else Kind.CHASER
    if other not in rivals:
        return None
    titled = all(sign.start < written.subject[1] for sign in rivals[other].signs)
    if titled:  # what a mail itself says counts before its title
        return _told(Kind.SUBJECT_ACCESS, access, other, rivals[other])
    return _told(other, rivals[other], Kind.SUBJECT_ACCESS, access)


def _strongest(
    written: Written,
    words: Wording,
    reading: Reading,
    rivals: Mapping[Kind, _Points],
    own: Sequence[tuple[int, int]],
) -> tuple[Kind, _Points]:
    """Return the kind other than a request for which most speaks."""
    best = max(rivals, key=lambda kind: (rivals[kind].by_sender, rivals[kind].points, -ORDER.index(kind)))
    behind = None
    if best is Kind.ACKNOWLEDGEMENT:
        behind = _behind_thanks(written, words, reading, rivals[best], own)
    return behind or (best, rivals[best])


def _outweighs(written: Written, asked: _Points, best: Kind, said: _Points, *, first: bool, surely: bool) -> bool:
    """Say whether more speaks for a request than for the other kind; only in so many words in a case's thread.

    `first`: it speaks of no earlier request; `surely`: it does so in words that no first request uses.
    """
    if best not in _OUTWEIGHED or said.by_sender:
        return False
    chases = best is Kind.CHASER and (surely or not asked.listed)
    in_thread = best in _OF_A_CASE and (written.answering or chases or surely)
    if not first and (in_thread or (best is Kind.LEGAL and said.best[0] >= ENOUGH)) and asked.best[0] < ENOUGH:
        return False  # it says again what was asked for, or what a lawyer wants to see
    weight = min(said.points, ENOUGH) if best in _OF_A_CASE else said.points
    return first or asked.points > weight


def _outright(found: Mapping[Kind, _Points], words: Wording) -> list[Sign]:
    """Return the words by which a request is made outright, whatever else their sentence speaks of."""
    sure = {rule.id for rule in words.rules if rule.kind is Kind.REQUEST and rule.points >= ENOUGH}
    return [sign for sign in found.get(Kind.REQUEST, _Points()).signs if sign.rule in sure]


def _behind_thanks(
    written: Written, words: Wording, reading: Reading, thanks: _Points, own: Sequence[tuple[int, int]]
) -> tuple[Kind, _Points] | None:
    """Return what a mail is besides its thanks, which are courtesy wherever something else is said."""
    rest = [span for span in own if not _touched(span, thanks.signs)]
    found = _points(written, words, reading, (), rest)
    kinds = {kind: found[kind] for kind in _SERIOUS if kind in found and found[kind].points >= ENOUGH - 1}
    if not kinds:
        return None
    best = max(kinds, key=lambda kind: (kinds[kind].points, -ORDER.index(kind)))
    doubtful = best is Kind.FOLLOW_UP and kinds[best].points < ENOUGH and _questioned(written, rest)
    return None if doubtful else (best, kinds[best])


def _perhaps_first(best: Kind, said: _Points, asked: _Points, *, asking: bool) -> Told:
    """Tell a mail that reads as if a request went before and names none: what asks for something may be the first."""
    if asked.points == ENOUGH - 1 or (asking and best is not Kind.CHASER):
        return _told(Kind.REQUEST, asked, best, said)
    return _told(best, said, Kind.REQUEST, asked) if asking else _told(best, said)


def _short_of_a_request(
    written: Written,
    words: Wording,
    reading: Reading,
    best: Kind,
    said: _Points,
    asked: _Points,
    apart: Sequence[tuple[int, int]],
) -> Told:
    """Tell a mail whose rules name another kind, and that may ask for something besides though no rule is sure."""
    closed = _speaks(words, reading, "closing", apart)
    if best is Kind.ACKNOWLEDGEMENT and _questioned(written, apart) and not closed:
        return _told(Kind.FOLLOW_UP, said, Kind.REQUEST, asked)  # thanks that come before a question
    doubtful = best in _YIELDS or (best in _OF_A_CASE and not written.answering)
    if doubtful and asked.points == ENOUGH - 1:
        return _told(best, said, Kind.REQUEST, asked)
    return _told(best, said)


def _asked(written: Written, words: Wording, reading: Reading, apart: Sequence[tuple[int, int]]) -> _Points:
    """Return what speaks for a request in the sentences that do not speak for the other kind."""
    found: dict[Kind, _Points] = {}
    for number, start, end in words.hits("text", reading, apart, {a for a, _ in apart}, _NO_REQUEST):
        _count(found, words, number, Sign(start, end, written.text[start:end], words.rules[number].id))
    asked = found.get(Kind.REQUEST, _Points())
    if asked.points == ENOUGH - 1 and any(_QUESTION.search(written.text[a:b]) for a, b in apart):
        asked.points += 1  # figures or documents are named, and something is asked outright
    asks = split(written.text, written.subject[1]).asks
    listed = sum(any(a <= ask.start < b for a, b in apart) for ask in asks)
    if not written.answering and listed >= LIST_OF_QUESTIONS:
        asked.points += LIST_POINTS
        asked.listed = True
        asked.best = max(asked.best, (LIST_POINTS, "list-of-questions", "it lists questions"), key=lambda best: best[0])
    return asked


def _told(kind: Kind, points: _Points, also: Kind | None = None, others: _Points | None = None) -> Told:
    _, rule, because = points.best
    if others is not None:
        because = ", and ".join(reason for reason in (because, others.best[2]) if reason)
    signs = _signs(points, others) if others is not None else _signs(points)
    anew = any(sign.rule == ANEW for sign in signs)
    return Told(kind, rule, because, also, signs, points.points, anew)


def _without_a_rule(
    written: Written,
    words: Wording,
    reading: Reading,
    found: Mapping[Kind, _Points],
    own: Sequence[tuple[int, int]],
) -> Told:
    """Tell a mail no rule is sure of: an answer that asks nothing new follows up, anything else may be a request."""
    asked = found.get(Kind.REQUEST, _Points())
    hints: dict[Kind, _Points] = {k: p for k, p in found.items() if k is not Kind.REQUEST and p.points == ENOUGH - 1}
    best = max(hints, key=lambda kind: -ORDER.index(kind), default=None)
    asking = sum(is_asking(written.text[a:b]) for a, b in own)
    if asked.points < ENOUGH and written.answering and asking < 2:
        return _in_reply(written, words, reading, own, asked, hints, asking=bool(asking))
    if asked.points == 0 and best is not None:
        if asking or (best in _MASS and _questions(written) >= LIST_OF_QUESTIONS):
            return _told(Kind.REQUEST, asked, best, hints[best])
        return _told(best, hints[best], Kind.REQUEST, asked)
    if words.rules and asked.points < ENOUGH - 1 and _questions(written) < 2 and _of_oneself(written, own):
        if _speaks(words, reading, "surely_earlier", (written.subject, *own)):
            return _told(Kind.FOLLOW_UP, _NOTHING_NEW, Kind.REQUEST, asked)
        return _told(Kind.REQUEST, asked, Kind.OTHER, _NOTHING_ASKED)
    if (best in _NO_LETTER and asked.best[0] < ENOUGH) or (best in _SERIOUS and asked.points == 1):
        return _told(Kind.REQUEST, asked, best, hints[best])
    told = _told(Kind.REQUEST, asked)
    earlier = not told.anew and _speaks(words, reading, "surely_earlier", (written.subject, *own))
    return replace(told, also=Kind.FOLLOW_UP, because=_EARLIER) if earlier else told


def _in_reply(
    written: Written,
    words: Wording,
    reading: Reading,
    own: Sequence[tuple[int, int]],
    asked: _Points,
    hints: Mapping[Kind, _Points],
    *,
    asking: bool,
) -> Told:
    """Tell a reply that no rule is sure of, and that asks for little or nothing."""
    best = max(hints, key=lambda kind: -ORDER.index(kind), default=None)
    if best is not None and TABLE[best].route is not Route.NOT_ANSWERED:
        return _told(best, hints[best])
    if asking and asked.points == ENOUGH - 1:
        return _told(Kind.REQUEST, asked, Kind.FOLLOW_UP, _IN_REPLY)
    said = " ".join(written.text[a:b] for a, b in own)
    brief = not asking and "?" not in said and len(said.split()) <= FEW_WORDS
    if brief and _speaks(words, reading, "thanks", own):
        return _told(Kind.ACKNOWLEDGEMENT, _THANKS)
    return _told(Kind.FOLLOW_UP, _IN_REPLY, Kind.REQUEST if asking and asked.points else None, asked)


def _of_oneself(written: Written, own: Sequence[tuple[int, int]]) -> bool:
    """Say whether the writer speaks of themselves or to us, and asks nothing that leaves both out of it."""
    said = [written.text[a:b] for a, b in own]
    asks = any("?" in s and len(s.split()) >= LEAST_QUESTION and not _OF_US.search(s) for s in said)
    return not asks and any(_TALKS.search(s) for s in said)


def _speaks(words: Wording, reading: Reading, of: str, spans: Iterable[tuple[int, int]]) -> bool:
    return any(words.holds(of, reading.piece(span)) for span in spans)


def _questioned(written: Written, spans: Sequence[tuple[int, int]]) -> bool:
    return any("?" in written.text[a:b] for a, b in spans)


def _questions(written: Written) -> int:
    return len(split(written.text, written.subject[1]).asks)


def _points(
    written: Written,
    words: Wording,
    reading: Reading,
    subject: Sequence[tuple[int, int]],
    own: Sequence[tuple[int, int]],
) -> dict[Kind, _Points]:
    found: dict[Kind, _Points] = {}
    seen: set[int] = set()
    text = written.text
    for where, spans in (("subject", subject), ("text", own)):
        asked = [span for span in spans if where == "text" and _QUESTION.search(text[slice(*span)])]
        asking = frozenset(a for a, b in asked if not words.holds("offered", reading.piece((a, b))))
        for number, start, end in words.hits(where, reading, spans, asking, _MASS):
            if number not in seen:
                seen.add(number)
                _count(found, words, number, Sign(start, end, text[start:end], words.rules[number].id))
    if subject or written.sender:
        for number, _, _ in words.hits(SENDER, words.read(written.sender), [(0, len(written.sender))]):
            _count(found, words, number, None)
    return found


def _count(found: dict[Kind, _Points], words: Wording, number: int, sign: Sign | None) -> None:
    rule = words.rules[number]
    here = found.setdefault(rule.kind, _Points())
    again = False  # of a request made already the rules overlap: the same words count once
    if sign is not None and rule.kind in _OF_A_CASE and rule.where in {"text", "anywhere"}:
        again = any(s.start < sign.end and sign.start < s.end for s in here.signs)
    here.points += max(rule.points - here.best[0], 0) if again else rule.points
    here.best = max(here.best, (rule.points, rule.id, rule.why), key=lambda best: best[0])
    if sign is None:
        here.by_sender = True
    else:
        here.signs.append(sign)


def _touched(span: tuple[int, int], signs: Collection[Sign]) -> bool:
    return any(span[0] <= sign.start < span[1] for sign in signs)


def _signs(*found: _Points) -> tuple[Sign, ...]:
    return tuple(sorted((s for p in found for s in p.signs), key=lambda sign: (sign.start, sign.end)))


def _welsh(written: Written, own: Sequence[tuple[int, int]], words: Wording) -> Told | None:
    """Tell Welsh by its commonest small words, held against the English ones; a text half in each is doubtful."""
    said = [w for a, b in own for w in _LETTERS.findall(written.text[a:b].lower().replace("’", "'"))]
    welsh, english = (sum(map(words.vocabulary(name).__contains__, said)) for name in ("welsh", "english"))
    if welsh < WELSH_WORDS or welsh * 3 < english:
        return None
    because = f"{welsh} of its words are common small words of Welsh, {english} of English"
    return Told(Kind.WELSH, "welsh", because, Kind.REQUEST if english > welsh else None)
