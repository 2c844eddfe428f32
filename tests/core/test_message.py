"""Reading a mail: every passage keeps its origin, and no bytes can make it fail."""

from __future__ import annotations

import base64
import random
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot.core.charset import decode, decode_words, header_text, html_to_text
from foi_mailbot.core.message import (
    MAX_FILES_READ,
    PART_LIMIT,
    REQUEST_LIMIT,
    Attachment,
    Extracted,
    Message,
    Origin,
    is_forward,
    parse,
    with_texts,
)

# Python 3.13 deprecates how mail-parser-reply calls re.sub; it works until 3.15 at least.
pytestmark = pytest.mark.filterwarnings("ignore:'count' is passed as positional argument:DeprecationWarning")

RULE = "-" * 67
PLATFORM = f"""Dear Dover District Council,

Please tell me how many bins were emptied in 2025.

Yours faithfully,

Jo Bloggs

{RULE}

Please use this email address for all replies to this request:
request-123456-abcdef01@whatdotheyknow.com

Is foi@dover.example the wrong address for Freedom of Information requests to Dover? If so, please use this form:
https://www.whatdotheyknow.com/change_request/new?body=dover

Disclaimer: This message and any reply that you make will be published on the internet. Our privacy policies:
https://www.whatdotheyknow.com/help/officers

For more detailed guidance on safely disclosing information, read the latest advice from the ICO:
https://www.whatdotheyknow.com/help/ico-guidance-for-authorities

{RULE}
"""


def plain(text: str, subject: str = "Question", extra: str = "") -> Message:
    head = f"From: Jo <jo@example.org>\r\nTo: foi@dover.example\r\nSubject: {subject}\r\n{extra}"
    head += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return parse((head + text.replace("\n", "\r\n")).encode())


def origins(message: Message) -> list[Origin]:
    return [p.origin for p in message.passages]


# ── headers ──────────────────────────────────────────────────────────────────────────────────────
def test_headers_are_decoded_onto_one_line_with_lower_case_names() -> None:
    raw = (
        b"From: =?utf-8?q?Si=C3=A2n?= Jones <Sian@Example.org>\nTo: a@b.uk, C <c@d.uk>\nCc: undisclosed-recipients:;\n"
        b"Subject: =?utf-8?B?RnJlZWRv?= =?utf-8?B?bSBvZiA=?=\n information\nMessage-ID: <1@x>\nIn-Reply-To: <0@x>\n"
        b"References: <00@x>\n <0@x>\nDate: Mon, 1 Jun 2026 10:00:00 +0100\nReply-To: r@s.uk\n\nHello"
    )
    message = parse(raw)
    assert message.subject == "Freedom of  information"
    assert message.sender is not None
    assert (message.sender.email, message.sender.name) == ("Sian@Example.org", "Siân Jones")
    assert [a.email for a in message.to] == ["a@b.uk", "c@d.uk"]
    assert message.cc == ()
    assert [a.email for a in message.reply_to] == ["r@s.uk"]
    assert (message.message_id, message.in_reply_to, message.references) == ("<1@x>", "<0@x>", ("<00@x>", "<0@x>"))
    assert message.date is not None
    assert message.date.isoformat() == "2026-06-01T10:00:00+01:00"
    assert message.header("REFERENCES") == "<00@x> <0@x>"
    assert message.header("x-none") == ""


def test_a_decoded_header_cannot_smuggle_in_another_line() -> None:
    coded = base64.b64encode(b"Hello\r\nBcc: victim@example.org").decode()
    message = parse(f"Subject: =?utf-8?B?{coded}?=\n\nx".encode())
    assert "\n" not in message.subject
    assert "\r" not in message.subject
    assert message.header("bcc") == ""


def test_characters_split_between_two_encoded_words_are_joined() -> None:
    assert decode_words("=?utf-8?q?caf=C3?= =?utf-8?q?=A9?= noir") == "café noir"


def test_a_question_mark_left_bare_in_an_encoded_word_is_read() -> None:
    assert decode_words("=?utf-8?Q?How_many??=") == "How many?"


def test_encoded_words_of_unknown_charsets_are_read_and_noted() -> None:
    problems: list[str] = []
    assert header_text("=?x-foo?q?caf=E9?=", problems) == "café"
    assert problems == ["unknown charset x-foo: read as windows-1252"]


