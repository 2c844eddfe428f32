"""`auto`, `correct` and `rules stats` as people type them: what they print, what they refuse, their exit codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from foi_mailbot import bootstrap
from tests.council import mail
from tests.service.office import REDIRECTED
from tests.test_cli import Terminal, drafted, terminal

__all__ = ["drafted", "terminal"]

pytestmark = pytest.mark.slow

UNTIL = str(date.today() + timedelta(days=100))  # noqa: DTZ011 - the terminal's clock is the machine's
PROPOSAL = ("auto", "propose", "childrens_social_care", "--mailbox", "dover", "--until", UNTIL, "--reason", "all right")


@pytest.fixture
def granted(terminal: Terminal) -> Terminal:
    contacts = terminal.settings.parent / "rules" / "data"
    contacts.mkdir(parents=True)
    (contacts / "contacts.csv").write_text(
        "code,name,email,postal_address,source,confidence,verified_on,verified_by\n"
        "KEN,Kent County Council,foi@kent.example,County Hall,its website,high,2026-11-01,A. Person\n",
        "utf-8",
    )
    text = terminal.settings.read_text("utf-8")
    text = text.replace("rules_dirs = []", f'rules_dirs = ["{contacts.parent}"]\nauto_send = true')
    terminal.settings.write_text(text, "utf-8")
    terminal.call(*PROPOSAL, "--by", "Jo Smith")
    terminal.call("auto", "confirm", "G000001", "--by", "Sam Patel")
    return terminal


def read_now(terminal: Terminal, raw: bytes) -> None:
    """Take a mail in that came just now: after the confirmation."""
    app = bootstrap.build(bootstrap.load_settings(terminal.settings))
    terminal.box.deliver(raw, received=bootstrap.now())
    replace(app.desks[0].intake, mailbox=terminal.box).drain("INBOX")
    app.store.close()


def test_two_people_switch_a_function_on_and_the_settings_are_the_third_lock(terminal: Terminal) -> None:
    assert "auto_send = false" in terminal.call("auto", "list")
    said = terminal.call(*PROPOSAL, "--by", "Jo Smith")
    assert "G000001: proposed for childrens_social_care in dover, letters naming KEN" in said
    assert "auto confirm G000001" in said
    assert "the third lock" in said
    assert "a second person" in terminal.call("auto", "confirm", "G000001", "--by", "JO SMITH", code=1)
    assert "in force" in terminal.call("auto", "confirm", "G000001", "--by", "Sam Patel")
    found = terminal.json("auto", "list")
    assert (found["auto_send"], found["grants"][0]["status"]) == (False, "active")
    assert "Sam Patel" in " ".join(terminal.call("auto", "list").split())


def test_a_proposal_and_a_confirmation_need_their_name_on_the_line(terminal: Terminal) -> None:
    assert "Missing option '--by'" in terminal.call(*PROPOSAL, code=2)
    assert "Missing option '--by'" in terminal.call("auto", "confirm", "G000001", code=2)


def test_a_letter_that_left_by_itself_is_sampled_shown_and_ends_its_grant_when_wrong(granted: Terminal) -> None:
    assert "No automatically sent case" in granted.call("auto", "sample")
    read_now(granted, mail(REDIRECTED, subject="Children FI16751"))
    assert len(granted.send().sent) == 1
    assert "FI16751" in granted.call("auto", "sample")
    assert granted.json("auto", "sample")[0]["grants"] == ["G000001"]
    assert "under grant G000001" in " ".join(granted.call("show", "FI16751").split())
    said = granted.call("auto", "reviewed", "FI16751", "--wrong", "--reason", "ours")
    assert "G000001: suspended" in said
    assert "foi-mailbot correct FI16751" in said
    assert granted.json("auto", "list")["grants"][0]["status"] == "suspended"
    assert "unbroken" in granted.call("audit", "verify")


def test_a_grant_is_ended_at_once_by_anyone(granted: Terminal) -> None:
    assert "G000001: suspended" in granted.call("auto", "suspend", "G000001", "--reason", "stop")
    assert "suspended already" in granted.call("auto", "suspend", "G000001", "--reason", "stop", code=1)
    assert "ended by officer: stop" in " ".join(granted.call("auto", "list").split())


def test_a_correction_is_told_and_counted(drafted: Terminal) -> None:
    said = drafted.call("correct", "FI16751", "--was", "wrong_function", "--function", "libraries")
    assert "C000001: question #1 noted as wrong function (childrens_social_care/" in said
    assert drafted.json("correct", "FI16751", "--was", "right")["was"] == "right"
    (rule, *_) = drafted.json("rules", "stats")["rules"]
    assert (rule["fired"], rule["confirmed"], rule["corrected"], rule["demoted"]) == (1, 1, 0, False)
    assert rule["at_least"] == pytest.approx(0.2065, abs=1e-4)
    assert "21% to 100%" in drafted.call("rules", "stats")
    assert "Invalid value for '--was'" in drafted.call("correct", "FI16751", "--was", "nonsense", code=2)


def test_a_demoted_rule_is_named_when_it_happens_and_in_the_table(drafted: Terminal) -> None:
    text = drafted.settings.read_text("utf-8")
    drafted.settings.write_text(text.replace("rules_dirs", "rule_floor_after = 1\nrules_dirs", 1), "utf-8")
    assert "is demoted" in drafted.call("correct", "FI16751", "--was", "should_be_held")
    assert "demoted" in drafted.call("rules", "stats")
    assert "is no longer demoted" in drafted.call("correct", "FI16751", "--was", "right")


def test_without_a_case_there_is_no_rule_to_judge(terminal: Terminal) -> None:
    assert terminal.call("rules", "stats") == "No rule has fired yet.\n"
