"""People's own words for care, children and schools reach the county; the same words about a district's work stay."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import Decision, Held, Redirect, Unsure, decide
from foi_mailbot.core.request import read_text

RULEBOOK = load([Path(__file__).parents[2] / "config"])
CASES = tomllib.loads(Path(__file__).with_name("wording_care_and_schools.toml").read_text(encoding="utf-8"))


def decided(text: str, authority: str) -> Decision:
    return decide(read_text(text, []), RULEBOOK, authority, date(2026, 5, 1))


@pytest.mark.parametrize("text", CASES["ours"])
def test_a_districts_own_matter_is_never_redirected_for_words_of_care_or_schools(text: str) -> None:
    for authority in ("CAT", "DOV", "BRW", "HAS"):
        assert isinstance(decided(text, authority), Held | Unsure), authority


@pytest.mark.parametrize("text", CASES["countys"])
def test_a_plain_question_in_peoples_own_words_goes_to_the_county(text: str) -> None:
    decision = decided(text, "CAT")
    assert isinstance(decision, Redirect)
    assert {body for ask in decision.asks for body in ask.bodies} == {"KEN"}


@pytest.mark.parametrize("text", CASES["countys"])
def test_what_goes_to_the_county_from_a_district_stays_with_a_unitary_council(text: str) -> None:
    assert isinstance(decided(text, "MDW"), Held)
