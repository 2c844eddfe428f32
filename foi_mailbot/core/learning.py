"""What officers' corrections say of each rule, and what a rule that fell below its floor may no longer decide."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from math import sqrt

from foi_mailbot.core.decision import AskDecision, AskOutcome, Decision, PartRedirect, Redirect, Unsure
from foi_mailbot.core.rulebook import Rulebook

Z = 1.959964
"""The normal deviate of a two-sided 95 % interval."""


class Verdict(StrEnum):
    """What an officer says of one ask's decision."""

    RIGHT = "right"
    WRONG_FUNCTION = "wrong_function"
    WRONG_BODY = "wrong_body"
    SHOULD_BE_HELD = "should_be_held"
    SHOULD_BE_REDIRECTED = "should_be_redirected"


@dataclass(frozen=True, slots=True)
class Tally:
    """How often officers confirmed and corrected the asks in which one rule ("libraries/strong") fired."""

    rule: str
    confirmed: int
    corrected: int

    @property
    def verdicts(self) -> int:
        """Return how many asks were judged."""
        return self.confirmed + self.corrected

    @property
    def precision(self) -> float | None:
        """Return the share that was right, None without a verdict."""
        return self.confirmed / self.verdicts if self.verdicts else None


@dataclass(frozen=True, slots=True)
class Floor:
    """Below this share of right asks, after so many verdicts, a rule decides nothing more by itself."""

    share: float = 0.9
    after: int = 10

    def broken_by(self, tally: Tally) -> bool:
        """Say whether the rule must be demoted."""
        precision = tally.precision
        return precision is not None and tally.verdicts >= self.after and precision < self.share


USUAL_FLOOR = Floor()
"""What the settings say unless they say otherwise."""


def wording_sha256(function: str, rulebook: Rulebook) -> str:
    """Return the hash (hex) of a function's rule as written, "" if there is none; rewritten, it is judged anew."""
    known = rulebook.functions.get(function)
    if known is None:
        return ""
    content = json.dumps(asdict(known), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def wilson(tally: Tally) -> tuple[float, float] | None:
    """Return the Wilson score interval (95 %) of a rule's precision, None without a verdict.

    Source: E. B. Wilson, Probable Inference, JASA 22 (1927) 209-212.
    """
    n = tally.verdicts
    if not n:
        return None
    p = tally.confirmed / n
    centre, spread = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    whole = 1 + Z * Z / n
    return max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)


def rules_of(ask: AskDecision) -> tuple[str, ...]:
    """Return the rules that fired in an ask, each once, in the order of their words."""
    return tuple(dict.fromkeys(evidence.rule for evidence in ask.evidence))


def doubted(decision: Decision, demoted: Mapping[str, Tally]) -> Decision:
    """Return the decision with each ask that relies on a demoted rule left to a person, and so the whole of it.

    Only what would be sent on is doubted; a decision without such an ask is returned as it is.
    """
    if not isinstance(decision, Redirect | PartRedirect):
        return decision
    asks = tuple(_doubted(ask, demoted) for ask in decision.asks)
    changed = [ask for ask, before in zip(asks, decision.asks, strict=True) if ask is not before]
    if not changed:
        return decision
    named = ", ".join(ask.ask.label for ask in changed if ask.ask.label)
    return Unsure(asks, f"{f'question {named}' if named else 'the request'}: {changed[0].reasons[0]}")


def _doubted(ask: AskDecision, demoted: Mapping[str, Tally]) -> AskDecision:
    weak = [demoted[rule] for rule in rules_of(ask) if rule in demoted]
    if not weak:
        return ask
    why = tuple(f"officers corrected this rule {t.corrected} of {t.verdicts} times ({t.rule})" for t in weak)
    return replace(ask, outcome=AskOutcome.UNSURE, bodies=(), reasons=(*why, *ask.reasons))