def test_the_reply_address_of_whatdotheyknow_is_kept_exactly() -> None:
    message = parse(b'From: "J. Bloggs" <request-123456-ABCdef01@whatdotheyknow.com>\n\nx')
    assert message.sender is not None
    assert message.sender.email == "request-123456-ABCdef01@whatdotheyknow.com"


@pytest.mark.parametrize("value", ["", "nobody", "undisclosed-recipients:;", "a@b@c.uk", "<>", "(" * 5000])
def test_an_unreadable_sender_is_none(value: str) -> None:
    assert parse(f"From: {value}\n\nx".encode()).sender is None


def test_two_senders_are_a_problem() -> None:
    message = parse(b"From: a@b.uk, c@d.uk\n\nx")
    assert message.sender is not None
    assert message.sender.email == "a@b.uk"
    assert any("more than one sender" in p for p in message.problems)


@pytest.mark.parametrize(("value", "known"), [("Mon, 1 Jun 2026 10:00:00 -0000", True), ("soon", False), ("", False)])
def test_a_date_is_always_aware_or_none(value: str, known: bool) -> None:
    date = parse(f"Date: {value}\n\nx".encode()).date
    assert (date is not None) is known
    assert date is None or date.tzinfo is not None


# ── charsets and encodings ───────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("charset", ["x-unknown-8bit", "", "utf-7", "unicode_escape", "rot13", "a\x00b", "hex", "é"])
def test_hostile_or_unknown_charsets_are_read_as_best_can_be(charset: str) -> None:
    assert decode("5 £".encode("cp1252"), charset).text == "5 £"


def test_bytes_that_break_the_declared_charset_are_shown_and_noted() -> None:
    found = decode(b"a\xffb", "utf-8")
    assert found.text == "a\ufffdb"
    assert "not valid utf-8" in found.problem


def test_latin_1_is_read_as_windows_1252_as_senders_mean_it() -> None:
    assert decode(b"\x93a\x94", "iso-8859-1").text == "“a”"


def test_line_ends_and_no_break_spaces_are_the_only_changes_to_text() -> None:
    message = plain("one\u00a0two\n\n  • three\tfour  \nfive")
    assert message.text_of(Origin.BODY) == "one two\n\n  • three\tfour  \nfive"


def test_broken_base64_is_noted() -> None:
    raw = b"From: a@b.uk\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSGVsbG8gd29ybGQ*=x\n"
    assert any("base64" in p for p in parse(raw).problems)


# ── parts ────────────────────────────────────────────────────────────────────────────────────────
def built(text: str | None, html: str | None, subject: str = "Question") -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "jo@example.org", "foi@dover.example", subject
    if text is not None:
        mail.set_content(text)
    if html is not None and text is None:
        mail.set_content(html, subtype="html")
    elif html is not None:
        mail.add_alternative(html, subtype="html")
    return mail


def test_html_only_mail_is_read_as_text_with_its_list() -> None:
    message = parse(built(None, "<p>Dear council,</p><ol><li>How many?</li><li>Why?</li></ol>").as_bytes())
    assert "1. How many?" in message.text_of(Origin.BODY)
    assert "2. Why?" in message.text_of(Origin.BODY)


def test_plain_text_is_taken_before_its_html_twin() -> None:
    assert parse(built("plain words", "<p>rich words</p>").as_bytes()).text_of(Origin.BODY) == "plain words"


@pytest.mark.parametrize("stub", ["", "  \n", "Your mail client does not support HTML messages", "See HTML version"])
def test_html_is_taken_where_the_plain_twin_says_nothing(stub: str) -> None:
    assert parse(built(stub, "<p>rich words</p>").as_bytes()).text_of(Origin.BODY).strip() == "rich words"


def test_a_file_inside_the_unused_alternative_is_kept() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nSee the attached.\n"
        b"--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>See the attached.</p>\n"
        b"--b\nContent-Type: application/pdf; name=ask.pdf\n\n%PDF-1.4\n--b--\n--a--\n"
    )
    message = parse(raw)
    assert message.text_of(Origin.BODY) == "See the attached."
    assert [a.name for a in message.attachments] == ["ask.pdf"]


