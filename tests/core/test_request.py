"""Reading a mail or a text as a request."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.kinds import Kind
from foi_mailbot.core.message import Attachment, Message, Origin, Passage
from foi_mailbot.core.reference import ReferencePattern
from foi_mailbot.core.request import read_request, read_text

WORDS = load([Path(__file__).parents[2] / "config"]).kinds
PATTERNS = [ReferencePattern("dover", re.compile(r"FI\d{5}", re.IGNORECASE))]


def mail(
    *passages: Passage, subject: str = "", reply: bool = False, attachments: tuple[Attachment, ...] = ()
) -> Message:
    return Message(
        message_id="<1@example.org>", subject=subject, sender=None, reply_to=(), to=(), cc=(), date=None,
        in_reply_to="<0@example.org>" if reply else "", references=(), headers=(), content_type="text/plain",
        report_type="", passages=passages, attachments=attachments,
    )  # fmt: skip


def body(text: str, origin: Origin = Origin.BODY, name: str = "") -> Passage:
    return Passage(origin, text, name)


def test_subject_new_text_forwarded_text_and_attached_letter_are_read_in_that_order() -> None:
    request = read_request(
        mail(
            body("How many bins?", Origin.ATTACHMENT, "letter.docx"),
            body("See below."),
            body("Old talk", Origin.QUOTED),
            body("Jane", Origin.SIGNATURE),
            body("Please answer this.", Origin.FORWARDED),
            subject="FI12345 bins",
        ),
        PATTERNS,
    )
    assert request.text == "FI12345 bins\n\nSee below.\n\nPlease answer this.\n\nHow many bins?"
    assert [(s.origin, s.name) for s in request.stretches] == [
        (Origin.SUBJECT, ""),
        (Origin.BODY, ""),
        (Origin.FORWARDED, ""),
        (Origin.ATTACHMENT, "letter.docx"),
    ]
    assert [request.text[s.start : s.end] for s in request.stretches][-1] == "How many bins?"
    assert [r.value for r in request.references] == ["FI12345"]


def test_an_attachment_that_could_not_be_read_is_a_problem_of_the_request() -> None:
    lost = Attachment("plan.pdf", "application/pdf", b"", problem="it is password-protected")
    request = read_request(mail(body("How many bins are there?"), attachments=(lost,)), PATTERNS)
    assert request.problems == ("attachment plan.pdf: it is password-protected",)


def test_plain_text_is_a_body_and_its_spans_index_it_as_given() -> None:
    text = "\n\n FI12345\nHow many bins?"
    request = read_text(text, PATTERNS)
    assert request.text == text
    assert text[request.references[0].start : request.references[0].end] == "FI12345"


def test_an_empty_mail_is_other() -> None:
    assert read_request(mail(), PATTERNS).kind is Kind.OTHER
    assert read_text("  \n", PATTERNS).asks == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I would like to request an internal review of your answer.", Kind.INTERNAL_REVIEW),
        ("Please conduct an internal review into how this was handled.", Kind.INTERNAL_REVIEW),
        ("I wish to challenge your decision to withhold the report.", Kind.INTERNAL_REVIEW),
        ("How many requests for an internal review did you get in 2023?", Kind.REQUEST),
        ("Please list the grants. If you refuse I will request an internal review.", Kind.REQUEST),
        ("Please send all the information you hold about me.", Kind.SUBJECT_ACCESS),
        ("This is a subject access request for the last five years.", Kind.SUBJECT_ACCESS),
        ("I want a copy of my social services records from 1985.", Kind.SUBJECT_ACCESS),
        ("Under freedom of information please provide copies of my housing file.", Kind.SUBJECT_ACCESS),
        ("How many subject access requests were answered late?", Kind.REQUEST),
        ("Please contact me about the bins. How many were missed?", Kind.REQUEST),
        ("I am updating my records. Please list bus shelters with advertising.", Kind.REQUEST),
        ("Is there any update on my request?", Kind.CHASER),
        ("Thank you for your reply.", Kind.ACKNOWLEDGEMENT),
        ("To clarify, I mean the calendar year.", Kind.FOLLOW_UP),
        ("Thank you for your reply. How many bins were there in 2022?", Kind.REQUEST),
        ("How many potholes were filled?", Kind.REQUEST),
    ],
)
def test_the_kind_follows_what_the_writer_does_not_what_is_mentioned(text: str, kind: Kind) -> None:
    assert read_text(text, PATTERNS, WORDS).kind is kind


def test_a_short_answer_within_a_thread_is_a_follow_up_but_a_new_question_is_a_request() -> None:
    assert read_request(mail(body("The second one, 2023 only."), reply=True), PATTERNS, WORDS).kind is Kind.FOLLOW_UP
    assert read_request(mail(body("Calendar years."), subject="Re: FI12345"), PATTERNS, WORDS).kind is Kind.FOLLOW_UP
    again = mail(body("Please provide the number of bins and lorries."), reply=True)
    assert read_request(again, PATTERNS, WORDS).kind is Kind.REQUEST


@given(st.text(max_size=200))
def test_any_text_is_read_and_a_request_always_has_an_ask(text: str) -> None:
    request = read_text(text, PATTERNS, WORDS)
    assert request.text == text
    assert (Kind.REQUEST in request.told.kinds) == bool(request.asks)


@pytest.mark.parametrize(
    "note",
    [
        "Please see the attached letter.",
        "Please deal with this.",
        "Please action.",
        "Can you log this please?",
        "FYI",
        "Hi team,\n\nPlease see attached.\n\nThanks",
    ],
)
@pytest.mark.parametrize("origin", [Origin.FORWARDED, Origin.ATTACHMENT])
def test_a_note_that_only_hands_on_what_follows_is_no_question(note: str, origin: Origin) -> None:
    request = read_request(
        mail(body(note), body("1. How many bins?\n2. How many skips?", origin), subject="R"), PATTERNS
    )
    assert [ask.text for ask in request.asks] == ["1. How many bins?", "2. How many skips?"]


@pytest.mark.parametrize("note", ["How many parks are there?", "Please provide the cost of bins."])
def test_a_note_that_says_more_than_that_keeps_its_place(note: str) -> None:
    request = read_request(mail(body(note), body("Please list the skips.", Origin.ATTACHMENT), subject="R"), PATTERNS)
    assert note in request.asks[0].text


def test_a_note_with_nothing_behind_it_is_the_request() -> None:
    assert (
        read_request(mail(body("Please see attached."), subject="R"), PATTERNS).asks[0].text == "Please see attached."
    )


def test_a_text_of_nothing_but_markers_is_read_in_bounded_time() -> None:
    assert read_text("(a) i. 1) ? " * 8000, PATTERNS).kind is not Kind.SUBJECT_ACCESS
