"""What to do about a request: one frozen union, one decision an ask, each with its evidence and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foi_mailbot.core.request import Ask, Kind
from foi_mailbot.core.rulebook import Regime


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