def test_hidden_styles_neither_hide_words_nor_make_vast_margins() -> None:
    text = html_to_text('<p style="padding-left:9999999em;display:none">words</p>').text
    assert text.strip() == "words"
    assert len(text) < 100


@pytest.mark.parametrize("depth", [200, 300, 600, 1500, 3000, 50_000])
def test_words_however_deep_in_html_are_read_or_missed_aloud(depth: int) -> None:
    found = html_to_text("<p>top</p>" + "<div>" * depth + "deep words")
    assert "deep words" in found.text or found.problem


def test_an_html_forward_from_outlook_is_told_apart_like_a_plain_one() -> None:
    block = (
        "<b>From:</b> Jane &lt;jane@example.org&gt;<br><b>Sent:</b> 3 May 2026<br><b>To:</b> E<br><b>Subject:</b> Bins"
    )
    body = (
        f"<div><p>For you.</p><div style='border:none'><p>{block}</p></div><p>How many?</p><p>Regards<br>Jane</p></div>"
    )
    message = parse(built(None, body, "FW: Bins").as_bytes())
    assert origins(message) == [Origin.BODY, Origin.QUOTED, Origin.FORWARDED, Origin.FORWARDED, Origin.SIGNATURE]
    assert message.text_of(Origin.FORWARDED) == "Bins\n\nHow many?"


def test_html_nested_beyond_reason_is_a_problem_not_silence() -> None:
    assert html_to_text("<div>" * 5000 + "words").problem


def test_an_attached_mail_is_forwarded_with_its_subject_and_files() -> None:
    inner = built("How many potholes?", None, "Potholes please")
    inner.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="map.pdf")
    outer = built("For you.", None, "FW: Potholes please")
    outer.add_attachment(inner)
    message = parse(outer.as_bytes())
    assert message.text_of(Origin.BODY) == "For you."
    assert message.text_of(Origin.FORWARDED) == "Potholes please\n\nHow many potholes?"
    assert [a.name for a in message.attachments] == ["map.pdf"]


def test_a_delivery_status_keeps_its_fields_and_an_empty_part_is_dropped() -> None:
    raw = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n"
        b"--a\nContent-Type: text/plain; name=x\n\n"
        b"--a\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx\n\nAction: failed\nStatus: 5.1.1\n\n--a--\n"
    )
    (status,) = parse(raw).attachments
    assert status.content_type == "message/delivery-status"
    assert status.content.splitlines() == [b"Reporting-MTA: dns; mx", b"Action: failed", b"Status: 5.1.1"]


def test_a_mail_whose_structure_cannot_be_parsed_is_read_as_plain_text() -> None:
    raw = b"Subject: Bins\nContent-Type: multipart/mixed; boundary*" + b"9" * 5000 + b"=x\n\nHow many bins?"
    message = parse(raw)
    assert (message.subject, message.text_of(Origin.BODY)) == ("Bins", "How many bins?")
    assert "the mail's structure could not be read: read as plain text" in message.problems


def test_very_long_html_is_cut_with_a_problem_and_an_xml_declaration_does_no_harm() -> None:
    assert "cut short" in html_to_text("<p>words</p>" + " " * 5_000_000).problem
    assert html_to_text('<?xml version="1.0" encoding="utf-8"?><p>words</p>').text.strip() == "words"
    assert html_to_text("<!-- nothing -->").text.strip() == ""


def test_file_names_lose_folders_and_control_characters() -> None:
    raw = b'Content-Type: application/pdf\nContent-Disposition: attachment; filename="..\\\\..\\\\a/b\tc.pdf"\n\nx'
    assert parse(raw).attachments[0].name == "b c.pdf"


def test_a_bounce_is_known_by_its_report_type() -> None:
    raw = b"Content-Type: multipart/report; report-type=Delivery-Status; boundary=a\n\n--a\n\nfailed\n--a--\n"
    message = parse(raw)
    assert (message.content_type, message.report_type) == ("multipart/report", "delivery-status")


