"""No letter gives a contact that nobody made sure of, unless the officer who approves it says it was checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot import bootstrap, resources
from foi_mailbot.adapters.contacts_file import ContactsFile
from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.case import State
from foi_mailbot.core.contacts import Standing, row_sha256
from foi_mailbot.core.rulebook import Contact, How, Purpose, Rulebook
from foi_mailbot.core.working_days import receipt_date
from foi_mailbot.errors import Fatal, Parked
from foi_mailbot.service import records
from foi_mailbot.service.assess import Assessor, Council
from foi_mailbot.service.contacts import ContactBook
from tests.council import mail
from tests.service.office import REDIRECTED, START, Office, dover

TODAY = START.date()
EMAIL = "freedomofinformation@kent.gov.uk"
KENT = Contact("KEN", "Kent County Council", EMAIL, "", "https://kent.example/foi", "high", None, "")
SEEN = replace(KENT, verified_on=TODAY, verified_by="A. Clerk", verified_how=How.PHONE)


def knowing(assessor: Assessor, *contacts: Contact) -> Assessor:
    others: Mapping[str, tuple[Contact, ...]] = {**assessor.rulebook.contacts, "KEN": contacts}
    return replace(assessor, rulebook=replace(assessor.rulebook, contacts=others))


def book(office: Office, *rules_dirs: Path) -> ContactBook:
    return ContactBook(office.journal, office.assessor.rulebook, ContactsFile(rules_dirs), ["DOV"], 180)


def kept(folder: Path) -> tuple[Contact, ...]:
    """Return Kent's contacts as the next start would read them."""
    return load([resources.config_dir(), folder]).contacts["KEN"]


@pytest.fixture
def drafted(office: Office) -> Office:
    office.assessor = knowing(office.assessor, KENT)
    office.read(mail(REDIRECTED, subject="Children FI16751"))
    return office


# ── the check before an approval ─────────────────────────────────────────────────────────────────
def test_a_contact_nobody_verified_refuses_and_says_whose_where_why_and_what_to_do(drafted: Office) -> None:
    with pytest.raises(Parked) as refused:
        drafted.review.approve("FI16751", actor="officer")
    said = str(refused.value)
    for words in (
        f"KEN, Kent County Council: {EMAIL}",
        "never verified",
        "https://kent.example/foi",
        "--contact-checked KEN",
        "foi-mailbot contacts verify KEN --how page",
        "Nothing was approved.",
    ):
        assert words in said
    assert drafted.case().state is State.DRAFTED
    assert "letter.approved" not in drafted.events()


def test_the_tick_is_kept_with_the_case_and_sealed_without_the_address(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    (remark,) = records.remarks(drafted.case())
    assert (remark["about"], remark["actor"]) == ("contact checked", "officer")
    assert remark["text"] == f"KEN, Kent County Council: {EMAIL} (never verified)"
    (approved,) = (e.event for e in drafted.announced if e.event.name == "letter.approved")
    assert (approved.actor, approved.details["contacts_checked"]) == ("officer", ["KEN"])
    assert "@kent" not in json.dumps(dict(approved.details))


def test_a_verified_contact_needs_no_tick_until_it_is_stale(drafted: Office) -> None:
    drafted.assessor = knowing(drafted.assessor, SEEN)
    drafted.now += timedelta(days=180)
    with pytest.raises(Parked, match=r"stale since 22 May 2027: last verified 23 November 2026 by A. Clerk"):
        drafted.review.approve("FI16751", actor="officer")
    assert book(drafted).to_check(drafted.case()) == ["KEN"]
    drafted.now -= timedelta(days=1)
    assert book(drafted).to_check(drafted.case()) == []
    assert drafted.review.approve("FI16751", actor="officer").state is State.APPROVED


def test_an_approval_voided_by_an_edit_needs_its_tick_again(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    drafted.review.edit("FI16751", actor="officer", text=drafted.letter().text.replace("Thank you", "Many thanks"))
    with pytest.raises(Parked, match="contact to check first"):
        drafted.review.approve("FI16751", actor="officer")


def test_a_tick_for_a_body_the_letter_does_not_name_is_refused(drafted: Office) -> None:
    with pytest.raises(Parked, match=r"does not name ESS\. Bodies it names: KEN\."):
        drafted.review.approve("FI16751", actor="officer", contacts_checked=["ESS", "KEN"])


def test_no_tick_helps_a_letter_that_gives_an_address_that_bounced(drafted: Office) -> None:
    drafted.assessor = knowing(drafted.assessor, replace(KENT, bounced_on=TODAY, bounced_why="550 no such user"))
    with pytest.raises(Parked, match="bounced on 23 November 2026: 550 no such user") as refused:
        drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    assert "--contact-checked" not in str(refused.value)
    drafted.review.redraft("FI16751", actor="officer")
    assert EMAIL not in drafted.letter().text
    with pytest.raises(Parked, match="Neither an e-mail nor a postal address of Kent County Council is known"):
        drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])


