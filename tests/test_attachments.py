"""Attachments' text: read where it can be, and a hostile file costs a problem, never a crash or a hang."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import docx
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from foi_mailbot.adapters.attachments import TEXT_LIMIT, WALL_SECONDS, extract
from foi_mailbot.core.message import Attachment, Extracted

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def read(content: bytes, name: str = "file.bin", content_type: str = "application/octet-stream") -> Extracted:
    found = extract(Attachment(name, content_type, content))
    assert bool(found.text) != bool(found.problem)
    return found


def pdf(*texts: str, password: str = "", picture: bool = False) -> bytes:
    writer = PdfWriter()
    for text in texts:
        page = writer.add_blank_page(600, 800)
        kind, base = NameObject("/Type1"), NameObject("/Helvetica")
        font = DictionaryObject(
            {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): kind, NameObject("/BaseFont"): base}
        )
        resources = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
        if picture:
            resources[NameObject("/XObject")] = DictionaryObject({NameObject("/Im0"): DecodedStreamObject()})
        page[NameObject("/Resources")] = resources
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode() if text else b"")
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word(*paragraphs: tuple[str, str]) -> bytes:
    document = docx.Document()
    for text, style in paragraphs:
        document.add_paragraph(text, style or None)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Year", "2025"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_the_text_of_a_pdf_is_read_page_by_page() -> None:
    found = read(pdf("How many bins?", "And why?"), "ask.pdf", "application/pdf")
    assert found.text.split() == ["How", "many", "bins?", "And", "why?"]


def test_a_pdf_is_known_by_its_bytes_whatever_it_is_called() -> None:
    assert "How many" in read(pdf("How many bins?"), "ask.txt", "text/plain").text


def test_a_word_file_keeps_order_tables_and_the_numbers_word_counts_itself() -> None:
    content = word(("Dear council", ""), ("How many?", "List Number"), ("Why?", "List Number"), ("bins", "List Bullet"))
    assert read(content, "ask.docx", WORD).text == "Dear council\n1. How many?\n2. Why?\n• bins\nYear\t2025"


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        ("5 £?".encode("cp1252"), "a.txt", "text/plain"),
        ("5 £?".encode(), "a.csv", "text/csv"),
        ("5 £?".encode("utf-16"), "notepad.txt", "application/octet-stream"),
        ("\ufeff5 £?".encode(), "a.txt", "text/plain"),
        ("<p>5 £?</p>".encode(), "a.html", "text/html"),
    ],
)
def test_plain_files_are_read_in_any_usual_encoding(content: bytes, name: str, content_type: str) -> None:
    assert read(content, name, content_type).text == "5 £?"


def saved_mail(depth: int = 0) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "jo@example.org", "Bins"
    mail.set_content("How many bins?")
    if depth:
        inner = saved_mail(depth - 1)
        mail.add_attachment(inner, maintype="application", subtype="octet-stream", filename="inner.eml")
    return mail.as_bytes()


def test_a_saved_mail_gives_its_subject_and_text_and_that_of_its_own_attachments() -> None:
    assert read(saved_mail(), "request.eml").text == "Bins\n\nHow many bins?"
    assert read(saved_mail(1), "request.eml").text.count("How many bins?") == 2


def test_saved_mails_within_one_another_end_in_a_problem() -> None:
    assert "too deeply" in read(saved_mail(6), "request.eml").problem


def bomb() -> bytes:
    source = zipfile.ZipFile(io.BytesIO(word(("x", ""))))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for entry in source.infolist():
            if entry.filename != "word/document.xml":
                package.writestr(entry, source.read(entry))
        with package.open("word/document.xml", "w", force_zip64=True) as stream:
            for _ in range(200):
                stream.write(b" " * 1_000_000)
    return out.getvalue()


def element_bomb() -> bytes:
    """Return a bomb below the limit on unpacked size, of so many elements that its tree takes a gigabyte."""
    source = zipfile.ZipFile(io.BytesIO(word(("x", ""))))
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 3_000_000
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for entry in source.infolist():
            if entry.filename != "word/document.xml":
                package.writestr(entry, source.read(entry))
        package.writestr("word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>')
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("build", [bomb, element_bomb])
def test_a_zip_bomb_costs_a_problem_and_bounded_time(build: Callable[[], bytes]) -> None:
    content = build()
    started = time.monotonic()
    assert read(content, "bomb.docx", WORD).problem
    assert time.monotonic() - started < WALL_SECONDS + 5


@pytest.mark.parametrize("length", [9, 100, 400])
def test_a_truncated_pdf_is_a_problem(length: int) -> None:
    assert read(pdf("How many bins?")[:length], "ask.pdf", "application/pdf").problem


@pytest.mark.parametrize(
    ("name", "content_type"), [("a.pdf", "application/pdf"), ("a.docx", WORD), ("a.txt", "text/plain"), ("a.bin", "")]
)
def test_random_bytes_are_a_problem_under_any_name(name: str, content_type: str) -> None:
    noise = bytes((n * n * 31 + n // 7) % 256 for n in range(5000))
    assert read(noise, name, content_type).problem


def test_a_locked_pdf_is_a_problem() -> None:
    locked = pdf("How many bins?", password="secret")
    assert PdfReader(io.BytesIO(locked)).is_encrypted
    assert "password" in read(locked, "ask.pdf", "application/pdf").problem


def test_a_scanned_page_is_a_problem_even_among_pages_of_text() -> None:
    assert "page 1 is a picture" in read(pdf("", picture=True), "scan.pdf").problem
    assert read(pdf(""), "empty.pdf").problem == "it holds no text"


@pytest.mark.parametrize(
    ("content", "name", "content_type", "why"),
    [
        (b"", "a.pdf", "application/pdf", "empty"),
        (b"\x89PNG", "a.png", "image/png", "picture"),
        (b"\xd0\xcf\x11\xe0", "winmail.dat", "application/ms-tnef", "application/ms-tnef are not read"),
        (b"PK\x03\x04", "a.xlsx", "application/zip", "are not read automatically"),
        (b"a" * (TEXT_LIMIT + 1), "a.txt", "text/plain", "too long"),
        (b"%PDF-" + b"a" * 31_000_000, "a.pdf", "application/pdf", "too large"),
        (b"   <br> ", "a.html", "text/html", "no text"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, name: str, content_type: str, why: str) -> None:
    assert why in read(content, name, content_type).problem


def test_a_mail_attached_as_a_file_with_many_files_in_it_goes_to_a_person() -> None:
    message = EmailMessage()
    message.set_content("How many?")
    for number in range(5):
        message.add_attachment(b"x", maintype="application", subtype="pdf", filename=f"{number}.pdf")
    found = extract(Attachment("inner.eml", "message/rfc822", message.as_bytes()))
    assert found.problem == "it is a mail that has many attachments itself"
