"""Intake: every mail has exactly one outcome, whatever happens around it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from foi_mailbot.adapters.memory_mail import MemoryMailbox
from foi_mailbot.core import audit
from foi_mailbot.core.case import State
from foi_mailbot.errors import Fatal, Transient
from foi_mailbot.service.assess import Assessment, Assessor, Council
from foi_mailbot.service.intake import Filing
from tests.council import mail
from tests.service.office import KEPT, REDIRECTED, START, Office


def test_each_mail_has_one_case_and_is_filed_unread(office: Office) -> None:
    mails = [mail(KEPT, subject=f"Request {n}", message_id=f"<{n}@example.com>") for n in range(5)]
    assert office.read(*mails) == 5
    assert [case.subject for case in office.cases()] == [f"Request {n}" for n in range(5)]
    assert office.mailbox.messages() == []
    assert len(office.mailbox.messages("Filed")) == 5
    assert office.mailbox.read("Filed") == set()
    assert office.intake.drain("INBOX") == 0


def test_outcomes_lead_to_their_states(office: Office) -> None:
    office.read(
        mail(REDIRECTED),
        mail(KEPT, message_id="<two@example.com>"),
        mail("Away until Monday.", message_id="<three@example.com>", Auto_Submitted="auto-replied"),
    )
    assert [case.state for case in office.cases()] == [State.DRAFTED, State.CASEWORK, State.SUPPRESSED]
    assert [case.due and case.due.isoformat() for case in office.cases()] == ["2026-12-22", "2026-12-22", None]


def test_a_request_without_a_reference_gets_the_next_of_the_sequence_or_goes_on_without(office: Office) -> None:
    office.read(mail(KEPT, subject="No reference"))
    assert office.case().reference == "FI90001"
    office.sequence = None
    office.read(mail(KEPT, subject="No reference", message_id="<two@example.com>"))
    assert office.case("C000002").reference == ""


def test_the_same_bytes_twice_are_one_case(office: Office) -> None:
    office.read(mail(KEPT), mail(KEPT))
    assert len(office.cases()) == 1
    assert "mail.duplicate" in office.events()


def test_the_same_message_id_with_other_bytes_is_another_case(office: Office) -> None:
    office.read(mail(KEPT), mail(KEPT + " And in 2025/26?"))
    assert len(office.cases()) == 2


def test_a_new_uidvalidity_reads_again_and_recognises_what_it_had(office: Office) -> None:
    office.filing = Filing("", mark_read=False)
    office.read(mail(KEPT))
    office.mailbox.renumber(77)
    office.read(mail(KEPT, message_id="<two@example.com>"))
    assert len(office.cases()) == 2


def test_mail_read_by_people_is_still_ours_and_mail_they_move_away_is_no_error(office: Office) -> None:
    office.mailbox.deliver(mail(KEPT), received=START)
    gone = office.mailbox.deliver(mail(KEPT, message_id="<two@example.com>"), received=START)
    office.mailbox.remove(gone)
    assert office.intake.drain("INBOX") == 1


class FailsToFileOnce(MemoryMailbox):
    """The shipped in-memory mailbox, with one lost connection at the worst moment."""

    lost = False

    def file(self, uids: Sequence[int], destination: str, *, mark_read: bool) -> None:
        if not self.lost:
            self.lost = True
            raise Transient("The connection was lost.")
        super().file(uids, destination, mark_read=mark_read)


def test_filing_that_failed_is_repeated_until_it_holds(office: Office) -> None:
    office.mailbox = FailsToFileOnce()
    office.mailbox.deliver(mail(KEPT), received=START)
    with pytest.raises(Transient):
        office.intake.drain("INBOX")
    assert len(office.mailbox.messages()) == 1
    assert office.intake.drain("INBOX") == 0
    assert len(office.mailbox.messages("Filed")) == 1
    assert len(office.cases()) == 1


def test_mail_stored_but_not_decided_by_a_killed_run_is_decided_even_if_gone_from_the_server(office: Office) -> None:
    known = office.assessor

    def killed(name: str, context: dict[str, object]) -> tuple[str, str, str]:
        raise KeyboardInterrupt

    office.assessor = replace(known, render=killed)
    uid = office.mailbox.deliver(mail(REDIRECTED), received=START)
    with pytest.raises(KeyboardInterrupt):
        office.intake.drain("INBOX")
    office.mailbox.remove(uid)
    office.assessor = known
    assert office.intake.drain("INBOX") == 1
    assert [case.state for case in office.cases()] == [State.DRAFTED]
    assert "mail.duplicate" not in office.events()


@dataclass(frozen=True, slots=True)
class ChokesOn(Assessor):
    """The real assessor, but one mail makes it fail as a parser's bug would."""

    def mail(self, raw: bytes, council: Council, received: datetime) -> Assessment:
        if b"poison" in raw:
            raise RecursionError
        return Assessor.mail(self, raw, council, received)


