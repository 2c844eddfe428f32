"""Officers' corrections: kept with the rules that fired, counted, and a rule that is wrong too often demoted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from foi_mailbot.core.audit import Entry
from foi_mailbot.core.granting import Grant, is_name
from foi_mailbot.core.learning import USUAL_FLOOR, Floor, Tally, Verdict, wording_sha256
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.errors import Parked
from foi_mailbot.ports import CaseRow, LetterRow
from foi_mailbot.ports_granting import VerdictRow
from foi_mailbot.service import records
from foi_mailbot.service.automatic import overturn
from foi_mailbot.service.journal import Journal, Step
from foi_mailbot.service.lookup import find_case


@dataclass(frozen=True, slots=True)
class Correction:
    """What an officer's word on one ask did."""

    case: CaseRow
    ask: int  # from 1
    verdict: Verdict
    rules: tuple[str, ...]
    demoted: tuple[str, ...]  # rules demoted by it
    lifted: tuple[str, ...]
    suspended: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """One rule's record; `fired` counts asks of stored cases, whatever its wording then, verdicts those of today's."""

    tally: Tally
    fired: int
    demoted: bool


@dataclass(frozen=True, slots=True)
class Learning:
    """Keeps what officers say of decisions. Every method raises Parked, in plain English, if it cannot be done."""

    journal: Journal
    rulebook: Rulebook
    floor: Floor = USUAL_FLOOR

    def correct(
        self, key: str, *, by: str, verdict: Verdict, ask: str = "", should_be: str = "", reason: str = ""
    ) -> Correction:
        """Record what `by` says of one ask (its label, or "#2" for the second); `should_be` is the right function."""
        if not is_name(by):
            raise Parked("Say who you are: --by NAME.")
        if should_be and should_be not in self.rulebook.functions:
            raise Parked(f"The rulebook has no function {should_be}. Its ids stand in the files under rules/.")
        with self.journal.step() as step:
            case = find_case(step.tx, key)
            place, record = _chosen(case, ask)
            rules = _rules(record)
            said = f"{verdict.replace('_', ' ')}{f', it is {should_be}' if should_be else ''}"
            text = f"{said}: {reason}" if reason.strip() else said
            about = f"question {record['label'] or place}"
            step.tx.cases.update(
                records.with_remark(case, at=self.journal.clock(), actor=by, about=about, text=text),
            )
            _put(step, case, {place: record}, verdict, by, self.rulebook, should_be)
            step.record(
                "case.corrected",
                case=case.id,
                actor=by,
                ask=place,
                verdict=str(verdict),
                should_be=should_be,
                rules=list(rules),
                reason_sha256=hashlib.sha256(reason.encode()).hexdigest() if reason.strip() else "",
            )
            demoted, lifted = settle(step, rules, self.rulebook, self.floor)
            ended = [] if verdict is Verdict.RIGHT else overturn(step, case.id, by=by, reason=text)
        return Correction(case, place, verdict, rules, tuple(demoted), tuple(lifted), tuple(ended))

    def refresh(self) -> None:
        """Settle every rule by today's wording and floor: run once, before anything is decided."""
        with self.journal.step() as step:
            rules = {tally.rule for _, tally in step.tx.verdicts.tallies()}
            settle(step, rules | {tally.rule for tally in step.tx.verdicts.demoted()}, self.rulebook, self.floor)

    def stats(self) -> list[RuleRecord]:
        """Return the record of each rule that fired or was judged, by name; "" stands for asks where none fired."""
        with self.journal.step() as step:
            cases = step.tx.cases.find()
            tallies = _current(step.tx.verdicts.tallies(), self.rulebook)
            demoted = {tally.rule for tally in step.tx.verdicts.demoted()}
        fired = Counter(
            rule for case in cases for ask in records.load(case.decision_json).get("asks", ()) for rule in _rules(ask)
        )
        every = sorted({*fired, *tallies, *demoted})
        return [RuleRecord(tallies.get(rule, Tally(rule, 0, 0)), fired[rule], rule in demoted) for rule in every]


def standing(step: Step) -> dict[str, Tally]:
    """Return the rules that are demoted now, each with its count."""
    return {tally.rule: tally for tally in step.tx.verdicts.demoted()}


def with_wordings(case: CaseRow, rulebook: Rulebook) -> CaseRow:
    """Return the case with the hash of each rule's wording that decided it, for later verdicts to be counted by."""
    asks = records.load(case.decision_json).get("asks", ())
    functions = sorted({_function(rule) for ask in asks for rule in _rules(ask) if rule})
    wordings = {function: wording_sha256(function, rulebook) for function in functions}
    kept = records.load(case.request_json)
    return replace(case, request_json=records.dump({**kept, "wordings": wordings})) if wordings else case


