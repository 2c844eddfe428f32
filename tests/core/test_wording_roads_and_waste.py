"""Requests on roads, waste and planning in people's own words: what is ours stays, what is the county's goes there."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import Decision, Held, Redirect, Unsure, decide
from foi_mailbot.core.request import read_text

RULEBOOK = load([Path(__file__).parents[2] / "config"])
CASES = tomllib.loads(Path(__file__).with_name("wording_roads_and_waste.toml").read_text(encoding="utf-8"))
DISTRICTS = ("CAT", "DOV", "BRW", "HAS")


def decided(text: str, authority: str) -> Decision:
    return decide(read_text(text, []), RULEBOOK, authority, date(2026, 5, 1))


@pytest.mark.parametrize("text", CASES["ours"])
def test_a_districts_own_matter_stays_though_it_is_put_in_the_countys_words(text: str) -> None:
    for authority in DISTRICTS:
        assert isinstance(decided(text, authority), Held | Unsure), authority


@pytest.mark.parametrize("text", CASES["countys"])
def test_a_plain_question_in_peoples_own_words_goes_to_the_county(text: str) -> None:
    decision = decided(text, "CAT")
    assert isinstance(decision, Redirect)
    assert {body for ask in decision.asks for body in ask.bodies} == {"KEN"}


@pytest.mark.parametrize("text", CASES["countys"])
def test_the_county_itself_and_a_single_tier_keep_it(text: str) -> None:
    for authority in ("KEN", "MDW"):
        assert isinstance(decided(text, authority), Held), authority
