"""`foi-mailbot check` names every problem at once, tries every server, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from foi_mailbot.diagnosis import Result, examine
from tests.council import council
from tests.servers.dovecot import Dovecot
from tests.servers.sink import SmtpSink


def found(results: list[Result]) -> dict[str, Result]:
    return {result.what: result for result in results}


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    settings = council(tmp_path, imap_port=1, smtp_port=1, password="").settings
    text = settings.read_text("utf-8").replace('"DOV"', '"ZZZ"').replace('address = "Regulator House, Testtown"', "")
    text = text.replace('phone = "0000 000 000"', "").replace('website = "https://regulator.example"', "")
    text = text.replace('signature = "A. Officer"', 'team = ""')
    second = text[text.index("[[mailbox]]") :].replace('"dover"', '"ashford"').replace('"foi"', '"foi2"')
    (tmp_path / "file").write_text("", "utf-8")
    text = text.replace(f'state_dir = "{tmp_path}/state"', f'state_dir = "{tmp_path}/file"')
    text = text.replace(f'log_file = "{tmp_path}/state/log.jsonl"', f'log_file = "{tmp_path}/absent/log.jsonl"')
    settings.write_text(text + second.replace("ZZZ", "YYY"), "utf-8")
    said = "\n".join(f"{r.what}: {r.detail}" for r in examine(settings) if not r.ok)
    for words in (
        "give [regulator] address, phone or website",
        "No letter of dover can be approved: give team or signature",
        "file is not a folder",
        "absent/log.jsonl cannot be written",
        "dover: authority: The rulebook knows no authority ZZZ",
        "ashford: authority: The rulebook knows no authority YYY",
        "dover: IMAP TCP",
        "ashford: SMTP TCP",
    ):
        assert words in said


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    settings = council(tmp_path, imap_port=1, smtp_port=1, password="x").settings
    before = sorted(tmp_path.rglob("*"))
    results = found(examine(settings))
    assert results["state_dir"].ok
    assert results["log_file"].ok
    assert "the first start makes it" in results["state_dir"].detail
    assert sorted(tmp_path.rglob("*")) == before


def test_a_name_without_an_address_is_a_dns_problem(tmp_path: Path) -> None:
    settings = council(tmp_path, imap_port=1, smtp_port=1, password="x", imap_host="mail.invalid", imap_tls="implicit")
    result = found(examine(settings.settings))["dover: IMAP DNS"]
    assert not result.ok
    assert "mail.invalid has no address" in result.detail


@pytest.mark.servers
@pytest.mark.parametrize(
    ("changed", "what", "words"),
    [
        ({}, "", ""),
        ({"password": "wrong"}, "dover: IMAP login", "refused the login"),
        ({"ca_file": None}, "dover: IMAP TLS", "certificate"),
        ({"mailbox": 'folders = ["INBOX", "Absent"]'}, "dover: IMAP folder Absent", "There is no folder Absent"),
    ],
)
def test_each_step_to_a_real_server_has_its_own_result(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path, changed: dict[str, object], what: str, words: str
) -> None:
    given: dict[str, object] = {
        "imap_host": "localhost",
        "imap_port": dovecot.tls_port,
        "imap_tls": "implicit",
        "ca_file": dovecot.ca_file,
        "smtp_port": smtp_sink.port,
        "password": dovecot.password(),
        "imap_user": dovecot.user,
    }
    settings = council(tmp_path, **(given | changed)).settings  # type: ignore[arg-type]
    problems = [result for result in examine(settings) if not result.ok]
    assert [(p.what, words in p.detail) for p in problems] == ([(what, True)] if what else [])
    if not what:
        filed = found(examine(settings))["dover: IMAP folder FOI-mailbot/Filed"]
        assert (filed.ok, "will be made when the first mail is filed" in filed.detail) == (True, True)
        assert smtp_sink.letters() == []
