"""Back-test: past requests decided by today's rules and held against what became of them; nothing stored or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from foi_mailbot.core import scoring
from foi_mailbot.core.message import parse
from foi_mailbot.core.past_cases import PastCase
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.scoring import LETTERS, Fault, Rate, Result
from foi_mailbot.core.working_days import LONDON
from foi_mailbot.errors import Parked
from foi_mailbot.service.assess import Assessment, Assessor, Council

FINDINGS = {
    "wrong_redirects": Fault.WRONG_REDIRECT,
    "wrong_asks": Fault.WRONG_ASK,
    "held_as_part": Fault.HELD_AS_PART,
    "missed": Fault.MISSED,
    "wrong_bodies": Fault.WRONG_BODIES,
}
"""The lists of a report and the fault each shows."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A past case and what today's rules make of it: the published triage record, and how the two compare."""

    case: PastCase
    authority: str
    record: Mapping[str, Any]
    result: Result

    @property
    def counts(self) -> bool:
        """Say whether it stands in the figures: somebody labelled it and it is to be scored."""
        return self.case.scored and bool(self.case.outcome)

    @property
    def may_go_alone(self) -> bool:
        """Say whether an automatic sending of plain cases could take it: wholly another body's, under FOIA alone."""
        asks = self.record["asks"]
        return self.result.outcome == "redirect" and all(ask["regime"] == "FOIA" for ask in asks)


@dataclass(frozen=True, slots=True)
class Backtest:
    """Tries past cases; `council` gives the council of a code ("" is the first one's), `today` stands for no date."""

    assessor: Assessor
    council: Callable[[str], Council]
    today: date

    def knows(self, authority: str) -> bool:
        """Say whether the rulebook knows that code; "" is the settings' own council."""
        return not authority or authority in self.assessor.rulebook.authorities

    def try_case(self, case: PastCase) -> Tried:
        """Decide one past case as of its day. Raises Parked, saying what to write, if that cannot be done."""
        if not self.knows(case.authority):
            raise Parked(f"the rulebook knows no authority {case.authority}: its codes stand in data/authorities.csv")
        council = replace(self.council(case.authority), own_addresses=())  # a file says nothing of its mailbox
        record = self.assessor.record(self._assess(case, council), None)
        return Tried(case, council.authority, record, _result(case, record, self.assessor.rulebook))

    def _assess(self, case: PastCase, council: Council) -> Assessment:
        if not case.mail:
            return self.assessor.text(case.text, council, case.received_on or self.today)
        day = case.received_on or _written_on(case.mail) or self.today
        return self.assessor.mail(case.mail, council, datetime.combine(day, time(12), UTC))


def _written_on(mail: bytes) -> date | None:
    written = parse(mail).date
    return written.astimezone(LONDON).date() if written and written.tzinfo else None


def _result(case: PastCase, record: Mapping[str, Any], rulebook: Rulebook) -> Result:
    decided = [(ask["label"], ask["outcome"], tuple(ask["functions"])) for ask in record["asks"]]
    asks, complete = scoring.compared(case.asks, case.outcome, decided)
    bodies = tuple(body["code"] for body in record["redirect_to"])
    expected = tuple(_code(body, rulebook) for body in case.bodies)
    return Result(case.id, case.outcome, record["outcome"], expected, bodies, asks, complete)


def _code(body: str, rulebook: Rulebook) -> str:
    """Return the code of a body given by code, name or other name; one that the rulebook does not know stays."""
    if body.upper() in rulebook.authorities:
        return body.upper()
    said = body.casefold()
    named = (a.code for a in rulebook.authorities.values() if said in {n.casefold() for n in (a.name, *a.aliases)})
    return next(named, body)


