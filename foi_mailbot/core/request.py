"""A Message becomes a Request: one text, its kind, and its numbered asks with the preamble they share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foi_mailbot.core.message import Origin
from foi_mailbot.core.reference import Reference


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
class Ask:
    """One numbered question, `text[start:end]` of the request; `details` are spans of its own sub-items."""

    label: str  # "1", "2a", "" when the request is one ask
    start: int
    end: int
    text: str
    details: tuple[tuple[int, int], ...] = ()


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
