"""References: ours are all found with their places, look-alikes are not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot.core.reference import ReferencePattern, compile_pattern, find_references

DOVER = compile_pattern("FI", r"FI ?\d{5}")
KENT = compile_pattern("FOI/yy/n", r"FOI/\d{2}/\d{4}")
DERBYSHIRE = compile_pattern("FOIyyyy/n", r"FOI\d{4}/\d{5}")
DASHED = compile_pattern("FOI-n", r"FOI-\d{4,12}")
EIR = compile_pattern("EIR", r"EIR \d{4}-\d{1,4}")
BARE = compile_pattern("bare", r"\d{5,8}")
ALL = (DOVER, KENT, DERBYSHIRE, DASHED, EIR)


def values(text: str, *patterns: ReferencePattern) -> list[str]:
    return [found.value for found in find_references(patterns, subject="", body=text)]


@pytest.mark.parametrize("written", ["FI16751", "fi16751", "FOI/17/0522", "FOI2024/00123", "FOI-0042", "EIR 2023-118"])
@pytest.mark.parametrize(
    "around", ["{}", "Our ref: {}.", "({})", "“{}”", "re {}, thanks", "{}\n", "{}.pdf", "[{}]", "{}: bins", "{}'s"]
)
def test_every_known_shape_is_found_in_any_sentence(written: str, around: str) -> None:
    text = around.format(written)
    (found,) = find_references(ALL, subject="", body=text)
    assert (found.value, found.place) == (written, "body")
    assert text[found.start : found.end] == written


def test_every_match_is_told_with_its_place_in_reading_order() -> None:
    found = find_references(
        ALL, subject="Re: FI16751", body="FI16752 and FOI-0042", attachment_names=("reply_FI16753-final.pdf", "x.pdf")
    )
    assert [(r.value, r.pattern, r.place) for r in found] == [
        ("FI16751", "FI", "subject"),
        ("FI16752", "FI", "body"),
        ("FOI-0042", "FOI-n", "body"),
        ("FI16753", "FI", "attachment"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "CT16 3PJ",
        "01304 821199",
        "17/01527/OUT",
        "FI167512",
        "XFI16751",
        "FI16751@example.org",
        "https://example.org/log/FI16751",
        "www.example.org/FI16751.aspx",
        "FOI-10226-2021",
        "FOI/17/0522/3",
        "DDC/FI16751",
        "FI16751/22",
        "FOI002058",
        "IC-324935-G1D3",
        "B6259",
        "Freedom of Information Act 2000",
        "FI16751.2",
    ],
)
def test_what_looks_like_a_reference_is_not_ours(text: str) -> None:
    assert values(text, *ALL) == []


@pytest.mark.parametrize("text", ["17/01527/OUT", "FOI-94104890", "[FOI #478370 email]", "request-123456-ab@x.com"])
def test_a_bare_number_inside_something_longer_is_not_ours(text: str) -> None:
    assert values(text, BARE) == []


def test_of_overlapping_matches_the_longest_stands_then_the_earlier_pattern() -> None:
    short, long, twin = (
        compile_pattern(*p) for p in [("s", r"FOI \d{4}"), ("l", r"FOI \d{4} \d{3}"), ("t", r"FOI \d+")]
    )
    assert [r.pattern for r in find_references([short, long], subject="FOI 2024 118", body="")] == ["l"]
    assert [r.pattern for r in find_references([short, twin], subject="FOI 2024", body="")] == ["s"]


@pytest.mark.parametrize(
    ("regex", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (r"FI(\d{5}", "not a valid regular expression"),
        (r"(FI)?\d*", "matches an empty text"),
        (r"FI(\d+)+", "can take for ever"),
        (r"(a|b)*\d", "can take for ever"),
        (r"FI((\d+-?)x)*\d", "can take for ever"),
        (r"FI(?:\d{2,}/?){1,}", "can take for ever"),
        (r"(?i)FI\d+", "flags"),
        (r"(F)I\1\d", "refers back"),
    ],
)
def test_a_bad_pattern_is_refused_in_plain_english_with_its_name(regex: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refusal:
        compile_pattern("ours", regex)
    assert "ours" in str(refusal.value)


@pytest.mark.parametrize(
    "regex", [r"FOI(?:/\d{2}){1,3}", r"\bFI ?\d{5}\b", r"(?:FOI|EIR)/\d+", r"[A-Z()+*]{3}\d", r"\(\d+\)"]
)
def test_an_ordinary_pattern_is_accepted(regex: str) -> None:
    assert compile_pattern("ours", regex).name == "ours"


@settings(deadline=None)
@given(st.text(max_size=40), st.sampled_from(["FI16751", "FOI/17/0522", "EIR 2023-118"]), st.text(max_size=40))
def test_spans_always_index_the_text_and_whole_references(before: str, written: str, after: str) -> None:
    text = f"{before}{written}{after}"
    for found in find_references(ALL, subject=text, body=text, attachment_names=(text,)):
        assert text[found.start : found.end] == found.value
        assert any(re.fullmatch(p.regex, found.value) for p in ALL)


@settings(deadline=None)
@given(st.text(alphabet=" .,;:!?()\n", max_size=10), st.text(alphabet=" ,;:!?()\n", max_size=10))
def test_a_reference_between_spaces_and_sentence_marks_is_always_found(before: str, after: str) -> None:
    assert values(f"{before} FI16751{after}", DOVER) == ["FI16751"]


def test_a_set_that_a_later_python_will_read_differently_is_refused() -> None:
    with pytest.raises(ValueError, match="nested set"):
        compile_pattern("ours", r"[[A-Z]{2}\d{5}")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_compiling_any_text_gives_a_pattern_or_a_plain_refusal(regex: str) -> None:
    refusal = ""
    try:
        compile_pattern("ours", regex)
    except ValueError as fault:
        refusal = str(fault)
    assert not refusal or refusal.startswith("reference pattern “ours”")
