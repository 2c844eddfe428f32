from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.adapters.templates import TemplateLetters
from foi_mailbot.core.decision import AskOutcome
from foi_mailbot.core.letter import (
    LetterIdentity,
    Regulator,
    acknowledge,
    applicant_name,
    blocked_reasons,
    check_elements,
    long_date,
    reply_subject,
    template_name,
    thread,
    warnings,
)
from foi_mailbot.core.message import Address
from foi_mailbot.core.rulebook import Regime
from tests.letter_cases import (
    BOTH,
    CHILDREN,
    DRAINS,
    DUE,
    IDENTITY,
    OURS,
    PLANS,
    RECEIVED,
    REGULATOR,
    TEMPLATES,
    Plan,
    case,
    context,
    drafted,
    message,
    rulebook,
    told,
)

SCHOOLS: Plan = ("schools", AskOutcome.OTHER_BODY, Regime.FOIA, ("CTY",))
POLICE_TOO: Plan = ("children", AskOutcome.OTHER_BODY, Regime.FOIA, ("CTY", "POL"))
UNSURE_REGIME: Plan = ("schools", AskOutcome.OTHER_BODY, Regime.UNSURE, ("CTY",))


def flat(text: str) -> str:
    return " ".join(text.split())


# ── which letter ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", PLANS)
def test_the_template_follows_the_decision_and_the_regime_of_what_is_redirected(name: str) -> None:
    assert template_name(case(PLANS[name])[1]) == name


def test_the_regime_of_what_stays_here_does_not_choose_the_letter() -> None:
    ours: Plan = ("", AskOutcome.HELD, Regime.EIR, ())
    assert template_name(case([CHILDREN, ours])[1]) == "part_foia"


def test_a_regime_a_person_settled_beats_that_of_the_asks() -> None:
    assert template_name(case([UNSURE_REGIME])[1], Regime.EIR) == "redirect_eir"


# ── what it says ─────────────────────────────────────────────────────────────────────────────────
def test_the_founding_letter_names_all_questions_the_council_and_its_address() -> None:
    book = rulebook(name="Kent County Council", email="freedomofinformation@kent.gov.uk")
    request, decision = case([CHILDREN] * 6)
    letter = drafted(request, decision, book=book)
    assert letter.blocked == ()
    assert "Kent County Council may hold what you asked for in questions 1 to 6." in flat(letter.text)
    assert "Email: freedomofinformation@kent.gov.uk" in letter.text
    assert "Dear Jo Bloggs\n" in letter.text


def test_a_mail_that_gives_no_name_is_greeted_without_one() -> None:
    assert drafted(*case([CHILDREN]), mail=message(name="")).text.startswith("Hello\n")


def test_a_request_of_one_question_without_a_number_is_called_your_request() -> None:
    text = flat(drafted(*case([CHILDREN], ["How many?"], [""])).text)
    assert "We do not hold the information you asked for in your request, and" in text
    assert "Question" not in text


@pytest.mark.parametrize(
    ("labels", "phrase"),
    [
        (["1", "2", "3"], "questions 1 to 3"),
        (["1", "2"], "questions 1 and 2"),
        (["1", "2", "4", "7", "8", "9"], "questions 1, 2, 4 and 7 to 9"),
        (["a", "b", "c"], "questions a, b and c"),
        (["1", "2a", "2b"], "questions 1, 2a and 2b"),
        (["1", "1", "2"], "questions 1 to 3"),
        (["1", "", "2"], "questions 1 to 3"),
        (["9"], "question 9"),
    ],
)
def test_questions_are_named_as_the_applicant_numbered_them_if_that_is_unambiguous(
    labels: list[str], phrase: str
) -> None:
    request, decision = case([CHILDREN] * len(labels), labels=labels)
    assert f"asked for in {phrase}, and" in flat(drafted(request, decision).text)


def test_questions_that_bear_no_number_of_their_own_get_one_above_the_quotation() -> None:
    text = drafted(*case([CHILDREN, CHILDREN], ["How many?", "How old?"], ["", ""])).text
    assert "Question 1:\n\n> How many?\n\nQuestion 2:\n\n> How old?\n" in text