# ── passages ─────────────────────────────────────────────────────────────────────────────────────
def test_whatdotheyknow_footer_is_footer_and_the_request_stays() -> None:
    message = plain(PLATFORM, "Freedom of Information request - Bins")
    assert origins(message) == [Origin.BODY, Origin.SIGNATURE, Origin.FOOTER]
    assert message.text_of(Origin.BODY).endswith("emptied in 2025.")
    assert "whatdotheyknow" in message.text_of(Origin.FOOTER)
    assert message.text_of(Origin.FOOTER).count(RULE) == 2


def test_text_after_the_platform_footer_stays() -> None:
    assert "One more question?" in plain(PLATFORM + "\nOne more question?\n").text_of(Origin.BODY)


@pytest.mark.parametrize(
    "tail", ["1. How many?\n2. Why?", "- cost per year\n- number", "Please also send the map.", "Why?"]
)
def test_asks_after_the_closing_are_never_signature(tail: str) -> None:
    message = plain(f"Dear council,\n\nI have these questions.\n\nKind regards\n\n{tail}")
    assert tail in message.text_of(Origin.BODY)


@pytest.mark.parametrize(
    "closing", ["Kind regards,", "Many thanks", "Yours faithfully,", "Cofion cynnes", "-- ", "Regards"]
)
def test_a_closing_and_what_follows_are_signature(closing: str) -> None:
    message = plain(f"How many bins are there?\n\n{closing}\nJ. Bloggs\nTel: 01304 000000\nwww.example.org/?a=b\n")
    assert message.text_of(Origin.BODY) == "How many bins are there?"
    assert "J. Bloggs" in message.text_of(Origin.SIGNATURE)


def test_a_telephone_signature_is_signature() -> None:
    message = plain("How many bins are there?\n\nSent from my iPhone")
    assert message.text_of(Origin.SIGNATURE) == "Sent from my iPhone"


def test_a_disclaimer_is_footer_and_text_after_it_stays() -> None:
    message = plain("CAUTION: This email came from outside.\n\nHow many bins are there?")
    assert origins(message) == [Origin.FOOTER, Origin.BODY]


OUTLOOK = "From: Jane <jane@example.org>\nSent: 03 May 2026 10:00\nTo: Enquiries\nSubject: Bins\n\nHow many bins?\n"


@pytest.mark.parametrize("mark", ["", "-----Original Message-----\n", "________________________________\n"])
def test_an_outlook_block_is_forwarded_in_a_forward_and_quoted_in_a_reply(mark: str) -> None:
    text = f"Hello,\n\nplease deal with this.\n\n{mark}{OUTLOOK}"
    forward, reply = plain(text, "FW: Bins"), plain(text, "RE: Bins")
    assert forward.text_of(Origin.FORWARDED) == "Bins\n\nHow many bins?"
    assert "Sent: 03 May" in forward.text_of(Origin.QUOTED)
    assert reply.text_of(Origin.FORWARDED) == ""
    assert "How many bins?" in reply.text_of(Origin.QUOTED)


def test_a_forward_without_a_telling_subject_is_known_by_having_hardly_any_text_of_its_own() -> None:
    assert "How many bins?" in plain(f"For you.\n\n{OUTLOOK}", "Bins").text_of(Origin.FORWARDED)
    own = "Why is my bin never emptied? " * 20
    assert "How many bins?" in plain(f"{own}\n\n{OUTLOOK}", "Bins").text_of(Origin.QUOTED)


def test_a_gmail_forward_is_forwarded_whatever_its_subject() -> None:
    text = f"FYI\n\n---------- Forwarded message ---------\n{OUTLOOK.replace('Sent:', 'Date:')}"
    assert plain(text, "Re: Bins").text_of(Origin.FORWARDED) == "Bins\n\nHow many bins?"


def test_an_apple_forward_loses_its_quote_marks() -> None:
    text = "Begin forwarded message:\n\n" + "".join(f"> {line}\n" for line in OUTLOOK.splitlines())
    assert plain(text, "Fwd: Bins").text_of(Origin.FORWARDED) == "Bins\n\nHow many bins?"


def test_a_forward_of_a_forward_reaches_the_request() -> None:
    text = f"See below.\n\n{OUTLOOK.replace('Bins', 'FW: Bins').replace('How many bins?', 'One for you.')}\n{OUTLOOK}"
    assert "How many bins?" in plain(text, "FW: Bins").text_of(Origin.FORWARDED)


