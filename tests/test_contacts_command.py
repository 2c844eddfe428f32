"""`foi-mailbot contacts` and the tick of `approve`, as an officer types them and reads the answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.council import council, mail
from tests.service.office import REDIRECTED
from tests.test_cli import Terminal

pytestmark = pytest.mark.slow

DRAINS = "1. How many highway drains in Mill Lane were cleared?\n2. How many reports of flooding of the road came?"
EMAIL = "freedomofinformation@kent.gov.uk"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A command line whose settings name a folder for the operator's own contacts."""
    monkeypatch.setenv("FOI_MAILBOT_ACTOR", "officer")
    settings = council(tmp_path, imap_port=1, smtp_port=1, password="x", rules=(tmp_path / "etc",)).settings
    yield Terminal(settings, capsys)
    for handler in [h for h in logging.getLogger().handlers if h.get_name() == "foi_mailbot"]:
        logging.getLogger().removeHandler(handler)
        handler.close()


def flat(text: str) -> str:
    return " ".join(text.split())


def test_queue_show_and_approve_say_which_contact_still_needs_the_check(desk: Terminal) -> None:
    desk.read(mail(REDIRECTED, subject="Children FI16751"))
    assert desk.json("queue")[0]["contacts_to_check"] == ["KEN"]
    assert "Check" in desk.call("queue").splitlines()[0]
    (shown,) = desk.json("show", "FI16751")["contacts"]
    assert (shown["code"], shown["state"], shown["needs_check"]) == ("KEN", "unverified", True)
    assert "Then approve with --contact-checked KEN." in flat(desk.call("show", "FI16751"))
    refused = flat(desk.call("approve", "FI16751", code=1))
    assert f"KEN, Kent County Council: {EMAIL} Why: never verified." in refused
    desk.call("approve", "FI16751", "--contact-checked", "KEN")
    assert desk.json("show", "FI16751")["contacts"] == []
    assert desk.json("queue")[0]["contacts_to_check"] == []
    entries = [json.loads(line) for line in desk.call("audit", "log", "--json").splitlines()]
    assert [e["details"]["contacts_checked"] for e in entries if e["event"] == "letter.approved"] == [["KEN"]]


def test_a_contact_verified_once_needs_no_tick_in_any_letter(desk: Terminal) -> None:
    desk.read(mail(REDIRECTED, subject="Children FI16751"))
    said = desk.call("contacts", "verify", "KEN", "--how", "page")
    assert said.startswith(f"KEN, Kent County Council (any requests): verified.\n{EMAIL}\n")
    assert "Contact: Kent County Council" in flat(desk.call("show", "FI16751"))
    assert "Check" not in desk.call("queue").splitlines()[0]
    desk.call("approve", "FI16751")


def test_an_eir_letter_goes_once_its_postal_address_was_found_and_drafted(desk: Terminal) -> None:
    desk.read(mail(DRAINS, subject="Drains FI14329"))
    (line,) = desk.json("contacts", "list", "--needed", "--body", "KEN")
    assert (line["state"], line["lacks"]) == ("unverified", "no postal address: no letter under the EIR can go")
    desk.call("contacts", "verify", "KEN", "--how", "phone", "--purpose", "eir", "--post", "County Hall, Testtown")
    desk.call("redraft", "FI14329")
    desk.call("approve", "FI14329")
    (sent,) = desk.send().sent
    assert b"County Hall, Testtown" in sent.content


def test_a_bounced_contact_is_in_no_letter_until_it_is_verified_anew(desk: Terminal) -> None:
    desk.read(mail(REDIRECTED, subject="Children FI16751"))
    desk.call("contacts", "bounced", "KEN", "--reason", "550 no such user")
    assert "bounced on" in flat(desk.call("approve", "FI16751", "--contact-checked", "KEN", code=1))
    desk.call("redraft", "FI16751")
    assert EMAIL not in desk.json("show", "FI16751")["current_letter"]["text"]
    (line,) = desk.json("contacts", "list", "--body", "KEN")
    assert (line["state"], line["bounced_why"], line["email"]) == ("bounced", "550 no such user", EMAIL)
    desk.call("contacts", "verify", "KEN", "--how", "phone", "--email", "foi@kent.example")
    desk.call("redraft", "FI16751")
    desk.call("approve", "FI16751")
    assert b"foi@kent.example" in desk.send().sent[0].content


