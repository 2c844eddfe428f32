"""An officer's hand and the way out: approval binds to what was seen, and a letter leaves at most once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot import bootstrap
from foi_mailbot.core.case import State
from foi_mailbot.errors import Fatal, FoiMailbotError, IllegalMove, LoginRefused, Parked, Refused, Transient, Uncertain
from foi_mailbot.service.assess import Assessor, Council
from foi_mailbot.service.dispatch import Dispatch
from tests.council import mail
from tests.service.office import KEPT, REDIRECTED, Office, dover


@pytest.fixture
def drafted(office: Office) -> Office:
    office.read(mail(REDIRECTED, subject="Children FI16751"))
    assert office.case().state is State.DRAFTED
    return office


def test_nothing_leaves_without_an_approval(drafted: Office) -> None:
    assert drafted.send() == 0
    assert drafted.sender.sent == []


def test_an_approved_letter_leaves_once_with_its_fixed_message_id(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"], checks="Looked at the service list.")
    assert (drafted.send(), drafted.send()) == (1, 0)
    (sent,) = drafted.sender.sent
    assert sent.recipient == "a.resident@example.com"
    assert drafted.outbox().message_id.encode() in sent.content
    assert drafted.case().state is State.SENT
    assert drafted.outbox().reply.startswith("250 ")


def test_a_sent_case_cannot_be_approved_again(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    drafted.send()
    with pytest.raises(IllegalMove):
        drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])


def test_an_edit_after_approval_voids_it(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    text = drafted.letter().text.replace("Thank you for your request", "Thank you very much for your request")
    edited = drafted.review.edit("FI16751", actor="second", text=text)
    assert edited.version == 2
    assert edited.blocked == ()
    assert "very much" in edited.html
    assert drafted.send() == 0
    assert drafted.case().state is State.DRAFTED
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    assert drafted.send() == 1
    assert b"very much" in drafted.sender.sent[0].content


def test_an_edit_that_takes_out_what_the_law_asks_blocks_approval(drafted: Office) -> None:
    drafted.review.edit("FI16751", actor="officer", text="We do not hold it. Goodbye.")
    with pytest.raises(Parked, match="cannot be approved yet"):
        drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])


def test_approval_of_another_version_than_the_one_seen_is_refused(drafted: Office) -> None:
    with pytest.raises(Parked, match="changed since"):
        drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"], seen="0000")


def test_hold_release_and_reject_need_a_reason_and_stop_sending(drafted: Office) -> None:
    with pytest.raises(Parked, match="Say why"):
        drafted.review.hold("FI16751", actor="officer", reason=" ")
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    drafted.review.hold("FI16751", actor="officer", reason="Ask legal first")
    assert drafted.send() == 0
    drafted.review.release("FI16751", actor="officer", reason="Legal agrees")
    assert drafted.case().state is State.DRAFTED
    drafted.review.reject("FI16751", actor="officer", reason="We answer it ourselves")
    assert drafted.send() == 0


def test_who_looked_at_a_case_and_who_closed_it_is_sealed(drafted: Office) -> None:
    assert drafted.review.view("FI16751", actor="auditor").letter == drafted.letter()
    drafted.review.reject("FI16751", actor="officer", reason="We answer it ourselves")
    drafted.review.close("FI16751", actor="officer", reason="Answered")
    assert drafted.case().state is State.CLOSED
    assert drafted.events()[-3:] == ["case.viewed", "case.rejected", "case.closed"]


def test_a_held_case_without_a_letter_is_released_to_casework(office: Office) -> None:
    office.read(mail("I would like an internal review of your answer.", subject="Internal review"))
    assert office.case().state is State.HELD_FOR_OFFICER
    office.review.release("C000001", actor="officer", reason="Read")
    assert office.case().state is State.CASEWORK


def test_redrafting_uses_the_rules_of_today_and_keeps_the_old_version(drafted: Office) -> None:
    drafted.council = replace(drafted.council, identity=replace(drafted.council.identity, signature="B. Successor"))
    drafted.review.redraft("FI16751", actor="officer")
    assert drafted.letter().version == 2
    assert "B. Successor" in drafted.letter().text


def test_a_case_or_letter_that_is_not_there_is_named(office: Office) -> None:
    office.read(mail(KEPT))
    with pytest.raises(Parked, match="no case C999999"):
        office.review.approve("C999999", actor="officer")
    with pytest.raises(Parked, match="has no letter"):
        office.review.approve("C000001", actor="officer")


@pytest.mark.parametrize(
    ("fault", "state"),
    [(Refused("550 no such user"), State.FAILED), (Uncertain("the connection was lost"), State.UNCERTAIN)],
)
def test_a_refusal_or_a_silence_stands_for_a_person_and_is_never_sent_again(
    drafted: Office, fault: FoiMailbotError, state: State
) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    drafted.sender.fail_with(fault)
    assert (drafted.send(), drafted.send()) == (0, 0)
    assert drafted.case().state is state
    assert str(fault) in drafted.outbox().reply


def test_a_transient_failure_is_tried_again_later_and_later(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    drafted.sender.fail_with(Transient("451 busy"), Transient("451 busy"))
    assert (drafted.send(), drafted.send()) == (0, 0)
    drafted.now += timedelta(minutes=2)
    assert drafted.send() == 0
    drafted.now += timedelta(minutes=1)
    assert drafted.send() == 0
    drafted.now += timedelta(minutes=5)
    assert drafted.send() == 1
    assert drafted.outbox().attempts == 3


def test_a_login_fault_leaves_the_letter_approved_and_is_told_once_all_were_tried(drafted: Office) -> None:
    drafted.read(mail(REDIRECTED, subject="Children FI16752", message_id="<two@example.com>"))
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    drafted.review.approve("FI16752", actor="officer", contacts_checked=["KEN"])
    drafted.sender.fail_with(LoginRefused("smtp.example refused the login of foi."))
    with pytest.raises(Fatal, match="refused the login"):
        drafted.send()
    assert (drafted.case("FI16751").state, drafted.case("FI16752").state) == (State.APPROVED, State.SENT)
    assert drafted.dispatch.recover() == 0
    drafted.now += timedelta(minutes=2)
    assert drafted.send() == 1


def test_a_letter_of_a_mailbox_that_left_the_settings_waits_and_is_named(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    without = Dispatch(drafted.journal, {})
    with pytest.raises(Fatal, match="C000001 waits for mailbox dover"):
        asyncio.run(without.run())
    assert drafted.case().state is State.APPROVED
    assert drafted.send() == 1


def test_no_further_letter_is_begun_once_the_service_stops(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    stopping = Dispatch(drafted.journal, {"dover": drafted.sender}, stopping=lambda: True)
    assert asyncio.run(stopping.run()) == 0
    assert drafted.case().state is State.APPROVED


def test_each_entry_about_a_letter_names_its_content_and_purpose(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    drafted.send()
    digest = drafted.letter().content_sha256
    with drafted.store.transaction() as tx:
        told = {e.event.name: e.event.details for e in tx.audit.entries() if e.event.name.startswith("letter.s")}
    assert told.keys() == {"letter.sending", "letter.sent"}
    assert {(d["content_sha256"], d["purpose"]) for d in told.values()} == {(digest, "letter")}


def test_a_crash_between_claim_and_answer_is_uncertain(drafted: Office) -> None:
    drafted.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    drafted.sender.fail_with(cast(FoiMailbotError, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        drafted.send()
    assert drafted.case().state is State.SENDING
    assert drafted.dispatch.recover() == 1
    assert drafted.case().state is State.UNCERTAIN
    assert drafted.send() == 0
    drafted.review.resolve("FI16751", actor="officer", sent=False, reason="Not in Sent, the server's log has nothing")
    assert drafted.send() == 1


Act = Callable[[Office], object]
ACTS: list[Act] = [
    lambda o: o.review.approve("C000001", actor="a", contacts_checked=["KEN"]),
    lambda o: o.review.hold("C000001", actor="a", reason="r"),
    lambda o: o.review.release("C000001", actor="a", reason="r"),
    lambda o: o.review.reject("C000001", actor="a", reason="r"),
    lambda o: o.review.edit("C000001", actor="a", text=o.letter().text + "\nPS"),
    lambda o: o.review.redraft("C000001", actor="a"),
    lambda o: o.review.resolve("C000001", actor="a", sent=True, reason="r"),
    lambda o: o.sender.fail_with(Uncertain()),
    lambda o: o.sender.fail_with(Transient()),
    lambda o: o.send(),
    lambda o: o.dispatch.recover(),
]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Assessor, Council]:
    assessor = bootstrap.build_assessor()
    return assessor, dover(tmp_path_factory.mktemp("dover"), assessor)


@settings(max_examples=60, deadline=None)
@given(acts=st.lists(st.sampled_from(range(len(ACTS))), max_size=12))
def test_whatever_officers_and_servers_do_a_letter_leaves_at_most_once(
    parts: tuple[Assessor, Council], acts: list[int]
) -> None:
    office = Office(*parts)
    office.read(mail(REDIRECTED))
    for act in acts:
        office.now += timedelta(hours=2)
        try:
            ACTS[act](office)
        except Parked:
            continue
    assert len(office.sender.sent) <= 1