def test_quoted_lines_with_their_introduction_are_quoted_and_answers_between_stay() -> None:
    intro = "On Mon, 4 May 2026 at 10:00, Council <foi@dover.example>\nwrote:"
    text = f"Thank you.\n\n{intro}\n\n> Which year?\n\n2025.\n> Sure?"
    message = plain(text, "Re: Bins")
    assert origins(message) == [Origin.BODY, Origin.QUOTED, Origin.BODY, Origin.QUOTED]
    assert "Which year" in message.text_of(Origin.QUOTED)
    assert "2025." in message.text_of(Origin.BODY)


def test_marked_lines_that_quote_no_mail_stay_in_the_request() -> None:
    assert origins(plain("Please answer:\n> How many bins?\n> Why?", "Bins")) == [Origin.BODY]


def test_marked_lines_below_a_forwards_few_words_are_the_forwarded_mail() -> None:
    message = plain("For you.\n> Dear council,\n> How many bins?", "Fwd: Bins")
    assert "How many bins?" in message.text_of(Origin.FORWARDED)


def test_a_mail_clients_introduction_quotes_the_rest_but_a_sentence_does_not() -> None:
    client = plain("No.\n\nOn Mon, 4 May 2026 at 10:00, Council <foi@dover.example> wrote:\n\nWhich year?", "Re: x")
    assert client.text_of(Origin.BODY) == "No."
    sentence = plain("On 4 May 2026 the council wrote:\n\nWe do not know.\n\nPlease send the survey.")
    assert "Please send the survey." in sentence.text_of(Origin.BODY)


@pytest.mark.parametrize(
    ("subject", "forward"), [("Fwd: x", True), ("FW: x", True), ("[EXTERNAL] fw: x", True), ("RE: FW: x", False)]
)
def test_a_forward_is_told_by_its_subject(subject: str, forward: bool) -> None:
    assert is_forward(subject) is forward


# ── attachments ──────────────────────────────────────────────────────────────────────────────────
def test_attachments_texts_become_passages_and_failures_problems() -> None:
    mail = built("Attached.", None)
    mail.add_attachment(b"good", maintype="application", subtype="pdf", filename="good.pdf")
    mail.add_attachment(b"bad", maintype="application", subtype="pdf", filename="bad.pdf")
    mail.add_attachment(b"logo", maintype="image", subtype="png", filename="logo.png", disposition="inline")
    mail.add_attachment(b"scan", maintype="image", subtype="png", filename="scan.png")

    def read(attachment: Attachment) -> Extracted:
        return Extracted(text="words") if attachment.content == b"good" else Extracted(problem="it is damaged")

    message = with_texts(parse(mail.as_bytes()), read)
    assert [(p.text, p.name) for p in message.passages if p.origin is Origin.ATTACHMENT] == [("words", "good.pdf")]
    assert [a.text for a in message.attachments] == ["words", "", "", ""]
    assert message.problems == (
        "attachment bad.pdf could not be read: it is damaged",
        "attachment scan.png could not be read: it is damaged",
    )


# ── never fails ──────────────────────────────────────────────────────────────────────────────────
HOSTILE = {
    "encoded words without end": b"Subject: " + b"=?a?q?" * 50_000 + b"\n\nx",
    "half encoded words": b"Subject: " + b"=?utf-8?q?a?=" * 20_000 + b"\n\nx",
    "a million semicolons": b"Content-Type: multipart/mixed" + b";" * 1_000_000 + b"\n\nbody",
    "multiparts without end": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(2000)
    ),
    "deep multiparts": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(99)),
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 90,
    "endless comment": b"From: " + b"(" * 100_000 + b"\n\nx",
    "many addresses": b"To: " + b"a@b.uk," * 20_000 + b"\n\nx",
    "null bytes": b"\0" * 10_000,
    "null charset": b'Content-Type: text/plain; charset="\0"\n\n\xff',
    "null charset, extended": b"Content-Type: text/plain; charset*=x'y'\0%00\n\n\xff",
    "endless section number": b"Content-Type: text/plain; name*" + b"9" * 5000 + b"=x\n\nx",
    "many headers": b"".join(b"X-%d: y\n" % i for i in range(20_000)) + b"\nx",
    "alternating quotes": b"\n\n" + b"> a\nb\n" * 10_000,
    "many markers": b"\n\n" + b"---------- Forwarded message\nFrom: a\nTo: b\nDate: c\nSubject: Fwd: x\n" * 1000,
    "many introductions": b"\n\n" + (b"On " + b"wrote " * 48 + b"\n") * 500,
    "one long line": b"\n\nOn " + b"a " * 200_000 + b"wrote:",
    "deep html": b"Content-Type: text/html\n\n" + b"<div>" * 20_000 + b"x",
    "a wide table": b"Content-Type: text/html\n\n<table><tr>" + b"<td>x<br>y</td>" * 1000 + b"</tr></table>",
    "empty": b"",
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_mail_built_to_choke_a_parser_is_read_in_seconds(raw: bytes) -> None:
    assert isinstance(parse(raw), Message)


