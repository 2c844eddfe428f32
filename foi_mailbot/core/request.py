"""A Message becomes a Request: one text, its kind, and its numbered asks with the preamble they share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from foi_mailbot.core.asks import Ask, is_asking, sentences, split
from foi_mailbot.core.kinds import Kind
from foi_mailbot.core.message import Message, Origin
from foi_mailbot.core.reference import Reference, ReferencePattern, find_references
from foi_mailbot.core.telling import NEW_REQUEST, Told, Written, tell
from foi_mailbot.core.wording import NO_RULES, KindWords, wording

__all__ = ["Ask", "Kind", "Request", "Stretch", "read_request", "read_text"]

_HANDED = (
    r"(?: (?:the|this|that|these|it|my|our|an?|attached|enclosed|below|above|following|forwarded|foi|eir|freedom|of|"
    r"information|request|requests|letter|email|e-mail|mail|message|enquiry|attachment|document|on|as|in|usual|please|"
    r"for|me|us|and|reply|to|soon|asap))*"
)
_HANDS_ON = re.compile(
    r"(?:(?:hi|hello|dear|good (?:morning|afternoon))\b[^.!?\n]{0,60}"
    r"|(?:(?:please|kindly|can you|could you|would you)(?: please)? )?"
    r"(?:see|find|read|deal with|action|log|process|register|handle|respond to|look at|note)"
    + _HANDED
    + r"|fyi|for your (?:information|attention|action)|one for you"
    r"|(?:attached|enclosed)(?: is| are)?"
    + _HANDED
    + r"|(?:many |with )?(?:thanks|thank you|kind regards|regards|best wishes)\b[^.!?\n]{0,40})[\s.,!?:]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """`text[start:end]` of a Request came from this origin (and, for an attachment, this file)."""

    start: int
    end: int
    origin: Origin
    name: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the decision sees it. All spans everywhere index `text` (characters)."""

    text: str  # subject, then new text, then attachments' text; only what is request text
    stretches: tuple[Stretch, ...]
    kind: Kind
    asks: tuple[Ask, ...]  # at least one when it is, or may be, a REQUEST
    preamble: tuple[tuple[int, int], ...]  # spans of shared context: subject and text before the first ask
    references: tuple[Reference, ...] = ()
    problems: tuple[str, ...] = ()  # e.g. "attachment plan.pdf could not be read": forces a person
    told: Told = NEW_REQUEST  # why it is of this kind, and what else it may be


_REQUEST_ORIGINS = (Origin.BODY, Origin.FORWARDED, Origin.ATTACHMENT)
_ANSWERS = re.compile(r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:re|atb|ateb)\s*:", re.IGNORECASE)


def read_request(message: Message, patterns: Sequence[ReferencePattern], words: KindWords = NO_RULES) -> Request:
    """Read a mail as a request: subject, new text, forwarded text and attached request letters, in that order.

    `words` tell its kind (`Rulebook.kinds`); without them everything but an empty mail is a request.
    """
    pieces = [(Origin.SUBJECT, "", message.subject.strip())] if message.subject.strip() else []
    for origin in _REQUEST_ORIGINS:
        pieces += [(p.origin, p.name, p.text) for p in message.passages if p.origin is origin and p.text.strip()]
    text, stretches = _join(pieces)
    said = "; ".join(message.problems)
    unread = [f"attachment {a.name or 'without a name'}: {a.problem}" for a in message.attachments if a.problem]
    unread = [problem for problem in unread if problem.partition(": ")[2] not in said]
    body = message.text_of(*_REQUEST_ORIGINS)
    names = tuple(a.name for a in message.attachments if a.name)
    references = find_references(patterns, subject=message.subject, body=body, attachment_names=names)
    told = tell(_written(message, text, stretches), wording(words))
    return _build(text, stretches, references, (*message.problems, *unread), told)


def read_text(text: str, patterns: Sequence[ReferencePattern], words: KindWords = NO_RULES) -> Request:
    """Read plain text as a body without a subject; every span indexes `text` as given."""
    stretches = (Stretch(0, len(text), Origin.BODY),) if text else ()
    told = tell(Written(text, own=((0, len(text)),)), wording(words))
    return _build(text, stretches, find_references(patterns, subject="", body=text), (), told)


def told_anew(request: Request, told: Told) -> Request:
    """Return the request with another reading of its kind: its questions stay only where it may still be a request."""
    asks, preamble = (request.asks, request.preamble) if Kind.REQUEST in told.kinds else ((), ())
    return replace(request, kind=told.kind, told=told, asks=asks, preamble=preamble)


def _written(message: Message, text: str, stretches: Sequence[Stretch]) -> Written:
    """Say which spans are the sender's own words: what a bare note hands on counts as theirs, too."""
    subject = next(((s.start, s.end) for s in stretches if s.origin is Origin.SUBJECT), (0, 0))
    rest = [s for s in stretches if s.origin is not Origin.SUBJECT]
    spoken = [s for s in rest if s.origin is Origin.BODY and s.start >= _cover(text, stretches)] or rest
    sender = f"{message.sender.name} {message.sender.email}" if message.sender else ""
    return Written(
        text=text,
        subject=subject,
        own=tuple((s.start, s.end) for s in spoken),
        aside=tuple((s.start, s.end) for s in rest if s not in spoken),
        sender=sender,
        answering=bool(message.in_reply_to) or bool(_ANSWERS.match(message.subject)),
    )


def _join(pieces: Sequence[tuple[Origin, str, str]]) -> tuple[str, tuple[Stretch, ...]]:
    text, stretches = "", []
    for origin, name, piece in pieces:
        text += "\n\n" if text else ""
        stretches.append(Stretch(len(text), len(text) + len(piece), origin, name))
        text += piece
    return text, tuple(stretches)


def _build(
    text: str,
    stretches: tuple[Stretch, ...],
    references: Sequence[Reference],
    problems: tuple[str, ...],
    told: Told,
) -> Request:
    if Kind.REQUEST not in told.kinds:
        return Request(text, stretches, told.kind, (), (), tuple(references), problems, told)
    parts = split(text, _cover(text, stretches))
    return Request(text, stretches, told.kind, parts.asks, parts.preamble, tuple(references), problems, told)


def _cover(text: str, stretches: Sequence[Stretch]) -> int:
    """Return where the asks can begin: behind the subjects, and behind a note that only hands on what follows it."""
    end = 0
    for here, following in zip_longest(stretches, stretches[1:]):
        words = text[here.start : here.end]
        hands_on = here.origin is Origin.BODY and all(_HANDS_ON.fullmatch(s.strip()) for s in _pieces(words))
        inner_subject = here.origin is Origin.FORWARDED and "\n" not in words.strip() and not is_asking(words.strip())
        if here.origin is not Origin.SUBJECT and not (following and (hands_on or inner_subject)):
            break
        end = here.end
    return end


def _pieces(words: str) -> list[str]:
    return [words[a:b] for a, b in sentences(words, 0, len(words))]