def test_a_poisonous_mail_is_quarantined_with_its_bytes_and_its_neighbours_go_on(office: Office) -> None:
    known = office.assessor
    office.assessor = ChokesOn(known.rulebook, known.calendar, known.render, known.extract)
    office.batch = 10
    poison = mail("poison", message_id="<two@example.com>")
    office.read(mail(KEPT), poison, mail(KEPT, message_id="<three@example.com>"))
    states = [case.state for case in office.cases()]
    assert states == [State.CASEWORK, State.HELD_FOR_OFFICER, State.CASEWORK]
    with office.store.transaction() as tx:
        assert tx.letters.raw(hashlib.sha256(poison).hexdigest()) == poison
    assert "RecursionError" in office.case("C000002").note
    assert office.case("C000002").due == office.case("C000001").due


def test_a_broken_template_loses_nothing_and_is_told(office: Office) -> None:
    def broken(name: str, context: dict[str, object]) -> tuple[str, str, str]:
        raise Fatal(f"{name} has a fault")

    known = office.assessor
    office.assessor = replace(known, render=broken)
    office.mailbox.deliver(mail(REDIRECTED), received=START)
    with pytest.raises(Fatal):
        office.intake.drain("INBOX")
    assert office.cases() == []
    office.assessor = known
    assert office.intake.drain("INBOX") == 1
    assert office.case().state is State.DRAFTED


def test_stopping_ends_after_the_batch_in_hand(office: Office) -> None:
    for n in range(6):
        office.mailbox.deliver(mail(KEPT, message_id=f"<{n}@example.com>"), received=START)
    office.stopping = True
    assert office.intake.drain("INBOX") == 0
    office.stopping = False
    assert office.intake.drain("INBOX") == 6


def test_an_answer_to_our_letter_or_with_a_known_reference_joins_the_case(office: Office) -> None:
    office.read(mail(REDIRECTED, subject="Children FI16751"))
    office.review.approve("FI16751", actor="officer", contacts_checked=["KEN"])
    office.send()
    ours = office.outbox().message_id
    office.read(
        mail(REDIRECTED, subject="Re: Children", message_id="<a@example.com>", In_Reply_To=ours),
        mail(REDIRECTED, subject="More on FI16751", message_id="<b@example.com>"),
        mail("I would like an internal review.", message_id="<c@example.com>", References=f"<x@example.com> {ours}"),
    )
    later = office.cases()[1:]
    assert [case.state for case in later] == [State.HELD_FOR_OFFICER] * 3
    assert [case.kind for case in later] == ["follow_up", "follow_up", "internal_review"]
    assert all("C000001" in case.note for case in later)


def test_acknowledgements_are_off_and_when_on_are_marked_automatic_and_sent_once(office: Office) -> None:
    office.read(mail(KEPT))
    assert office.send() == 0
    office.council = replace(office.council, acknowledge=True)
    office.read(
        mail(REDIRECTED, message_id="<two@example.com>"),
        mail("Away.", message_id="<three@example.com>", Auto_Submitted="auto-replied"),
    )
    assert (office.send(), office.send()) == (1, 0)
    assert b"\r\nAuto-Submitted: auto-replied\r\n" in office.sender.sent[0].content
    assert office.events().count("letter.acknowledged") == 1
    assert office.case("C000002").state is State.DRAFTED


def test_the_log_is_whole_announced_after_commit_and_free_of_personal_data(office: Office) -> None:
    office.read(mail(REDIRECTED))
    with office.store.transaction() as tx:
        entries = tx.audit.entries()
    assert audit.verify(entries) == []
    assert office.announced == entries
    assert "resident" not in str(entries).lower()


def test_mail_on_a_case_keeps_its_kind_says_how_late_the_case_is_and_is_due_with_it(office: Office) -> None:
    office.read(mail(KEPT, subject="FI16751"))
    for raw in (
        mail("Any news of my request?", subject="FI16751", message_id="<b@example.com>"),
        mail("Please send my own housing file.", subject="FI16751", message_id="<c@example.com>"),
        mail(f"This is a new request. {REDIRECTED}", subject="Re: FI16751", message_id="<d@example.com>"),
    ):
        office.mailbox.deliver(raw, received=START + timedelta(days=40))
    office.intake.drain("INBOX")
    first, chaser, own, anew = office.cases()
    assert [case.kind for case in (chaser, own, anew)] == ["chaser", "subject_access", "request"]
    assert all(case.state is State.HELD_FOR_OFFICER and "C000001" in case.note for case in (chaser, own, anew))
    assert chaser.due == first.due
    assert "working days late" in chaser.note
    assert anew.outcome == "unsure"
    assert "follow up" in anew.note
    decided = [entry.event.details for entry in office.announced if entry.event.name == "case.decided"]
    assert [details["kind_rule"] for details in decided][1:] == ["chaser_waiting", "access_own_file", "request_new"]


def test_a_chaser_of_nothing_we_have_is_for_a_person_to_look_for(office: Office) -> None:
    office.read(mail("Any news of my request of 2 March?"))
    assert office.case().kind == "chaser"
    assert office.case().due is None
    assert "no case here matches" in office.case().note
