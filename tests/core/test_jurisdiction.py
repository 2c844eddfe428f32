"""Who is responsible for what, where and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.jurisdiction import (
    SINGLE_TIER,
    Holder,
    Ours,
    Shared,
    Theirs,
    Unknown,
    in_being,
    named_in,
    responsible,
)
from foi_mailbot.core.rulebook import Override, Tier

RULEBOOK = load([Path(__file__).parents[2] / "config"])
MAY = date(2026, 5, 1)


def who(function: str, authority: str, on: date = MAY) -> Holder:
    return responsible(RULEBOOK.functions[function], authority, on, RULEBOOK)


def test_every_upper_tier_function_of_every_district_is_its_own_countys() -> None:
    districts = [a for a in RULEBOOK.authorities.values() if a.type == "district" and in_being(a, MAY)]
    uppers = [f for f in RULEBOOK.functions.values() if f.tier is Tier.UPPER]
    local = {(o.authority, o.function) for o in RULEBOOK.overrides}
    assert len(districts) == 164
    for district in districts:
        for function in uppers:
            if (district.code, function.id) not in local:
                holder = responsible(function, district.code, MAY, RULEBOOK)
                assert isinstance(holder, Theirs)
                assert holder.body == district.parent


def test_a_single_tier_council_is_never_sent_to_another_council() -> None:
    for authority in RULEBOOK.authorities.values():
        if authority.type in SINGLE_TIER and in_being(authority, MAY):
            for function in RULEBOOK.functions.values():
                assert isinstance(responsible(function, authority.code, MAY, RULEBOOK), Ours | Unknown)


@pytest.mark.parametrize("type_", ["ni_district", "strategic_regional_authority", "combined_authority", "fire"])
def test_where_functions_are_spread_otherwise_nobody_is_named(type_: str) -> None:
    authority = next(a for a in RULEBOOK.authorities.values() if a.type == type_ and in_being(a, MAY))
    assert isinstance(who("libraries", authority.code), Unknown)


def test_a_district_keeps_its_own_and_a_countys_question_of_a_district_matter_names_every_district() -> None:
    assert isinstance(who("council_tax", "DOV"), Ours)
    assert who("tree_management", "DOV") == Ours(who("tree_management", "DOV").why, ("KEN",))
    kents = who("council_tax", "KEN")
    assert isinstance(kents, Theirs)
    assert set(kents.bodies) == {a.code for a in RULEBOOK.authorities.values() if a.parent == "KEN"}
    assert len(kents.bodies) == 12
    assert isinstance(who("libraries", "KEN"), Ours)


def test_of_many_districts_the_one_whose_place_is_named_is_meant() -> None:
    kents = who("council_tax", "KEN")
    assert isinstance(kents, Theirs)
    assert named_in("How many bins were missed in Thanet and Dover?", kents.bodies, RULEBOOK) == ("DOV", "THA")
    assert named_in("How many bins were missed in Kent?", kents.bodies, RULEBOOK) == kents.bodies
    assert named_in("Dear Dover, how many bins were missed?", kents.bodies, RULEBOOK) == kents.bodies


def test_local_facts_beat_the_table() -> None:
    assert isinstance(who("on_street_parking", "DOV"), Ours)
    lamps = who("street_lighting", "DOV")
    assert isinstance(lamps, Shared)
    assert lamps.body == "KEN"
    assert isinstance(who("street_lighting", "BRW"), Theirs)


def test_a_local_fact_holds_only_on_its_days_and_may_name_another_body() -> None:
    fact = Override("parks_open_spaces", "DOV", "KEN", "agreement", "its deed", date(2026, 1, 1), date(2026, 5, 1))
    book = replace(RULEBOOK, overrides=(fact,))
    parks = book.functions["parks_open_spaces"]
    assert isinstance(responsible(parks, "DOV", date(2026, 4, 30), book), Theirs)
    assert isinstance(responsible(parks, "DOV", date(2026, 5, 1), book), Ours)
    assert isinstance(responsible(parks, "DOV", date(2025, 12, 31), book), Ours)


def test_police_and_fire_are_known_county_by_county_and_nine_counties_are_their_own_fire_authority() -> None:
    police, fire = who("police", "DOV"), who("fire_rescue", "DOV")
    assert isinstance(police, Theirs)
    assert police.body == "police:kent"
    assert isinstance(fire, Theirs)
    assert fire.body == "fire:kent"
    own = [c for c, b in RULEBOOK.county_bodies.items() if b.fire == c]
    assert own == ["GLS", "HRT", "LIN", "NFK", "OXF", "SFK", "SRY", "WAR", "WSX"]
    assert all(isinstance(who("fire_rescue", county), Ours) for county in own)
    assert isinstance(who("nhs_services", "DOV"), Unknown)


def test_surrey_changes_on_the_day_of_its_order_and_only_made_orders_count() -> None:
    before, after = date(2027, 3, 31), date(2027, 4, 1)
    assert isinstance(who("libraries", "ELM", before), Theirs)
    gone = who("libraries", "ELM", after)
    assert isinstance(gone, Unknown)
    assert "East Surrey Council" in gone.why
    assert isinstance(who("libraries", "ESY", after), Ours)
    early = who("libraries", "ESY", before)
    assert isinstance(early, Unknown)
    assert "does not exist before" in early.why
    assert isinstance(who("libraries", "DOV", date(2028, 4, 1)), Theirs)


def test_a_county_that_has_ended_is_never_named() -> None:
    lost = replace(RULEBOOK.authorities["KEN"], end=date(2026, 1, 1))
    book = replace(RULEBOOK, authorities={**RULEBOOK.authorities, "KEN": lost})
    assert isinstance(responsible(book.functions["libraries"], "DOV", MAY, book), Unknown)


def test_an_unknown_council_or_parent_is_a_persons_matter() -> None:
    assert isinstance(who("libraries", "ZZZ"), Unknown)
    orphan = replace(RULEBOOK.authorities["DOV"], parent="")
    book = replace(RULEBOOK, authorities={**RULEBOOK.authorities, "DOV": orphan})
    assert isinstance(responsible(book.functions["libraries"], "DOV", MAY, book), Unknown)