def test_a_verified_contact_is_no_cover_for_the_older_address_in_the_letter(drafted: Office) -> None:
    drafted.assessor = knowing(drafted.assessor, replace(SEEN, email="new@kent.example"))
    with pytest.raises(Parked, match="the contact list gives another address by now") as refused:
        drafted.review.approve("FI16751", actor="officer")
    assert "foi-mailbot redraft C000001" in str(refused.value)
    drafted.review.redraft("FI16751", actor="officer")
    assert "new@kent.example" in drafted.letter().text
    assert drafted.review.approve("FI16751", actor="officer").state is State.APPROVED


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Assessor, Council]:
    assessor = bootstrap.build_assessor()
    return assessor, dover(tmp_path_factory.mktemp("dover"), assessor)


days = st.none() | st.integers(-400, 30).map(lambda n: TODAY + timedelta(days=n))
addresses = st.sampled_from([EMAIL, "new@kent.example"])


@st.composite
def contacts(draw: st.DrawFn) -> Contact:
    seen = draw(days)
    return replace(
        KENT,
        email=draw(addresses),
        purpose=draw(st.sampled_from([Purpose.ANY, Purpose.FOI, Purpose.EIR])),
        verified_on=seen,
        verified_by="A. Clerk" if seen else "",
        bounced_on=draw(days),
    )


Listed = st.lists(contacts(), max_size=3, unique_by=lambda c: c.purpose).map(tuple)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(before=Listed, after=Listed, ticks=st.sets(st.sampled_from(["KEN", "ESS"])), redraft=st.booleans())
def test_no_letter_that_gives_an_unverified_contact_is_ever_approved_without_its_tick(
    parts: tuple[Assessor, Council],
    before: tuple[Contact, ...],
    after: tuple[Contact, ...],
    ticks: set[str],
    redraft: bool,
) -> None:
    office = Office(knowing(parts[0], *before), parts[1])
    office.read(mail(REDIRECTED, subject="Children FI16751"))
    office.assessor = knowing(parts[0], *after)
    if redraft:
        office.review.redraft("FI16751", actor="officer")
    try:
        office.review.approve("FI16751", actor="officer", contacts_checked=sorted(ticks))
    except Parked:
        return
    given_ = next(email for email in (EMAIL, "new@kent.example") if email in office.letter().text)
    on = receipt_date(office.now)
    mine = [c for c in after if c.email == given_ and c.purpose is not Purpose.EIR]
    fresh = [c for c in mine if c.verified_on and on - timedelta(days=180) < c.verified_on <= on and not c.bounced]
    assert fresh or (ticks == {"KEN"} and not (mine and all(c.bounced for c in mine)))


# ── looking ──────────────────────────────────────────────────────────────────────────────────────
def test_needed_are_the_bodies_of_ones_own_letters_that_are_not_verified_or_too_bare(office: Office) -> None:
    office.assessor = knowing(office.assessor, KENT)
    found = {line.contact.code: line for line in book(office).lines(needed_only=True)}
    assert "ESS" not in found
    assert found["KEN"].standing is Standing.UNVERIFIED
    assert "EIR" in found["KEN"].lacks
    assert found["police:kent"].standing is Standing.BLANK
    office.assessor = knowing(office.assessor, replace(SEEN, postal_address="County Hall"))
    assert "KEN" not in {line.contact.code for line in book(office).lines(needed_only=True)}
    office.assessor = knowing(office.assessor, replace(KENT, bounced_on=TODAY))
    (line,) = (line for line in book(office).lines(body="KEN", needed_only=True))
    assert line.standing is Standing.BOUNCED


def test_a_body_without_any_contact_is_listed_blank_and_a_stranger_refused(office: Office) -> None:
    (line,) = book(office).lines(body="ASF")
    assert (line.contact.name, line.standing, line.why) == (
        "Ashford Borough Council",
        Standing.BLANK,
        "no address is known",
    )
    with pytest.raises(Fatal, match="knows no body XYZ"):
        book(office).lines(body="XYZ")
    assert {line.contact.code for line in book(office).lines()} == set(office.assessor.rulebook.contacts)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────
def rules(office: Office, *contacts: Contact) -> Rulebook:
    office.assessor = knowing(office.assessor, *contacts)
    return office.assessor.rulebook


