"""Somebody with the database file changes the log: `audit verify` says which entry, and what was done to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from foi_mailbot import resources
from tests.council import Council, council
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.servers


@pytest.fixture
def office(dovecot: Dovecot, tmp_path: Path) -> Council:
    for mail in sorted((resources.config_dir() / "demo").glob("*.eml")):
        dovecot.append(mail.read_bytes())
    office = council(tmp_path, imap_port=dovecot.port, smtp_port=9, password=dovecot.password(), imap_user=dovecot.user)
    office.call("run", "--once")
    assert "unbroken" in office.call("audit", "verify")
    return office


@pytest.mark.parametrize(
    ("tampering", "entry", "kind"),
    [
        ("UPDATE audit SET actor = 'somebody' WHERE seq = 3", 3, "edited"),
        ("DELETE FROM audit WHERE seq = 4", 4, "deleted"),
        ("UPDATE audit SET seq = -seq WHERE seq IN (3, 4)", 3, "deleted"),
    ],
)
def test_tampering_is_found_and_named(office: Council, tampering: str, entry: int, kind: str) -> None:
    with closing(sqlite3.connect(office.settings.parent / "state" / "foi_mailbot.sqlite")) as database:
        guards = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        with pytest.raises(sqlite3.DatabaseError):
            database.execute(tampering)
        for name in guards:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(tampering)
        database.commit()
    faults = office.json("audit", "verify", code=1)["faults"]
    assert (entry, kind) in {(fault["seq"], fault["kind"]) for fault in faults}
