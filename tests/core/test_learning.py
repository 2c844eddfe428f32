"""What officers' verdicts say of a rule, and what a rule that fell below its floor may no longer decide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.decision import AskDecision, AskOutcome, Decision, Evidence, Held, PartRedirect, Redirect, Unsure
from foi_mailbot.core.learning import Floor, Tally, doubted, wilson, wording_sha256
from foi_mailbot.core.request import Ask
from foi_mailbot.core.rulebook import Regime
from tests.letter_cases import rulebook

WEAK = {"libraries/strong": Tally("libraries/strong", 8, 3)}


def asked(label: str, rule: str = "", outcome: AskOutcome = AskOutcome.OTHER_BODY) -> AskDecision:
    evidence = (Evidence(0, 1, "x", rule),) if rule else ()
    bodies = ("KEN",) if outcome is AskOutcome.OTHER_BODY else ()
    return AskDecision(
        Ask(label=label, start=0, end=1, text="x"), outcome, (), bodies, Regime.FOIA, evidence, ("because",)
    )


@pytest.mark.parametrize(
    ("confirmed", "corrected", "low", "high"),
    [(10, 0, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (81, 19, 0.7222, 0.8749), (1, 0, 0.2065, 1.0)],
)
def test_wilsons_interval_is_the_published_one(confirmed: int, corrected: int, low: float, high: float) -> None:
    assert wilson(Tally("r", confirmed, corrected)) == pytest.approx((low, high), abs=1e-4)


def test_a_rule_without_a_verdict_has_no_precision_and_no_interval() -> None:
    assert Tally("r", 0, 0).precision is None
    assert wilson(Tally("r", 0, 0)) is None
    assert not Floor(1.0, 0).broken_by(Tally("r", 0, 0))


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_precision_and_stays_between_nothing_and_all(confirmed: int, corrected: int) -> None:
    tally, bounds = Tally("r", confirmed, corrected), wilson(Tally("r", confirmed, corrected))
    if bounds is None:
        return
    assert tally.precision is not None
    assert 0 <= bounds[0] <= tally.precision + 1e-9
    assert tally.precision - 1e-9 <= bounds[1] <= 1


@pytest.mark.parametrize(
    ("confirmed", "corrected", "broken"), [(0, 9, False), (9, 1, False), (8, 2, True), (90, 10, False), (89, 11, True)]
)
def test_a_rule_falls_below_its_floor_by_its_share_and_only_after_enough_verdicts(
    confirmed: int, corrected: int, broken: bool
) -> None:
    assert Floor(0.9, 10).broken_by(Tally("r", confirmed, corrected)) is broken


def test_a_demoted_rules_ask_is_unsure_with_the_count_and_so_is_the_whole_request() -> None:
    for decision in (
        Redirect((asked("1", "museums/strong"), asked("2", "libraries/strong"))),
        PartRedirect((asked("1", "", AskOutcome.HELD), asked("2", "libraries/strong"))),
    ):
        found = doubted(decision, WEAK)
        assert isinstance(found, Unsure)
        assert found.asks[0] == decision.asks[0]
        assert (found.asks[1].outcome, found.asks[1].bodies) == (AskOutcome.UNSURE, ())
        assert found.why == "question 2: officers corrected this rule 3 of 11 times (libraries/strong)"
        assert found.asks[1].evidence == decision.asks[1].evidence


@pytest.mark.parametrize(
    "decision",
    [
        Redirect((asked("1", "libraries/decisive"), asked("2", "museums/strong"))),
        Held((asked("1", "libraries/strong", AskOutcome.HELD),)),
        Unsure((asked("1", "libraries/strong"),), "doubt"),
    ],
)
def test_what_relies_on_no_demoted_rule_or_is_not_sent_on_stays_as_it_was_decided(decision: Decision) -> None:
    assert doubted(decision, WEAK) is decision
    assert doubted(Redirect((asked("1", "libraries/strong"),)), {}).__class__ is Redirect


def test_the_wording_of_a_rule_has_a_hash_and_a_rule_that_is_not_there_has_none() -> None:
    one, other = rulebook(), rulebook()
    assert wording_sha256("children", one) == wording_sha256("children", other) != wording_sha256("schools", one)
    assert wording_sha256("no_such", one) == wording_sha256("", one) == ""
