"""Which contact a letter gives, how it stands on a day, and what a letter that gives an old one needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.contacts import (
    COLUMNS,
    Standing,
    body_name,
    contact_for,
    named,
    needed,
    row,
    row_sha256,
    standing,
    why,
    with_bounces_spread,
)
from foi_mailbot.core.letter import purpose_of
from foi_mailbot.core.rulebook import Authority, Contact, How, Purpose, Regime, Rulebook, Tier
from tests.letter_cases import BOTH, CHILDREN, DRAINS, case, drafted, function, rulebook, told

ON = date(2026, 11, 24)
COUNTY = Contact("CTY", "Big County", "foi@county.example", "County Hall", "its page", "high", None, "")
SEEN = replace(COUNTY, verified_on=date(2026, 11, 1), verified_by="A. Clerk", verified_how=How.PHONE)
BOUNCED = replace(COUNTY, bounced_on=date(2026, 11, 20), bounced_why="550 no such user")


def book(*contacts: Contact) -> Rulebook:
    return replace(rulebook(), contacts={"CTY": contacts})


def printed(contact: Contact, *, eir: bool = False) -> dict[str, object]:
    return {
        "code": "CTY",
        "name": "Big County",
        "email": contact.email,
        "postal_address": contact.postal_address,
        "eir": eir,
    }


# ── how a contact stands ─────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("contact", "found", "words"),
    [
        (COUNTY, Standing.UNVERIFIED, "never verified"),
        (SEEN, Standing.VERIFIED, "verified 1 November 2026 by A. Clerk (phone)"),
        (replace(SEEN, verified_how=None), Standing.VERIFIED, "verified 1 November 2026 by A. Clerk"),
        (
            replace(SEEN, verified_on=date(2026, 5, 1)),
            Standing.STALE,
            "stale since 28 October 2026: last verified 1 May 2026 by A. Clerk (phone)",
        ),
        (
            replace(SEEN, verified_on=date(2062, 5, 1)),
            Standing.UNVERIFIED,
            "never verified: 1 May 2062, the day noted, is still to come",
        ),
        (BOUNCED, Standing.BOUNCED, "bounced on 20 November 2026: 550 no such user"),
        (replace(BOUNCED, bounced_why=""), Standing.BOUNCED, "bounced on 20 November 2026"),
        (replace(SEEN, email="", postal_address=""), Standing.BLANK, "no address is known"),
    ],
)
def test_a_contact_stands_as_its_row_and_the_day_say(contact: Contact, found: Standing, words: str) -> None:
    assert (standing(contact, ON, 180), why(contact, ON, 180)) == (found, words)


@given(days=st.integers(0, 800), after=st.integers(1, 400))
def test_a_verification_counts_for_exactly_as_many_days_as_the_settings_say(days: int, after: int) -> None:
    on = ON + timedelta(days=days)
    fresh = standing(replace(SEEN, verified_on=ON), on, after) is Standing.VERIFIED
    assert fresh == (days < after)


def test_what_bounced_counts_again_only_when_it_was_verified_on_a_later_day() -> None:
    assert not replace(BOUNCED, verified_on=BOUNCED.bounced_on, verified_by="me").verified
    again = replace(BOUNCED, verified_on=date(2026, 11, 21), verified_by="me")
    assert (again.bounced, again.verified, standing(again, ON, 180)) == (False, True, Standing.VERIFIED)


# ── which contact a letter gives ─────────────────────────────────────────────────────────────────
ANY, FOI, EIR, SAR = (replace(COUNTY, purpose=p, email=f"{p or 'any'}@county.example") for p in Purpose)


@pytest.mark.parametrize(
    ("there", "purpose", "chosen"),
    [
        ((ANY, FOI, EIR, SAR), Purpose.FOI, FOI),
        ((ANY, FOI, EIR, SAR), Purpose.EIR, EIR),
        ((ANY, FOI, EIR, SAR), Purpose.SAR, SAR),
        ((ANY, FOI), Purpose.EIR, FOI),
        ((ANY,), Purpose.EIR, ANY),
        ((EIR, SAR), Purpose.FOI, None),
        ((FOI, EIR), Purpose.SAR, None),
        ((ANY, replace(FOI, email="", postal_address="")), Purpose.FOI, ANY),
        ((ANY, replace(EIR, bounced_on=ON)), Purpose.EIR, ANY),
        ((replace(ANY, bounced_on=ON),), Purpose.FOI, None),
        ((), Purpose.FOI, None),
    ],
)
def test_the_exact_purpose_comes_first_and_blank_or_bounced_ones_are_passed_over(
    there: tuple[Contact, ...], purpose: Purpose, chosen: Contact | None
) -> None:
    assert contact_for("CTY", purpose, book(*there)) == chosen


def test_a_body_is_asked_by_its_eir_contact_only_for_what_is_sent_on_under_the_eir() -> None:
    assert purpose_of("CTY", case([CHILDREN, DRAINS])[1].asks) is Purpose.EIR
    assert purpose_of("CTY", case([CHILDREN])[1].asks) is Purpose.FOI
    both = ("drainage", BOTH[1], Regime.EIR, ("CTY",))
    assert purpose_of("CTY", case([CHILDREN, both])[1].asks) is Purpose.FOI


def test_each_letter_gives_the_contact_of_its_own_law() -> None:
    contacts = book(ANY, FOI, EIR)
    assert FOI.email in drafted(*case([CHILDREN]), book=contacts).text
    environmental = drafted(*case([DRAINS]), book=contacts)
    assert EIR.email in environmental.text
    assert FOI.email not in environmental.text


def test_a_bounced_address_is_never_printed_and_the_letter_waits_for_another() -> None:
    letter = drafted(*case([CHILDREN]), book=book(BOUNCED))
    assert BOUNCED.email not in letter.text + letter.html
    assert BOUNCED.postal_address not in letter.text
    assert letter.blocked == ("Neither an e-mail nor a postal address of Big County is known.",)


def test_an_email_that_bounced_in_one_contact_bounced_in_all_unless_verified_later() -> None:
    same = replace(COUNTY, purpose=Purpose.FOI, email="FOI@County.example")
    other = replace(COUNTY, purpose=Purpose.SAR, email="sar@county.example")
    assert [c.bounced for c in with_bounces_spread((BOUNCED, same, other))] == [True, True, False]
    later = replace(same, verified_on=date(2026, 11, 21), verified_by="me")
    assert with_bounces_spread((BOUNCED, later))[1] == later


def test_a_body_is_named_by_the_list_of_authorities_or_else_by_its_contact() -> None:
    contact = replace(COUNTY, code="nhs:x", name="Big Hospital")
    rules = replace(rulebook(), contacts={"nhs:x": (contact,)})
    assert [body_name(code, rules) for code in ("CTY", "nhs:x", "XYZ")] == ["Big County", "Big Hospital", ""]


# ── what a council's letters need ────────────────────────────────────────────────────────────────
def test_a_district_needs_its_county_for_each_law_its_functions_fall_under() -> None:
    authorities = {
        "SEA": Authority("SEA", "Seaside", "district", "England", "CTY"),
        "CTY": Authority("CTY", "Big County", "county", "England", ""),
    }
    unsure = replace(function("trees", "trees", "r", Regime.UNSURE), tier=Tier.LOWER)
    rules = replace(rulebook(), authorities=authorities)
    rules = replace(rules, functions={**rules.functions, "trees": unsure})
    assert needed("SEA", ON, rules) == {"CTY": {Purpose.FOI, Purpose.EIR}}
    assert needed("CTY", ON, rules) == {"SEA": {Purpose.FOI, Purpose.EIR}}  # a district's matter is sent on to it
    upper = {k: f for k, f in rules.functions.items() if f.tier is Tier.UPPER}
    assert needed("CTY", ON, replace(rules, functions=upper)) == {}


def test_a_council_needs_the_body_beside_it_only_to_mention_it() -> None:
    authorities = {
        "SEA": Authority("SEA", "Seaside", "district", "England", "CTY"),
        "CTY": Authority("CTY", "Big County", "county", "England", ""),
    }
    shared = replace(function("parks", "parks", "r", Regime.EIR), tier=Tier.BOTH)
    rules = replace(rulebook(), authorities=authorities, functions={"parks": shared})
    assert needed("SEA", ON, rules) == {"CTY": {Purpose.FOI}}


# ── what a letter gives already ──────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("given_", "there", "found", "outdated"),
    [
        (SEEN, (SEEN,), Standing.VERIFIED, False),
        (COUNTY, (COUNTY,), Standing.UNVERIFIED, False),
        (replace(SEEN, email="FOI@COUNTY.example"), (SEEN,), Standing.VERIFIED, False),
        (replace(SEEN, postal_address=""), (SEEN,), Standing.VERIFIED, False),  # part of what is verified
        (COUNTY, (BOUNCED,), Standing.BOUNCED, False),
        (COUNTY, (BOUNCED, replace(SEEN, purpose=Purpose.FOI, email="new@county.example")), Standing.BOUNCED, True),
        (COUNTY, (replace(SEEN, email="new@county.example"),), Standing.UNVERIFIED, True),
        (COUNTY, (), Standing.UNVERIFIED, False),
        (replace(COUNTY, email="", postal_address=""), (), Standing.BLANK, False),
        (replace(COUNTY, email="", postal_address=""), (SEEN,), Standing.BLANK, True),
    ],
)
def test_the_address_in_the_letter_is_judged_and_not_the_one_a_new_draft_would_give(
    given_: Contact, there: tuple[Contact, ...], found: Standing, outdated: bool
) -> None:
    (one,) = named([printed(given_)], book(*there), ON, 180)
    assert (one.standing, one.outdated) == (found, outdated)
    assert one.needs_check == (found in (Standing.UNVERIFIED, Standing.STALE, Standing.BOUNCED))


def test_a_letters_bodies_are_those_its_template_was_told_of() -> None:
    bodies = told(*case([CHILDREN, DRAINS]), book(SEEN, replace(EIR, email="eir@county.example")))["bodies"]
    assert isinstance(bodies, list)
    (one,) = named(bodies, book(SEEN, replace(EIR, email="eir@county.example")), ON, 180)
    assert (one.email, one.purpose, one.address) == (
        "eir@county.example",
        Purpose.EIR,
        "eir@county.example, County Hall",
    )


def test_a_row_has_every_column_and_its_hash_changes_with_each() -> None:
    cells = row(SEEN)
    assert tuple(cells) == COLUMNS
    assert (cells["purpose"], cells["verified_on"], cells["verified_how"]) == ("", "2026-11-01", "phone")
    assert row(COUNTY)["verified_on"] == ""
    assert row_sha256(SEEN) == row_sha256(replace(SEEN))
    assert row_sha256(SEEN) != row_sha256(replace(SEEN, postal_address="County  Hall"))
