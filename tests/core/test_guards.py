"""What hands a redirect to a person whatever the words say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import Held, PartRedirect, Redirect, Unsure, decide
from foi_mailbot.core.guards import LONGEST_UNMARKED, MOST_ASKS
from foi_mailbot.core.request import read_text

RULEBOOK = load([Path(__file__).parents[2] / "config"])
PLAIN = "How many looked-after children were placed outside the county last year?"


def decided(text: str) -> object:
    return decide(read_text(text, []), RULEBOOK, "DOV", date(2026, 5, 1))


def why(text: str) -> str:
    decision = decided(text)
    assert isinstance(decision, Unsure), decision
    return decision.why


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Please send any and all information on looked-after children placed out of county.", "nobody knows"),
        ("How many looked-after children were placed with Mr Arthur Pell last year?", "names a person"),
        ("How many children in care were there before the referendum?", "elections"),
        ("How many looked-after children came through counter terrorism referrals?", "security"),
        ("How many looked-after children are helped by the joint team?", "partnership"),
    ],
)
def test_a_question_that_needs_a_persons_eye_is_never_drafted(text: str, says: str) -> None:
    assert says in why(text)


def test_what_stops_a_draft_counts_only_in_a_question_that_would_go_elsewhere() -> None:
    assert isinstance(decided(f"1. {PLAIN}\n2. How many people are on the electoral register?"), PartRedirect)
    assert isinstance(decided("How many people are on the electoral register?"), Held)
    assert isinstance(decided(f"Dear Mr Smith,\n\n{PLAIN}"), Redirect)
    assert isinstance(decided(f"Dear Sir or Madam,\n\n{PLAIN}\n\nYours faithfully\nMrs A Jones"), Redirect)


def test_questions_that_nothing_tells_apart_go_to_a_person_once_they_are_long() -> None:
    filler = "The welfare of children in care matters greatly to everyone who lives in this area. "
    assert "not numbered" in why(PLAIN + " " + filler * (LONGEST_UNMARKED // 15 + 1))
    assert isinstance(decided(PLAIN), Redirect)


def test_very_many_questions_go_to_a_person() -> None:
    asks = "\n".join(f"{n}. {PLAIN}" for n in range(1, MOST_ASKS + 2))
    assert f"{MOST_ASKS + 1} questions" in why(asks)
