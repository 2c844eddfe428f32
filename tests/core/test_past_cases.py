"""Rows of somebody's records: what can be used is read, whatever cannot says what to write, nothing ever raises."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.past_cases import PastCase, Unusable, past_case

ROW: dict[str, Any] = {"id": "FI1", "text": "How many bins?", "outcome": "held"}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
KEYS = ("id", "text", "outcome", "bodies", "received", "authority", "asks", "scored")


def read(**changed: object) -> PastCase:
    case = past_case({**ROW, **changed})
    assert isinstance(case, PastCase), case
    return case


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(), VALUES))
def test_whatever_stands_in_a_row_it_is_a_case_or_says_why_not(row: dict[str, object]) -> None:
    case = past_case(row)
    assert isinstance(case, PastCase) or (case.what and all(case.what))


def test_a_case_is_read_as_it_is_written() -> None:
    case = read(
        bodies=["KEN", "KEN"], asks={"1": "other", "2": "Held"}, received="2026-05-01", authority="dov", url="x"
    )
    assert case == PastCase(
        id="FI1",
        text="How many bins?",
        authority="DOV",
        received_on=date(2026, 5, 1),
        outcome="held",
        bodies=("KEN",),
        asks={"1": "other_body", "2": "held"},
    )


@pytest.mark.parametrize("said", ["Part redirect", "part-redirect", " PART_REDIRECT "])
def test_an_outcome_is_known_however_it_is_written(said: str) -> None:
    assert read(outcome=said).outcome == "part_redirect"


@pytest.mark.parametrize("said", ["2026-05-31", "31/05/2026", "2026-05-31T09:00:00+01:00"])
def test_a_date_is_read_as_computers_and_as_the_british_write_it(said: str) -> None:
    assert read(received=said).received_on == date(2026, 5, 31)


@pytest.mark.parametrize("said", ["KEN; ESS", "KEN|ESS", "KEN, ESS", ["KEN", "ESS"]])
def test_bodies_are_a_list_or_a_line(said: object) -> None:
    assert read(bodies=said).bodies == ("KEN", "ESS")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": ""}, "id is missing: give each request"),
        ({"id": ["x"]}, "id is no text"),
        ({"text": "  \n"}, "text is missing: write the request's words"),
        ({"text": 7}, "text is missing"),
        ({"outcome": None}, "outcome is missing: write redirect"),
        ({"outcome": "answered"}, "outcome “answered” is not known: write redirect"),
        ({"received": "May"}, "received “May” is no date: write it as 2026-05-31"),
        ({"received": "31/13/2026"}, "is no date"),
        ({"bodies": [1]}, "bodies is no list of authority codes"),
        ({"asks": {"1": "ours"}}, 'write {"1": "held"'),
        ({"asks": ["held"]}, "asks are not labelled"),
        ({"scored": "perhaps"}, "scored is neither true nor false"),
    ],
)
def test_what_is_wrong_says_what_to_write(changed: dict[str, object], said: str) -> None:
    case = past_case({**ROW, **changed})
    assert isinstance(case, Unusable)
    assert len(case.what) == 1
    assert said in case.what[0]


def test_every_fault_of_a_row_is_said_at_once() -> None:
    case = past_case({"scored": 3})
    assert isinstance(case, Unusable)
    assert len(case.what) == 4


@pytest.mark.parametrize(("said", "scored"), [(False, False), ("no", False), ("", True), ("TRUE", True)])
def test_a_case_is_set_apart_only_where_it_says_so(said: object, scored: bool) -> None:
    assert read(scored=said).scored is scored


def test_a_mail_stands_for_the_text_and_need_not_be_labelled() -> None:
    case = past_case({"id": "a"}, mail=b"From: x", labelled=False)
    assert isinstance(case, PastCase)
    assert (case.mail, case.text, case.outcome) == (b"From: x", "", "")
