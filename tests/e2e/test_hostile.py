"""Hostile and unlucky mail, servers and disks, end to end: nothing lost, nothing sent twice, and a clear sentence."""

from __future__ import annotations

import base64
import email
import email.policy
import io
import json
import random
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from collections import Counter
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest

from foi_mailbot import bootstrap
from foi_mailbot.core.case import State
from foi_mailbot.ports import CaseRow
from tests.council import Council, council, mail
from tests.servers import free_port
from tests.servers.dovecot import Dovecot
from tests.servers.sink import Behaviour, SmtpSink

pytestmark = pytest.mark.servers

REDIRECTED = "How many looked-after children were placed in children's homes in 2024/25?"
KEPT = "How many household refuse bins did you collect in 2024/25?"
PDF_TYPE = "application/pdf"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _office(folder: Path, dovecot: Dovecot, sink: SmtpSink, **settings: Any) -> Council:
    given = {
        "imap_port": dovecot.port,
        "smtp_port": sink.port,
        "password": dovecot.password(),
        "imap_user": dovecot.user,
        **settings,
    }
    return council(folder, **given)


@pytest.fixture
def office(dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path) -> Council:
    return _office(tmp_path, dovecot, smtp_sink)


def _cases(office: Council) -> list[CaseRow]:
    app = bootstrap.build(bootstrap.load_settings(office.settings), service=False)
    with app.journal.step() as step:
        cases = step.tx.cases.find()
    app.store.close()
    return sorted(cases, key=lambda case: case.id)


def _approve(office: Council) -> None:
    app = bootstrap.build(bootstrap.load_settings(office.settings), service=False)
    for case in _cases(office):
        if case.state is State.DRAFTED:
            ticks = [contact.code for contact in app.contacts.named(case)]
            app.review.approve(case.id, actor="officer", checks="Looked at the list.", contacts_checked=ticks)
    app.store.close()


def _take(office: Council, dovecot: Dovecot, *raws: bytes) -> list[CaseRow]:
    """Deliver the mails, run once, and return every case; no mail may stay behind or be lost."""
    before = len(dovecot.messages("FOI-mailbot/Filed"))
    dovecot.append_many(list(raws))
    said = office.call("run", "--once")
    assert said.startswith(f"{len(raws)} read, 0 sent"), said
    assert "0 faults" in said
    assert dovecot.messages() == []
    assert len(dovecot.messages("FOI-mailbot/Filed")) == before + len(raws)
    return _cases(office)


def _send(office: Council, sink: SmtpSink) -> list[Any]:
    """Approve every draft, run once, and return the letters that arrived."""
    _approve(office)
    office.call("run", "--once")
    return [email.message_from_bytes(letter.content, policy=email.policy.default) for letter in sink.letters()]


def _with(raw: bytes, **headers: str) -> bytes:
    """Put header lines as they are before a mail, one of the same name being taken out."""
    head, _, body = raw.partition(b"\n\n")
    gone = tuple(f"{name.replace('_', '-')}:".lower().encode() for name in headers)
    kept = [line for line in head.split(b"\n") if not line.lower().startswith(gone)]
    new = [f"{name.replace('_', '-')}: {value}".encode("utf-8", "surrogateescape") for name, value in headers.items()]
    return b"\n".join([*new, *kept]) + b"\n\n" + body


def _attached(content: bytes, name: str, kind: str, body: str = "Please find attached my FOI request.") -> bytes:
    message = email.message_from_bytes(mail(body), policy=email.policy.default)
    maintype, _, subtype = kind.partition("/")
    message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes()


