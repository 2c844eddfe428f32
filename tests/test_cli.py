"""Every command an officer, an operator or an auditor types: what it prints, what it refuses, and its exit code."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foi_mailbot import bootstrap
from foi_mailbot.adapters.memory_mail import MemoryMailbox, MemorySender
from foi_mailbot.cli import main
from foi_mailbot.errors import FoiMailbotError, Refused, Uncertain
from foi_mailbot.service.dispatch import Dispatch
from tests.council import council, mail
from tests.service.office import KEPT, REDIRECTED

pytestmark = pytest.mark.slow

NOBODY = ("show", "approve", "edit", "redraft")
REASONED = ("hold", "release", "reject")
TICK = ("--contact-checked", "KEN")


@dataclass
class Terminal:
    """The command line over one settings file, in this process."""

    settings: Path
    capsys: pytest.CaptureFixture[str]
    box: MemoryMailbox = field(default_factory=MemoryMailbox)

    def call(self, *arguments: str, code: int = 0) -> str:
        """Run a command; return what it printed: on success standard output alone."""
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--config", str(self.settings)])
        said = self.capsys.readouterr()
        assert (ended.value.code or 0) == code, said
        return said.out + (said.err if code else "")

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.call(*arguments, "--json", code=code))

    def read(self, *mails: bytes) -> None:
        """Take mails in, as the service would."""
        app = bootstrap.build(bootstrap.load_settings(self.settings))
        for raw in mails:
            self.box.deliver(raw, received=datetime(2026, 11, 23, 9, tzinfo=UTC))
        replace(app.desks[0].intake, mailbox=self.box).drain("INBOX")
        app.store.close()

    def send(self, *faults: FoiMailbotError) -> MemorySender:
        """Send what is approved, as the service would."""
        app = bootstrap.build(bootstrap.load_settings(self.settings))
        sender = MemorySender()
        sender.fail_with(*faults)
        asyncio.run(Dispatch(app.journal, {"dover": sender}).run())
        app.store.close()
        return sender


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("FOI_MAILBOT_ACTOR", "officer")
    yield Terminal(council(tmp_path, imap_port=1, smtp_port=1, password="x").settings, capsys)
    for handler in [h for h in logging.getLogger().handlers if h.get_name() == "foi_mailbot"]:
        logging.getLogger().removeHandler(handler)
        handler.close()


@pytest.fixture
def drafted(terminal: Terminal) -> Terminal:
    terminal.read(mail(REDIRECTED, subject="Children FI16751"))
    return terminal


# ── finding a case ───────────────────────────────────────────────────────────────────────────────
def test_an_empty_queue_says_so(terminal: Terminal) -> None:
    assert terminal.call("queue") == "Nothing waits.\n"
    assert terminal.json("queue") == []


def test_the_queue_can_be_narrowed_to_states_and_mailboxes(drafted: Terminal) -> None:
    drafted.read(mail(KEPT, message_id="<two@example.com>"))
    assert [c["state"] for c in drafted.json("queue")] == ["drafted"]
    assert len(drafted.json("queue", "--all")) == 2
    assert [c["state"] for c in drafted.json("queue", "--state", "casework")] == ["casework"]
    assert len(drafted.json("queue", "--state", "casework", "--state", "drafted", "--mailbox", "dover")) == 2
    assert drafted.call("queue", "--state", "sent") == "There is no such case.\n"
    assert "They name: dover" in drafted.call("queue", "--mailbox", "ashford", code=2)
    assert "FI16751" in drafted.call("queue")


@pytest.mark.parametrize("words", [*((c,) for c in NOBODY), *((c, "--reason", "r") for c in REASONED)])
def test_a_case_that_does_not_exist_is_named_and_the_way_to_find_one(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    said = terminal.call(words[0], "FI99999", *words[1:], code=1)
    assert said == "error: There is no case FI99999. `foi-mailbot queue --all` lists every case.\n"


@pytest.mark.parametrize("words", [("hold",), ("release",), ("reject",), ("resolve", "--sent")])
def test_a_decision_without_a_reason_is_a_usage_error(drafted: Terminal, words: tuple[str, ...]) -> None:
    assert "Missing option '--reason'" in drafted.call(words[0], "FI16751", *words[1:], code=2)


def test_a_blank_reason_is_no_reason(drafted: Terminal) -> None:
    assert "Say why" in drafted.call("hold", "FI16751", "--reason", " ", code=1)


def test_a_reference_that_two_cases_share_is_never_guessed_at(drafted: Terminal) -> None:
    chaser = mail("When may I expect an answer?", subject="Re: Children FI16751", message_id="<chaser@example.com>")
    drafted.read(chaser)
    said = drafted.call("hold", "FI16751", "--reason", "wait", code=1)
    assert "2 cases have the reference FI16751" in said
    assert "C000001  request, drafted" in said
    assert "C000002  follow up, held for officer" in said
    assert drafted.call("hold", "C000001", "--reason", "wait") == "C000001 FI16751: held for officer.\n"


# ── reading a case ───────────────────────────────────────────────────────────────────────────────
def test_show_prints_request_warnings_and_letter(drafted: Terminal) -> None:
    said = drafted.call("show", "FI16751")
    for words in ("Children FI16751", "looked-after children", "Kent County Council", "hash ", "Before you approve:"):
        assert words in said
    assert "Kent County Council, freedomofinformation@kent.gov.uk: never verified." in " ".join(said.split())
    assert "approve with --contact-checked KEN" in " ".join(said.split())


def test_show_gives_the_letter_as_it_stands_now_not_the_first_draft(drafted: Terminal, tmp_path: Path) -> None:
    wording = tmp_path / "wording.txt"
    wording.write_text("We cannot say.", "utf-8")
    drafted.call("edit", "FI16751", "--file", str(wording))
    shown = drafted.json("show", "FI16751")
    assert shown["current_letter"]["text"] == "We cannot say.\n"
    assert (shown["current_letter"]["version"], shown["current_letter"]["author"]) == (2, "officer")
    assert shown["current_letter"]["blocked"]
    assert shown["triage"]["letter"]["text"] != shown["current_letter"]["text"]
    assert "Cannot be approved yet" in drafted.call("show", "FI16751")


def test_checks_and_reasons_stay_with_the_case_whatever_comes_after(drafted: Terminal) -> None:
    drafted.call("hold", "FI16751", "--reason", "Housing answers on Friday")
    drafted.call("release", "FI16751", "--reason", "Housing holds nothing")
    drafted.call("redraft", "FI16751")
    drafted.call("approve", "FI16751", *TICK, "--checks", "asked Housing, searched the register")
    drafted.send()
    noted = drafted.json("show", "FI16751")["remarks"]
    assert [(r["about"], r["actor"], r["text"]) for r in noted] == [
        ("hold", "officer", "Housing answers on Friday"),
        ("release", "officer", "Housing holds nothing"),
        (
            "contact checked",
            "officer",
            "KEN, Kent County Council: freedomofinformation@kent.gov.uk (never verified)",
        ),
        ("checks before approval", "officer", "asked Housing, searched the register"),
    ]
    assert "asked Housing, searched the register" in drafted.call("show", "FI16751")
    assert "asked Housing" not in drafted.call("audit", "log", "--json")


@pytest.mark.parametrize(
    ("fault", "state", "words"),
    [
        (Refused("550 no such user"), "failed", "the server answered: 550 no such user"),
        (Uncertain("no answer came"), "uncertain", "the server answered: no answer came"),
    ],
)
def test_show_gives_the_servers_answer_and_the_message_id(
    drafted: Terminal, fault: FoiMailbotError, state: str, words: str
) -> None:
    drafted.call("approve", "FI16751", *TICK)
    drafted.send(fault)
    shown = drafted.json("show", "FI16751")
    assert (shown["state"], shown["sending"]["answers"]) == (state, [str(fault)])
    said = " ".join(drafted.call("show", "FI16751").split())
    assert words in said
    assert shown["sending"]["message_id"] in said.replace(" ", "")


def test_an_acknowledgement_is_told_apart_from_the_letter(terminal: Terminal) -> None:
    text = terminal.settings.read_text("utf-8")
    terminal.settings.write_text(
        text.replace("[mailbox.letters]", "[mailbox.letters]\nacknowledgement = true"), "utf-8"
    )
    terminal.read(mail(REDIRECTED, subject="Children FI16751"))
    (sent,) = terminal.send().sent
    assert b"Auto-Submitted: auto-replied" in sent.content
    shown = terminal.json("show", "FI16751")
    assert (shown["state"], shown["sending"], shown["acknowledgement"]["state"]) == ("drafted", None, "sent")
    assert "The automatic acknowledgement: sent." in " ".join(terminal.call("show", "FI16751").split())
    lines = [json.loads(line) for line in terminal.call("audit", "log", "--json").splitlines()]
    purposes = [line["details"]["purpose"] for line in lines if line["event"] == "letter.sent"]
    assert purposes == ["acknowledgement"]


def test_nothing_a_stranger_writes_commands_the_terminal(terminal: Terminal) -> None:
    terminal.read(mail(REDIRECTED + "\n\x1b[2J [/red] [bold]\u202egnp", subject="FI16751 [/] =?utf-8?q?=1B[31m?="))
    for words in (("show", "FI16751"), ("queue",), ("audit", "log")):
        said = terminal.call(*words)
        assert "\x1b" not in said
        assert "\u202e" not in said
    assert "[/red] [bold]" in terminal.call("show", "FI16751")


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────
def test_approve_send_and_what_cannot_be_done_afterwards(drafted: Terminal) -> None:
    assert drafted.call("approve", "FI16751", *TICK).startswith("C000001 FI16751: approved;")
    assert len(drafted.send().sent) == 1
    assert "cannot take 'approve'" in drafted.call("approve", "FI16751", *TICK, code=1)
    shown = drafted.json("show", "FI16751")
    assert shown["sending"]["answers"] == ["250 2.0.0 kept in memory"]


def test_an_approval_of_another_hash_than_the_current_one_is_refused(drafted: Terminal) -> None:
    assert "changed since you looked" in drafted.call("approve", "FI16751", *TICK, "--hash", "0000", code=1)


def test_an_uncertain_letter_is_resolved_by_a_person(drafted: Terminal) -> None:
    drafted.call("approve", "FI16751", *TICK)
    drafted.send(Uncertain("no answer came"))
    assert [c["state"] for c in drafted.json("queue")] == ["uncertain"]
    assert "Missing option '--sent'" in drafted.call("resolve", "FI16751", "--reason", "r", code=2)
    assert drafted.call("resolve", "FI16751", "--sent", "--reason", "server log") == "C000001 FI16751: sent.\n"


def test_reject_means_it_is_never_sent(drafted: Terminal) -> None:
    assert drafted.call("reject", "FI16751", "--reason", "ours") == "C000001 FI16751: rejected.\n"
    assert drafted.send().sent == []


def test_the_service_s_own_name_is_no_officer_s(drafted: Terminal) -> None:
    assert "Say who you are" in drafted.call("approve", "FI16751", *TICK, "--actor", "system", code=2)
    assert "Say who you are" in drafted.call("approve", "FI16751", *TICK, "--actor", " ", code=2)


def test_behind_sudo_the_caller_is_the_actor(drafted: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOI_MAILBOT_ACTOR")
    monkeypatch.setenv("SUDO_USER", "j.smith")
    drafted.call("approve", "FI16751", *TICK)
    entries = [json.loads(line) for line in drafted.call("audit", "log", "--json").splitlines()]
    assert [e["actor"] for e in entries if e["event"] == "letter.approved"] == ["j.smith"]


# ── editing ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, 2, "cannot be read: No such file or directory. Nothing was changed."),
        (b"\xff\xfe\x00", 2, "is not UTF-8 text"),
        (b"", 0, "The text came back empty: nothing was changed."),
    ],
)
def test_a_file_that_is_no_new_text_changes_nothing(
    drafted: Terminal, tmp_path: Path, content: bytes | None, code: int, words: str
) -> None:
    file = tmp_path / "new.txt"
    if content is not None:
        file.write_bytes(content)
    assert words in drafted.call("edit", "FI16751", "--file", str(file), code=code)
    assert drafted.json("show", "FI16751")["current_letter"]["version"] == 1


@pytest.mark.parametrize(
    ("editor", "code", "words"),
    [
        ("true", 0, "Nothing changed."),
        ("false", 1, "did not end well"),
        ("/nonexistent/editor", 1, "did not end well"),
        ("'unclosed", 1, "$EDITOR cannot be understood"),
        ("sed -i 's/Thank you/Many thanks/'", 0, "C000001: version 2 kept."),
        ("sed -i d", 0, "The text came back empty"),
        ("sed -i 's/Thank you/\\xff/'", 1, "did not save UTF-8 text"),
    ],
)
def test_whatever_the_editor_does_is_answered_in_plain_words(
    drafted: Terminal, monkeypatch: pytest.MonkeyPatch, editor: str, code: int, words: str
) -> None:
    monkeypatch.setenv("VISUAL", editor)
    assert words in drafted.call("edit", "FI16751", code=code)


def test_a_text_that_somebody_else_changed_meanwhile_is_not_overwritten(
    drafted: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_wording = tmp_path / "other.txt"
    other_wording.write_text("Another officer's words.", "utf-8")
    edit = f"edit FI16751 --actor other --file {other_wording} --config {drafted.settings}"
    other = f"{sys.executable} -m foi_mailbot {edit}"
    script = tmp_path / "slow-editor"
    script.write_text(f'#!/bin/sh\n{other} >/dev/null 2>&1\nsed -i "s/Thank you/Thanks/" "$1"\n', "utf-8")
    script.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(script))
    assert "changed since you looked at it" in drafted.call("edit", "FI16751", code=1)
    assert drafted.json("show", "FI16751")["current_letter"]["author"] == "other"


def test_a_case_without_a_letter_has_none_to_edit(terminal: Terminal) -> None:
    terminal.read(mail(KEPT, subject="Bins FI16760"))
    assert "has no letter to edit" in terminal.call("edit", "FI16760", code=1)


# ── the sealed log ───────────────────────────────────────────────────────────────────────────────
def tampered(terminal: Terminal, *statements: str) -> None:
    path = terminal.settings.parent / "state" / "foi_mailbot.sqlite"
    with sqlite3.connect(path) as db:
        for verb in ("update", "delete"):
            db.execute(f"DROP TRIGGER audit_no_{verb}")
        for statement in statements:
            db.execute(statement)
    db.close()


def test_a_whole_log_is_said_to_be_so_and_a_noted_head_still_stands(drafted: Terminal) -> None:
    found = drafted.json("audit", "verify")
    assert found["faults"] == []
    head = f"{found['entries']}:{found['head']}"
    drafted.call("approve", "FI16751", *TICK)
    assert "unbroken" in drafted.call("audit", "verify", "--head", head)


def test_an_edited_entry_is_named(drafted: Terminal) -> None:
    tampered(drafted, "UPDATE audit SET actor = 'somebody' WHERE seq = 2")
    assert drafted.call("audit", "verify", code=1).startswith("entry 2: edited:")
    assert drafted.json("audit", "verify", code=1)["faults"][0]["seq"] == 2


def test_a_log_cut_short_is_found_by_the_head_that_was_noted(drafted: Terminal) -> None:
    found = drafted.json("audit", "verify")
    tampered(drafted, f"DELETE FROM audit WHERE seq >= {found['entries'] - 1}")
    assert "unbroken" in drafted.call("audit", "verify")
    said = drafted.call("audit", "verify", "--head", f"{found['entries']}:{found['head']}", code=1)
    assert "missing from the log's end" in said


@pytest.mark.parametrize("head", ["7", "x:y", "0:" + "0" * 64, "3:abc"])
def test_a_head_that_is_none_is_a_usage_error(terminal: Terminal, head: str) -> None:
    assert "is not SEQ:HASH" in terminal.call("audit", "verify", "--head", head, code=2)


def test_verifying_waits_for_no_writer(drafted: Terminal) -> None:
    path = drafted.settings.parent / "state" / "foi_mailbot.sqlite"
    app = bootstrap.build(bootstrap.load_settings(drafted.settings))
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert len(list(app.store.read_entries())) == drafted_entries(path)
    writer.execute("ROLLBACK")
    writer.close()
    app.store.close()


def drafted_entries(path: Path) -> int:
    db = sqlite3.connect(path)
    (count,) = db.execute("SELECT count(*) FROM audit").fetchone()
    db.close()
    return int(count)


def test_the_log_of_one_case_is_found_by_its_reference(drafted: Terminal) -> None:
    drafted.read(mail(KEPT, message_id="<two@example.com>"))
    lines = [json.loads(line) for line in drafted.call("audit", "log", "--case", "FI16751", "--json").splitlines()]
    assert {line["case"] for line in lines} == {"C000001"}
    assert "letter.drafted" in drafted.call("audit", "log", "--case", "FI16751")
    assert "no case FI1" in drafted.call("audit", "log", "--case", "FI1", code=1)


def test_each_line_of_the_json_log_can_be_followed_to_rule_decision_and_content(drafted: Terminal) -> None:
    drafted.call("approve", "FI16751", *TICK)
    drafted.send()
    log = (drafted.settings.parent / "state" / "log.jsonl").read_text("utf-8")
    lines = {line["event"]: line for line in map(json.loads, log.splitlines())}
    for line in lines.values():
        assert datetime.fromisoformat(line["at"]).utcoffset() is not None
        assert line["case"] == "C000001" or not line["event"].startswith(("case", "letter"))
    decided, approved, sent = lines["case.decided"], lines["letter.approved"], lines["letter.sent"]
    assert (decided["actor"], approved["actor"]) == ("system", "officer")
    assert decided["rules"]
    assert decided["outcome"] == "redirect"
    assert len(decided["decision_sha256"]) == 64
    assert decided["rulebook_sha256"] == approved["rulebook_sha256"]
    assert approved["content_sha256"] == sent["content_sha256"]


# ── settings and the store ───────────────────────────────────────────────────────────────────────
COMMANDS = [
    ("check",),
    ("run", "--once"),
    ("queue",),
    *((command, "C1") for command in NOBODY),
    *((command, "C1", "--reason", "r") for command in (*REASONED, "resolve")),
    ("audit", "verify"),
    ("audit", "log"),
    ("contacts", "list"),
    ("contacts", "verify", "KEN", "--how", "page"),
    ("contacts", "bounced", "KEN", "--reason", "r"),
    ("triage", "-"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_its_settings_file_every_command_says_what_to_do(
    terminal: Terminal, words: tuple[str, ...], tmp_path: Path
) -> None:
    missing = replace(terminal, settings=tmp_path / "missing.toml")
    words = (*words, "--sent") if words[0] == "resolve" else words
    said = " ".join(missing.call(*words, code=2).split())
    assert "missing.toml" in said.replace(" ", "")
    assert "Copy the shipped" in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('database = "sqlite:////nonexistent/x.sqlite"', "/nonexistent/x.sqlite cannot be opened: No such file"),
        ('database = "nonsense"', "The store's address cannot be used"),
        ('database = "sqlite:////tmp"', "/tmp is a folder"),
        ('database = "sqlite://"', "The store needs a file"),
    ],
)
def test_a_store_that_cannot_be_used_stops_with_one_clear_sentence(terminal: Terminal, line: str, words: str) -> None:
    terminal.settings.write_text(line + "\n" + terminal.settings.read_text("utf-8"), "utf-8")
    assert words in terminal.call("queue", code=2)


def test_a_file_that_is_no_database_is_named(terminal: Terminal, tmp_path: Path) -> None:
    junk = tmp_path / "junk.sqlite"
    junk.write_bytes(bytes(range(1, 255)) * 40)
    terminal.settings.write_text(f'database = "sqlite:///{junk}"\n' + terminal.settings.read_text("utf-8"), "utf-8")
    said = terminal.call("queue", code=2)
    assert str(junk) in said
    assert "is not a database" in said
