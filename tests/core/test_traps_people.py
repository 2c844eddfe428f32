"""Questions to a district in the words of the county's services for people stay with the district."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import AskOutcome, Decision, Held, PartRedirect, Unsure, decide
from foi_mailbot.core.request import read_text

RULEBOOK = load([Path(__file__).parents[2] / "config"])
TRAPS = tomllib.loads(Path(__file__).with_name("traps_people.toml").read_text(encoding="utf-8"))


def decided(text: str) -> Decision:
    return decide(read_text(text, []), RULEBOOK, "CAT", date(2026, 5, 1))


@pytest.mark.parametrize("text", [t for t in TRAPS["ours"] if "\n" not in t])
def test_a_question_to_the_district_in_words_of_the_countys_services_never_leaves_it(text: str) -> None:
    assert isinstance(decided(text), Held | Unsure)


@pytest.mark.parametrize("text", [t for t in TRAPS["ours"] if "\n" in t])
def test_in_a_list_the_questions_to_the_district_never_leave_it(text: str) -> None:
    _stays(decided(text), text.splitlines()[1:])


@pytest.mark.parametrize(("countys", "ours"), TRAPS["turning"])
@pytest.mark.parametrize("layout", ["1. {}\n2. {}", "{} {}"])
def test_a_question_that_turns_to_the_district_is_not_drawn_along(countys: str, ours: str, layout: str) -> None:
    _stays(decided(layout.format(countys, ours)), [ours])


def _stays(decision: Decision, ours: list[str]) -> None:
    assert isinstance(decision, Held | Unsure | PartRedirect)
    if isinstance(decision, PartRedirect):
        kept = [a.ask.text for a in decision.asks if a.outcome in (AskOutcome.HELD, AskOutcome.UNSURE)]
        assert all(any(one in text for text in kept) for one in ours)
