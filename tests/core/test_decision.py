"""Deciding requests: the cases that must hold, and the traps that must not be redirected."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import (
    AskOutcome,
    Decision,
    Held,
    PartRedirect,
    Redirect,
    Suppressed,
    Unsure,
    decide,
    outcome_name,
)
from foi_mailbot.core.reference import ReferencePattern
from foi_mailbot.core.request import Kind, read_text
from foi_mailbot.core.rulebook import Regime

TESTS = Path(__file__).parents[1]
RULEBOOK = load([TESTS.parent / "config"])
PATTERNS = [ReferencePattern("dover", re.compile(r"FI\d{5}", re.IGNORECASE))]
MAY = date(2026, 5, 1)


def decided(text: str, authority: str = "DOV", on: date = MAY) -> Decision:
    return decide(read_text(text, PATTERNS), RULEBOOK, authority, on)


def outcomes(decision: Decision) -> list[str]:
    assert not isinstance(decision, Suppressed)
    return [ask.outcome.value for ask in decision.asks]


def test_the_founding_request_is_wholly_the_countys_childrens_services() -> None:
    request = read_text((TESTS / "scenarios/fi16751/request.txt").read_text(encoding="utf-8"), PATTERNS)
    decision = decide(request, RULEBOOK, "DOV", MAY)
    assert [r.value for r in request.references] == ["FI16751"]
    assert isinstance(decision, Redirect)
    assert [a.ask.label for a in decision.asks] == ["1", "2", "3", "4", "5", "6"]
    for ask in decision.asks:
        assert ask.outcome is AskOutcome.OTHER_BODY
        assert ask.bodies == ("KEN",)
        assert ask.functions == ("childrens_social_care",)
        assert ask.regime is Regime.FOIA
        assert all(request.text[e.start : e.end] == e.text for e in ask.evidence)
        assert ask.evidence


@pytest.mark.parametrize(
    "heading",
    ["Freedom of Information request FI16751", "FOI Requests", "Re: EIR request", "Information request - urgent"],
)
def test_a_heading_that_only_names_the_law_changes_nothing(heading: str) -> None:
    text = (TESTS / "scenarios/fi16751/request.txt").read_text(encoding="utf-8")
    assert isinstance(decided(f"{heading}\n\n{text}"), Redirect)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_planning_of_childrens_homes_stays_and_the_rest_of_it_is_the_countys(number: int) -> None:
    decision = decided((TESTS / f"scenarios/texts/childrens_homes_{number}.txt").read_text(encoding="utf-8"))
    assert isinstance(decision, PartRedirect)
    assert outcomes(decision) == ["other_body"] * 2 + ["held"] * 2 + ["other_body"] * 3
    assert {a.bodies for a in decision.asks} == {("KEN",), ()}
    assert {a.functions for a in decision.asks if a.bodies} == {("childrens_social_care",)}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_drainage_of_roads_is_the_countys_under_eir_and_the_districts_own_papers_stay(number: int) -> None:
    decision = decided((TESTS / f"scenarios/texts/highway_drainage_{number}.txt").read_text(encoding="utf-8"))
    assert isinstance(decision, PartRedirect)
    assert outcomes(decision) == ["other_body"] * 9 + ["held"]
    assert all(a.bodies == ("KEN",) and a.regime is Regime.EIR for a in decision.asks[:9])


@pytest.mark.parametrize(
    "text",
    [
        "How much section 106 money was collected for libraries and for schools?",
        "How many fines for littering were issued outside schools?",
        "Copies of all emails between the council and the county council about potholes.",
        "How many homeless people were known to adult social care?",
        "What leave may staff who are foster carers take?",
        "How many council tax discounts went to care leavers?",
        "Minutes of meetings about the closure of the library.",
        "How many planning applications for care homes were refused?",
        "Which taxi drivers hold contracts for home to school transport?",
        "How many public health funerals followed a coroner's inquest?",
        "How many trees stand in the park next to the library?",
        "What does the council pay for its mobile phones?",
        "How many play areas did you close, and did children complain?",
        "Send me the list of premises licences.",
        "What was the council's response to the consultation on bus routes?",
        "Number of penalty charge notices in Castle Street",
        "Did the council object to the closure of the recycling centre?",
        "How many officers were seconded to the county's children's services?",
        "When did the council last discuss potholes?",
        "How much does the district council contribute to youth services?",
        "What grants did the council give to youth clubs?",
        "Cost of gritting the council's car parks",
        "How many school governors has the council nominated?",
        "Does the council fund police community support officers, PCSOs?",
        "Weeds on pavements: what do you spray?",
        "Is there a covenant on the library site?",
        "Swimming lessons for primary schools",
        "How many garages are used to store gritters?",
        "Do you pay staff bus passes?",
        "Which roads are swept weekly?",
        "How many schools recycle their waste with you?",
    ],
)
def test_a_countys_word_in_a_district_question_redirects_nothing(text: str) -> None:
    assert isinstance(decided(text), Held | Unsure)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("How many potholes were reported in 2023?", "highway_maintenance"),
        ("What did you spend on library books?", "libraries"),
        ("How many EHC plans were issued on time?", "send_ehcp"),
        ("Number of Blue Badges issued last year", "blue_badge"),
        ("How many carer's assessments were completed?", "adult_social_care"),
        ("List the trading standards prosecutions since 2020.", "trading_standards"),
        ("How many children are electively home educated?", "school_attendance_ehe"),
        ("How many burglaries were recorded in Deal?", "police"),
    ],
)
def test_a_plain_question_on_another_bodys_service_is_redirected(text: str, function: str) -> None:
    decision = decided(text)
    assert isinstance(decision, Redirect)
    assert function in decision.asks[0].functions


def test_the_same_questions_stay_with_a_council_that_is_the_only_tier() -> None:
    for authority in ("NSM", "KEN", "THR"):
        assert isinstance(decided("How many potholes were reported in 2023?", authority), Held)


def test_what_both_tiers_have_a_part_in_by_local_fact_is_both() -> None:
    decision = decided("How many street lights were repaired?")
    assert isinstance(decision, PartRedirect)
    assert [(a.outcome, a.bodies) for a in decision.asks] == [(AskOutcome.BOTH, ("KEN",))]


def test_what_the_other_tier_retains_makes_an_ask_both() -> None:
    decision = decided("How many bus routes are there and who cleans the bus shelters?")
    assert outcomes(decision) == ["both"]


def test_doubt_about_one_ask_leaves_the_whole_request_to_a_person() -> None:
    decision = decided("1. How many potholes were filled?\n2. What is the state of the cupboard keys near the library?")
    assert isinstance(decision, Unsure)
    assert decision.why.startswith("question 2: ")


@pytest.mark.parametrize(
    "second",
    [
        "Please provide the tender scores, the winning price and the names of every firm that lost the competition.",
        "A copy of the policy.",
        "How many claimants appealed?",
        "How many by:\n- emails between officers\n- visits",
    ],
)
def test_an_ask_takes_over_the_topic_only_if_nothing_in_it_speaks_against(second: str) -> None:
    decision = decided(f"I would like information about home education.\n1. How many are home educated?\n2. {second}")
    assert isinstance(decision, Unsure)


def test_a_short_ask_takes_over_the_topic_or_the_question_before() -> None:
    assert isinstance(decided("Home education.\n1. How many children in 2022?\n2. How many in 2023?"), Redirect)
    assert isinstance(decided("1. How many potholes were filled?\n2. How many of these twice?"), Redirect)
    assert isinstance(decided("1. How many bins were missed?\n2. How many of these twice?"), Held)
    assert isinstance(decided("1. How many teapots are there?\n2. How many of these are blue?"), Held)


def test_a_doubtful_topic_makes_the_asks_that_lean_on_it_doubtful() -> None:
    decision = decided("This concerns hospital waiting times.\n1. How long in 2022?\n2. How long in 2023?")
    assert outcomes(decision) == ["unsure", "unsure"]


def test_an_ask_without_a_service_is_read_by_its_list() -> None:
    county = "1. Spending by year on:\n- gritting\n- resurfacing of roads\n2. The same for 2020."
    assert isinstance(decided(county), Redirect)
    mixed = "1. Spending by year on:\n- gritting\n- parks\n- allotments\n2. The same for 2020."
    assert isinstance(decided(mixed), Held | Unsure)
    led = "1. Spending by year on:\n- gritting (routes)\n- rubbish\n2. The same for 2020."
    assert isinstance(decided(led), Unsure)


def test_sub_questions_on_our_own_matters_make_a_countys_ask_doubtful() -> None:
    text = "1. Care homes:\n- planning applications granted\n- beds\n2. How many care homes closed?"
    assert isinstance(decided(text), Unsure)


def test_a_request_about_our_own_matters_keeps_an_ask_with_a_merely_strong_word() -> None:
    text = "I ask about bin collections.\n1. How many lorries?\n2. How much landfill?"
    assert isinstance(decided(text), Held)


@pytest.mark.parametrize(
    "text",
    [
        "Which gritting software systems are used?",
        "How many staff are in libraries and in all departments?",
        "How many potholes and how many NHS dentists are there?",
        "Potholes near play areas, planning applications and allotments",
    ],
)
def test_products_lists_over_all_departments_and_words_of_two_bodies_are_doubtful(text: str) -> None:
    assert isinstance(decided(text), Unsure)


def test_asides_speak_for_nobody_else() -> None:
    assert isinstance(decided("How many bins were damaged (for example by gritting lorries)?"), Held)
    assert isinstance(decided("What training is given, such as on adult social care?"), Held)
    assert isinstance(decided("How many maintained schools have leaking roofs (private landlords)?"), Redirect)


def test_something_unread_leaves_the_request_to_a_person_whatever_the_rest_says() -> None:
    request = replace(read_text("How many potholes?", PATTERNS), problems=("attachment a.pdf: locked",))
    decision = decide(request, RULEBOOK, "DOV", MAY)
    assert isinstance(decision, Unsure)
    assert "a.pdf" in decision.why
    assert decision.asks


@pytest.mark.parametrize("kind", [k for k in Kind if k is not Kind.REQUEST])
def test_only_a_new_request_is_ever_redirected(kind: Kind) -> None:
    request = replace(read_text("How many potholes?", PATTERNS), kind=kind)
    decision = decide(request, RULEBOOK, "DOV", MAY)
    assert isinstance(decision, Unsure)
    assert decision.kind is kind
    assert decision.asks == ()


def test_a_council_unknown_or_not_in_being_is_a_persons_matter() -> None:
    assert isinstance(decided("How many potholes?", "ZZZ"), Unsure)
    ended = decided("How many potholes?", "ELM", date(2027, 4, 1))
    assert isinstance(ended, Unsure)
    assert "Elmbridge" in ended.why


def test_an_ask_under_two_laws_has_no_sure_regime_and_one_without_evidence_is_foia() -> None:
    mixed = decided("How many potholes were filled, and how many street lamps were mended?", "BRW")
    assert isinstance(mixed, Redirect)
    assert mixed.asks[0].regime is Regime.UNSURE
    assert isinstance(plain := decided("How many teapots are there?"), Held)
    assert plain.asks[0].regime is Regime.FOIA


def test_every_outcome_has_its_published_name() -> None:
    assert outcome_name(decided("How many potholes?")) == "redirect"
    assert outcome_name(Suppressed(Kind.BOUNCE, "r", "w")) == "suppressed"


PIECES = st.sampled_from(
    ["potholes", "libraries", "planning applications", "children in care", "council tax", "1. ", "2) ", "- ", "\n", "?",
     "emails between", "how many", "of these", "hospital", "the", "school", "such as", "(", ")", "policy", "staff"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=25).map(" ".join), st.sampled_from(["DOV", "KEN", "NSM"]))
def test_whatever_is_written_bodies_are_named_only_with_evidence_and_never_for_a_single_tier(
    text: str, asked: str
) -> None:
    decision = decided(text, asked)
    assert not isinstance(decision, Suppressed)
    for ask in decision.asks:
        assert bool(ask.bodies) == (ask.outcome in (AskOutcome.OTHER_BODY, AskOutcome.BOTH))
        assert not ask.bodies or ask.evidence
        assert ask.reasons
        assert not (ask.bodies and asked == "NSM")
        assert asked not in ask.bodies
    if isinstance(decision, Redirect):
        assert all(a.outcome is AskOutcome.OTHER_BODY for a in decision.asks)


def test_those_cars_are_the_cars_of_the_question_that_names_them() -> None:
    decision = decided(
        "1. How many abandoned cars were reported?\n2. How many potholes were reported?\n"
        "3. What did it cost to tow and store those cars?"
    )
    assert outcomes(decision) == ["held", "other_body", "held"]


@pytest.mark.parametrize(
    "heading", ["Our tenants", "Speeding by council vehicles", "Events in parks", "The council's own car parks"]
)
def test_a_heading_with_our_words_makes_the_questions_under_it_a_persons(heading: str) -> None:
    plain = "1. How many potholes were filled?\n2. How many potholes were reported?"
    assert isinstance(decided(plain, "BRW"), Redirect)
    assert not isinstance(decided(f"{heading}\n{plain}", "BRW"), Redirect | PartRedirect)


@pytest.mark.parametrize(
    "turn", ["What youth provision does the council fund?", "How many youth workers do you employ?"]
)
def test_behind_two_questions_of_one_service_the_councils_own_acts_are_a_persons(turn: str) -> None:
    before = ["How many youth clubs have closed?", "How much was spent on youth services in 2022?"]
    decision = decided("\n".join(f"{n}. {text}" for n, text in enumerate([*before, turn], 1)), "CAT")
    assert outcomes(decision) == ["other_body", "other_body", "unsure"]
