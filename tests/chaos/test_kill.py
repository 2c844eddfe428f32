"""SIGKILL at any moment of `run --once`: nothing is lost, nothing is sent twice."""

from __future__ import annotations

import email
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from foi_mailbot import bootstrap
from foi_mailbot.core import audit
from foi_mailbot.core.case import State
from foi_mailbot.ports import CaseRow
from tests.council import Council, council, mail
from tests.servers.dovecot import Dovecot
from tests.servers.sink import Behaviour, SmtpSink

MAILS, KILLS = 500, 20
REDIRECTED = "How many looked-after children were placed in children's homes in 2024/25?"
KEPT = "How many household refuse bins did you collect in 2024/25?"

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def _mails() -> list[bytes]:
    return [
        mail(
            REDIRECTED if number % 3 == 0 else KEPT,
            subject=f"Request number {number}",
            sender=f"Resident {number} <resident{number}@example.com>",
            message_id=f"<{number}@example.com>" if number % 5 else "",
        )
        for number in range(MAILS)
    ]


def _kill_once(office: Council, after: float) -> bool:
    process = subprocess.Popen(
        office.command("run", "--once"), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def _approve_drafts(office: Council) -> None:
    app = bootstrap.build(bootstrap.load_settings(office.settings), service=False)
    with app.journal.step() as step:
        drafted = step.tx.cases.find(states=(State.DRAFTED,))
    for case in drafted:
        ticks = [contact.code for contact in app.contacts.named(case)]
        app.review.approve(case.id, actor="officer", checks="Checked the service list.", contacts_checked=ticks)
    app.store.close()


def _outcome(office: Council) -> tuple[list[CaseRow], list[audit.Fault]]:
    app = bootstrap.build(bootstrap.load_settings(office.settings), service=False)
    with app.journal.step() as step:
        cases, entries = step.tx.cases.find(), step.tx.audit.entries()
    app.store.close()
    return cases, audit.verify(entries)


def _message_id(content: bytes) -> str:
    return str(email.message_from_bytes(content)["Message-ID"])


def test_each_mail_has_one_case_and_each_approved_letter_leaves_once_or_is_uncertain(
    dovecot: Dovecot, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    chance = random.Random(16751)
    smtp_sink.next_does(*[Behaviour(hang_at="final", hang=0.02)] * 2 * MAILS)  # so that kills meet letters on their way
    mails = _mails()
    office = council(
        tmp_path / "office",
        imap_port=dovecot.port,
        smtp_port=smtp_sink.port,
        password=dovecot.password(),
        imap_user=dovecot.user,
        batch=10,
    )
    start = time.monotonic()
    assert not _kill_once(office, 60), "the first run must end by itself"
    whole_run = time.monotonic() - start
    killed, portion = 0, MAILS // KILLS
    for attempt in range(KILLS):
        dovecot.append_many(mails[attempt * portion : (attempt + 1) * portion])
        while not _kill_once(office, chance.uniform(0.3 * whole_run, 1.6 * whole_run)):
            _approve_drafts(office)
            dovecot.append_many([mail(KEPT, subject="One more", message_id=f"<extra{chance.random()}@example.com>")])
        killed += 1
        _approve_drafts(office)
    office.call("run", "--once")
    _approve_drafts(office)
    office.call("run", "--once")
    again = office.call("run", "--once")
    accepted = Counter(_message_id(letter.content) for letter in smtp_sink.letters())
    cases, faults = _outcome(office)
    ours = [case for case in cases if case.subject.startswith("Request number")]
    states = Counter(str(case.state) for case in ours)
    print(f"{killed} kills, {len(ours)} cases {dict(states)}, {sum(accepted.values())} letters accepted; {again}")
    assert killed == KILLS
    assert Counter(case.subject for case in ours) == Counter(f"Request number {n}" for n in range(MAILS))
    assert faults == []
    assert max(accepted.values()) == 1
    redirected = [case for case in ours if case.outcome == "redirect"]
    assert len(redirected) == len(range(0, MAILS, 3))
    assert {case.state for case in redirected} <= {State.SENT, State.UNCERTAIN}
    sent = sum(case.state is State.SENT for case in redirected)
    uncertain = sum(case.state is State.UNCERTAIN for case in redirected)
    assert sent <= sum(accepted.values()) <= sent + uncertain
    assert dovecot.messages() == []
    assert again.startswith("0 read, 0 sent")