def test_verifying_writes_who_when_and_how_and_seals_the_rows_hash_but_no_address(
    office: Office, tmp_path: Path
) -> None:
    rules(office, KENT)
    contact = book(office, tmp_path).verify("KEN", actor="B. Officer", how=How.PAGE, post=" County Hall ")
    assert contact == replace(
        KENT, postal_address="County Hall", verified_on=TODAY, verified_by="B. Officer", verified_how=How.PAGE
    )
    assert kept(tmp_path) == (contact,)
    (entry,) = office.announced
    assert (entry.event.name, entry.event.actor) == ("contact.verified", "B. Officer")
    assert dict(entry.event.details) == {
        "code": "KEN",
        "purpose": "any",
        "how": "page",
        "contact_sha256": row_sha256(contact),
    }


def test_a_bounce_takes_the_verification_back_and_keeps_why(office: Office, tmp_path: Path) -> None:
    rules(office, SEEN)
    contact = book(office, tmp_path).bounced("KEN", actor="officer", reason="550\nno such user")
    assert contact.bounced
    assert not contact.verified
    assert (contact.bounced_on, contact.bounced_why) == (TODAY, "550 no such user")
    assert office.events() == ["contact.bounced"]


def test_verifying_an_email_anew_ends_its_bounce_in_every_contact_without_verifying_the_others(
    office: Office, tmp_path: Path
) -> None:
    foi = replace(KENT, purpose=Purpose.FOI, bounced_on=TODAY)
    rules(office, replace(KENT, bounced_on=TODAY), foi)
    book(office, tmp_path).verify("KEN", actor="officer", how=How.LIVE)
    assert [(c.purpose, c.bounced, c.verified) for c in kept(tmp_path)] == [
        (Purpose.ANY, False, True),
        (Purpose.FOI, False, False),
    ]


def test_a_new_address_is_never_given_the_source_of_another(office: Office, tmp_path: Path) -> None:
    rules(office, replace(KENT, email=""))
    with pytest.raises(Parked, match="Say where the contact of Kent County Council stands"):
        book(office).verify("KEN", actor="officer", how=How.PAGE, email="foi@kent.example")
    told = book(office, tmp_path).verify("KEN", actor="officer", how=How.PHONE, email="foi@kent.example")
    assert told.source == "told by telephone"
    given_ = book(office, tmp_path).verify(
        "KEN", actor="officer", how=How.PAGE, email="foi@kent.example", source="https://k"
    )
    assert given_.source == "https://k"


@pytest.mark.parametrize(
    ("changes", "fault", "words"),
    [
        ({"email": ""}, Parked, "give --email or --post"),
        ({"email": "a@b.example, c@d.example"}, Fatal, "is not one e-mail address"),
        ({"post": "County\x1b Hall"}, Fatal, "no letter can show"),
    ],
)
def test_what_no_letter_can_give_is_not_verified(
    office: Office, changes: dict[str, str], fault: type[Exception], words: str
) -> None:
    rules(office, KENT)
    with pytest.raises(fault, match=words):
        book(office).verify("KEN", actor="officer", how=How.PHONE, email=changes.get("email"), post=changes.get("post"))
    assert office.events() == []


def test_without_a_purpose_it_is_the_only_contact_or_the_general_one_and_never_a_guess(
    office: Office, tmp_path: Path
) -> None:
    foi, eir = (replace(KENT, purpose=p) for p in (Purpose.FOI, Purpose.EIR))
    rules(office, foi)
    assert book(office, tmp_path).verify("KEN", actor="o", how=How.PHONE).purpose is Purpose.FOI
    rules(office, foi, eir)
    with pytest.raises(Fatal, match=r"KEN has contacts for eir and foi\. Say which one: --purpose"):
        book(office).verify("KEN", actor="o", how=How.PHONE)
    rules(office, KENT, foi)
    assert book(office, tmp_path).verify("KEN", actor="o", how=How.PHONE).purpose is Purpose.ANY
    new = book(office, tmp_path).verify("KEN", actor="o", how=How.PHONE, purpose=Purpose.EIR, post="County Hall")
    assert (new.purpose, new.email, new.postal_address) == (Purpose.EIR, EMAIL, "County Hall")


@pytest.mark.parametrize(("known", "reason", "words"), [(KENT, " ", "Say what"), (replace(KENT, email=""), "r", "no")])
def test_a_bounce_needs_a_reason_and_an_address(office: Office, known: Contact, reason: str, words: str) -> None:
    rules(office, known)
    with pytest.raises(Parked, match=words):
        book(office).bounced("KEN", actor="officer", reason=reason)


def test_what_cannot_be_written_is_not_sealed(office: Office) -> None:
    rules(office, KENT)
    with pytest.raises(Fatal, match="no rules_dirs"):
        book(office).verify("KEN", actor="officer", how=How.PHONE)
    assert office.events() == []