def confirm(step: Step, case: CaseRow, by: str, rulebook: Rulebook, floor: Floor) -> None:
    """Count every ask of a case as right, except those an officer gave a verdict on before."""
    judged = {row.ask for row in step.tx.verdicts.of_case(case.id)}
    asks = {place: ask for place, ask in _asks(case).items() if place not in judged and any(_rules(ask))}
    _put(step, case, asks, Verdict.RIGHT, by, rulebook)
    settle(step, {rule for ask in asks.values() for rule in _rules(ask)}, rulebook, floor)


def unedited(step: Step, letter: LetterRow) -> bool:
    """Say whether no officer wrote these words: a drafted letter, also one drafted anew."""
    edited = {e.event.details.get("content_sha256") for e in step.tx.audit.entries(letter.case_id) if _is_edit(e)}
    return letter.content_sha256 not in edited


def settle(step: Step, rules: Collection[str], rulebook: Rulebook, floor: Floor) -> tuple[list[str], list[str]]:
    """Demote and lift those rules as their verdicts on today's wording say; return (demoted now, lifted now)."""
    known = sorted(rule for rule in rules if rule)
    if not known:
        return [], []
    tallies, before = _current(step.tx.verdicts.tallies(known), rulebook), standing(step)
    demoted, lifted = list[str](), list[str]()
    for rule in known:
        tally = tallies.get(rule, Tally(rule, 0, 0))
        if floor.broken_by(tally):
            step.tx.verdicts.demote(rule, tally)
            if rule not in before:
                demoted.append(rule)
                step.record("rule.demoted", rule=rule, corrected=tally.corrected, verdicts=tally.verdicts)
        elif rule in before:
            step.tx.verdicts.demote(rule, None)
            lifted.append(rule)
            step.record("rule.lifted", rule=rule, corrected=tally.corrected, verdicts=tally.verdicts)
    return demoted, lifted


def _current(tallies: Iterable[tuple[str, Tally]], rulebook: Rulebook) -> dict[str, Tally]:
    """Keep the tallies of today's wordings: a rule that was rewritten starts anew."""
    return {t.rule: t for digest, t in tallies if digest == wording_sha256(_function(t.rule), rulebook)}


def _put(
    step: Step,
    case: CaseRow,
    asks: Mapping[int, Mapping[str, Any]],
    verdict: Verdict,
    by: str,
    rulebook: Rulebook,
    should_be: str = "",
) -> None:
    wordings = records.load(case.request_json).get("wordings", {})
    for place, ask in asks.items():
        for rule in _rules(ask):
            function = _function(rule)
            digest = wordings.get(function) or wording_sha256(function, rulebook)
            step.tx.verdicts.put(
                VerdictRow(case.id, place, rule, function, verdict, should_be, digest, step.clock(), by)
            )


def _asks(case: CaseRow) -> dict[int, dict[str, Any]]:
    return dict(enumerate(records.load(case.decision_json).get("asks", ()), 1))


def _rules(ask: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the rules that fired in an ask's record, ("",) if none did."""
    return tuple(dict.fromkeys(evidence["rule"] for evidence in ask["evidence"])) or ("",)


def _function(rule: str) -> str:
    return rule.partition("/")[0]


def _is_edit(entry: Entry) -> bool:
    return entry.event.name == "letter.edited"


def _chosen(case: CaseRow, wanted: str) -> tuple[int, dict[str, Any]]:
    """Return the one ask an officer means: its label, or "#2" for the second. Raises Parked if that is not one."""
    asks = _asks(case)
    if not asks:
        raise Parked(f"Case {case.id} has no question that was decided, so there is nothing to correct.")
    if not wanted and len(asks) == 1:
        return 1, asks[1]
    found = [place for place, ask in asks.items() if wanted and ask["label"].casefold() == wanted.casefold()]
    found = found or [place for place in asks if f"#{place}" == wanted]
    if len(found) == 1:
        return found[0], asks[found[0]]
    names = ", ".join(f"#{place} (“{ask['label']}”)" if ask["label"] else f"#{place}" for place, ask in asks.items())
    what = f"{len(found)} questions are called {wanted}" if found else f"there is no question {wanted or 'named'}"
    raise Parked(f"In case {case.id} {what}. Say --ask with one of these, by its number or its name: {names}.")
