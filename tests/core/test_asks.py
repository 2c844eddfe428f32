"""Splitting a request's text into asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.asks import is_asking, sentences, split


def labels(text: str, start: int = 0) -> list[str]:
    return [ask.label for ask in split(text, start).asks]


@pytest.mark.parametrize(
    "text",
    [
        "About bins.\n1) How many bins?\n2) How many lorries?\n3) What cost?",
        "About bins.\n1. How many bins?\n2. How many lorries?\n3. What cost?",
        "About bins.\n(1) How many bins?\n(2) How many lorries?\n(3) What cost?",
        "About bins.\nQ1 How many bins?\nQ2 How many lorries?\nQ3 What cost?",
        "About bins.\nQ1. How many bins?\nQ2. How many lorries?\nQ3. What cost?",
        "About bins.\nQuestion 1: How many bins?\nQuestion 2: How many lorries?\nQuestion 3: What cost?",
        "About bins.\n1 - How many bins?\n2 - How many lorries?\n3 - What cost?",
        "About bins. Please tell me 1) how many bins, 2) how many lorries and 3) what cost.",
        "About bins.\n• How many bins?\n• How many lorries?\n• What cost?",
        "About bins.\n- How many bins?\n- How many lorries?\n- What cost?",
        "About bins. How many bins are there? How many lorries are used? What is the cost?",
    ],
)
def test_every_usual_way_of_numbering_gives_the_same_three_asks(text: str) -> None:
    assert labels(text) == ["1", "2", "3"]


def test_letters_and_roman_numerals_are_labels_as_written() -> None:
    assert labels("Please tell me:\na) how many bins\nb) how many lorries\nc) the cost") == ["a", "b", "c"]
    assert labels("Please tell me:\ni) how many bins\nii) how many lorries\niii) the cost") == ["i", "ii", "iii"]


def test_deeper_items_are_details_of_their_ask_and_the_text_after_them_is_not() -> None:
    text = "1) Children by:\n  • age\n  • sex\n\nPlease give each year.\n2) Costs:\n  a) pay\n  b) rent"
    first, second = split(text).asks
    assert [text[a:b] for a, b in first.details] == ["age", "sex"]
    assert [text[a:b] for a, b in second.details] == ["pay", "rent"]
    assert "Please give each year." in first.text


def test_inline_letters_inside_a_numbered_ask_are_details() -> None:
    text = "1. How many were placed a) in the area b) outside it?\n2. What was the cost?"
    first = split(text).asks[0]
    assert [text[a:b] for a, b in first.details] == ["in the area", "outside it?"]


def test_a_list_that_lost_a_number_is_still_one_list() -> None:
    assert labels("1. One?\n2. Two?\n4. Four?\n5. Five?") == ["1", "2", "4", "5"]


def test_numbers_below_bullets_do_not_become_the_top_level() -> None:
    assert labels("- Bins: 1) how many 2) what cost\n- Lorries: 1) how many 2) what cost") == ["1", "2"]


def test_a_decimal_or_a_year_does_not_start_an_ask() -> None:
    assert labels("Please send the spend of 1.5 million in 2023. It was 2.5 million before.") == [""]


def test_initials_and_letters_in_running_text_do_not_start_asks() -> None:
    assert labels("Please send the letter of a. Smith and b. Jones.") == [""]


def test_text_that_asks_nothing_plainly_is_one_ask() -> None:
    parts = split("Potholes in Mill Road.")
    assert [(a.label, a.text) for a in parts.asks] == [("", "Potholes in Mill Road.")]


def test_a_subject_alone_is_one_ask_too() -> None:
    parts = split("Library closures", len("Library closures"))
    assert [a.text for a in parts.asks] == ["Library closures"]
    assert parts.preamble == ()


def test_an_empty_text_has_no_asks() -> None:
    assert split("").asks == ()


def test_subject_and_text_before_the_first_ask_are_the_preamble() -> None:
    text = "Road drains\n\nI write about gullies.\n1. When cleaned?\n2. What cost?"
    parts = split(text, len("Road drains"))
    assert [text[a:b] for a, b in parts.preamble] == ["Road drains", "I write about gullies."]


def test_a_subject_without_asking_sentence_in_the_body_stays_preamble() -> None:
    text = "Road drains\n\nMill Road, since 2019."
    parts = split(text, len("Road drains"))
    assert [text[a:b] for a, b in parts.preamble] == ["Road drains"]


def test_the_closing_formula_is_not_part_of_the_last_ask() -> None:
    text = "1. How many potholes were filled in?\n2. What did they cost?\n\nKind regards,\nA. Person\n3 Mill Road"
    assert split(text).asks[-1].text == "2. What did they cost?"


def test_conditions_and_courtesies_ask_for_nothing() -> None:
    assert not is_asking("Please acknowledge this request.")
    assert not is_asking("If you need more, write to me.")
    assert is_asking("Please list the parks.")


@given(st.text(alphabet="1234 .)(abciv\n•-?QPlease,", max_size=120), st.integers(0, 20))
def test_asks_stand_in_order_inside_the_text_and_never_overlap(text: str, start: int) -> None:
    start = min(start, len(text))
    parts = split(text, start)
    last = 0
    for ask in parts.asks:
        assert last <= ask.start < ask.end <= len(text)
        assert text[ask.start : ask.end] == ask.text
        assert all(ask.start <= a < b <= ask.end for a, b in ask.details)
        last = ask.end
    assert bool(parts.asks) == bool(text.strip())


@given(st.text(max_size=80))
def test_sentences_are_trimmed_spans_in_order(text: str) -> None:
    spans = sentences(text, 0, len(text))
    assert all(text[a:b] == text[a:b].strip() and b > a for a, b in spans)
    assert spans == sorted(spans)