def test_endless_text_is_read_from_its_beginning_only_and_a_person_is_told() -> None:
    for endless in ("How many bins? " * 50_000, "> quoted\n" * PART_LIMIT):
        message = plain("How many?\n" + endless)
        assert len(message.text_of(Origin.BODY, Origin.FORWARDED)) <= REQUEST_LIMIT
        assert message.text_of(Origin.BODY).startswith("How many?")
        assert "too long" in message.problems[0]
    assert plain("How many bins? " * 6_000).problems == ()


def test_endless_attachments_are_not_all_read_and_a_person_is_told() -> None:
    files = tuple(Attachment(f"{n}.txt", "text/plain", b"x") for n in range(MAX_FILES_READ + 1))
    read: list[str] = []

    def extract(attachment: Attachment) -> Extracted:
        read.append(attachment.name)
        return Extracted(text="y" * REQUEST_LIMIT)

    message = with_texts(replace(plain("How many?"), attachments=files), extract)
    assert len(read) == MAX_FILES_READ
    assert len(message.text_of(Origin.ATTACHMENT)) < REQUEST_LIMIT
    assert any("too many attachments" in problem for problem in message.problems)
    assert any("too long" in problem for problem in message.problems)


def storable(message: Message) -> bool:
    everything = [message.subject, *(p.text for p in message.passages), *(v for _, v in message.headers)]
    everything += [a.name for a in message.attachments]
    for text in everything:
        text.encode("utf-8")
    return not any("\x00" in text or "\r" in text for text in everything)


@given(st.binary(max_size=2000))
@settings(deadline=None, max_examples=150)
def test_any_bytes_give_a_message_a_database_can_store(raw: bytes) -> None:
    assert storable(parse(raw))


def sample() -> bytes:
    inner = built("How many?\n\nRegards\nJo", "<p>How many?</p>", "Inner")
    outer = built(f"Please see.\n\n{OUTLOOK}\n> old", "<b>Please see</b>", "FW: =?utf-8?q?caf=C3=A9?=")
    outer.add_attachment(b"%PDF-1.4" * 20, maintype="application", subtype="pdf", filename="añb.pdf")
    outer.add_attachment(inner)
    return outer.as_bytes()


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=250)
def test_a_damaged_mail_still_gives_a_message(chance: random.Random) -> None:
    raw = bytearray(sample())
    whole = bytes(raw)
    for _ in range(chance.randint(1, 25)):
        at = chance.randrange(len(raw))
        match chance.randrange(3):
            case 0:
                raw[at] = chance.randrange(256)
            case 1:
                start = chance.randrange(len(whole))
                raw[at:at] = whole[start : start + chance.randrange(150)]
            case _:
                del raw[at : min(at + chance.randrange(40), len(raw) - 1)]
    assert storable(parse(bytes(raw)))


@given(st.lists(st.sampled_from([*OUTLOOK.splitlines(), *PLATFORM.splitlines(), "> x", "-- ", "1) a?", "Regards"])))
@settings(deadline=None, max_examples=200)
def test_no_line_of_a_mail_is_lost_whatever_passage_it_falls_in(lines: list[str]) -> None:
    message = plain("\n".join(lines), "RE: x")
    kept = "\n".join(p.text for p in message.passages)
    assert [line for line in lines if line.strip() and line not in kept] == []
