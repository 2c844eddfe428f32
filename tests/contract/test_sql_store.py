"""What the SQLite file promises beyond the port: it survives kill -9, other versions, tampering and a full disk."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, exc
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

from foi_mailbot.adapters.sql import SqlStore
from foi_mailbot.adapters.sql.engine import connect, our_errors, translated
from foi_mailbot.adapters.sql.store import PAGE
from foi_mailbot.adapters.sql.tables import SCHEMA_VERSION
from foi_mailbot.core.audit import Event, FaultKind, verify
from foi_mailbot.core.case import State
from foi_mailbot.errors import Fatal, FoiMailbotError, Parked, Transient
from foi_mailbot.ports import Cursor

from .test_store import NOW, case, letter, mail, outgoing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(f"sqlite:///{path}", busy_seconds=0.2)
    yield opened
    opened.close()


def write_case(store: SqlStore, name: str) -> None:
    with store.transaction() as tx:
        tx.cases.add(case(name))
        tx.audit.append(Event("case.opened", name, "system", {}), NOW)


def raw(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """Do to the file what someone with sqlite3 and no scruples would."""
    with closing(sqlite3.connect(path)) as connection:
        rows = [row for statement in statements for row in connection.execute(statement)]
        connection.commit()
    return rows


# ── durability ───────────────────────────────────────────────────────────────────────────────────
KILLED = """
import sys
from datetime import UTC, datetime
from foi_mailbot.adapters.sql import SqlStore
from foi_mailbot.core.audit import Event
store = SqlStore(sys.argv[1])
now = datetime(2026, 11, 24, tzinfo=UTC)
for turn in range(1000000):
    with store.transaction() as tx:
        for part in range(3):
            tx.audit.append(Event("case.opened", str(turn), "system", {"part": part, "pad": "x" * 5000}), now)
            tx.cases.next_number("written", 1)
        if sys.argv[2] == "inside":
            print("inside", flush=True)
            sys.stdin.read()
    print(turn, flush=True)