def report(
    tried: Sequence[Tried], problems: Iterable[tuple[str, str]], rulebook: Rulebook, minutes: float
) -> dict[str, Any]:
    """Return the published report (docs/backtest.schema.json). `minutes`: what one drafted letter is taken to save."""
    counted = [t for t in tried if t.counts]
    results = [t.result for t in counted]
    letters = sum(t.result.outcome in LETTERS for t in tried)
    alone = [t for t in counted if t.may_go_alone]
    wrong = [t.case.id for t in alone if t.result.expected != "redirect"]
    return {
        "cases": len(tried),
        "labelled": len(counted),
        "unscored": sum(not t.case.scored for t in tried),
        "problems": [{"where": where, "what": what} for where, what in problems],
        "outcomes": {name: sum(t.result.outcome == name for t in tried) for name in scoring.GOT},
        "confusion": scoring.confusion(results),
        "rates": {name: _rate(rate) for name, rate in scoring.rates(results).items()},
        **{name: _findings(counted, fault) for name, fault in FINDINGS.items()},
        "functions": [_function(score, rulebook) for score in scoring.by_function(results)],
        "auto": {"eligible": sum(t.may_go_alone for t in tried), "labelled": len(alone), "wrong": wrong},
        "time_saved": {"letters": letters, "minutes_a_letter": minutes, "hours": round(letters * minutes / 60, 1)},
        "names": _names(tried, rulebook),
        "per_case": [_per_case(t) for t in tried],
        "rulebook_sha256": rulebook.sha256,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    share = rate.share
    bounds = (None, None) if share is None else (round(rate.low, 4), round(rate.high, 4))
    return {
        "count": rate.count,
        "of": rate.of,
        "share": None if share is None else round(share, 4),
        "low": bounds[0],
        "high": bounds[1],
    }


def _function(score: scoring.FunctionScore, rulebook: Rulebook) -> dict[str, Any]:
    known = rulebook.functions.get(score.function)
    return {
        "function": score.function,
        "title": known.title if known else "no function found",
        "right": score.right,
        "wrong": score.wrong,
        "missed": score.missed,
        "precision": _rate(score.precision),
        "recall": _rate(score.recall),
    }


def _names(tried: Sequence[Tried], rulebook: Rulebook) -> dict[str, str]:
    codes = {code for t in tried for code in (t.authority, *t.result.bodies, *t.result.expected_bodies)}
    return {code: rulebook.authorities[code].name for code in sorted(codes) if code in rulebook.authorities}


def _findings(counted: Sequence[Tried], fault: Fault) -> list[dict[str, Any]]:
    return [_finding(t, fault) for t in counted if fault in scoring.faults(t.result)]


def _finding(tried: Tried, fault: Fault) -> dict[str, Any]:
    """Return one case with the asks that went wrong: what they say, why, and the words that counted."""
    record, result = tried.record, tried.result
    pairs = zip(record["asks"], result.asks, strict=True)
    asks = [
        {
            **{
                key: ask[key]
                for key in ("label", "text", "outcome", "functions", "bodies", "regime", "evidence", "reasons")
            }
        }
        | {"expected": scored.expected or None}
        for ask, scored in pairs
        if _to_blame(scored, fault)
    ]
    return {
        "id": result.id,
        "authority": tried.authority,
        "expected": result.expected,
        "outcome": result.outcome,
        "expected_bodies": list(result.expected_bodies),
        "bodies": list(result.bodies),
        "text": record["text"],
        "reasons": list(record["reasons"]),
        "asks": asks,
    }


def _to_blame(ask: scoring.AskResult, fault: Fault) -> bool:
    match fault:
        case Fault.WRONG_REDIRECT | Fault.WRONG_ASK | Fault.HELD_AS_PART:
            return ask.outcome in ("other_body", "both") and ask.expected not in ("other_body", ask.outcome)
        case Fault.MISSED:
            return ask.outcome in ("held", "unsure") and ask.expected not in ("held", "unsure")
        case Fault.WRONG_BODIES:
            return ask.outcome in ("other_body", "both")


def _per_case(tried: Tried) -> dict[str, Any]:
    result = tried.result
    return {
        "id": result.id,
        "authority": tried.authority,
        "scored": tried.counts,
        "expected": result.expected or None,
        "outcome": result.outcome,
        "expected_bodies": list(result.expected_bodies),
        "bodies": list(result.bodies),
        "asks": [
            {
                "label": ask.label,
                "outcome": ask.outcome,
                "expected": ask.expected or None,
                "functions": list(ask.functions),
            }
            for ask in result.asks
        ],
    }
