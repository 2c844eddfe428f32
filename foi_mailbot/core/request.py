"""A Message becomes a Request: one text, its kind, and its numbered asks with the preamble they share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from foi_mailbot.core.asks import Ask, is_asking, sentences, split
from foi_mailbot.core.message import Message, Origin
from foi_mailbot.core.reference import Reference, ReferencePattern, find_references

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


class Kind(StrEnum):
    """What sort of mail this is; only a REQUEST can get a redirect."""

    REQUEST = "request"
    FOLLOW_UP = "follow_up"
    INTERNAL_REVIEW = "internal_review"
    SUBJECT_ACCESS = "subject_access"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"
    OTHER = "other"


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
    asks: tuple[Ask, ...]  # at least one when kind is REQUEST
    preamble: tuple[tuple[int, int], ...]  # spans of shared context: subject and text before the first ask
    references: tuple[Reference, ...] = ()
    problems: tuple[str, ...] = ()  # e.g. "attachment plan.pdf could not be read": forces a person


_REQUEST_ORIGINS = (Origin.BODY, Origin.FORWARDED, Origin.ATTACHMENT)
_SHORT = 90  # words: a chaser or a thank-you seldom runs longer

# Review, access and chasing are told by what the writer does ("I request …"), never by a mention of the subject.
_REVIEW = re.compile(
    r"\b(?:request|ask(?:ing)?|seek(?:ing)?|want|wish|like|conduct|carry out|undertake|apply|treat this)\b"
    r"[^.?\n]{0,60}\binternal review\b|\binternal review (?:request|of (?:your|the council's|this|my))\b|"
    r"\b(?:i|we) (?:wish to |would like to |want to )?(?:appeal against|appeal|complain about|dispute|challenge)\b"
    r"[^.?\n]{0,60}\b(?:your|the council's) (?:decision|response|refusal|handling)\b",
    re.IGNORECASE,
)
_ACCESS = re.compile(
    r"\b(?:make|making|submit(?:ting)?|this is|treat this as|wish to make|raise)\b[^.?\n]{0,40}"
    r"\b(?:data )?subject access\b|\b(?:make|making|submit(?:ting)?|this is) an? d?sar\b|"
    r"\b(?:held|hold|holds|have|kept|keep|keeps|stored|store|process|recorded|concerning|relating to|about|regarding|"
    r"on)\b[^.?\n]{0,25}\b(?:about|on|regarding|concerning|relating to|of)? ?(?:me|myself)\b(?! (?:know|have|see))|"
    r"\b(?:copy of|copies of|copies|access to|see|obtain|requesting|request|want|send me|provide|provide me with|all|"
    r"view|disclose) (?:all )?(?:of )?my (?:own )?(?:personal (?:data|information|file|records?)|"
    r"(?:social (?:care|services|work)|housing|council|medical|school|adoption|care|case|foster(?:ing)?|childhood|"
    r"employment|personnel|hr)(?: \w+)? (?:files?|records?|notes?)|records?|files?|data)\b",
    re.IGNORECASE,
)
_ACCESS_NOT_ABOUT_SELF = re.compile(
    r"\b(?:contact|call|email|write to|send|provide|let|tell|inform|give|advise|direct|respond to|reply to|help|"
    r"assist|refer|update)\b[^.?\n]{0,25}\bme\b|\bmy (?:data|records?) (?:request|show|search)",
    re.IGNORECASE,
)
_COUNTING = re.compile(
    r"\b(?:how many|number of|total|percentage|statistics|figures|policy|procedure)\b", re.IGNORECASE
)
_CONDITIONAL = re.compile(r"\b(?:if|should|in the event|may|might|right to|entitled|otherwise|unless)\b", re.IGNORECASE)
_CHASING = re.compile(
    r"\b(?:any (?:update|news|progress)|an update on|chas(?:e|ing) (?:up )?(?:my|this|the)|(?:now )?overdue|"
    r"(?:have|has) (?:still )?not (?:yet )?(?:had|received|heard|been answered)|haven'?t (?:had|received|heard)|"
    r"still (?:waiting|awaiting)|when (?:can|may|will|should) i expect|status of my|"
    r"thank(?:s| you) for (?:your|the|this|getting)|"
    r"(?:to|as|in) (?:clarify|clarification|response to your|answer to your|reply to your)|"
    r"further to (?:my|our|your)|withdraw (?:my|this)|no longer (?:need|require))\b",
    re.IGNORECASE,
)
_ANEW = re.compile(
    r"\b(?:new (?:foi|request|freedom)|under the (?:freedom|environmental)|freedom of information request|"
    r"(?:make|making|submit(?:ting)?) (?:a|an) (?:new |further |separate )?(?:foi|eir|freedom|request)|"
    r"please (?:provide|supply|send me|list|tell me|confirm how)|how many|how much)\b",
    re.IGNORECASE,
)


def read_request(message: Message, patterns: Sequence[ReferencePattern]) -> Request:
    """Read a mail as a request: subject, new text, forwarded text and attached request letters, in that order."""
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
    answering = bool(message.in_reply_to) or message.subject.strip().lower().startswith("re:")
    return _build(text, stretches, references, (*message.problems, *unread), answering=answering)


def read_text(text: str, patterns: Sequence[ReferencePattern]) -> Request:
    """Read plain text as a body without a subject; every span indexes `text` as given."""
    stretches = (Stretch(0, len(text), Origin.BODY),) if text else ()
    return _build(text, stretches, find_references(patterns, subject="", body=text), (), answering=False)


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
    *,
    answering: bool,
) -> Request:
    kind = _kind(text, _cover(text, stretches[:1]), answering=answering)
    start = _cover(text, stretches)
    parts = split(text, start)
    asks = parts.asks if kind is Kind.REQUEST else ()
    preamble = parts.preamble if kind is Kind.REQUEST else ()
    return Request(text, stretches, kind, asks, preamble, tuple(references), problems)


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


def _kind(text: str, body_start: int, *, answering: bool) -> Kind:
    if not text.strip():
        return Kind.OTHER
    said = [text[a:b] for a, b in sentences(text, 0, len(text))]
    if any(_REVIEW.search(s) and not _COUNTING.search(s) and not _CONDITIONAL.search(s) for s in said):
        return Kind.INTERNAL_REVIEW
    if any(_asks_for_own_data(s) for s in said):
        return Kind.SUBJECT_ACCESS
    if _follows_up(text[body_start:], answering=answering):
        return Kind.FOLLOW_UP
    return Kind.REQUEST


def _asks_for_own_data(sentence: str) -> bool:
    hit = _ACCESS.search(sentence)
    if not hit or _COUNTING.search(sentence) or _CONDITIONAL.search(sentence):
        return False
    return not _ACCESS_NOT_ABOUT_SELF.search(sentence)


def _follows_up(body: str, *, answering: bool) -> bool:
    if len(body.split()) > _SHORT or _ANEW.search(body):
        return False
    if _CHASING.search(body):
        return True
    asking = [s for s in (body[a:b] for a, b in sentences(body, 0, len(body))) if is_asking(s)]
    return answering and len(asking) < 2