"""


def start_writer(path: Path, mode: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, f"sqlite:///{path}", mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(process: subprocess.Popen[str]) -> list[str]:
    """Kill the writer and return what it had still said."""
    assert process.stdin is not None
    assert process.stdout is not None
    os.kill(process.pid, signal.SIGKILL)
    with process.stdin, process.stdout:
        said = process.stdout.read()
    assert process.wait(10) == -signal.SIGKILL
    return said.split()


def test_a_process_killed_inside_a_transaction_leaves_nothing_of_it(path: Path, store: SqlStore) -> None:
    write_case(store, "before")
    process = start_writer(path, "inside")
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"
    with pytest.raises(Transient), store.transaction():
        pass
    kill(process)
    write_case(store, "after")
    assert [entry.event.case for entry in store.read_entries()] == ["before", "after"]
    assert verify(store.read_entries()) == []
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("committed", [1, 7, 20])
def test_a_process_killed_at_any_moment_keeps_every_transaction_it_saw_committed(path: Path, committed: int) -> None:
    process = start_writer(path, "on")
    assert process.stdout is not None
    last = [process.stdout.readline() for _ in range(committed)][-1].strip()
    last = (kill(process) or [last])[-1]
    store = SqlStore(f"sqlite:///{path}")
    entries = list(store.read_entries())
    with store.transaction() as tx:
        assert tx.cases.next_number("written", 1) == len(entries) + 1
    store.close()
    assert len(entries) % 3 == 0, "half a transaction was kept"
    assert len(entries) // 3 - 1 in {int(last), int(last) + 1}, "it may die after a commit and before it says so"
    assert verify(entries) == []
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


def test_every_connection_commits_durably_and_checks_references(path: Path) -> None:
    with closing(sqlite3.connect(path)):
        engine = connect(f"sqlite:///{path}", 1.5)
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1500}


def test_two_stores_on_one_file_write_one_gapless_chain(path: Path) -> None:
    stores = [SqlStore(f"sqlite:///{path}", busy_seconds=30) for _ in range(2)]

    def write(store: SqlStore) -> None:
        for turn in range(15):
            with store.transaction() as tx:
                tx.audit.append(Event("case.viewed", str(turn), "officer", {}), NOW)

    threads = [threading.Thread(target=write, args=(store,)) for store in stores * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.seq for entry in stores[0].read_entries()] == list(range(1, 61))
    assert verify(stores[1].read_entries()) == []
    for store in stores:
        store.close()


def test_reading_the_log_does_not_wait_for_a_writer_nor_see_what_it_has_not_committed(store: SqlStore) -> None:
    write_case(store, "one")
    with store.transaction() as tx:
        tx.audit.append(Event("case.viewed", "two", "officer", {}), NOW)
        assert [entry.event.case for entry in store.read_entries()] == ["one"]


def test_a_log_longer_than_a_page_is_read_whole_and_in_order(store: SqlStore) -> None:
    with store.transaction() as tx:
        for n in range(PAGE + 5):
            tx.audit.append(Event("case.viewed", str(n % 2), "officer", {"n": n}), NOW)
    assert [entry.seq for entry in store.read_entries()] == list(range(1, PAGE + 6))
    assert len(list(store.read_entries("1"))) == (PAGE + 5) // 2


def test_each_raw_mail_is_kept_once_however_often_it_came(path: Path, store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.intake.store_raw([mail(1, b"same"), mail(2, b"same")])
        tx.intake.store_raw([mail(3, b"same")])
    assert raw(path, "SELECT count(*) FROM raw_mail", "SELECT count(*) FROM intake") == [(1,), (3,)]


# ── the log cannot be changed by way of the store ────────────────────────────────────────────────
@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x' WHERE seq = 1", "DELETE FROM audit"])
def test_the_log_refuses_to_be_changed(path: Path, store: SqlStore, statement: str) -> None:
    write_case(store, "one")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw(path, statement)
    assert verify(store.read_entries()) == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit SET details = '{\"a\":1}' WHERE seq = 2", (2, FaultKind.EDITED)),
        ("UPDATE audit SET details = 'not json' WHERE seq = 2", (2, FaultKind.EDITED)),
        ("UPDATE audit SET details = '[]' WHERE seq = 2", (2, FaultKind.EDITED)),
        ("UPDATE audit SET case_id = x'ff' WHERE seq = 2", (2, FaultKind.EDITED)),
        ("DELETE FROM audit WHERE seq = 2", (2, FaultKind.DELETED)),
    ],
)
def test_tampering_past_the_triggers_is_found_on_reading(
    path: Path, store: SqlStore, statement: str, fault: tuple[int, FaultKind]
) -> None:
    for name in ("one", "two", "three"):
        write_case(store, name)
    raw(path, "DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", statement)
    assert [(found.seq, found.kind) for found in verify(store.read_entries())] == [fault]


# ── opening ──────────────────────────────────────────────────────────────────────────────────────
def test_a_new_store_can_be_read_by_its_owner_only(path: Path, store: SqlStore) -> None:
    write_case(store, "one")
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file.name


def test_a_store_opened_again_still_holds_everything(path: Path, store: SqlStore) -> None:
    write_case(store, "one")
    again = SqlStore(f"sqlite:///{path}")
    with again.transaction() as tx:
        assert tx.cases.get("one") == case("one")
    again.close()


def test_stores_opened_at_the_same_moment_agree_on_one_schema(path: Path) -> None:
    stores: list[SqlStore] = []
    threads = [
        threading.Thread(target=lambda: stores.append(SqlStore(f"sqlite:///{path}", busy_seconds=30))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    for store in stores:
        store.close()
    assert raw(path, "SELECT version FROM schema_version") == [(SCHEMA_VERSION,)]


def test_a_store_waits_for_another_process_that_is_making_the_same_file(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as maker:
        maker.execute("BEGIN IMMEDIATE")  # SQLite does not wait for this lock by itself when it switches the journal
        with pytest.raises(Transient, match="locked"):
            SqlStore(f"sqlite:///{path}", busy_seconds=0.1)
        release = threading.Timer(0.2, maker.execute, ["COMMIT"])
        release.start()
        SqlStore(f"sqlite:///{path}", busy_seconds=30).close()
        release.join()


def test_a_store_written_by_a_newer_version_is_left_alone_with_a_clear_line(path: Path, store: SqlStore) -> None:
    raw(path, f"UPDATE schema_version SET version = {SCHEMA_VERSION + 1}")
    says = rf"newer foi-mailbot \(schema {SCHEMA_VERSION + 1}, this version knows {SCHEMA_VERSION}\)"
    with pytest.raises(Fatal, match=says):
        SqlStore(f"sqlite:///{path}")


def test_a_store_of_the_first_version_gets_what_it_lacks_and_keeps_what_it_holds(path: Path, store: SqlStore) -> None:
    write_case(store, "one")
    store.close()
    added = ("verdicts", "auto_letters", "grants", "demotions")
    raw(path, *(f"DROP TABLE {table}" for table in added), "UPDATE schema_version SET version = 1")
    again = SqlStore(f"sqlite:///{path}")
    with again.transaction() as tx:
        assert tx.cases.get("one") == case("one")
        assert (tx.grants.find(), tx.automatic.waiting(), tx.verdicts.demoted()) == ([], [], [])
    again.close()
    assert raw(path, "SELECT version FROM schema_version") == [(SCHEMA_VERSION,)]
    indexes = raw(path, "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'auto_letters'")
    assert indexes == [(3,)]  # two of ours and the primary key's


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////nowhere/at/all/store.db", "/nowhere/at/all/store.db cannot be opened: No such file"),
        ("nonsense", "address cannot be used"),
        ("nosuchdatabase://host/x", "address cannot be used"),
    ],
)
def test_an_address_that_cannot_be_used_stops_the_service_and_says_why(url: str, says: str) -> None:
    with pytest.raises(Fatal, match=says):
        SqlStore(url)


def test_a_file_that_is_no_database_stops_the_service(path: Path) -> None:
    path.write_bytes(b"This is a letter, not a database. " * 100)
    with pytest.raises(Fatal, match="not a database"):
        SqlStore(f"sqlite:///{path}")


# ── errors ───────────────────────────────────────────────────────────────────────────────────────
def test_a_full_disk_is_a_failure_to_try_again_and_nothing_is_half_written(path: Path) -> None:
    with closing(SqlStore(f"sqlite:///{path}")) as store:
        write_case(store, "before")
    engine = connect(f"sqlite:///{path}", 1)
    pages = raw(path, "PRAGMA page_count")[0][0]
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(exc.OperationalError) as full:
            connection.exec_driver_sql("INSERT INTO raw_mail VALUES ('a', zeroblob(9000000))")
    engine.dispose()
    assert isinstance(translated(full.value), Transient)
    assert "full" in str(translated(full.value))


def test_text_no_database_can_hold_goes_to_a_person(store: SqlStore) -> None:
    with store.transaction() as tx:
        with pytest.raises(Parked, match="cannot be stored"):
            tx.cases.add(case("one", subject="half a character \udc80"))
        tx.cases.add(case("two"))
    with store.transaction() as tx:
        assert [row.id for row in tx.cases.find()] == ["two"]


def test_no_free_connection_is_a_failure_to_try_again() -> None:
    with pytest.raises(Transient, match="no connection came free"), our_errors():
        raise exc.TimeoutError


class Gone(Exception):
    """What another driver raises."""


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (exc.OperationalError("SELECT 1", {}, Gone("server closed the connection")), Transient),
        (exc.IntegrityError("INSERT", {}, Gone("duplicate key")), Parked),
        (exc.ProgrammingError("SELEC 1", {}, Gone("syntax error")), Fatal),
        (exc.InternalError("SELECT 1", {}, Gone("gone"), connection_invalidated=True), Transient),
    ],
)
def test_another_databases_errors_are_retry_person_or_stop(
    error: exc.DBAPIError, becomes: type[FoiMailbotError]
) -> None:
    assert type(translated(error)) is becomes


# ── nothing grows with the store ─────────────────────────────────────────────────────────────────
QUERIES: dict[str, Callable[[SqlStore], object]] = {
    "get a case": lambda s: _with(s, lambda tx: tx.cases.get("no such")),
    "find by state": lambda s: _with(s, lambda tx: tx.cases.find(states=[State.DRAFTED])),
    "find by mailbox": lambda s: _with(s, lambda tx: tx.cases.find(mailbox="dover")),
    "find by raw": lambda s: _with(s, lambda tx: tx.cases.find(raw_sha256="a")),
    "find by message id": lambda s: _with(s, lambda tx: tx.cases.find(message_ids=["<a>", "<b>"])),
    "update a case": lambda s: _with(s, lambda tx: tx.cases.update(case("one"))),
    "current letter": lambda s: _with(s, lambda tx: tx.letters.current("one")),
    "raw mail": lambda s: _with(s, lambda tx: tx.letters.raw("a")),
    "ready": lambda s: _with(s, lambda tx: tx.outbox.ready(datetime.now(UTC))),
    "in doubt": lambda s: _with(s, lambda tx: tx.outbox.in_doubt()),
    "put out": lambda s: _with(s, lambda tx: tx.outbox.put(outgoing("one"))),
    "store raw": lambda s: _with(s, lambda tx: tx.intake.store_raw([mail(1)])),
    "settle": lambda s: _with(s, lambda tx: tx.intake.settle(mail(1)[0])),
    "unfiled": lambda s: _with(s, lambda tx: tx.intake.unfiled("dover", "INBOX", 77)),
    "cursor": lambda s: _with(s, lambda tx: tx.intake.cursor("dover", "INBOX")),
    "advance": lambda s: _with(s, lambda tx: tx.intake.advance("dover", "INBOX", Cursor(1, 2))),
    "append": lambda s: _with(s, lambda tx: tx.audit.append(Event("case.viewed", "one", "x", {}), NOW)),
    "a grant": lambda s: _with(s, lambda tx: tx.grants.get("G1")),
    "a mailbox's grants": lambda s: _with(s, lambda tx: tx.grants.find("dover")),
    "an automatic letter": lambda s: _with(s, lambda tx: tx.automatic.get("one")),
    "automatic letters to": lambda s: _with(s, lambda tx: tx.automatic.to("a@example.org")),
    "automatic letters waiting": lambda s: _with(s, lambda tx: tx.automatic.waiting()),
    "a case's verdicts": lambda s: _with(s, lambda tx: tx.verdicts.of_case("one")),
    "some rules' tallies": lambda s: _with(s, lambda tx: tx.verdicts.tallies(["a/strong", "b/weak"])),
    "a case's log": lambda s: _with(s, lambda tx: tx.audit.entries("one")),
    "stream the log": lambda s: list(s.read_entries()),
}


def _with(store: SqlStore, act: Callable[..., object]) -> None:
    with store.transaction() as tx:
        act(tx)


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_scans_a_table(store: SqlStore, name: str) -> None:
    _with(store, lambda tx: tx.cases.add(case("one")))
    _with(store, lambda tx: tx.letters.put(letter("one")))
    _with(store, lambda tx: tx.intake.store_raw([mail(1)]))
    plans: list[str] = []

    def explain(
        connection: Connection, cursor: DBAPICursor, statement: str, values: Any, _: ExecutionContext, many: bool
    ) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE")):
            raw_connection: Any = connection.connection.dbapi_connection
            one = values[0] if many else values
            plans.extend(row[3] for row in raw_connection.execute(f"EXPLAIN QUERY PLAN {statement}", one))

    event.listen(store._engine, "before_cursor_execute", explain)
    QUERIES[name](store)
    # A scan of an index that ends after one row (the newest entry, the last place in the queue) reads one row.
    scans = [plan for plan in plans if plan.startswith("SCAN") and plan != "SCAN audit"]
    assert plans or name in {"store raw", "advance"}
    assert scans == []
