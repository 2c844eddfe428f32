"""Look-alikes that stay, plain questions that go and requests of both kinds, for many districts and counties."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import Decision, Held, PartRedirect, Redirect, Suppressed, Unsure, decide
from foi_mailbot.core.request import read_text

pytestmark = pytest.mark.slow  # thousands of decisions: the fast tests stay under a minute

RULEBOOK = load([Path(__file__).parents[2] / "config"])
CASES = tomllib.loads(Path(__file__).with_name("lookalikes.toml").read_text(encoding="utf-8"))
STRANGERS = tomllib.loads(Path(__file__).with_name("strangers.toml").read_text(encoding="utf-8"))["request"]
OURS = CASES["ours"]
COUNTYS = [(text, regime) for regime in ("FOIA", "EIR") for text in CASES[f"countys_{regime.lower()}"]]
DISTRICTS = ("DOV", "CAT", "ASF", "SHE", "BRW", "EHE", "HAS", "CHL")
SINGLE_TIERS = ("NSM", "THR", "MDW", "KWL", "CMD", "CRF", "EDH")


def decided(text: str, authority: str) -> Decision:
    return decide(read_text(text, []), RULEBOOK, authority, date(2026, 5, 1))


def shape(decision: Decision) -> str:
    assert not isinstance(decision, Suppressed)
    return "".join({"other_body": "o", "held": "h", "both": "b", "unsure": "?"}[a.outcome.value] for a in decision.asks)


def bodies(decision: Decision) -> set[str]:
    assert not isinstance(decision, Suppressed)
    return {body for ask in decision.asks for body in ask.bodies}


@pytest.mark.parametrize("text", [*OURS, *CASES["ours_at_length"]])
def test_a_districts_own_matter_stays_whatever_countys_words_stand_in_it(text: str) -> None:
    for authority in DISTRICTS:
        assert isinstance(decided(text, authority), Held | Unsure), authority


@pytest.mark.parametrize(("text", "regime"), COUNTYS)
def test_a_plain_question_on_the_countys_service_goes_to_the_districts_own_county(text: str, regime: str) -> None:
    for authority in DISTRICTS:
        decision = decided(text, authority)
        assert isinstance(decision, Redirect), authority
        assert bodies(decision) == {RULEBOOK.authorities[authority].parent}
        assert {ask.regime.value for ask in decision.asks} == {regime}


@pytest.mark.parametrize("authority", SINGLE_TIERS)
def test_a_council_that_is_the_only_tier_keeps_them_all(authority: str) -> None:
    for text, _ in COUNTYS:
        assert isinstance(decided(text, authority), Held), text
    for text in CASES["exploitation"].values():
        assert isinstance(decided(text, authority), Held), text


@pytest.mark.parametrize(("authority", "text", "wanted"), CASES["of_both_kinds"])
def test_a_request_of_both_kinds_is_parted_question_by_question(authority: str, text: str, wanted: str) -> None:
    decision = decided(text, authority)
    assert isinstance(decision, PartRedirect)
    assert shape(decision) == wanted
    assert bodies(decision) == {RULEBOOK.authorities[authority].parent}


@pytest.mark.parametrize("layout", CASES["exploitation"])
def test_the_founding_request_goes_to_the_county_in_every_layout_and_district(layout: str) -> None:
    for authority in DISTRICTS:
        decision = decided(CASES["exploitation"][layout], authority)
        assert isinstance(decision, Redirect), authority
        assert bodies(decision) == {RULEBOOK.authorities[authority].parent}


@pytest.mark.parametrize(("text", "wanted"), [*CASES["childrens_homes"].values(), *CASES["drainage"].values()])
def test_the_founding_mixed_requests_are_parted_in_every_layout_and_district(text: str, wanted: str) -> None:
    for authority in DISTRICTS:
        decision = decided(text, authority)
        assert isinstance(decision, PartRedirect), authority
        assert shape(decision) == wanted
        assert bodies(decision) == {RULEBOOK.authorities[authority].parent}


@pytest.mark.parametrize("layout", ["{n}. {text}\n", "Q{n}: {text}\n", "- {text}\n", "({n}) {text} "])
def test_an_ask_that_stays_is_never_drawn_along_by_its_neighbours(layout: str) -> None:
    for turn, ours in enumerate(OURS):
        around = [COUNTYS[(7 * turn + k) % len(COUNTYS)][0] for k in range(2)]
        parts = [around[0], ours, around[1]]
        decision = decided("".join(layout.format(n=n, text=text) for n, text in enumerate(parts, 1)), "BRW")
        kept = isinstance(decision, Held | Unsure) or shape(decision)[1] == "h"
        assert kept, parts


@pytest.mark.parametrize("turn", range(3))
def test_an_ask_that_stays_is_never_drawn_along_by_two_before_it(turn: int) -> None:
    for at, ours in enumerate(OURS):
        before = [COUNTYS[(7 * at + 3 * turn + k) % len(COUNTYS)][0] for k in range(2)]
        decision = decided("\n".join(f"{n}. {text}" for n, text in enumerate([*before, ours], 1)), "BRW")
        assert isinstance(decision, Held | Unsure) or shape(decision)[2] == "h", (before, ours)


@pytest.mark.parametrize("own", [request["own"] for request in STRANGERS])
def test_a_request_with_one_question_of_the_districts_own_never_goes_whole(own: str) -> None:
    text = next(request["text"] for request in STRANGERS if request["own"] == own)
    assert not isinstance(decided(text, "CAT"), Redirect)
