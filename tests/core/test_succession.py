"""Who stands in whose place: chains to their end, several heirs, warnings within a year, circles found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.rulebook import Authority, Rulebook, Succession
from foi_mailbot.core.succession import coming_ends, cycles, end_sentence, heirs, why_not_in_being

RULEBOOK = load([Path(__file__).parents[2] / "config"])


def made(predecessor: str, successor: str, year: int, status: str = "ORDER MADE") -> Succession:
    return Succession(predecessor, successor, date(year, 4, 1), status, "whole")


def book(ends: dict[str, int], *rows: Succession) -> Rulebook:
    """Bodies that end on 1 April of these years (0: never), with those successions."""
    bodies = {
        code: Authority(code, f"Council {code}", "unitary", "England", "", None, date(year, 4, 1) if year else None)
        for code, year in ends.items()
    }
    return replace(RULEBOOK, authorities=bodies, successions=rows)


def test_a_chain_is_followed_to_its_end_and_only_as_far_as_the_day_has_come() -> None:
    chain = book({"A": 2019, "B": 2023, "C": 0}, made("A", "B", 2019), made("B", "C", 2023))
    assert heirs("A", date(2019, 3, 31), chain) == ("A",)
    assert heirs("A", date(2019, 4, 1), chain) == ("B",)
    assert heirs("A", date(2023, 4, 1), chain) == ("C",)
    assert why_not_in_being(chain.authorities["A"], date(2023, 4, 1), chain) == (
        "Council A ended on 1 April 2019; its place was taken by Council C"
    )


def test_somersets_west_and_taunton_is_a_chain_of_the_shipped_table() -> None:
    assert heirs("TAU", date(2020, 1, 1), RULEBOOK) == ("SWT",)
    assert heirs("TAU", date(2024, 1, 1), RULEBOOK) == ("SMT",)


def test_several_heirs_are_all_named_each_once_and_their_own_heirs_too() -> None:
    rows = (
        made("A", "B", 2019),
        made("A", "C", 2019),
        made("B", "D", 2020),
        made("C", "D", 2020),
        made("C", "E", 2020),
    )
    split = book({"A": 2019, "B": 2020, "C": 2020, "D": 0, "E": 0}, *rows)
    assert heirs("A", date(2020, 1, 1), split) == ("B", "C")
    assert heirs("A", date(2021, 1, 1), split) == ("D", "E")
    said = why_not_in_being(split.authorities["A"], date(2021, 1, 1), split)
    assert "divided among Council D and Council E" in said


def test_what_is_only_announced_or_of_a_body_unknown_leads_nowhere() -> None:
    announced = book({"A": 2019, "B": 0}, made("A", "B", 2019, "DECISION ANNOUNCED"))
    assert heirs("A", date(2020, 1, 1), announced) == ()
    assert heirs("Z", date(2020, 1, 1), announced) == ()
    assert (
        why_not_in_being(announced.authorities["A"], date(2020, 1, 1), announced) == "Council A ended on 1 April 2019"
    )
    assert why_not_in_being(announced.authorities["B"], date(2020, 1, 1), announced) == ""


def test_a_circle_ends_the_search_and_is_found() -> None:
    rows = (
        made("A", "B", 2019),
        made("B", "C", 2019),
        made("C", "A", 2019),
        made("D", "D", 2019),
        made("C", "E", 2019),
    )
    ring = book({"A": 2019, "B": 2019, "C": 2019, "D": 2019, "E": 0}, *rows)
    assert heirs("A", date(2020, 1, 1), ring) == ("E",)
    assert cycles(rows) == [("A", "B", "C"), ("D",)]
    assert cycles(RULEBOOK.successions) == []


@pytest.mark.parametrize(
    ("on", "warned"),
    [
        (date(2026, 3, 30), False),
        (date(2026, 4, 1), True),
        (date(2027, 3, 31), True),
        (date(2027, 4, 1), False),
    ],
)
def test_an_end_is_warned_of_within_a_year_before_it(on: date, warned: bool) -> None:
    said = coming_ends("SRY", on, RULEBOOK)
    assert bool(said) == warned
    if warned:
        assert said == (
            "Surrey County Council ends on 1 April 2027: the order is made, and East Surrey Council and West Surrey "
            "Council take its place.",
        )


def test_an_announced_end_names_what_is_known_and_says_that_nothing_changes() -> None:
    (norfolk,) = coming_ends("NFK", date(2027, 5, 1), RULEBOOK)
    assert norfolk.startswith("Norfolk County Council may end on 1 April 2028, to be followed by West Norfolk, East")
    assert "DECISION ANNOUNCED March 2026, order not seen. Nothing changes until an order is made" in norfolk
    (kent,) = coming_ends("KEN", date(2027, 5, 1), RULEBOOK)
    assert kent.startswith("Kent County Council may end on 1 April 2028: CONSULTED to 26 March 2026")
    assert end_sentence([made("ZZZ", "", 2028, "PROPOSED")], RULEBOOK).startswith(
        "ZZZ may end on 1 April 2028: PROPOSED"
    )
