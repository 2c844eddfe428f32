from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.letter import Letter
from foi_mailbot.core.outgoing import compose, content_sha256, sendable_address
from foi_mailbot.errors import Parked
from foi_mailbot.ports import LetterRow

WHEN = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
LETTER = Letter(
    recipient="request-1-abc@whatdotheyknow.com",
    subject="Re: Drains (FI1)",
    text="Dear Jo\n\nCafé – £5\n.\nFrom here\n",
    html="<p>Dear Jo</p>\n<p>Café – £5</p>\n",
    template="redirect_foia",
    in_reply_to="<q@home.example>",
    references=("<p@home.example>", "<q@home.example>"),
)


def composed(letter: Letter = LETTER, name: str = "Seaside FOI", automatic: bool = False) -> bytes:
    return compose(
        letter,
        message_id="<c1.1@seaside.example>",
        sender_address="foi@seaside.example",
        sender_name=name,
        date=WHEN,
        automatic=automatic,
    )


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def header_names(raw: bytes) -> list[str]:
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    return [line.split(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]


HEADERS = [
    "Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "X-Auto-Response-Suppress",
    "Content-Language", "MIME-Version", "Content-Type",
]  # fmt: skip


def test_a_composed_letter_is_a_threaded_alternative_of_text_and_html() -> None:
    mail = read(composed())
    assert header_names(composed()) == HEADERS
    assert mail["From"] == "Seaside FOI <foi@seaside.example>"
    assert mail["To"] == "request-1-abc@whatdotheyknow.com"
    assert mail["Message-ID"] == "<c1.1@seaside.example>"
    assert mail["In-Reply-To"] == "<q@home.example>"
    assert str(mail["References"]).split() == ["<p@home.example>", "<q@home.example>"]
    assert mail["Date"].datetime == WHEN
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not mail.defects


def test_both_parts_read_back_as_they_were_written() -> None:
    text, html = (part.get_content() for part in read(composed()).iter_parts())
    assert text.replace("\r\n", "\n") == LETTER.text
    assert html.replace("\r\n", "\n") == LETTER.html


def test_an_approved_letter_is_not_marked_automatic_and_an_acknowledgement_is() -> None:
    assert b"Auto-Submitted" not in composed()
    assert read(composed(automatic=True))["Auto-Submitted"] == "auto-replied"


def test_out_of_office_replies_are_suppressed_and_delivery_failures_are_not() -> None:
    value = read(composed())["X-Auto-Response-Suppress"]
    assert "OOF" in value
    assert not {"All", "NDR"} & set(re.split(r"\W+", value))


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert composed() == composed()


def test_a_letter_row_of_the_store_composes_like_a_letter() -> None:
    row = LetterRow(
        "c1", 1, LETTER.recipient, LETTER.subject, LETTER.text, LETTER.html, LETTER.template, LETTER.in_reply_to,
        LETTER.references, (), "system", "",
    )  # fmt: skip
    sent = compose(
        row,
        message_id="<c1.1@seaside.example>",
        sender_address="foi@seaside.example",
        sender_name="Seaside FOI",
        date=WHEN,
    )
    assert sent == composed()


def test_a_letter_outside_any_thread_has_no_threading_headers() -> None:
    names = header_names(composed(replace(LETTER, in_reply_to="", references=())))
    assert "In-Reply-To" not in names
    assert "References" not in names


def test_a_long_thread_keeps_its_first_mail_and_the_newest() -> None:
    ids = tuple(f"<m{i}@home.example>" for i in range(50))
    kept = str(read(composed(replace(LETTER, references=ids)))["References"]).split()
    assert len(kept) == 20
    assert (kept[0], kept[-1]) == (ids[0], ids[-1])


@pytest.mark.parametrize("name", ["", "Information team", "Tîm Gwybodaeth – Cyngor", 'A "quoted" name', "a" * 90])
def test_the_senders_name_reads_back_whole(name: str) -> None:
    sender = read(composed(name=name))["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (name, "foi@seaside.example")


@pytest.mark.parametrize(
    "address",
    ["", "plain", "a b@x.example", "a@x.example\r\nBcc: b@x.example", "a@x.example, b@x.example", "<a@x.example>",
     "a..b@x.example", "é@x.example", "a@é.example", "=?utf-8?q?a?=@x.example", "a@", "@x.example", "a@-x.example"],
)  # fmt: skip
def test_an_address_that_cannot_stand_in_a_header_goes_to_a_person(address: str) -> None:
    assert not sendable_address(address)
    with pytest.raises(Parked, match="cannot be written to"):
        composed(replace(LETTER, recipient=address))


@pytest.mark.parametrize("message_id", ["", "c1@x", "<c1@x>\r\nX: y", "<c 1@x>", "<é@x>", f"<{'a' * 900}@x>"])
def test_a_malformed_message_id_is_refused(message_id: str) -> None:
    with pytest.raises(Parked, match="not well formed"):
        compose(LETTER, message_id=message_id, sender_address="foi@x.example", sender_name="", date=WHEN)


# ── no request and no setting can add a header ───────────────────────────────────────────────────
SPITEFUL = st.one_of(
    st.text(max_size=300),
    st.text(alphabet='\r\n:=?Bc @,<>"\\();\x00\x0b\x85\u2028utf8qé', max_size=60),
    st.sampled_from(["x\r\nBcc: all@evil.example", "=?utf-8?q?a=0D=0ABcc:_x@y?=", "\ud800", "=?us-ascii?b?QQ==?="]),
)


@given(subject=SPITEFUL, name=SPITEFUL, thread=st.lists(SPITEFUL, max_size=4))
def test_no_subject_name_or_thread_adds_or_changes_a_header(subject: str, name: str, thread: list[str]) -> None:
    raw = composed(replace(LETTER, subject=subject, in_reply_to="".join(thread), references=tuple(thread)), name=name)
    mail = read(raw)
    assert set(header_names(raw)) <= set(HEADERS)
    assert len(mail.keys()) == len(set(mail.keys()))
    assert [a.addr_spec for a in mail["From"].addresses] == ["foi@seaside.example"]
    assert mail["To"] == LETTER.recipient
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@given(subject=SPITEFUL)
def test_a_subject_reads_back_as_its_own_words(subject: str) -> None:
    shown = subject.encode("utf-8", "replace").decode("utf-8")
    expected = " ".join("".join(c if c.isprintable() else " " for c in shown).split())
    assert " ".join(str(read(composed(replace(LETTER, subject=subject)))["Subject"]).split()) == expected


@given(text=st.text(max_size=400), html=st.text(max_size=400))
def test_any_text_is_carried_in_ascii_with_crlf_and_short_lines(text: str, html: str) -> None:
    raw = composed(replace(LETTER, text=text, html=html))
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    back = [part.get_content() for part in read(raw).iter_parts()]
    assert [b.splitlines() for b in back] == [("\n".join(t.splitlines()) + "\n").splitlines() for t in (text, html)]


# ── what an approval is bound to ─────────────────────────────────────────────────────────────────
def digest(recipient: str = "r", subject: str = "s", text: str = "t", html: str = "h", rulebook: str = "b") -> str:
    return content_sha256(recipient, subject, text, html, (b"file",), rulebook)


def test_a_change_anywhere_voids_the_approval() -> None:
    changed = [digest(recipient="x"), digest(subject="x"), digest(text="x"), digest(html="x"), digest(rulebook="x")]
    changed += [content_sha256("r", "s", "t", "h", files, "b") for files in ((), (b"other",), (b"file", b"file"))]
    assert len({digest(), *changed}) == 9
    assert digest() == digest()
    assert re.fullmatch(r"[0-9a-f]{64}", digest())


@given(st.tuples(*[st.text(max_size=5)] * 4), st.tuples(*[st.text(max_size=5)] * 4))
def test_no_two_letters_share_a_hash_by_moving_text_between_fields(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    assert (content_sha256(*one) == content_sha256(*other)) == (one == other)
