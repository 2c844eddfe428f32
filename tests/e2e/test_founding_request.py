"""The founding request through a real IMAP server, an officer and a real SMTP server, by the command line alone."""

from __future__ import annotations

import email
import email.policy
import json
from pathlib import Path

import pytest

from foi_mailbot import resources
from tests.council import Council, council, mail
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix

pytestmark = pytest.mark.servers

FOUNDING = (resources.config_dir() / "demo" / "1-founding.eml").read_bytes()


@pytest.fixture
def office(dovecot: Dovecot, postfix: Postfix, tmp_path: Path) -> Council:
    return council(
        tmp_path,
        imap_host="localhost",
        imap_port=dovecot.tls_port,
        imap_tls="implicit",
        ca_file=dovecot.ca_file,
        smtp_port=postfix.port,
        password=dovecot.password(),
        imap_user=dovecot.user,
    )


def test_check_reports_every_server_in_order(office: Council) -> None:
    results = office.json("check")
    assert [r for r in results if not r["ok"]] == []
    assert {"dover: IMAP login", "dover: SMTP TCP"} <= {r["what"] for r in results}


def test_fi16751_goes_to_kent_exactly_once(office: Council, dovecot: Dovecot, postfix: Postfix) -> None:
    dovecot.append(FOUNDING)
    assert office.call("run", "--once").startswith("1 read, 0 sent")
    shown = office.json("show", "FI16751")
    triage = shown["triage"]
    assert triage["outcome"] == "redirect"
    assert triage["references"] == ["FI16751"]
    assert [ask["label"] for ask in triage["asks"]] == ["1", "2", "3", "4", "5", "6"]
    assert {(ask["outcome"], *ask["bodies"], *ask["functions"]) for ask in triage["asks"]} == {
        ("other_body", "KEN", "childrens_social_care")
    }
    assert "freedomofinformation@kent.gov.uk" in triage["letter"]["text"]
    assert shown["due"] == triage["due"]
    seen = shown["current_letter"]["content_sha256"][:12]
    assert shown["contacts"][0]["needs_check"]
    assert "contacts verify KEN" in office.call("approve", "FI16751", "--actor", "officer", "--hash", seen, code=1)
    office.call("approve", "FI16751", "--actor", "officer", "--hash", seen, "--contact-checked", "KEN")
    assert office.call("run", "--once").startswith("0 read, 1 sent")
    assert office.call("run", "--once").startswith("0 read, 0 sent")
    (arrived,) = postfix.wait_for(1)
    letter = email.message_from_bytes(arrived, policy=email.policy.default)
    assert letter["In-Reply-To"] == "<founding-request@example.com>"
    assert letter["Subject"] == "Re: Freedom of Information request FI16751"
    assert letter["To"] == "a.resident@example.com"
    assert letter["Auto-Submitted"] is None
    body = letter.get_body(("plain",))
    assert body is not None
    assert "Kent County Council" in body.get_content()
    assert "freedomofinformation@kent.gov.uk" in body.get_content()
    assert dovecot.messages() == []
    assert len(dovecot.messages("FOI-mailbot/Filed")) == 1
    assert office.call("audit", "verify").endswith(tuple("0123456789abcdef\n"))


def test_the_log_tells_every_step_and_holds_no_personal_data(office: Council, dovecot: Dovecot) -> None:
    dovecot.append(FOUNDING)
    office.call("run", "--once")
    office.call("approve", "FI16751", "--actor", "officer", "--contact-checked", "KEN")
    office.call("run", "--once")
    lines = [json.loads(line) for line in office.call("audit", "log", "--case", "FI16751", "--json").splitlines()]
    assert [line["event"] for line in lines] == [
        "mail.received",
        "case.opened",
        "case.decided",
        "letter.drafted",
        "letter.approved",
        "letter.sending",
        "letter.sent",
    ]
    log = (office.settings.parent / "state" / "log.jsonl").read_text("utf-8")
    for personal in ("a.resident", "A Resident"):
        assert personal not in log
        assert personal not in json.dumps(lines)


def test_a_letter_that_changed_since_it_was_seen_is_not_approved(
    office: Council, dovecot: Dovecot, tmp_path: Path
) -> None:
    dovecot.append(FOUNDING)
    office.call("run", "--once")
    before = office.json("show", "FI16751")["current_letter"]["content_sha256"]
    text = office.json("show", "FI16751")["triage"]["letter"]["text"]
    wording = tmp_path / "wording.txt"
    wording.write_text(text.replace("Yours", "With kind regards, yours"), "utf-8")
    office.call("edit", "FI16751", "--actor", "officer", "--file", str(wording))
    assert "changed since" in office.call("approve", "FI16751", "--hash", before[:12], code=1)


def test_mail_that_joins_an_open_case_gets_no_letter(office: Council, dovecot: Dovecot) -> None:
    dovecot.append(FOUNDING)
    office.call("run", "--once")
    chaser = mail(
        "How many children were in foster care? I wrote about this before.",
        subject="Re: Freedom of Information request FI16751",
        message_id="<chaser@example.com>",
        In_Reply_To="<founding-request@example.com>",
    )
    dovecot.append(chaser)
    office.call("run", "--once")
    (case,) = [c for c in office.json("queue", "--all") if c["kind"] == "follow_up"]
    assert case["state"] == "held_for_officer"
    assert "C000001" in case["note"]
