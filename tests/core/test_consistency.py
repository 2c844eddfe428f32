"""Tables that disagree are told with the file, the key, what is wrong and what to write."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.consistency import faults
from foi_mailbot.core.rulebook import NationBody, Override, Rulebook, Succession

RULEBOOK = load([Path(__file__).parents[2] / "config"])
FACT = Override("on_street_parking", "DOV", "self", "agency", "its page")
DAY = date(2026, 5, 1)


def said(book: Rulebook) -> str:
    return "\n".join(f"{f.file}: {f.key}: {f.what}; write {f.write}" for f in faults(book))


def test_the_shipped_tables_agree() -> None:
    assert faults(RULEBOOK) == []


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ({"function": "on_street_parkin"}, "function on_street_parkin is unknown; write on_street_parking, or an id"),
        ({"authority": "DVO"}, "authority DVO is unknown; write"),
        ({"holder": "KENT"}, "authority KENT is unknown; write KEN, or a code from data/authorities.csv"),
        ({"authority": "", "county": "NOBODY"}, "authority NOBODY is unknown"),
        ({"authority": "", "county": "DOV"}, "Dover District Council is no county council; write a county's code"),
    ],
)
def test_a_local_fact_names_only_what_exists(fact: dict[str, str], words: str) -> None:
    told = said(replace(RULEBOOK, overrides=(replace(FACT, **fact),)))  # type: ignore[arg-type]
    assert told.startswith("overrides.toml: override on_")
    assert words in told


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ({}, {"holder": "KEN"}, True),
        ({}, {"holder": "self"}, False),
        ({"end": DAY}, {"holder": "KEN", "start": DAY}, False),
        ({"end": date(2026, 5, 2)}, {"holder": "KEN", "start": DAY}, True),
        ({}, {"holder": "KEN", "authority": "CAT"}, False),
        ({}, {"holder": "KEN", "authority": "", "county": "KEN"}, False),
        ({}, {"holder": "KEN", "function": "libraries"}, False),
    ],
)
def test_two_facts_on_one_thing_place_and_day_with_different_holders_are_refused(
    one: dict[str, str], other: dict[str, str], clash: bool
) -> None:
    both = (replace(FACT, **one), replace(FACT, source="the county's page", **other))  # type: ignore[arg-type]
    told = said(replace(RULEBOOK, overrides=both))
    assert bool(told) == clash
    if clash:
        for words in ("on_street_parking/DOV", "self (always", "its page", "KEN (", "the county's page"):
            assert words in told


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Succession("SRY", "", date(2027, 4, 1), "ORDER MADE", "whole"), "is an order made without a successor"),
        (
            Succession("KEN", "MDW", date(2028, 4, 1), "ORDER MADE", "whole"),
            "but its end is blank; write end 2028-04-01",
        ),
        (
            Succession("SRY", "ESY", date(2026, 4, 1), "ORDER MADE", "part"),
            "its end is 2027-04-01; write end 2026-04-01",
        ),
        (
            Succession("SRY", "ESY", date(2026, 4, 1), "ORDER MADE", "part"),
            "follows on 2026-04-01, when it is not in be",
        ),
        (Succession("KEN", "EKC", date(2028, 4, 1), "CONSULTED", "part"), "authority EKC is unknown; write"),
        (
            Succession("KEN", "KEN", date(2028, 4, 1), "CONSULTED", "part"),
            "go round in a circle: KEN to KEN; write rows",
        ),
    ],
)
def test_a_succession_ends_one_body_and_begins_another_on_one_day(row: Succession, words: str) -> None:
    assert words in said(replace(RULEBOOK, successions=(row,)))


def test_a_nations_table_names_nations_and_functions_that_exist() -> None:
    row = NationBody("Cornwall", "librarys", "b", "s")
    told = said(replace(RULEBOOK, nation_bodies={("Cornwall", "librarys"): row}))
    assert "nation Cornwall is unknown; write one of Northern Ireland, Scotland, Wales" in told
    assert "function librarys is unknown; write libraries, or an id" in told
