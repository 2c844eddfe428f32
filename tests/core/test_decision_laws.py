"""What holds of every decision, whatever is written: it never raises, never redirects by addition, knows no order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import Decision, Redirect, decide, outcome_name
from foi_mailbot.core.request import read_text
from foi_mailbot.core.rulebook import Rulebook

pytestmark = pytest.mark.slow  # thousands of decisions: the fast tests stay under a minute

RULEBOOK = load([Path(__file__).parents[2] / "config"])
MAY = date(2026, 5, 1)

PHRASES = [
    phrase
    for function in RULEBOOK.functions.values()
    for phrase in (*function.decisive[:3], *function.strong[:2], *function.weak[:1], *function.away[:1])
]
FRAMES = ["How many {} were there?", "{}?", "Please list all {}.", "1) {}", "2. the cost of {}", "- {}", "{} (not {})"]
WORDING = st.builds(
    lambda frame, one, two: frame.replace("{}", one, 1).replace("{}", two),
    st.sampled_from(FRAMES),
    st.sampled_from(PHRASES),
    st.sampled_from(PHRASES),
)
TEXTS = st.lists(WORDING, min_size=1, max_size=8).map("\n".join)
UNMATCHED = [
    "What colour is the cupboard in the mayor's parlour?",
    "How many zebras does Mrs Tiggywinkle own?",
    "Please say what the thing was for.",
    "How many pedalos were painted blue?",
]


LEVELS = ("decisive", "strong", "weak", "away", "keeps")


def _mixed(phrases: tuple[str, ...], random: Random) -> Any:
    return tuple(random.sample(phrases, len(phrases)))


def decided(text: str, authority: str = "CAT", rulebook: Rulebook = RULEBOOK) -> Decision:
    return decide(read_text(text, []), rulebook, authority, MAY)


@given(st.one_of(st.text(max_size=300), TEXTS), st.sampled_from(["CAT", "KEN", "MDW", "GLA", "EDH", "ABC", "NOBODY"]))
@example("", "CAT")
@example("1.\n2.\n3.", "CAT")
@example("\x00\ud800 1) ?", "KEN")
def test_nothing_that_is_written_makes_deciding_fail(text: str, authority: str) -> None:
    assert outcome_name(decided(text, authority)) in {"redirect", "part_redirect", "held", "unsure"}


@settings(derandomize=True, max_examples=300)
@given(TEXTS, st.sampled_from(UNMATCHED), st.booleans())
def test_a_question_that_nothing_matches_never_makes_a_request_a_whole_redirect(
    text: str, unmatched: str, first: bool
) -> None:
    before = decided(text)
    lines = [unmatched, text] if first else [text, unmatched]
    after = decided("\n".join(lines))
    assert not (isinstance(after, Redirect) and not isinstance(before, Redirect))


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rules_and_of_their_phrases_does_not_matter(seed: int) -> None:
    random = Random(seed)
    functions = list(RULEBOOK.functions.values())
    random.shuffle(functions)
    mixed = {f.id: replace(f, **{name: _mixed(getattr(f, name), random) for name in LEVELS}) for f in functions}
    shuffled = replace(RULEBOOK, functions=mixed)
    texts = [e.text for f in RULEBOOK.functions.values() for e in f.examples]
    texts += ["\n".join(f"{n}. {t}" for n, t in enumerate(random.sample(texts, 3), 1)) for _ in range(100)]
    for text in texts:
        one, other = decided(text), decided(text, rulebook=shuffled)
        assert outcome_name(one) == outcome_name(other), text
        asks = [(a.outcome, set(a.bodies), set(a.functions)) for a in getattr(one, "asks", ())]
        assert asks == [(a.outcome, set(a.bodies), set(a.functions)) for a in getattr(other, "asks", ())], text