def test_functions_of_the_same_body_share_one_reason() -> None:
    text = flat(drafted(*case([CHILDREN, SCHOOLS])).text)
    assert "not responsible for children's services or school places: in our area that is for Big County." in text


def test_two_bodies_are_both_named_with_their_addresses() -> None:
    text = drafted(*case([POLICE_TOO])).text
    assert "Big County and Big Police may hold" in flat(text)
    assert "foi@county.example" in text
    assert "foi@police.example" in text


def test_what_both_may_hold_stays_here_and_the_other_body_is_mentioned() -> None:
    text = flat(drafted(*case([CHILDREN, BOTH])).text)
    assert "We are dealing with question 2 ourselves and will answer it separately, by 31 March 2026" in text
    assert "Big County may also hold information about question 2" in text


def test_checks_made_by_an_officer_stand_in_the_letter() -> None:
    assert "- the planning register" in drafted(*case([CHILDREN]), checks=("the planning register",)).text


def test_a_letter_without_a_reference_of_ours_reads_and_passes_without_one() -> None:
    letter = drafted(*case([CHILDREN]), reference="")
    assert letter.blocked == ()
    assert letter.subject == "Re: Some questions"
    assert "Our reference" not in letter.text


def test_dates_are_written_the_british_way() -> None:
    assert long_date(date(2026, 3, 3)) == "3 March 2026"
    assert [long_date(date(2026, m, 1)).split()[1][:3] for m in (1, 12)] == ["Jan", "Dec"]


# ── what blocks it ───────────────────────────────────────────────────────────────────────────────
def test_an_eir_letter_without_the_other_bodys_postal_address_is_blocked_and_says_so() -> None:
    letter = drafted(*case([DRAINS]), book=rulebook(address=""))
    assert letter.blocked == (
        "The postal address of Big County is missing: a letter under the EIR must give it (regulation 10).",
    )
    assert letter.text


def test_a_foia_letter_needs_only_the_other_bodys_email() -> None:
    assert drafted(*case([CHILDREN]), book=rulebook(address="")).blocked == ()


def test_a_body_that_cannot_be_reached_at_all_blocks() -> None:
    blocked = drafted(*case([CHILDREN]), book=rulebook(address="", email="")).blocked
    assert blocked == ("Neither an e-mail nor a postal address of Big County is known.",)


def test_a_body_the_reference_data_does_not_know_blocks() -> None:
    stranger: Plan = ("children", AskOutcome.OTHER_BODY, Regime.FOIA, ("XYZ",))
    assert "The body XYZ has no name in the reference data." in drafted(*case([stranger])).blocked


def test_an_unsure_regime_blocks() -> None:
    assert drafted(*case([CHILDREN, UNSURE_REGIME])).blocked == (
        "Question 2: decide whether this is environmental information (EIR) or not (FOIA).",
    )


def test_an_unsettled_question_blocks() -> None:
    open_ask: Plan = ("", AskOutcome.UNSURE, Regime.FOIA, ())
    assert drafted(*case([CHILDREN, open_ask])).blocked == ("Question 2: it is not settled who may hold this.",)


def test_a_question_without_a_matched_responsibility_or_body_blocks() -> None:
    nobody: Plan = ("", AskOutcome.OTHER_BODY, Regime.FOIA, ())
    assert drafted(*case([nobody], labels=[""])).blocked == (
        "Your request: no council responsibility was matched, so the letter cannot say why.",
        "Your request: no other body is named.",
    )


