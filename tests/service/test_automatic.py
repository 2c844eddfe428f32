"""Automatic sending: three locks, a sample, and nothing that could be a door around the officer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot.core.case import State
from foi_mailbot.core.granting import Grant, Status
from foi_mailbot.core.learning import Verdict
from foi_mailbot.core.rulebook import Function, Rulebook
from foi_mailbot.errors import Parked, Transient
from foi_mailbot.ports_granting import AutoRow
from foi_mailbot.service import records
from foi_mailbot.service.assess import Assessor, Council
from tests.council import mail
from tests.service.office import KEPT, REDIRECTED, Office, dover

FUNCTION = "childrens_social_care"
UNTIL = date(2027, 5, 1)


def verified(assessor: Assessor) -> Assessor:
    """Return the assessor with Kent's contact looked at by a named person."""
    contacts = assessor.rulebook.contacts
    kent = replace(contacts["KEN"][0], verified_on=date(2026, 11, 1), verified_by="A. Person")
    return replace(assessor, rulebook=replace(assessor.rulebook, contacts={**contacts, "KEN": (kent,)}))


@pytest.fixture(scope="module")
def verifying(assessor: Assessor) -> Assessor:
    return verified(assessor)


@pytest.fixture
def office(tmp_path: Path, verifying: Assessor) -> Office:
    return Office(verifying, dover(tmp_path, verifying), switched_on=True)


def given_grant(office: Office, function: str = FUNCTION, until: date = UNTIL) -> Grant:
    proposed = office.grants.propose(function, mailbox="dover", until=until, by="Jo Smith", reason="always right")
    return office.grants.confirm(proposed.id, by="Sam Patel")


@pytest.fixture
def granted(office: Office) -> Office:
    given_grant(office)
    return office


def ask(number: int = 1, body: str = REDIRECTED, **headers: str) -> bytes:
    sender = headers.pop("sender", f"Resident {number} <resident{number}@example.com>")
    subject = headers.pop("subject", f"Children FI{16750 + number}")
    return mail(body, subject=subject, sender=sender, message_id=f"<{number}@example.com>", **headers)


def approval(office: Office, key: str = "C000001") -> AutoRow | None:
    with office.store.transaction() as tx:
        return tx.automatic.get(key)


def approvers(office: Office) -> list[str]:
    with office.store.transaction() as tx:
        return [e.event.actor for e in tx.audit.entries() if e.event.name == "letter.approved"]


def stands(office: Office, grant_id: str = "G000001") -> Status:
    return {grant.id: status for grant, status in office.grants.listed()}[grant_id]


# ── what leaves ──────────────────────────────────────────────────────────────────────────────────
def test_behind_three_open_locks_a_letter_leaves_as_auto_under_its_grant(granted: Office) -> None:
    granted.read(ask())
    assert granted.case().state is State.APPROVED
    assert granted.send() == 1
    assert granted.case().state is State.SENT
    with granted.store.transaction() as tx:
        (entry,) = [e.event for e in tx.audit.entries() if e.event.name == "letter.approved"]
    assert (entry.actor, entry.details["grants"]) == ("auto", ["G000001"])
    assert entry.details["content_sha256"] == granted.letter().content_sha256
    (remark,) = records.remarks(granted.case())
    assert "G000001 (childrens_social_care: Jo Smith, confirmed by Sam Patel)" in remark["text"]


def test_the_councils_answer_bears_no_auto_submitted(granted: Office) -> None:
    granted.read(ask())
    granted.send()
    assert b"auto-submitted" not in granted.sender.sent[0].content.lower()


