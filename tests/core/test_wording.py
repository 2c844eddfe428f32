"""People's own words reach whoever carries a service, and the same words about a council's own work stay with it."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import AskOutcome, Decision, Held, PartRedirect, Redirect, Unsure, decide
from foi_mailbot.core.request import read_text

pytestmark = pytest.mark.slow  # thousands of decisions: the fast tests stay under a minute

RULEBOOK = load([Path(__file__).parents[2] / "config"])
CASES: dict[str, list[str]] = {"ours": [], "countys": [], "districts": []}
TURNING: list[tuple[str, str]] = []
for path in sorted([*Path(__file__).parent.glob("wording_*.toml"), *Path(__file__).parent.glob("traps_*.toml")]):
    for list_name, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
        (TURNING if list_name == "turning" else CASES[list_name]).extend(texts)
KENTS = {a.code for a in RULEBOOK.authorities.values() if a.parent == "KEN" and a.type == "district"}


def decided(text: str, authority: str) -> Decision:
    return decide(read_text(text, []), RULEBOOK, authority, date(2026, 5, 1))


def bodies(text: str, authority: str) -> set[str]:
    decision = decided(text, authority)
    assert isinstance(decision, Redirect)
    return {body for ask in decision.asks for body in ask.bodies}


def stays(decision: Decision, ours: list[str]) -> None:
    assert isinstance(decision, Held | Unsure | PartRedirect)
    if isinstance(decision, PartRedirect):
        kept = [a.ask.text for a in decision.asks if a.outcome in (AskOutcome.HELD, AskOutcome.UNSURE)]
        assert all(any(one in text for text in kept) for one in ours)


@pytest.mark.parametrize("text", [text for text in CASES["ours"] if "\n" in text])
def test_in_a_list_the_questions_to_the_district_never_leave_it(text: str) -> None:
    stays(decided(text, "CAT"), text.splitlines()[1:])


@pytest.mark.parametrize(("countys", "ours"), TURNING)
@pytest.mark.parametrize("layout", ["1. {}\n2. {}", "{} {}"])
def test_a_question_that_turns_to_the_district_is_not_drawn_along(countys: str, ours: str, layout: str) -> None:
    stays(decided(layout.format(countys, ours), "CAT"), [ours])


@pytest.mark.parametrize("text", [text for text in CASES["ours"] if "\n" not in text])
def test_a_districts_own_matter_is_never_sent_away_for_anothers_words(text: str) -> None:
    for authority in ("CAT", "BRW"):
        assert isinstance(decided(text, authority), Held | Unsure), authority


@pytest.mark.parametrize("text", CASES["countys"])
def test_a_plain_question_in_peoples_own_words_goes_from_a_district_to_its_county(text: str) -> None:
    assert bodies(text, "CAT") == {"KEN"}


@pytest.mark.parametrize("text", CASES["districts"])
def test_a_county_asked_of_a_districts_matter_names_its_districts(text: str) -> None:
    assert bodies(text, "KEN") == KENTS


@pytest.mark.parametrize("text", [*CASES["countys"], *CASES["districts"]])
def test_what_one_tier_sends_to_the_other_stays_with_a_single_tier(text: str) -> None:
    assert isinstance(decided(text, "MDW"), Held)
