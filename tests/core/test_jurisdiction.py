"""Who is responsible for what, where and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import Unsure, decide
from foi_mailbot.core.jurisdiction import (
    SINGLE_TIER,
    Holder,
    Offered,
    Ours,
    Shared,
    Theirs,
    Unknown,
    find_override,
    in_being,
    named_in,
    responsible,
)
from foi_mailbot.core.request import read_text
from foi_mailbot.core.rulebook import NATION_NAMES, Override, Rulebook, Succession, Tier

RULEBOOK = load([Path(__file__).parents[2] / "config"])
MAY, DAY = date(2026, 5, 1), date(2026, 1, 1)


DISTRICTS = [a for a in RULEBOOK.authorities.values() if a.type == "district" and in_being(a, MAY)]
EAST = ("ELM", "EPS", "MOL", "REI", "TAN")
WEST = ("GRT", "RUN", "SPE", "SUR", "WAE", "WOI")


def who(function: str, authority: str, on: date = MAY) -> Holder:
    return responsible(RULEBOOK.functions[function], authority, on, RULEBOOK)


def test_every_upper_tier_function_of_every_district_is_its_own_countys() -> None:
    uppers = [f for f in RULEBOOK.functions.values() if f.tier is Tier.UPPER]
    local = {(o.authority, o.function) for o in RULEBOOK.overrides}
    assert len(DISTRICTS) == 164
    assert len({d.parent for d in DISTRICTS}) == 21
    for district in DISTRICTS:
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


def test_outside_england_nobody_is_ever_sent_anywhere_and_the_reason_names_the_body() -> None:
    for authority in RULEBOOK.authorities.values():
        if authority.nation in NATION_NAMES:
            for function in RULEBOOK.functions.values():
                assert isinstance(responsible(function, authority.code, MAY, RULEBOOK), Ours | Unknown)
    for function_id, code, body in (
        ("police", "EDH", "the Police Service of Scotland"),
        ("water_sewerage", "EDH", "Scottish Water"),
        ("fire_rescue", "CRF", "the fire and rescue authority of the area"),
        ("childrens_social_care", "ABC", "the Health and Social Care Trust of the area"),
        ("libraries", "ABC", "Libraries NI"),
        ("council_housing", "ABC", "the Northern Ireland Housing Executive"),
    ):
        holder = who(function_id, code)
        assert isinstance(holder, Unknown)
        assert f"belongs to {body}" in holder.why
        assert ", not to a council; no letter is written for" in holder.why


def test_what_northern_irelands_councils_do_is_theirs_and_the_rest_is_a_persons_matter() -> None:
    assert isinstance(who("waste_collection", "ABC"), Ours)
    assert isinstance(who("corporate_own_records", "ABC"), Ours)
    assert isinstance(who("council_tax", "ABC"), Unknown)
    assert "in Scotland is not on record" in who("rail", "EDH").why


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


def test_the_councils_own_fact_goes_before_its_countys_and_the_latest_start_before_an_earlier_one() -> None:
    county = Override("verges_grass_cutting", "", "both", "agreement", "s", county="KEN")
    early = Override("verges_grass_cutting", "DOV", "self", "deed", "s", end=date(2026, 6, 1))
    late = replace(early, start=date(2026, 3, 1), end=None, basis="a later deed")
    book = replace(RULEBOOK, overrides=(county, late, early))
    verges = book.functions["verges_grass_cutting"]
    assert find_override(verges.id, "DOV", MAY, book) == late
    assert find_override(verges.id, "DOV", date(2026, 2, 28), book) == early
    assert find_override(verges.id, "CAT", MAY, book) == county
    assert find_override(verges.id, "KEN", MAY, book) is None
    assert find_override(verges.id, "BRW", MAY, book) is None
    assert isinstance(responsible(verges, "CAT", MAY, book), Shared)


def test_a_holder_of_parts_only_leaves_the_rest_with_us_and_one_who_names_itself_keeps_it() -> None:
    fact = Override("parks_open_spaces", "DOV", "KEN", "agreement", "s", parts=("the coast path",))
    book = replace(RULEBOOK, overrides=(fact, replace(fact, function="council_tax", holder="DOV")))
    shared = responsible(book.functions["parks_open_spaces"], "DOV", MAY, book)
    assert isinstance(shared, Shared)
    assert "the coast path" in shared.why
    assert isinstance(responsible(book.functions["council_tax"], "DOV", MAY, book), Ours)


@pytest.mark.parametrize(("authority", "why"), [("MDW", "is no district of a county"), ("EDH", "Scotland")])
def test_no_local_fact_sends_anybody_but_an_english_district_to_a_county(authority: str, why: str) -> None:
    book = replace(RULEBOOK, overrides=(Override("libraries", authority, "KEN", "agreement", "s"),))
    holder = responsible(book.functions["libraries"], authority, MAY, book)
    assert isinstance(holder, Unknown)
    assert why in holder.why


def test_police_and_fire_are_known_county_by_county_and_nine_counties_are_their_own_fire_authority() -> None:
    police, fire = who("police", "DOV"), who("fire_rescue", "DOV")
    assert isinstance(police, Theirs)
    assert police.body == "police:kent"
    assert isinstance(fire, Theirs)
    assert fire.body == "fire:kent"
    own = [c for c, b in RULEBOOK.county_bodies.items() if b.fire == c]
    assert own == ["GLS", "HRT", "LIN", "NFK", "OXF", "SFK", "SRY", "WAR", "WSX"]
    assert all(isinstance(who("fire_rescue", county), Ours) for county in own)
    separate = sorted(RULEBOOK.county_bodies.keys() - set(own))
    assert len(separate) == 12
    for county in separate:
        holder = who("fire_rescue", county)
        assert isinstance(holder, Theirs)
        assert RULEBOOK.authorities[holder.body].type == "fire"
    for district in DISTRICTS:
        holder = who("fire_rescue", district.code)
        assert isinstance(holder, Theirs)
        assert holder.body == RULEBOOK.county_bodies[district.parent].fire
    assert isinstance(who("nhs_services", "DOV"), Unknown)


def test_surrey_changes_on_the_day_of_its_order_and_only_made_orders_count() -> None:
    before, after = date(2027, 3, 31), date(2027, 4, 1)
    for heir, districts in (("ESY", EAST), ("WSY", WEST)):
        assert isinstance(who("childrens_social_care", heir, after), Ours)
        assert isinstance(who("council_tax", heir, after), Ours)
        early = who("childrens_social_care", heir, before)
        assert isinstance(early, Unknown)
        assert "does not exist before 1 April 2027" in early.why
        for district in districts:
            theirs, gone = (who("childrens_social_care", district, on) for on in (before, after))
            assert isinstance(theirs, Theirs)
            assert theirs.body == "SRY"
            assert isinstance(gone, Offered)
            assert gone.bodies == (heir,)
            assert RULEBOOK.authorities[heir].name in gone.why
    assert isinstance(who("libraries", "DOV", date(2028, 4, 1)), Theirs)


def test_a_county_divided_among_several_is_offered_to_the_officer_with_all_their_names() -> None:
    divided = who("libraries", "SRY", date(2027, 4, 1))
    assert isinstance(divided, Offered)
    assert divided.bodies == ("ESY", "WSY")
    assert "East Surrey Council and West Surrey Council" in divided.why


def ending(end: date, *successors: str) -> Rulebook:
    """Kent ends while its districts go on, and these follow it."""
    made = tuple(Succession("KEN", code, end, "ORDER MADE", "part") for code in successors)
    lost = replace(RULEBOOK.authorities["KEN"], end=end)
    return replace(RULEBOOK, authorities={**RULEBOOK.authorities, "KEN": lost}, successions=made)


@pytest.mark.parametrize(
    ("successors", "kind"), [((), Unknown), (("MDW",), Theirs), (("MDW", "THR"), Offered), (("DOV",), Ours)]
)
def test_a_districts_question_follows_its_county_to_whoever_stands_in_its_place(
    successors: tuple[str, ...], kind: type
) -> None:
    book = ending(DAY, *successors)
    holder = responsible(book.functions["libraries"], "DOV", MAY, book)
    assert type(holder) is kind
    assert "Kent County Council ended on 1 January 2026" in holder.why
    if isinstance(holder, Theirs):
        assert holder.body == "MDW"
    if isinstance(holder, Offered):
        assert holder.bodies == successors


def test_a_question_of_a_divided_county_goes_to_a_person_with_every_successor_named() -> None:
    decision = decide(read_text("How many library branches closed in 2024?", []), ending(DAY, "MDW", "THR"), "DOV", MAY)
    assert isinstance(decision, Unsure)
    assert "Medway Council and Thurrock Council" in decision.why


def test_an_announced_end_changes_nothing_before_its_order_is_made() -> None:
    rows = tuple(replace(s, status="CONSULTED") for s in ending(DAY, "MDW").successions)
    book = replace(RULEBOOK, successions=rows)
    assert isinstance(responsible(book.functions["libraries"], "DOV", date(2028, 4, 1), book), Theirs)


def test_a_county_that_has_ended_is_never_named() -> None:
    lost = replace(RULEBOOK.authorities["KEN"], end=date(2026, 1, 1))
    book = replace(RULEBOOK, authorities={**RULEBOOK.authorities, "KEN": lost})
    assert isinstance(responsible(book.functions["libraries"], "DOV", MAY, book), Unknown)


def test_an_unknown_council_or_parent_is_a_persons_matter() -> None:
    assert isinstance(who("libraries", "ZZZ"), Unknown)
    orphan = replace(RULEBOOK.authorities["DOV"], parent="")
    book = replace(RULEBOOK, authorities={**RULEBOOK.authorities, "DOV": orphan})
    assert isinstance(responsible(book.functions["libraries"], "DOV", MAY, book), Unknown)
