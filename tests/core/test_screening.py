"""Screening: robots are told from people, and a person's request is never silenced."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot.core.kinds import Kind
from foi_mailbot.core.message import parse
from foi_mailbot.core.screening import RULES, Hold, Suppress, screen

OWN = ("foi@dover.example",)
PLATFORM = "request-123456-abcdef01@whatdotheyknow.com"


def verdict(
    *headers: str, sender: str = "jo@example.org", to: str = OWN[0], body: str = "x", return_path: str | None = None
) -> Suppress | Hold | None:
    lines = [*([f"From: {sender}"] if sender else []), f"To: {to}", *headers]
    return screen(parse(("\n".join(lines) + f"\n\n{body}").encode()), own_addresses=OWN, return_path=return_path)


def rule(found: Suppress | Hold | None) -> tuple[str, str, Kind] | None:
    return (type(found).__name__, found.rule, found.kind) if found else None


REPORT = "Content-Type: multipart/report; report-type={}; boundary=a"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Auto-Submitted: auto-replied", ("Suppress", "auto-submitted", Kind.AUTO_REPLY)),
        ("Auto-Submitted: auto-generated; owner=x", ("Suppress", "auto-generated", Kind.AUTO_REPLY)),
        ("Auto-Submitted: NO", None),
        ("Auto-Submitted: no; because=human", None),
        ("Precedence: bulk", ("Suppress", "precedence", Kind.LIST)),
        ("Precedence: JUNK", ("Suppress", "precedence", Kind.LIST)),
        ("Precedence: first-class", None),
        ("Precedence: auto_reply", ("Hold", "auto-header", Kind.AUTO_REPLY)),
        ("List-Id: <news.example.org>", ("Suppress", "list", Kind.LIST)),
        ("List-Post: <mailto:news@example.org>", ("Suppress", "list", Kind.LIST)),
        ("List-Unsubscribe: <mailto:x@example.org>", ("Hold", "bulk-sender", Kind.LIST)),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", ("Hold", "auto-response-suppress", Kind.AUTO_REPLY)),
        ("X-Auto-Response-Suppress: All", ("Hold", "auto-response-suppress", Kind.AUTO_REPLY)),
        ("X-Auto-Response-Suppress: DR, RN", None),
        ("X-Spam-Flag: YES", ("Hold", "spam-flag", Kind.SPAM)),
        ("X-Spam-Flag: no", None),
        ("X-Autoreply: yes", ("Hold", "auto-header", Kind.AUTO_REPLY)),
        ("Return-Path: <>", ("Suppress", "null-return-path", Kind.BOUNCE)),
        ("Return-Path: <MAILER-DAEMON>", ("Suppress", "mailer-daemon", Kind.BOUNCE)),
        ("Return-Path: <mailer-daemon@mx.example>", ("Suppress", "mailer-daemon", Kind.BOUNCE)),
        ("Return-Path: <jo@example.org>", None),
        (REPORT.format("delivery-status"), ("Suppress", "delivery-report", Kind.BOUNCE)),
        (REPORT.format("disposition-notification"), ("Suppress", "read-receipt", Kind.BOUNCE)),
        ("Content-Type: text/calendar", ("Hold", "calendar", Kind.OTHER)),
        ("X-Mailer: Microsoft Outlook 16.0", None),
    ],
)
def test_headers_tell_robots_from_people(header: str, expected: tuple[str, str, Kind] | None) -> None:
    assert rule(verdict(header)) == expected


@pytest.mark.parametrize(
    "subject",
    [
        "Out of Office: Bins",
        "Automatic reply: FI16751",
        "Auto reply: hello",
        "Autoreply",
        "Re: Out of the office",
        "Ateb awtomatig: Biniau",
        "Allan o'r swyddfa",
        "I am on annual leave",
        "[EXTERNAL] Automatic reply: x",
    ],
)
def test_an_out_of_office_subject_in_english_or_welsh_is_held(subject: str) -> None:
    assert rule(verdict(f"Subject: {subject}")) == ("Hold", "out-of-office", Kind.AUTO_REPLY)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic number plate cameras",
        "Out of office hours contracts: FOI",
        "Re: Automatic reply: FOI 8026",
        "Automated bins",
        "Replying to FI16751",
        "",
    ],
)
def test_an_ordinary_subject_is_not_held(subject: str) -> None:
    found = verdict(f"Subject: {subject}")
    assert subject.startswith("Out of office") or found is None
    assert not isinstance(found, Suppress)


@pytest.mark.parametrize("sender", ["noreply@x.uk", "no-reply@x.uk", "foi.do-not-reply@x.uk", "NoReply+1@x.uk"])
def test_an_address_that_takes_no_replies_is_held(sender: str) -> None:
    assert rule(verdict(sender=sender)) == ("Hold", "no-reply-sender", Kind.OTHER)


@pytest.mark.parametrize("sender", ["jo@no-reply.example", "noreplyson@x.uk", "casino-request@x.uk", "owner@x.uk"])
def test_an_address_that_merely_looks_odd_is_a_persons(sender: str) -> None:
    assert verdict(sender=sender) is None


def test_our_own_mail_is_suppressed_whatever_its_case() -> None:
    assert rule(verdict(sender="FOI@Dover.example")) == ("Suppress", "own-mail", Kind.OTHER)


@pytest.mark.parametrize("sender", ["", "nobody", "undisclosed:;"])
def test_mail_without_a_sender_is_held(sender: str) -> None:
    assert rule(verdict(sender=sender)) == ("Hold", "no-sender", Kind.OTHER)


def test_mail_that_does_not_name_us_is_held_unless_our_addresses_are_unknown() -> None:
    assert rule(verdict(to="a@b.uk")) == ("Hold", "not-addressed-to-us", Kind.OTHER)
    assert verdict("Cc: FOI@dover.example", to="a@b.uk") is None
    assert screen(parse(b"From: a@b.uk\n\nx"), own_addresses=()) is None


def test_the_envelope_sender_counts_before_the_header() -> None:
    assert rule(verdict(return_path="")) == ("Suppress", "null-return-path", Kind.BOUNCE)
    assert verdict("Return-Path: <>", return_path="jo@example.org") is None


def test_a_bounce_without_a_report_type_is_known_by_its_part() -> None:
    body = "--a\n\nfailed\n--a\nContent-Type: message/delivery-status\n\nAction: failed\n\n--a--\n"
    assert rule(verdict("Content-Type: multipart/report; boundary=a", body=body)) == (
        "Suppress",
        "delivery-report",
        Kind.BOUNCE,
    )


@pytest.mark.parametrize(
    "header", ["Subject: Automatic reply", "X-Auto-Response-Suppress: All", "List-Unsubscribe: <x>"]
)
@pytest.mark.parametrize("sender", [PLATFORM, f'"Jo B" <{PLATFORM}>', "foi-request-9-0a1b2c3d@whatdotheyknow.com"])
def test_holds_never_apply_to_whatdotheyknow_which_is_people(sender: str, header: str) -> None:
    assert verdict(header, sender=sender, to="someone@else.example") is None


@pytest.mark.parametrize("sender", ["request-1-abcdef01@whatdotheyknow.com.evil.example", "x@whatdotheyknow.com"])
def test_only_per_request_addresses_are_the_platforms(sender: str) -> None:
    assert isinstance(verdict("Subject: Automatic reply", sender=sender), Hold)


@pytest.mark.parametrize("header", ["List-Id: FOI <foi.dover.example>", "List-Post: <mailto:foi@dover.example>"])
def test_a_list_that_is_our_own_mailbox_does_not_silence_its_citizens(header: str) -> None:
    assert verdict(header, "Precedence: list") is None


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["Subject", "Precedence", "List-Id", "Return-Path", "Auto-Submitted"]), st.text())
)
def test_every_verdict_names_a_documented_rule_and_says_it_in_words(headers: dict[str, str]) -> None:
    lines = [f"{name}: {' '.join(value.split())}" for name, value in headers.items()]
    found = verdict(*lines)
    assert found is None or (found.rule in RULES and found.why == RULES[found.rule])