@pytest.mark.parametrize(
    ("identity", "regulator", "reason"),
    [
        (replace(IDENTITY, authority_name=""), REGULATOR, "this council's name"),
        (replace(IDENTITY, team="", signature=""), REGULATOR, "which officer or team signs"),
        (replace(IDENTITY, review_how="", review_email="", review_address=""), REGULATOR, "internal review"),
        (IDENTITY, Regulator("", "x"), "regulator's name and contact"),
        (IDENTITY, Regulator("The Regulator"), "regulator's name and contact"),
    ],
)
def test_settings_the_law_needs_block_while_they_are_blank(
    identity: LetterIdentity, regulator: Regulator, reason: str
) -> None:
    (blocked,) = drafted(*case([CHILDREN]), identity=identity, regulator=regulator).blocked
    assert reason in blocked


@pytest.mark.parametrize("email", ["", "no address", "a@b\r\nBcc: x@y", "ü@home.example", "=?utf-8?q?a?=@x.example"])
def test_a_mail_whose_sender_cannot_be_written_to_blocks(email: str) -> None:
    assert "no usable address" in drafted(*case([CHILDREN]), mail=message(email=email)).blocked[0]


def test_a_mail_without_a_sender_blocks() -> None:
    letter = drafted(*case([CHILDREN]), mail=replace(message(), sender=None))
    assert letter.recipient == ""
    assert letter.blocked


def test_a_template_that_lost_an_element_blocks_the_draft(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "foia_review.txt").write_text("You can complain.", "utf-8")
    letter = drafted(*case([CHILDREN]), templates=(TEMPLATES, tmp_path))
    assert letter.blocked == (
        "The letter lacks how to ask for an internal review.",
        "The letter lacks the time limit for an internal review (40 working days).",
    )


def test_another_offer_of_formats_in_the_councils_own_words_counts() -> None:
    identity = replace(IDENTITY, accessibility="Ask us for Braille.")
    assert drafted(*case([CHILDREN]), identity=identity).blocked == ()


def test_an_edit_checked_against_nothing_lacks_everything_rather_than_passing() -> None:
    assert len(check_elements("Dear all", "redirect_eir", {})) >= 12


def test_an_officers_own_wording_passes_if_every_element_is_there() -> None:
    request, decision = case([DRAINS], ["1) How many gullies?"])
    base = told(request, decision)
    text = """Ref FI16751, received 3 March 2026, Environmental Information Regulations 2004.
In respect of question 1, the Council does not hold this, because highway drainage is for the highway
authority, Big County, which may hold it: County Hall, County Town, ZZ2 2BB, foi@county.example
(regulation 9). We refuse under regulation 12(4)(a); the public interest favours that.
For an internal review write within 40 working days to review@seaside.example, then to
The Regulator, https://reg.example. Other formats on request. Information team
> 1) How many gullies?
"""
    assert check_elements(text, "redirect_eir", base) == ()


def test_an_officer_may_name_the_responsibilities_in_another_order() -> None:
    request, decision = case([CHILDREN, SCHOOLS])
    text = flat(drafted(request, decision).text.split("Your request\n")[0])
    turned = text.replace("children's services or school places", "school places and other matters")
    found = check_elements(turned, "redirect_foia", told(request, decision))
    assert found == ("the applicant's questions, quoted",)


def test_an_address_an_officer_adds_is_recognised_by_its_postcode() -> None:
    known = (*case([DRAINS]), rulebook(address=""))
    text = drafted(*known[:2], book=known[2]).text
    assert check_elements(text, "redirect_eir", told(*known)) == ("the postal address of Big County",)
    added = text.replace("Email: foi@county", "County Hall, ZZ2 2BB\nEmail: foi@county")
    assert check_elements(added, "redirect_eir", told(*known)) == ()


# ── what an officer is told ──────────────────────────────────────────────────────────────────────
def test_an_unconfirmed_contact_is_told_to_the_template_and_does_not_block_the_draft() -> None:
    request, decision = case([CHILDREN])
    book = rulebook(verified=False)
    assert drafted(request, decision, book=book).blocked == ()
    assert context("redirect_foia", book)["contact_verified"] is False


def test_a_confirmed_contact_is_told_to_the_template() -> None:
    assert warnings(case([CHILDREN])[1]) == ()
    assert context("redirect_foia")["contact_verified"] is True


