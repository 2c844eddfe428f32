"""How decisions compare with what became of the same requests: confusion, faults, rates with bounds, by function."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, lgamma, log, log1p

from foi_mailbot.core.past_cases import OUTCOMES

GOT = ("redirect", "part_redirect", "held", "unsure", "suppressed")
"""The outcomes of a decision, as columns of a confusion table."""

LETTERS = ("redirect", "part_redirect")
"""The outcomes for which a letter is drafted."""

OURS = ("part_redirect", "held", "unsure")
"""What became of a request of which a whole redirect would have been wrong."""

CONFIDENCE = 0.95
_STEPS = 60  # of halving: finer than a float shows
_LABEL_LEAD = re.compile(r"^(?:question|request|part|item|q)(?=\d)")


class Fault(StrEnum):
    """What can be wrong with a decision, gravest first."""

    WRONG_REDIRECT = "wrong_redirect"  # at least partly ours, or for a person to say, drafted as wholly another body's
    WRONG_ASK = "wrong_ask"  # a letter to the requester that says so of a question that is at least partly ours
    HELD_AS_PART = "held_as_part"  # a request that is ours, drafted as partly another body's
    WRONG_BODIES = "wrong_bodies"  # a letter that names other bodies than the answer did
    MISSED = "missed"  # another body's request, or part of one, that no letter or too small a letter was drafted for


@dataclass(frozen=True, slots=True)
class AskResult:
    """One question: how it was decided, and how it should have been ("" if nobody says)."""

    label: str
    outcome: str
    functions: tuple[str, ...] = ()
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One request: how it was decided, and how it should have been ("" and () if nobody says)."""

    id: str
    expected: str
    outcome: str
    expected_bodies: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    asks: tuple[AskResult, ...] = ()
    complete: bool = True  # whether each labelled question was found among the asks

    @property
    def right_bodies(self) -> bool:
        """Say whether it names the bodies expected, if any are."""
        return not self.expected_bodies or set(self.expected_bodies) == set(self.bodies)

    @property
    def right_split(self) -> bool:
        """Say whether it is drafted in part, and each labelled question decided as labelled."""
        asks = [ask for ask in self.asks if ask.expected]
        return (
            self.outcome == "part_redirect"
            and self.complete
            and bool(asks)
            and all(ask.outcome == ask.expected for ask in asks)
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, with the exact (Clopper-Pearson) 95 % bounds of the share behind them."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """Return the share, None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def low(self) -> float:
        """Return the lower bound."""
        return 1 - _upper(self.of - self.count, self.of)

    @property
    def high(self) -> float:
        """Return the upper bound: what the true share may be although so few were seen."""
        return _upper(self.count, self.of)


@dataclass(frozen=True, slots=True)
class FunctionScore:
    """The questions about one function: drafted away rightly, drafted away wrongly, and kept though another body's."""

    function: str
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> Rate:
        """Return how many of those drafted away are another body's."""
        return Rate(self.right, self.right + self.wrong)

    @property
    def recall(self) -> Rate:
        """Return how many of another body's were drafted away."""
        return Rate(self.right, self.right + self.missed)


def compared(
    labels: Mapping[str, str], expected: str, asks: Sequence[tuple[str, str, tuple[str, ...]]]
) -> tuple[tuple[AskResult, ...], bool]:
    """Return the decided asks (label, outcome, functions) with what each should be, and if every label was found.

    Labels are matched by name ("Q2" is "2"). Where a name is not found, labels that all agree hold for every ask
    however it was split, and as many labels as asks are matched by place. Without labels, a whole redirect means that
    each ask is another body's, held that none is.
    """
    wanted, complete = _wanted(labels, expected, [label for label, _, _ in asks])
    results = (AskResult(*ask, want) for ask, want in zip(asks, wanted, strict=True))
    return tuple(results), complete


def faults(result: Result) -> frozenset[Fault]:
    """Return what is wrong with a labelled result; nothing is with one that has no label."""
    partly_ours = result.expected in OURS
    letter = result.outcome in LETTERS
    found = {
        Fault.WRONG_REDIRECT: partly_ours and result.outcome == "redirect",
        Fault.WRONG_ASK: result.outcome == "part_redirect"
        and any(a.outcome == "other_body" and a.expected in ("held", "both") for a in result.asks),
        Fault.HELD_AS_PART: result.expected == "held" and result.outcome == "part_redirect",
        Fault.WRONG_BODIES: result.expected in LETTERS and letter and not result.right_bodies,
        Fault.MISSED: result.expected in LETTERS
        and (not letter or (result.expected == "redirect" and result.outcome == "part_redirect")),
    }
    return frozenset(fault for fault, there in found.items() if there)


def confusion(results: Iterable[Result]) -> dict[str, dict[str, int]]:
    """Count the labelled results: expected outcome to decided outcome to number, every cell present."""
    table = {expected: dict.fromkeys(GOT, 0) for expected in OUTCOMES}
    for result in results:
        if result.expected:
            table[result.expected][result.outcome] += 1
    return table


def rates(results: Sequence[Result]) -> dict[str, Rate]:
    """Return the figures a decision stands by, over the labelled results."""
    of = {name: [r for r in results if r.expected == name] for name in OUTCOMES}
    ours = [result for name in OURS for result in of[name]]
    labelled = [*of["redirect"], *ours]
    return {
        "wrong_redirects": Rate(sum(r.outcome == "redirect" for r in ours), len(ours)),
        "held_as_part": Rate(sum(r.outcome == "part_redirect" for r in of["held"]), len(of["held"])),
        "redirects_right": Rate(
            sum(r.outcome == "redirect" and r.right_bodies for r in of["redirect"]), len(of["redirect"])
        ),
        "parts_right": Rate(sum(r.right_split for r in of["part_redirect"]), len(of["part_redirect"])),
        "unsure": Rate(sum(r.outcome == "unsure" for r in labelled), len(labelled)),
    }


def by_function(results: Iterable[Result]) -> tuple[FunctionScore, ...]:
    """Count the labelled asks by function, most first; an ask about several counts for each, one about none as ""."""
    counts: dict[str, list[int]] = {}
    for ask, drafted in ((ask, result.outcome in LETTERS) for result in results for ask in result.asks):
        kind = _kind(ask, drafted=drafted)
        if kind is not None:
            for function in ask.functions or ("",):
                counts.setdefault(function, [0, 0, 0])[kind] += 1
    scores = (FunctionScore(function, *tally) for function, tally in counts.items())
    return tuple(sorted(scores, key=lambda s: (-(s.right + s.wrong + s.missed), s.function)))


def _kind(ask: AskResult, *, drafted: bool) -> int | None:
    """Return 0 for rightly drafted away, 1 for wrongly, 2 for missed, None for what stayed rightly or is not known."""
    away, theirs = ("other_body", "both"), ask.expected in ("other_body", "both")
    if ask.expected in ("", "unsure"):
        return None
    if drafted and ask.outcome in away:
        return 0 if theirs else 1
    return 2 if theirs else None


def _wanted(labels: Mapping[str, str], expected: str, got: Sequence[str]) -> tuple[list[str], bool]:
    if not labels:
        implied = {"redirect": "other_body", "held": "held"}.get(expected, "")
        return [implied] * len(got), bool(implied)
    named = {_folded(label): value for label, value in labels.items()}
    names = [_folded(label) for label in got]
    if len(named) == len(labels) and len(set(names)) == len(names) and set(named) <= set(names):
        return [named.get(name, "") for name in names], True
    if len(set(labels.values())) == 1:
        return list(labels.values())[:1] * len(got), bool(got)
    if len(labels) == len(got):
        return list(labels.values()), True
    return [named.get(name, "") if names.count(name) == 1 else "" for name in names], False


def _folded(label: str) -> str:
    return _LABEL_LEAD.sub("", re.sub(r"[^a-z0-9]", "", label.lower()))


def _upper(count: int, of: int) -> float:
    """Return the share at which so few as `count` of `of` would be seen in one case of forty (bisection)."""
    if count >= of:
        return 1.0
    low, high = count / of, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _at_most(count, of, middle) > (1 - CONFIDENCE) / 2:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _at_most(count: int, of: int, share: float) -> float:
    """Return the binomial probability of at most `count` hits, for a share between 0 and 1, both excluded."""
    return sum(
        exp(lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) + k * log(share) + (of - k) * log1p(-share))
        for k in range(count + 1)
    )
