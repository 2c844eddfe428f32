"""Requests stitched from asks that are plainly ours or the county's: what is partly ours is never all sent away."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.judgement.composition import LAYOUTS, Outcome, Single, measure, stitch
from foi_mailbot.adapters.rulebook import load

pytestmark = pytest.mark.slow  # thousands of decisions: the fast tests stay under a minute

RULEBOOK = load([Path(__file__).parents[2] / "config"])
COUNT, SEEDS = 150, (1, 2, 3)

OURS = (
    "How many refuse bins were missed on collection day last year?",
    "How much council tax was written off in 2023/24?",
    "How many homes did the council let through its housing register last year?",
    "How many food hygiene inspections of restaurants did you carry out in 2024?",
    "How many planning enforcement notices were served in the last three years?",
    "What did the council spend on agency staff in 2024/25?",
    "How many taxi drivers had their licence refused in 2023?",
    "How many fly-tipping reports did you receive in each month of 2024?",
    "How many complaints about noise were made to environmental health in 2024?",
    "How many allotment plots stand empty today?",
    "How much business rates relief was granted to shops in the town centre?",
    "How many households are in temporary accommodation on your homelessness list?",
    "Please list the councillors' allowances paid in 2024/25.",
    "How many dog fouling penalties were issued in parks last year?",
)
THEIRS = (
    "How many looked-after children were placed outside the county in 2024?",
    "How many potholes were reported in the last financial year?",
    "How many Education, Health and Care Plans were issued within 20 weeks in 2023?",
    "How many library books were borrowed in the county's libraries in 2024?",
    "How many foster carers were approved last year?",
    "How many Blue Badge applications were refused in 2024/25?",
    "How many miles of road were gritted last winter?",
    "How many adults received home care arranged by adult social care in 2024?",
    "How many permanent exclusions from secondary schools were there in 2023/24?",
    "How many children were on a child protection plan on 31 March 2024?",
)


def pool(ours: str = "held", theirs: str = "other_body") -> dict[str, list[Single]]:
    asks = [Single(f"ours {n}", text, ours, "BRW") for n, text in enumerate(OURS)]
    return {"district": asks + [Single(f"theirs {n}", text, theirs, "CAT") for n, text in enumerate(THEIRS)]}


def total(outcome: Outcome, name: str) -> int:
    return sum(getattr(tally, name) for tally in outcome.layouts.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_partly_ours_is_never_all_sent_away_in_any_layout(seed: int) -> None:
    outcome = measure(stitch(pool(), COUNT, seed), RULEBOOK)
    assert [request.text for request in outcome.failures] == []
    assert total(outcome, "held_as_part") == 0
    assert all(tally.made for tally in outcome.layouts.values())


def test_some_that_are_wholly_the_countys_go_and_some_that_are_mixed_are_parted() -> None:
    outcome = measure(stitch(pool(), COUNT, 4), RULEBOOK)
    assert 0 < total(outcome, "redirects_right") <= total(outcome, "redirects")
    assert 0 < total(outcome, "mixed_parted") <= total(outcome, "mixed")


def test_a_wrong_redirect_is_counted_as_a_failure() -> None:
    outcome = measure(stitch(pool(theirs="held"), 60, 1), RULEBOOK)
    assert len(outcome.failures) == total(outcome, "wrong") > 0


def test_the_same_seed_stitches_the_same_requests_and_every_layout_holds_every_ask() -> None:
    first, again = list(stitch(pool(), 40, 7)), list(stitch(pool(), 40, 7))
    assert first == again != list(stitch(pool(), 40, 8))
    assert all(ask.text in request.text for request in first for ask in request.asks)
    assert len({lay(["a", "b"]) for lay in LAYOUTS.values()}) == len(LAYOUTS)