def test_case_decision_approval_and_outbox_are_one_transaction(
    granted: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        broken: Callable[..., None] = _raise
        patched.setattr(type(granted.automatic), "approve", broken)
        with pytest.raises(Transient):
            granted.read(ask())
    assert granted.cases() == []
    assert approval(granted) is None
    granted.intake.drain("INBOX")
    assert [case.state for case in granted.cases()] == [State.APPROVED]
    assert (granted.send(), granted.send()) == (1, 0)


def _raise(*_: object) -> None:
    raise Transient("the disk is full")


# ── what does not ────────────────────────────────────────────────────────────────────────────────
def test_with_the_switch_off_nothing_leaves_whatever_was_granted(granted: Office) -> None:
    granted.switched_on = False
    granted.read(ask())
    assert granted.case().state is State.DRAFTED
    assert granted.send() == 0


def test_a_proposal_nobody_confirmed_lets_nothing_leave(office: Office) -> None:
    office.grants.propose(FUNCTION, mailbox="dover", until=UNTIL, by="Jo Smith", reason="always right")
    office.read(ask())
    assert office.case().state is State.DRAFTED


def test_a_grant_for_another_function_lets_nothing_leave(office: Office) -> None:
    given_grant(office, "libraries")
    office.read(ask())
    assert office.case().state is State.DRAFTED


LIBRARY = "How many books did your libraries lend in 2024/25?"


@pytest.mark.parametrize(
    "body",
    [
        f"1. {REDIRECTED}\n2. {LIBRARY}",
        f"1. {REDIRECTED}\n2. {KEPT}",
        f"{REDIRECTED} Please include all correspondence with the county council.",
        f"{REDIRECTED} Councillor Jones said that you know.",
        f"{REDIRECTED} How many of these children were victims at an election?",
        f"{REDIRECTED} If the cost limit applies, tell me.",
    ],
)
def test_one_question_or_one_word_that_is_not_granted_keeps_the_whole_letter_for_an_officer(
    granted: Office, body: str
) -> None:
    granted.read(ask(body=body))
    assert granted.case().state is not State.APPROVED
    assert granted.send() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"sender": "nameless@example.com"},
        {"Reply_To": "elsewhere@example.org"},
        {"In_Reply_To": "<somebody@example.org>"},
        {"subject": "Fwd: Children FI16751"},
    ],
)
def test_an_answer_a_forward_a_nameless_sender_or_another_reply_address_waits(
    granted: Office, headers: dict[str, str]
) -> None:
    granted.read(ask(1, **headers))
    assert granted.case().state is not State.APPROVED


def test_an_address_gets_one_automatic_letter_and_no_second(granted: Office) -> None:
    granted.read(ask(1, sender="A Resident <a@example.com>"), ask(2, sender="A Resident <A@example.com>"))
    assert [case.state for case in granted.cases()] == [State.APPROVED, State.DRAFTED]


def test_a_contact_nobody_verified_keeps_the_letter_for_an_officer(tmp_path: Path, assessor: Assessor) -> None:
    office = Office(assessor, dover(tmp_path, assessor), switched_on=True)
    given_grant(office)
    office.read(ask())
    assert office.case().state is State.DRAFTED


def test_a_contact_verified_long_ago_keeps_the_letter_for_an_officer(granted: Office) -> None:
    granted.contacts_stale_after_days = 22  # verified on 1 November, and it is the 23rd
    granted.read(ask())
    assert granted.case().state is State.DRAFTED


def test_a_changed_rule_makes_its_grant_dormant_and_another_functions_does_not(granted: Office) -> None:
    whole = granted.assessor
    granted.assessor = replace(whole, rulebook=rewritten(whole.rulebook, "libraries"))
    granted.read(ask(1))
    granted.assessor = replace(whole, rulebook=rewritten(whole.rulebook, FUNCTION))
    granted.read(ask(2))
    assert [case.state for case in granted.cases()] == [State.APPROVED, State.DRAFTED]
    assert stands(granted) is Status.RULE_CHANGED


def rewritten(rulebook: Rulebook, function: str) -> Rulebook:
    changed: Function = replace(rulebook.functions[function], weak=())
    return replace(rulebook, functions={**rulebook.functions, function: changed})


@pytest.mark.parametrize(("days", "state"), [(-1, State.APPROVED), (0, State.DRAFTED)])
def test_a_grant_ends_before_its_last_day_begins(office: Office, days: int, state: State) -> None:
    given_grant(office, until=date(2026, 12, 1))
    office.now += timedelta(days=(date(2026, 12, 1) - date(2026, 11, 23)).days + days)
    office.read(ask())
    assert office.case().state is state


def test_mail_received_before_the_confirmation_waits_for_an_officer(office: Office) -> None:
    office.now += timedelta(days=1)
    given_grant(office)
    office.read(ask())
    assert office.case().state is State.DRAFTED


def test_a_letter_drafted_anew_or_released_is_never_approved_by_a_grant(granted: Office) -> None:
    granted.switched_on = False
    granted.read(ask())
    granted.switched_on = True
    granted.review.hold("C000001", actor="officer", reason="wait")
    granted.review.release("C000001", actor="officer", reason="go on")
    granted.review.redraft("C000001", actor="officer")
    granted.intake.drain("INBOX")
    assert granted.send() == 0
    assert granted.case().state is State.DRAFTED