def test_what_both_may_hold_is_pointed_out() -> None:
    assert warnings(case([CHILDREN, BOTH, OURS])[1]) == (
        "Both this council and another body may hold what question 2 asks for.",
    )


def test_a_body_without_a_contact_is_named_by_its_code() -> None:
    stranger: Plan = ("children", AskOutcome.OTHER_BODY, Regime.FOIA, ("XYZ",))
    assert "The body XYZ has no name in the reference data." in drafted(*case([stranger])).blocked


# ── whom it answers, and in which thread ─────────────────────────────────────────────────────────
def test_the_letter_goes_to_exactly_the_address_that_wrote() -> None:
    wdtk = "request-123456-1a2b3c4d@whatdotheyknow.com"
    mail = replace(message(email=wdtk), reply_to=(Address("other@home.example"),))
    assert drafted(*case([CHILDREN]), mail=mail).recipient == wdtk


def test_a_reply_names_the_mail_it_answers_and_the_thread_before_it() -> None:
    mail = replace(message(), references=("<a@x>", "<b@x>"), in_reply_to="<b@x>")
    letter = drafted(*case([CHILDREN]), mail=mail)
    assert letter.in_reply_to == "<q1@home.example>"
    assert letter.references == ("<a@x>", "<b@x>", "<q1@home.example>")


def test_a_mail_without_references_gives_its_in_reply_to_instead() -> None:
    assert thread(replace(message(), in_reply_to="<b@x>"))[1] == ("<b@x>", "<q1@home.example>")


def test_a_mail_without_message_id_cannot_be_threaded() -> None:
    assert thread(replace(message(), message_id="")) == ("", ())
    assert thread(None) == ("", ())


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Drains", "Re: Drains (FI1)"),
        ("Re: Drains", "Re: Drains (FI1)"),
        ("RE: FW: Fwd: re : Drains", "Re: Drains (FI1)"),
        ("ATB: Re[2]: Drains", "Re: Drains (FI1)"),
        ("Drains fi1", "Re: Drains fi1"),
        ("", "Re: Your request for information (FI1)"),
        ("Re:", "Re: Your request for information (FI1)"),
        ("Regarding drains", "Re: Regarding drains (FI1)"),
        ("two\r\nlines", "Re: two lines (FI1)"),
    ],
)
def test_a_subject_says_re_once_and_bears_the_reference(subject: str, expected: str) -> None:
    assert reply_subject(subject, "FI1") == expected


@given(st.text(max_size=400))
def test_answering_an_answer_changes_no_subject(subject: str) -> None:
    once = reply_subject(subject, "FI1")
    assert reply_subject(once, "FI1") == once
    assert len(once) < 180


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Jo Bloggs", "Jo Bloggs"),
        ("Bloggs, Jo", "Jo Bloggs"),
        ("  Jo\t Bloggs ", "Jo Bloggs"),
        ("jo@home.example", ""),
        ("Visit https://evil.example", ""),
        ("<b>Jo</b>", ""),
        ("x" * 81, ""),
    ],
)
def test_only_what_can_be_a_name_is_greeted(name: str, greeted: str) -> None:
    assert applicant_name(message(name=name)) == greeted


def test_plain_text_input_is_drafted_but_has_nobody_to_go_to() -> None:
    assert applicant_name(None) == ""
    _, decision = case([CHILDREN])
    assert "no usable address" in blocked_reasons(decision, rulebook(), IDENTITY, REGULATOR)[0]


# ── the acknowledgement ──────────────────────────────────────────────────────────────────────────
def test_an_acknowledgement_says_when_and_nothing_about_the_answer() -> None:
    letter = acknowledge(
        IDENTITY, TemplateLetters([TEMPLATES]).render, reference="FI1", received_on=RECEIVED, due=DUE, message=message()
    )
    assert letter.blocked == ()
    assert letter.subject == "Re: Some questions (FI1)"
    assert "by 31 March 2026 at the latest" in flat(letter.text)
    assert "hold" not in letter.text
    assert letter.in_reply_to == "<q1@home.example>"
