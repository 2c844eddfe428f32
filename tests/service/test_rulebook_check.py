"""What `rules check` finds, each kind by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.rulebook import Example, Override, Rulebook
from foi_mailbot.errors import Fatal
from foi_mailbot.service.rulebook_check import (
    Kind,
    district,
    example_findings,
    judge,
    next_review,
    stale_findings,
    wording_findings,
)

pytestmark = pytest.mark.slow

RULEBOOK = load([Path(__file__).parents[2] / "config"])
DAY = date(2026, 11, 24)


def altered(id_: str, **changes: object) -> Rulebook:
    function = replace(RULEBOOK.functions[id_], **changes)  # type: ignore[arg-type]
    return replace(RULEBOOK, functions={**RULEBOOK.functions, id_: function})


def said(book: Rulebook) -> dict[tuple[Kind, str], str]:
    return {(f.kind, f.where): f.what for f in wording_findings(book, "DOV", DAY)}


def test_a_sharp_phrase_of_two_functions_is_an_overlap_only_if_different_bodies_carry_them() -> None:
    phrase = RULEBOOK.functions["libraries"].decisive[0]
    contested = altered("council_tax", strong=(phrase,))
    assert any(kind is Kind.OVERLAP for kind, _ in said(contested))
    ours = replace(contested, overrides=(Override("libraries", "DOV", "self", "b", "s"),))
    assert not any(kind is Kind.OVERLAP for kind, _ in said(ours))


def test_a_phrase_without_words_is_told_never_to_count() -> None:
    found = said(altered("libraries", weak=("…",)))
    assert "“…” (weak) never counts" in found[Kind.UNREACHABLE, "libraries"]


def test_singular_and_plural_at_two_levels_are_the_same_words() -> None:
    found = said(altered("libraries", decisive=("reading rooms",), weak=("reading room",)))
    assert "decisive (“reading rooms”), weak (“reading room”)" in found[Kind.TWO_LEVELS, "libraries"]


@pytest.mark.parametrize(
    ("id_", "example", "fault"),
    [
        ("libraries", Example("How many bins?", fires=True), "has 0 points for it, and 3 are needed"),
        ("libraries", Example("How many library branches closed?", fires=False), "fires, and must not"),
        ("libraries", Example("How many library branches closed?", fires=True), ""),
        ("waste_collection", Example("How many household refuse bins did you collect?", fires=True), ""),
    ],
)
def test_an_example_that_comes_out_otherwise_than_it_says_is_named(id_: str, example: Example, fault: str) -> None:
    book = altered(id_, examples=(example,))
    found = [f.what for f in example_findings([j for j in judge(book, "DOV", DAY) if j.function == id_])]
    assert found == ([f"“{example.text}” {fault}"] if fault else [])


def test_a_review_overdue_is_found_for_files_rules_as_a_whole_and_single_rules() -> None:
    book = altered("libraries", review_by=date(2026, 12, 1))
    assert stale_findings(book, DAY) == []
    assert [f.where for f in stale_findings(book, date(2026, 12, 2))] == ["libraries"]
    late = {f.where for f in stale_findings(book, date(2027, 4, 1))}
    assert {"rules", "data/authorities.csv", "data/nation_bodies.csv", "libraries"} <= late
    assert next_review(book) == date(2026, 12, 1)


def test_examples_are_decided_for_a_district() -> None:
    assert district(RULEBOOK, "DOV", DAY) == "DOV"
    assert district(RULEBOOK, "KEN", DAY) in RULEBOOK.authorities
    assert RULEBOOK.authorities[district(RULEBOOK, "KEN", DAY)].type == "district"
    assert district(RULEBOOK, "ELM", date(2027, 4, 1)) != "ELM"
    with pytest.raises(Fatal, match="No district council"):
        district(replace(RULEBOOK, authorities={}), "DOV", DAY)