QUESTIONS = {
    REDIRECTED: True,
    "How many children were on child protection plans on 31 March 2025?": True,
    LIBRARY: False,
    KEPT: False,
    "How many adults received social care from you in 2024/25?": False,
    "How many potholes did you repair in 2024/25?": False,
    "What did the council decide about it?": False,
}


@settings(max_examples=40, deadline=None)
@given(asked=st.lists(st.sampled_from(list(QUESTIONS)), min_size=1, max_size=4, unique=True))
def test_whatever_is_asked_together_one_question_not_granted_keeps_the_letter(
    parts: tuple[Assessor, Council], asked: list[str]
) -> None:
    office = Office(*parts, switched_on=True)
    given_here = given_grant(office)
    office.read(ask(body="\n".join(f"{n}. {question}" for n, question in enumerate(asked, 1))))
    leaves = office.case().state is State.APPROVED
    assert leaves is all(QUESTIONS[question] for question in asked)
    assert office.send() == int(leaves)
    assert {f for row in office.record()["asks"] for f in row["functions"]} == {given_here.function} or not leaves


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory, verifying: Assessor) -> tuple[Assessor, Council]:
    return verifying, dover(tmp_path_factory.mktemp("dover"), verifying)


# ── giving one ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["Jo Smith", "jo smith", " JOSMITH ", "J.O. Smith", "Ｊｏ Smith"])
def test_the_person_who_proposed_cannot_confirm_however_the_name_is_spelt(office: Office, name: str) -> None:
    office.grants.propose(FUNCTION, mailbox="dover", until=UNTIL, by="Jo Smith", reason="r")
    with pytest.raises(Parked, match="a second person"):
        office.grants.confirm("G000001", by=name)
    assert stands(office) is Status.PROPOSED


@pytest.mark.parametrize("name", ["", "  ", "system", "Auto", "-"])
def test_nobody_and_the_service_itself_sign_nothing(office: Office, name: str) -> None:
    with pytest.raises(Parked, match="who you are"):
        office.grants.propose(FUNCTION, mailbox="dover", until=UNTIL, by=name, reason="r")
    given_grant(office)
    with pytest.raises(Parked, match="who you are"):
        office.grants.suspend("G000001", by=name, reason="r")


@pytest.mark.parametrize(
    ("function", "mailbox", "until", "reason", "says"),
    [
        ("no_such", "dover", UNTIL, "r", "no function no_such"),
        ("highway_maintenance", "dover", UNTIL, "r", "under EIR"),
        ("council_tax", "dover", UNTIL, "r", "not wholly another body's"),
        (FUNCTION, "ashford", UNTIL, "r", "They name: dover"),
        (FUNCTION, "dover", date(2026, 11, 23), "r", "ends after today"),
        (FUNCTION, "dover", date(2027, 11, 24), "r", "by 2027-11-23"),
        (FUNCTION, "dover", UNTIL, " ", "Say why"),
    ],
)
def test_a_grant_that_could_not_be_right_is_refused_in_words(
    office: Office, function: str, mailbox: str, until: date, reason: str, says: str
) -> None:
    with pytest.raises(Parked, match=says):
        office.grants.propose(function, mailbox=mailbox, until=until, by="Jo Smith", reason=reason)


def test_a_grant_is_confirmed_once_and_one_that_does_not_exist_is_named(granted: Office) -> None:
    with pytest.raises(Parked, match="is active"):
        granted.grants.confirm("G000001", by="Third Person")
    with pytest.raises(Parked, match="no grant G000009"):
        granted.grants.confirm("G000009", by="Third Person")


# ── the sample, and the end ──────────────────────────────────────────────────────────────────────
def test_the_first_letters_are_all_looked_at_and_later_ones_by_the_cases_hash(granted: Office) -> None:
    granted.read(*[ask(number) for number in range(1, 31)])
    chosen = [row.case_id for _, row in granted.grants.waiting()]
    assert chosen[:5] == [f"C00000{n}" for n in range(1, 6)]
    assert 5 < len(chosen) < 20
    granted.read(ask(1))
    assert [row.case_id for _, row in granted.grants.waiting()] == chosen