def test_the_list_shows_each_contact_with_its_state_source_and_address(desk: Terminal) -> None:
    said = desk.call("contacts", "list", "--body", "KEN")
    for words in ("KEN", "Kent County Council", EMAIL, "unverified", "any", "https://www.kent.gov.uk/"):
        assert words in said
    lines = desk.json("contacts", "list")
    assert len(lines) == 40
    assert set(lines[0]) >= {"code", "purpose", "email", "postal_address", "source", "verified_how", "state"}
    codes = {line["code"] for line in desk.json("contacts", "list", "--needed")}
    assert {"KEN", "police:kent", "fire:kent"} <= codes
    assert "ESS" not in codes


def test_what_was_verified_is_written_in_the_first_rules_folder_and_sealed(desk: Terminal) -> None:
    written = desk.json("contacts", "verify", "KEN", "--how", "letter", "--by", "B. Officer", "--purpose", "foi")
    assert (written["purpose"], written["verified_by"], written["verified_how"]) == ("foi", "B. Officer", "letter")
    path = desk.settings.parent / "etc/data/contacts.csv"
    assert f"KEN,Kent County Council,foi,{EMAIL}," in path.read_text("utf-8")
    (entry,) = [json.loads(line) for line in desk.call("audit", "log", "--json").splitlines()]
    assert (entry["event"], entry["actor"], entry["details"]["code"]) == ("contact.verified", "B. Officer", "KEN")
    assert "@" not in json.dumps(entry["details"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("list", "--body", "XYZ"), 2, "The rulebook knows no body XYZ."),
        (("verify", "XYZ", "--how", "page"), 2, "The rulebook knows no body XYZ."),
        (("verify", "KEN"), 2, "Missing option '--how'"),
        (("verify", "KEN", "--how", "guess"), 2, "'guess' is not one of"),
        (("verify", "DBY", "--how", "page"), 1, "No address of Derbyshire County Council is known"),
        (("verify", "KEN", "--how", "page", "--email", "kent"), 2, "is not one e-mail address"),
        (("verify", "KEN", "--how", "page", "--by", "system"), 2, "Say who you are"),
        (("bounced", "KEN"), 2, "Missing option '--reason'"),
        (("bounced", "KEN", "--reason", " "), 1, "Say what came back"),
        (("bounced", "DBY", "--reason", "r"), 1, "has no address that could have bounced"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(desk: Terminal, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in flat(desk.call("contacts", *words, code=code))


def test_without_a_folder_of_ones_own_it_says_which_setting_is_missing(desk: Terminal) -> None:
    text = desk.settings.read_text("utf-8")
    desk.settings.write_text(text.replace(f'rules_dirs = ["{desk.settings.parent}/etc"]', "rules_dirs = []"), "utf-8")
    said = desk.call("contacts", "verify", "KEN", "--how", "page", code=2)
    assert 'Write rules_dirs = ["/etc/foi-mailbot"]' in flat(said)


def test_the_settings_say_how_long_a_verification_counts(desk: Terminal) -> None:
    (desk.settings.parent / "etc/data").mkdir(parents=True)
    (desk.settings.parent / "etc/data/contacts.csv").write_text(
        "code,name,email,postal_address,source,confidence,verified_on,verified_by\n"
        f"KEN,Kent,{EMAIL},,s,high,2020-01-01,me\n",
        "utf-8",
    )
    (line,) = desk.json("contacts", "list", "--body", "KEN")
    assert line["state"] == "stale"
    text = desk.settings.read_text("utf-8")
    desk.settings.write_text("contacts_stale_after_days = 3650\n" + text, "utf-8")
    (line,) = desk.json("contacts", "list", "--body", "KEN")
    assert line["state"] == "verified"