def _docx(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _pdf(text: str, stream: bytes | None = None, filters: str = "") -> bytes:
    shown = text.replace("(", "\\(").replace(")", "\\)")
    content = stream if stream is not None else f"BT /F1 11 Tf 20 700 Td ({shown}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(content)}{filters}>>stream\n".encode() + content + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out = b"%PDF-1.4\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj".encode() + one + b"endobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    start = len(out)
    out += f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF".encode()
    return out


# ── mails ────────────────────────────────────────────────────────────────────────────────────────
def _garbage() -> dict[str, bytes]:
    chance = random.Random(16751)
    nested = REDIRECTED.encode()
    for level in range(500):
        nested = (
            f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n'.encode()
            + nested
            + f"\n--b{level}--\n".encode()
        )
    whole = mail(REDIRECTED)
    bomb = " ".join(["=?utf-8?B?" + base64.b64encode(b"A" * 400).decode() + "?="] * 2000)
    return {
        "random bytes": chance.randbytes(50_000).replace(b"\0", b"\1"),
        "no header at all": b"\n\n" + REDIRECTED.encode(),
        "a single newline": b"\n",
        "ten thousand headers": b"".join(b"X-H%d: v\n" % n for n in range(10_000)) + whole,
        "five hundred nested parts": b"From: a@example.com\nTo: foi@dover.example\nMIME-Version: 1.0\n" + nested,
        "unknown charset": whole.replace(b'charset="utf-8"', b'charset="x-' + b"y" * 5000 + b'"'),
        "utf-7": whole.replace(b'charset="utf-8"', b'charset="utf-7"'),
        "a subject of a megabyte": _with(whole, Subject="FOI " * 250_000),
        "encoded words without end": _with(whole, Subject=bomb),
        "a header of a megabyte": _with(whole, Content_Type="text/plain; " + "a=b; " * 200_000),
        "no sender": _with(whole, From=""),
        "two senders": _with(whole, From="A <a@example.com>, B <b@example.com>"),
        "a quoted local part": _with(whole, From='"a b"@example.com'),
        "a look-alike domain": _with(whole, From="A <a@exаmple.com>"),
    }


def test_garbage_becomes_a_case_for_a_person_and_never_a_letter(office: Council, dovecot: Dovecot) -> None:
    garbage = _garbage()
    cases = _take(office, dovecot, *garbage.values())
    assert len(cases) == len(garbage)
    by_number = dict(zip(sorted(case.id for case in cases), garbage, strict=True))
    answered = {by_number[case.id] for case in cases if case.state is State.DRAFTED}
    assert answered <= {"ten thousand headers"}  # that one is a proper request below its headers
    waiting = [case for case in cases if case.state is State.HELD_FOR_OFFICER]
    assert all(case.note for case in waiting)
    assert "unbroken" in office.call("audit", "verify")


def test_a_subject_smuggles_no_header_into_the_letter(office: Council, dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
    evil = "=?utf-8?Q?Hello=0D=0ABcc:_evil@example.org=0D=0A=0D=0ABody_=E2=80=AE?="
    _take(office, dovecot, _with(mail(REDIRECTED), Subject=evil, Reply_To="evil@example.org"))
    (letter,) = _send(office, smtp_sink)
    assert letter["Bcc"] is None
    assert letter["To"] == "a.resident@example.com"
    assert smtp_sink.letters()[0].recipients == ("a.resident@example.com",)
    assert letter["Subject"].startswith("Re: Hello Bcc: evil@example.org Body")


def test_twenty_megabyte_mails_are_read_in_bounded_memory(office: Council, dovecot: Dovecot) -> None:
    noise = random.Random(1).randbytes(15_000_000)
    large = [_attached(noise[n:], f"{n}.bin", "application/octet-stream", REDIRECTED) for n in range(4)]
    dovecot.append_many([mail(KEPT), *large, mail(KEPT, message_id="<last@example.com>")])
    # A process of its own between: a child's peak as the kernel tells it begins with that of who started it.
    measure = "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); "
    measure += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
    command = [sys.executable, "-c", measure, *office.command("run", "--once")]
    said, peak = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout.splitlines()
    assert said.startswith("6 read, 0 sent")
    assert int(peak) < 600_000, f"{peak} KB"
    assert len(_cases(office)) == 6


def test_a_request_in_an_attached_file_is_decided_from_it(
    office: Council, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    cases = _take(
        office,
        dovecot,
        _attached(_docx("Dear Sir or Madam,", REDIRECTED), "request.docx", DOCX_TYPE),
        _attached(_pdf(REDIRECTED), "request.pdf", "application/octet-stream"),
    )
    assert [(case.outcome, case.state) for case in cases] == [("redirect", State.DRAFTED)] * 2
    assert len(_send(office, smtp_sink)) == 2


def test_bombs_and_unreadable_files_go_to_a_person_with_the_reason(office: Council, dovecot: Dovecot) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, content in _parts_of(_docx(REDIRECTED)):
            bomb.writestr(name, content)
        bomb.writestr("word/media/image1.bin", bytes(200_000_000))
    stream = _deflated(300_000_000)
    cases = _take(
        office,
        dovecot,
        _attached(packed.getvalue(), "bomb.docx", DOCX_TYPE, REDIRECTED),
        _attached(_pdf("", stream, "/Filter/FlateDecode"), "bomb.pdf", PDF_TYPE, REDIRECTED),
        _attached(b"\x78\x9f\x3e\x22" + bytes(300), "winmail.dat", "application/ms-tnef", REDIRECTED),
    )
    assert {case.state for case in cases} == {State.HELD_FOR_OFFICER}
    notes = " ".join(case.note for case in cases)
    assert all(name in notes for name in ("bomb.docx", "bomb.pdf", "winmail.dat"))


def _parts_of(package: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(package)) as parts:
        return [(name, parts.read(name)) for name in parts.namelist()]


def _deflated(size: int) -> bytes:
    packer = zlib.compressobj(9)
    block = b"BT /F1 11 Tf 20 700 Td (aaaaaaaa) Tj ET\n" * 25_000
    packed = [packer.compress(block) for _ in range(size // len(block))]
    return b"".join(packed) + packer.flush()


OUTLOOK_HTML = f"""<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{{margin:0}}</style>
<!--[if mso]><xml><o:OfficeDocumentSettings/></xml><![endif]--></head><body>
<table><tr><td><table><tr><td><p class=MsoNormal>Dear Sir or Madam,<o:p></o:p></p></td></tr>
<tr><td><table><tr><td>1.</td><td><p class=MsoNormal>{REDIRECTED}<o:p></o:p></p></td></tr>
<tr><td>2.</td><td><p class=MsoNormal>How many children were in foster care in 2024/25?</p></td></tr></table></td></tr>
</table></td></tr></table><p class=MsoNormal>Kind regards,<br>A. Resident</p></body></html>"""


def test_an_html_request_from_outlook_is_read_through_its_nested_tables(office: Council, dovecot: Dovecot) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "foi@dover.example", "FOI request"
    message.set_content(OUTLOOK_HTML, subtype="html")
    (case,) = _take(office, dovecot, message.as_bytes())
    asks = office.json("show", case.id)["triage"]["asks"]
    assert [ask["label"] for ask in asks] == ["1", "2"]
    assert case.outcome == "redirect"


def test_a_forwarded_request_is_decided_and_answered_to_whoever_wrote_to_us(
    office: Council, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    block = "From: Jo Bloggs <jo@example.org>\nSent: 19 November 2026 10:00\nTo: Help Desk\nSubject: Question\n\n"
    councillor = "Councillor Smith <smith@example.net>"
    inline = mail(f"One for you.\n\n{block}{REDIRECTED}\n", subject="FW: Question", sender=councillor)
    outer = email.message_from_bytes(
        mail("One for you.", subject="FW: Question", sender=councillor, message_id="<2@example.net>"),
        policy=email.policy.default,
    )
    inner = mail(REDIRECTED, sender="Jo Bloggs <jo@example.org>", message_id="<in@example.org>")
    outer.add_attachment(email.message_from_bytes(inner, policy=email.policy.default))
    cases = _take(office, dovecot, inline, outer.as_bytes())
    assert [case.outcome for case in cases] == ["redirect"] * 2
    assert [letter["To"] for letter in _send(office, smtp_sink)] == ["smith@example.net"] * 2


def test_only_what_is_new_counts_in_a_long_thread(office: Council, dovecot: Dovecot) -> None:
    history = "".join(f"> {REDIRECTED}\n>> How many foster carers are there?\n" for _ in range(200))
    body = f"{KEPT}\n\nOn Thu, 19 Nov 2026 at 10:00, FOI <foi@dover.example> wrote:\n{history}"
    (case,) = _take(office, dovecot, mail(body, subject="Re: Freedom of Information request"))
    shown = office.json("show", case.id)
    assert "foster" not in json.dumps(shown["triage"]["asks"])
    assert case.outcome != "redirect"


def test_a_platform_request_is_answered_to_its_own_address_and_its_footer_asks_nothing(
    office: Council, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    rule = "-" * 67
    address = "request-123456-abcdef01@whatdotheyknow.com"
    footer = (
        f"{rule}\n\nPlease use this email address for all replies to this request:\n{address}\n\n"
        "Is foi@dover.example the wrong address for Freedom of Information requests to Dover District Council? "
        "If so, please contact us using this form:\nhttps://www.whatdotheyknow.com/change_request/new?body=dover\n\n"
        "Disclaimer: This message and any reply that you make will be published on the internet. Our privacy and "
        f"copyright policies:\nhttps://www.whatdotheyknow.com/help/officers\n\n{rule}\n"
    )
    body = f"Dear Dover District Council,\n\n{REDIRECTED}\n\nYours faithfully,\n\nJo Bloggs\n\n{footer}"
    raw = mail(body, sender=f"Jo Bloggs <{address}>", subject="Freedom of Information request - Children")
    (case,) = _take(office, dovecot, raw)
    assert len(office.json("show", case.id)["triage"]["asks"]) == 1
    (letter,) = _send(office, smtp_sink)
    assert letter["To"] == address
    assert smtp_sink.letters()[0].recipients == (address,)


# ── servers ──────────────────────────────────────────────────────────────────────────────────────
def test_a_wrong_password_is_one_clear_sentence_and_loses_nothing(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink, password="wrong")
    dovecot.append(mail(REDIRECTED))
    assert "refused the login of foi@council.example" in office.call("run", "--once", code=1)
    assert "refused the login of" in office.call("check", code=2)
    (tmp_path / "password").write_text(dovecot.password(), "utf-8")
    assert office.call("run", "--once").startswith("1 read")


def test_a_strangers_certificate_is_refused_with_the_way_to_mend_it(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    tls = {"imap_host": "localhost", "imap_port": dovecot.tls_port, "imap_tls": "implicit"}
    office = _office(tmp_path, dovecot, smtp_sink, ca_file=dovecot.certificates.stranger, **tls)
    dovecot.append(mail(REDIRECTED))
    said = office.call("run", "--once", code=1)
    assert "certificate" in said
    assert "ca_file" in said
    assert len(dovecot.messages()) == 1
    assert dovecot.flags() == [set()]


def test_a_server_that_is_down_is_tried_again_and_the_other_half_still_works(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink)
    _take(office, dovecot, mail(REDIRECTED))
    _approve(office)
    down = _office(tmp_path, dovecot, smtp_sink, imap_port=free_port())
    said = down.call("run", "--once", code=75)
    assert "0 read, 1 sent" in said
    assert "failed while connecting" in said
    back = _office(tmp_path, dovecot, smtp_sink)
    assert back.call("run", "--once").startswith("0 read, 0 sent")
    assert len(smtp_sink.letters()) == 1


def test_a_sending_server_that_is_down_keeps_the_letter_waiting(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink, smtp_port=free_port())
    _take(office, dovecot, mail(REDIRECTED))
    assert _send(office, smtp_sink) == []
    assert _cases(office)[0].state is State.APPROVED


def test_each_letter_is_put_off_refused_uncertain_or_sent_as_its_server_says_and_never_sent_again(
    office: Council, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    behaviours = (
        Behaviour(mail="451 4.3.0 busy"),
        Behaviour(rcpt="450 4.2.0 greylisted"),
        Behaviour(rcpt="550 5.1.1 no such user"),
        Behaviour(final="554 5.7.1 taken for spam"),
        Behaviour(drop="kept"),
        Behaviour(),
        Behaviour(hang_at="final", hang=11),
    )
    _take(office, dovecot, *(mail(REDIRECTED, message_id=f"<{n}@example.com>") for n in range(len(behaviours))))
    smtp_sink.next_does(*behaviours)
    _approve(office)
    assert office.call("run", "--once").startswith("0 read, 1 sent")
    for _ in range(3):
        assert office.call("run", "--once").startswith("0 read, 0 sent")
    cases = _cases(office)
    states = Counter(case.state for case in cases)
    assert states == {State.APPROVED: 2, State.FAILED: 2, State.UNCERTAIN: 2, State.SENT: 1}
    assert all("its answer never came" in case.note for case in cases if case.state is State.UNCERTAIN)
    refusals = " ".join(case.note for case in cases if case.state is State.FAILED)
    assert "550 5.1.1 no such user" in refusals
    assert "554 5.7.1 taken for spam" in refusals
    arrived = Counter(email.message_from_bytes(letter.content)["Message-ID"] for letter in smtp_sink.letters())
    assert sorted(arrived.values()) == [1, 1, 1]  # the one sent, and the two in doubt
    assert "unbroken" in office.call("audit", "verify")


def test_a_server_restarted_in_the_middle_of_a_run_costs_no_mail(
    office: Council, dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    dovecot.append_many([mail(KEPT, subject=f"Request {n}", message_id=f"<{n}@example.com>") for n in range(60)])
    small = _office(office.settings.parent, dovecot, smtp_sink, batch=5)
    process = subprocess.Popen(small.command("run", "--once"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _until_filed(dovecot, 10)
    dovecot.restart()
    _, words = process.communicate(timeout=60)
    assert process.returncode in {0, 1}
    assert b"Traceback" not in words
    small.call("run", "--once")
    _assert_each_once(small, dovecot, 60)


def test_sigterm_in_the_middle_of_a_backlog_ends_soon_and_the_next_start_takes_the_rest(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink, batch=10)
    dovecot.append_many([mail(KEPT, subject=f"Request {n}", message_id=f"<{n}@example.com>") for n in range(300)])
    process = subprocess.Popen(office.command("run"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _until_filed(dovecot, 20)
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, words = process.communicate(timeout=30)
    assert time.monotonic() - asked < 10
    assert process.returncode == 0, words
    assert 0 < len(dovecot.messages()) < 300
    again = subprocess.Popen(office.command("run"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _until_filed(dovecot, 300)
    second = office.call("run", "--once", code=2)
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
    assert "already runs" in second
    assert str(again.pid) in second
    _assert_each_once(office, dovecot, 300)


def test_mail_that_a_person_takes_away_during_the_run_stops_nothing(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink, batch=5)
    dovecot.append_many([mail(KEPT, subject=f"Request {n}", message_id=f"<{n}@example.com>") for n in range(100)])
    process = subprocess.Popen(office.command("run", "--once"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    _until_filed(dovecot, 5)
    with dovecot.client() as person:
        person.create_folder("Mine")
        person.select_folder("INBOX")
        uids = sorted(person.search("ALL"))
        person.delete_messages(uids[-10:])
        person.expunge()
        person.move(uids[-20:-10], "Mine")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert dovecot.messages() == []
    subjects = [case.subject for case in _cases(office)]
    assert len(subjects) == len(set(subjects))
    assert len(subjects) >= 80
    assert office.call("run", "--once").startswith("0 read, 0 sent")


def _until_filed(dovecot: Dovecot, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(dovecot.uids("FOI-mailbot/Filed") if _has_filed(dovecot) else []) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _has_filed(dovecot: Dovecot) -> bool:
    with dovecot.client() as client:
        return bool(client.folder_exists("FOI-mailbot.Filed"))


def _assert_each_once(office: Council, dovecot: Dovecot, count: int) -> None:
    assert sorted(case.subject for case in _cases(office)) == sorted(f"Request {n}" for n in range(count))
    assert dovecot.messages() == []
    assert len(dovecot.messages("FOI-mailbot/Filed")) == count
    assert "unbroken" in office.call("audit", "verify")


def test_a_folder_with_spaces_umlauts_and_levels_takes_what_is_filed(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink, mailbox='filed_folder = "Büro für FOI/Erledigt & fertig"')
    dovecot.append(mail(KEPT))
    assert office.call("run", "--once").startswith("1 read")
    assert len(dovecot.messages("Büro für FOI/Erledigt & fertig")) == 1
    assert office.call("run", "--once").startswith("0 read")


def test_a_mailbox_that_people_read_too_keeps_its_flags_and_its_mail(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink, mailbox='filed_folder = ""')
    dovecot.append(mail(REDIRECTED))
    dovecot.append(mail(KEPT, message_id="<2@example.com>"), seen=True)
    assert office.call("run", "--once").startswith("2 read")
    assert office.call("run", "--once").startswith("0 read")
    assert dovecot.flags() == [set(), {"\\Seen"}]
    assert len(_cases(office)) == 2


# ── disks ────────────────────────────────────────────────────────────────────────────────────────
def test_a_full_disk_is_a_clear_sentence_and_the_mail_waits_on_the_server(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink)
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(state)], check=True)
    try:
        dovecot.append(mail(KEPT, subject="First"))
        assert office.call("run", "--once").startswith("1 read")
        dovecot.append(_attached(random.Random(3).randbytes(3_000_000), "x.bin", "application/octet-stream"))
        said = office.call("run", "--once", code=75)
        assert "full" in said
        assert "Traceback" not in said
        assert len(dovecot.messages()) == 1
        assert len(_cases(office)) == 1
        subprocess.run(["mount", "-o", "remount,size=60m", str(state)], check=True)
        assert office.call("run", "--once").startswith("1 read")
        assert len(_cases(office)) == 2
        assert "unbroken" in office.call("audit", "verify")
    finally:
        subprocess.run(["umount", "-l", str(state)], check=True)


def test_a_state_dir_that_cannot_be_written_is_a_clear_sentence(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    office = _office(tmp_path, dovecot, smtp_sink)
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(state)], check=True)
    try:
        dovecot.append(mail(KEPT))
        said = office.call("run", "--once", code=2)
        assert "Traceback" not in said
        assert str(state) in said
        assert len(dovecot.messages()) == 1
    finally:
        subprocess.run(["umount", "-l", str(state)], check=True)
