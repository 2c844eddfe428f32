"""Finding a rulebook's words in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.matching import Matcher, compile_rulebook, scores, stem, words
from foi_mailbot.core.rulebook import Function, Regime, Rulebook, Tier


def function(id_: str, **levels: tuple[str, ...]) -> Function:
    decisive, strong, weak, away, keeps = (levels.get(n, ()) for n in ("decisive", "strong", "weak", "away", "keeps"))
    return Function(
        id_, id_, id_, Tier.UPPER, Regime.FOIA, decisive, strong, weak, away, keeps, (), (), basis="b", source="s"
    )


def matcher(*functions: Function, **lexicon: tuple[str, ...]) -> Matcher:
    return compile_rulebook(Rulebook({}, {f.id: f for f in functions}, {}, (), lexicon, "0" * 64))


SCHOOLS = function(
    "schools", decisive=("primary school",), strong=("=schools", "SEND"), weak=("school", "pupil", "teaching"),
    away=("driving school",),
)  # fmt: skip


def score(text: str, id_: str = "schools") -> int:
    return scores(matcher(SCHOOLS).find(text)).get(id_, 0)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("Which primary schools have a pool?", 5),
        ("How many schools are there?", 4),
        ("A school", 1),
        ("school, pupil, teaching, pupils", 2),
        ("The driving school and its pupils", -2),
        ("A driving school next to the primary school", 5),
        ("please send it", 0),
        ("SEND spending", 3),
        ("the playschooler", 0),
    ],
)
def test_phrases_score_by_level_and_weak_ones_are_never_enough(text: str, points: int) -> None:
    assert score(text) == points


def test_the_longer_of_two_phrases_that_overlap_is_what_was_meant() -> None:
    parks = function("parks", strong=("park",))
    parking = function("parking", strong=("car park",))
    assert set(scores(matcher(parks, parking).find("the car parks"))) == {"parking"}


def test_swallowed_phrases_and_firm_phrases_hide_lexicon_words_but_away_phrases_do_not() -> None:
    care = function("care", decisive=("known to services",), away=("staff who are",))
    found = matcher(care, ignore=("known to us",), relations=("known to", "who are")).find
    assert [h.rule for h in found("known to services")] == ["care/decisive"]
    assert [h.rule for h in found("known to us")] == ["ignore"]
    assert [h.rule for h in found("staff who are new")] == ["care/away", "relations"]


def test_plurals_possessives_hyphens_and_curly_apostrophes_are_folded() -> None:
    homes = matcher(function("homes", strong=("children's homes", "looked after child")))
    for text in ("Children’s home", "CHILDREN'S HOMES", "looked-after children"):
        assert scores(homes.find(text)) == {"homes": 3}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("policies", "policy"), ("crosses", "cross"), ("boxes", "box"), ("buses", "bus"), ("bus", "bus"),
     ("class", "class"), ("news", "news"), ("homes'", "home"), ("analysis", "analysis"), ("ties", "tie")],
)  # fmt: skip
def test_stems(word: str, expected: str) -> None:
    assert stem(word) == expected


@given(st.text(max_size=100))
def test_hits_and_words_are_spans_of_the_text(text: str) -> None:
    assert all(text[w.start : w.end] == w.raw for w in words(text))
    for hit in matcher(SCHOOLS).find(text):
        assert 0 <= hit.start < hit.end <= len(text)