def test_a_case_found_right_counts_for_its_rules_and_leaves_the_sample(granted: Office) -> None:
    granted.read(ask())
    granted.send()
    assert granted.grants.reviewed("C000001", by="officer", right=True, reason="read it") == []
    assert granted.grants.waiting() == []
    assert [(r.tally.confirmed, r.tally.corrected) for r in granted.learning.stats()] == [(1, 0)]
    assert stands(granted) is Status.ACTIVE


def overturned_by_review(office: Office) -> object:
    return office.grants.reviewed("C000001", by="officer", right=False, reason="ours")


def overturned_by_correction(office: Office) -> object:
    return office.learning.correct("C000001", by="officer", verdict=Verdict.SHOULD_BE_HELD)


@pytest.mark.parametrize("overturn", [overturned_by_review, overturned_by_correction])
def test_one_wrong_letter_ends_the_grant_and_what_has_not_left_comes_back(
    granted: Office, overturn: Callable[[Office], object]
) -> None:
    granted.read(ask(1))
    granted.send()
    granted.read(ask(2))
    renewal = granted.grants.propose(FUNCTION, mailbox="dover", until=UNTIL, by="Jo Smith", reason="renewed")
    overturn(granted)
    assert (stands(granted), stands(granted, renewal.id)) == (Status.SUSPENDED, Status.SUSPENDED)
    assert granted.send() == 0
    assert granted.case("C000002").state is State.DRAFTED
    assert "suspended" in granted.case("C000002").note
    assert granted.events()[-1] == "letter.revoked"
    with pytest.raises(Parked, match="suspended"):
        granted.grants.confirm(renewal.id, by="Sam Patel")
    granted.read(ask(3))
    assert granted.case("C000003").state is State.DRAFTED
    given_grant(granted)
    granted.read(ask(4))
    assert granted.case("C000004").state is State.APPROVED


def test_a_correction_that_says_right_ends_nothing(granted: Office) -> None:
    granted.read(ask())
    granted.learning.correct("C000001", by="officer", verdict=Verdict.RIGHT)
    assert stands(granted) is Status.ACTIVE


def test_what_was_found_wrong_stays_wrong_and_ends_its_grants_once(granted: Office) -> None:
    granted.read(ask())
    overturned_by_review(granted)
    with pytest.raises(Parked, match="that stands"):
        granted.grants.reviewed("C000001", by="second", right=True, reason="no")
    assert granted.learning.correct("C000001", by="second", verdict=Verdict.WRONG_BODY).suspended == ()
    assert granted.events().count("grant.suspended") == 1


def test_only_a_letter_that_left_by_a_grant_is_reviewed_as_one(granted: Office) -> None:
    granted.switched_on = False
    granted.read(ask())
    with pytest.raises(Parked, match="not approved automatically"):
        granted.grants.reviewed("C000001", by="officer", right=False, reason="r")


@pytest.mark.parametrize("lock", ["switch", "grant", "time"])
def test_a_lock_shut_before_the_letter_left_brings_it_back_to_an_officer(granted: Office, lock: str) -> None:
    granted.read(ask())
    if lock == "switch":
        granted.switched_on = False
    elif lock == "grant":
        granted.grants.suspend("G000001", by="anyone", reason="stop")
    else:
        granted.now += timedelta(days=300)
    assert granted.send() == 0
    assert granted.case().state is State.DRAFTED
    assert granted.grants.waiting() == []
    granted.review.approve("C000001", actor="officer", contacts_checked=["KEN"])
    assert granted.send() == 1
    assert approvers(granted) == ["auto", "officer"]


def test_an_officers_approval_takes_the_place_of_the_grants(granted: Office) -> None:
    granted.read(ask())
    granted.review.hold("C000001", actor="officer", reason="wait")
    granted.review.release("C000001", actor="officer", reason="go on")
    granted.review.approve("C000001", actor="officer", contacts_checked=["KEN"])
    granted.grants.suspend("G000001", by="anyone", reason="stop")
    assert granted.send() == 1
    assert granted.grants.waiting() == []


def test_a_grant_is_ended_once_and_needs_a_reason(granted: Office) -> None:
    with pytest.raises(Parked, match="Say why"):
        granted.grants.suspend("G000001", by="anyone", reason=" ")
    granted.grants.suspend("G000001", by="anyone", reason="stop")
    with pytest.raises(Parked, match="suspended already, by anyone"):
        granted.grants.suspend("G000001", by="anyone", reason="stop")
    assert granted.events()[-3:] == ["grant.proposed", "grant.confirmed", "grant.suspended"]
