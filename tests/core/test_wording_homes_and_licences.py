"""People's own words for homes, licences, culture and registration are known as the tier's that carries them."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import Decision, Held, Redirect, Unsure, decide
from foi_mailbot.core.request import read_text

RULEBOOK = load([Path(__file__).parents[2] / "config"])
CASES = tomllib.loads(Path(__file__).with_name("wording_homes_and_licences.toml").read_text(encoding="utf-8"))
DISTRICTS = ("DOV", "CAT", "HAS", "BRW", "CHL")


def decided(text: str, authority: str) -> Decision:
    return decide(read_text(text, []), RULEBOOK, authority, date(2026, 5, 1))


@pytest.mark.parametrize("text", CASES["ours"])
def test_a_districts_own_matter_is_never_redirected(text: str) -> None:
    for authority in DISTRICTS:
        assert isinstance(decided(text, authority), Held | Unsure), authority


@pytest.mark.parametrize("text", CASES["countys"])
def test_a_countys_matter_goes_from_a_kentish_district_to_kent(text: str) -> None:
    decision = decided(text, "CAT")
    assert isinstance(decision, Redirect)
    assert {body for ask in decision.asks for body in ask.bodies} == {"KEN"}


@pytest.mark.parametrize("text", CASES["districts"])
def test_a_county_asked_of_a_districts_matter_names_its_districts(text: str) -> None:
    decision = decided(text, "KEN")
    assert isinstance(decision, Redirect)
    bodies = {body for ask in decision.asks for body in ask.bodies}
    assert bodies == {a.code for a in RULEBOOK.authorities.values() if a.parent == "KEN" and a.type == "district"}


@pytest.mark.parametrize("text", [*CASES["countys"], *CASES["districts"]])
def test_a_single_tier_keeps_both_tiers_matters(text: str) -> None:
    assert isinstance(decided(text, "MDW"), Held)
