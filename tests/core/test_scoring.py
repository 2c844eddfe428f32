"""Scoring: every result lands in one cell, figures stay within their bounds, faults are named for what they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.past_cases import OUTCOMES
from foi_mailbot.core.scoring import (
    GOT,
    AskResult,
    Fault,
    Rate,
    Result,
    by_function,
    compared,
    confusion,
    faults,
    rates,
)

ASK_OUTCOMES = ("held", "other_body", "both", "unsure")
ASKS = st.builds(
    AskResult,
    st.sampled_from(["", "1", "2", "a"]),
    st.sampled_from(ASK_OUTCOMES),
    st.lists(st.sampled_from(["roads", "care", "bins"]), max_size=2, unique=True).map(tuple),
    st.sampled_from(["", *ASK_OUTCOMES]),
)
BODIES = st.lists(st.sampled_from(["KEN", "ESS"]), max_size=2, unique=True).map(tuple)
RESULTS = st.builds(
    Result,
    st.text(max_size=3),
    st.sampled_from(["", *OUTCOMES]),
    st.sampled_from(GOT),
    BODIES,
    BODIES,
    st.lists(ASKS, max_size=4).map(tuple),
    st.booleans(),
)


def result(expected: str, outcome: str, *asks: tuple[str, str], wanted: str = "", named: str = "") -> Result:
    made = tuple(AskResult(str(n), got, ("roads",), want) for n, (want, got) in enumerate(asks, 1))
    return Result("x", expected, outcome, tuple(wanted.split()), tuple(named.split()), made)


@given(st.lists(RESULTS))
def test_each_labelled_result_counts_in_exactly_one_cell(results: list[Result]) -> None:
    table = confusion(results)
    assert sum(n for row in table.values() for n in row.values()) == sum(bool(r.expected) for r in results)
    assert {(expected, got) for expected, row in table.items() for got in row} == {
        (e, g) for e in OUTCOMES for g in GOT
    }


@given(st.lists(RESULTS))
def test_a_rate_counts_what_its_faults_name(results: list[Result]) -> None:
    found = rates(results)
    assert found["wrong_redirects"].count == sum(Fault.WRONG_REDIRECT in faults(r) for r in results)
    assert found["held_as_part"].count == sum(Fault.HELD_AS_PART in faults(r) for r in results)
    assert all(0 <= rate.count <= rate.of for rate in found.values())


@given(RESULTS)
def test_a_right_result_has_no_fault_and_an_unlabelled_one_is_not_judged_as_a_whole(made: Result) -> None:
    if made.expected == made.outcome and made.right_bodies:
        assert faults(made) <= {Fault.WRONG_ASK}
    if not made.expected:
        assert faults(made) <= {Fault.WRONG_ASK}


@given(RESULTS)
def test_unsure_and_held_are_never_worse_than_missed(made: Result) -> None:
    if made.outcome in ("unsure", "held", "suppressed"):
        assert faults(made) <= {Fault.MISSED}


@given(st.lists(RESULTS))
def test_each_judged_ask_counts_once_for_each_of_its_functions(results: list[Result]) -> None:
    total = sum(s.right + s.wrong + s.missed for s in by_function(results))
    assert total <= sum(max(1, len(a.functions)) for r in results for a in r.asks)
    for score in by_function(results):
        assert score.precision.of == score.right + score.wrong
        assert score.recall.of == score.right + score.missed


@pytest.mark.slow
@given(st.integers(0, 300), st.integers(0, 300))
def test_bounds_enclose_the_share_and_mirror_each_other(count: int, rest: int) -> None:
    rate, other = Rate(count, count + rest), Rate(rest, count + rest)
    if rate.share is None:
        return
    assert 0 <= rate.low <= rate.share <= rate.high <= 1
    assert rate.low == pytest.approx(1 - other.high)


@given(st.integers(1, 200), st.integers(2, 5))
def test_more_requests_of_the_same_share_narrow_the_bounds(of: int, times: int) -> None:
    few, many = Rate(0, of), Rate(0, of * times)
    assert many.high < few.high


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (0, 100, 0, 0.0362),
    ],
)
def test_bounds_are_clopper_and_pearsons(count: int, of: int, low: float, high: float) -> None:
    assert Rate(count, of).low == pytest.approx(low, abs=1e-4)
    assert Rate(count, of).high == pytest.approx(high, abs=1e-4)


def test_a_share_of_nothing_is_no_number() -> None:
    assert Rate(0, 0).share is None


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (result("held", "redirect"), {Fault.WRONG_REDIRECT}),
        (result("part_redirect", "redirect"), {Fault.WRONG_REDIRECT}),
        (result("unsure", "redirect"), {Fault.WRONG_REDIRECT}),
        (result("unsure", "held"), set()),
        (result("redirect", "redirect"), set()),
        (result("held", "part_redirect"), {Fault.HELD_AS_PART}),
        (result("redirect", "part_redirect"), {Fault.MISSED}),
        (result("redirect", "held"), {Fault.MISSED}),
        (result("part_redirect", "unsure"), {Fault.MISSED}),
        (result("redirect", "redirect", wanted="KEN", named="ESS"), {Fault.WRONG_BODIES}),
        (result("redirect", "redirect", wanted="KEN ESS", named="ESS KEN"), set()),
        (result("part_redirect", "part_redirect", ("held", "other_body"), ("held", "held")), {Fault.WRONG_ASK}),
        (result("part_redirect", "part_redirect", ("both", "other_body")), {Fault.WRONG_ASK}),
        (result("part_redirect", "part_redirect", ("both", "both"), ("held", "both")), set()),
        (result("", "redirect"), set()),
    ],
)
def test_a_fault_is_named_for_what_it_is(made: Result, wanted: set[Fault]) -> None:
    assert faults(made) == wanted


def test_a_part_is_split_rightly_only_if_every_labelled_question_is_as_labelled() -> None:
    assert result("part_redirect", "part_redirect", ("held", "held"), ("other_body", "other_body")).right_split
    assert not result("part_redirect", "part_redirect", ("held", "held"), ("other_body", "unsure")).right_split
    assert not result("part_redirect", "redirect", ("other_body", "other_body")).right_split
    assert not result("part_redirect", "part_redirect", ("", "held")).right_split


def test_an_ask_of_a_request_without_a_letter_is_not_drafted_away() -> None:
    (score,) = by_function([result("redirect", "unsure", ("other_body", "other_body"), ("held", "other_body"))])
    assert (score.right, score.wrong, score.missed) == (0, 0, 1)


def got(*labels: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(label, "held", ()) for label in labels]


@pytest.mark.parametrize(
    ("labels", "expected", "asks", "wanted", "complete"),
    [
        ({"Q1": "held", "(2)": "both"}, "", ("1", "2"), ["held", "both"], True),
        ({"1": "held"}, "", ("1", "2"), ["held", ""], True),
        ({"a": "both", "b": "held"}, "", ("1", "2"), ["both", "held"], True),
        ({"a": "both", "b": "held"}, "", ("1", "2", "3"), ["", "", ""], False),
        ({"1": "held", "2": "both"}, "", ("",), [""], False),
        ({"1": "both", "2": "both"}, "", ("",), ["both"], True),
        ({"1": "both", "2": "held", "3": "held"}, "", ("1", "2"), ["both", "held"], False),
        ({}, "redirect", ("1", "2"), ["other_body", "other_body"], True),
        ({}, "held", ("",), ["held"], True),
        ({}, "part_redirect", ("1", "2"), ["", ""], False),
        ({"1": "held"}, "", (), [], False),
    ],
)
def test_labels_find_their_asks(
    labels: dict[str, str], expected: str, asks: tuple[str, ...], wanted: list[str], complete: bool
) -> None:
    results, found = compared(labels, expected, got(*asks))
    assert ([r.expected for r in results], found) == (wanted, complete)
