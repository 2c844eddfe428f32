"""What to do about a request: one frozen union, one decision an ask, each with its evidence and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from foi_mailbot.core.compiled import holders_of, matcher_of
from foi_mailbot.core.guards import guarded
from foi_mailbot.core.judging import weigh_all
from foi_mailbot.core.jurisdiction import in_being, named_in
from foi_mailbot.core.request import Ask, Kind, Request
from foi_mailbot.core.rulebook import Regime, Rulebook
from foi_mailbot.core.weighing import Lean, Weighed


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
    weighed = weigh_all(request, rulebook, holders_of(rulebook, authority, received_on))
    asks = tuple(_as_decision(a, w, request, rulebook) for a, w in zip(request.asks, weighed, strict=True))
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


def _as_decision(ask: Ask, weighed: Weighed, request: Request, rulebook: Rulebook) -> AskDecision:
    outcome = _outcome(weighed.lean)
    text = request.text
    evidence = tuple(Evidence(h.start, h.end, text[h.start : h.end], h.rule) for h in weighed.hits)
    away = outcome in (AskOutcome.OTHER_BODY, AskOutcome.BOTH)
    reasons = weighed.why or ("nothing in it points to another body",)
    regime = _regime(weighed.functions, rulebook)
    bodies = named_in(text, weighed.bodies, rulebook) if away else ()
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
