"""What every store promises, whatever it is made of."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from foi_mailbot.adapters.memory_store import MemoryStore
from foi_mailbot.adapters.sql import SqlStore
from foi_mailbot.core.audit import Event, verify
from foi_mailbot.core.case import State
from foi_mailbot.errors import Fatal, Parked, Transient
from foi_mailbot.ports import CaseRow, Cursor, IntakeRow, LetterRow, OutboxRow, Store

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = MemoryStore() if request.param == "memory" else SqlStore(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


def mail(uid: int, raw: bytes = b"", folder: str = "INBOX") -> tuple[IntakeRow, bytes]:
    content = raw or f"mail {uid}".encode()
    row = IntakeRow("dover", folder, 77, uid, hashlib.sha256(content).hexdigest(), NOW)
    return row, content


def case(name: str, **changes: object) -> CaseRow:
    row = CaseRow(
        id=name,
        mailbox="dover",
        authority="DOV",
        reference=f"FOI-{name}",
        state=State.DRAFTED,
        kind="request",
        outcome="redirect",
        subject="Schools — places for 2027 ☃",
        applicant_name="A Person",
        applicant_email="person@example.org",
        received=NOW,
        received_on=date(2026, 11, 24),
        due=date(2026, 12, 23),
        raw_sha256="0" * 64,
        message_id=f"<{name}@example.org>",
        rulebook_sha256="f" * 64,
        request_json='{"text":"é"}',
        decision_json="{}",
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def letter(name: str, version: int = 1) -> LetterRow:
    return LetterRow(
        case_id=name,
        version=version,
        recipient="person@example.org",
        subject="Re: Schools",
        text=f"Text {version}\nwith a line",
        html="<p>Text</p>",
        template="redirect_foia",
        in_reply_to="<a@example.org>",
        references=("<a@example.org>", "<b@example.org>"),
        blocked=("no postal address is known",) if version == 1 else (),
        author="system",
        content_sha256="c" * 64,
    )


def outgoing(name: str, state: State = State.APPROVED, not_before: datetime | None = None) -> OutboxRow:
    return OutboxRow(
        case_id=name,
        mailbox="dover",
        message_id=f"<out-{name}@dover.example>",
        sender="foi@dover.example",
        recipient="person@example.org",
        content=b"Subject: x\r\n\r\n\x00\xff",
        content_sha256="c" * 64,
        state=state,
        not_before=not_before,
    )


def opened(name: str, **details: str) -> Event:
    return Event("case.opened", name, "system", details)


def write_everything_then_break(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        tx.cases.update(case("before", note="changed"))
        tx.letters.put(letter("one"))
        tx.letters.put(letter("before", 2))
        tx.outbox.put(outgoing("one"))
        tx.intake.store_raw([mail(1)])
        tx.intake.advance("dover", "INBOX", Cursor(77, 1))
        tx.cases.next_number("s", 1)
        tx.audit.append(opened("one"), NOW)
        raise RuntimeError("broken half-way")


# ── transactions ─────────────────────────────────────────────────────────────────────────────────
def test_what_a_clean_exit_committed_is_there_in_the_next_transaction(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one"))
    with store.transaction() as tx:
        assert tx.cases.get("one") == case("one")


def test_an_exception_undoes_everything_the_transaction_did(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("before"))
        tx.letters.put(letter("before"))
        tx.cases.next_number("s", 1)
        tx.audit.append(opened("before"), NOW)
    with pytest.raises(RuntimeError, match="broken half-way"):
        write_everything_then_break(store)
    with store.transaction() as tx:
        assert [row.id for row in tx.cases.find()] == ["before"]
        assert tx.cases.get("before") == case("before")
        assert tx.letters.current("one") is None
        assert tx.letters.current("before") == letter("before")
        assert tx.letters.raw(mail(1)[0].sha256) is None
        assert tx.outbox.get("one") is None
        assert tx.intake.cursor("dover", "INBOX") is None
        assert tx.intake.unfiled("dover", "INBOX", 77) == []
        assert tx.cases.next_number("s", 1) == 2
        assert [entry.event.case for entry in tx.audit.entries()] == ["before"]


def test_a_transaction_sees_what_it_wrote_itself(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        tx.outbox.put(outgoing("one"))
        assert [row.id for row in tx.cases.find(states=[State.DRAFTED])] == ["one"]
        assert tx.outbox.ready(NOW) == [outgoing("one")]


def test_a_refused_record_leaves_the_rest_of_the_transaction_standing(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        with pytest.raises(Parked):
            tx.cases.add(case("one", note="again"))
        tx.cases.add(case("two"))
    with store.transaction() as tx:
        assert [row.id for row in tx.cases.find()] == ["one", "two"]
        assert tx.cases.get("one") == case("one")


def test_a_writer_that_waits_too_long_for_another_is_told_to_try_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    sql, memory = SqlStore(url, busy_seconds=0.05), MemoryStore(busy_seconds=0.05)
    for first, second in ((sql, SqlStore(url, busy_seconds=0.05)), (memory, memory)):
        with first.transaction(), pytest.raises(Transient, match=r"locked|written just now"), second.transaction():
            pass
        with second.transaction() as tx:
            tx.cases.add(case("after"))
        first.close()
        second.close()


def test_writers_at_once_take_turns_and_the_sealed_log_stays_whole(store: Store) -> None:
    def write(writer: int) -> None:
        for turn in range(10):
            with store.transaction() as tx:
                tx.cases.next_number("turns", 1)
                tx.audit.append(opened(f"{writer}-{turn}"), NOW)
                tx.audit.append(opened(f"{writer}-{turn}"), NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with store.transaction() as tx:
        entries = tx.audit.entries()
        assert tx.cases.next_number("turns", 1) == 41
    assert [entry.seq for entry in entries] == list(range(1, 81))
    assert verify(entries) == []
    pairs = [(a.event.case, b.event.case) for a, b in zip(entries[::2], entries[1::2], strict=True)]
    assert all(a == b for a, b in pairs), "two transactions were interleaved"


def test_a_second_writer_waits_until_the_first_has_committed(store: Store) -> None:
    inside, seen = threading.Event(), []

    def second() -> None:
        inside.wait(5)
        with store.transaction() as tx:
            seen.append(tx.cases.get("one"))

    thread = threading.Thread(target=second)
    thread.start()
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        inside.set()
        thread.join(0.2)
        assert seen == []
    thread.join(5)
    assert seen == [case("one")]


# ── intake ───────────────────────────────────────────────────────────────────────────────────────
def test_a_folder_never_read_has_no_cursor(store: Store) -> None:
    with store.transaction() as tx:
        assert tx.intake.cursor("dover", "INBOX") is None


def test_each_folder_keeps_its_own_cursor_and_the_last_one_set_counts(store: Store) -> None:
    with store.transaction() as tx:
        tx.intake.advance("dover", "INBOX", Cursor(4294967295, 4294967295))
        tx.intake.advance("dover", "Other", Cursor(2, 3))
        tx.intake.advance("dover", "INBOX", Cursor(78, 1))
    with store.transaction() as tx:
        assert tx.intake.cursor("dover", "INBOX") == Cursor(78, 1)
        assert tx.intake.cursor("dover", "Other") == Cursor(2, 3)


def test_raw_mail_reads_back_byte_for_byte(store: Store) -> None:
    row, raw = mail(1, bytes(range(256)) * 3)
    with store.transaction() as tx:
        tx.intake.store_raw([(row, raw)])
    with store.transaction() as tx:
        assert tx.letters.raw(row.sha256) == raw
        assert tx.letters.raw("1" * 64) is None


def test_the_same_bytes_seen_in_two_places_are_two_rows(store: Store) -> None:
    rows = [mail(1, b"same"), mail(2, b"same"), mail(1, b"same", "Other")]
    with store.transaction() as tx:
        tx.intake.store_raw(rows)
    with store.transaction() as tx:
        assert tx.intake.unfiled("dover", "INBOX", 77) == [rows[0][0], rows[1][0]]
        assert tx.intake.unfiled("dover", "Other", 77) == [rows[2][0]]


def test_storing_no_mail_at_all_is_no_error(store: Store) -> None:
    with store.transaction() as tx:
        tx.intake.store_raw([])


def test_storing_a_mail_again_leaves_its_outcome_alone(store: Store) -> None:
    row, raw = mail(1)
    done = replace(row, outcome="case", case_id="one", filed=True)
    with store.transaction() as tx:
        tx.intake.store_raw([(row, raw)])
        tx.intake.settle(done)
    with store.transaction() as tx:
        tx.intake.store_raw([(row, raw)])
    with store.transaction() as tx:
        assert tx.intake.unfiled("dover", "INBOX", 77) == []


def test_unfiled_mails_come_by_uid_decided_or_not_and_only_of_that_uidvalidity(store: Store) -> None:
    three, one, two = mail(3), mail(1), mail(2)
    old = (replace(mail(4)[0], uidvalidity=76), b"mail 4")
    with store.transaction() as tx:
        tx.intake.store_raw([three, one, two, old])
        tx.intake.settle(replace(two[0], outcome="case", case_id="two"))
        tx.intake.settle(replace(one[0], outcome="duplicate", filed=True))
    with store.transaction() as tx:
        assert tx.intake.unfiled("dover", "INBOX", 77) == [
            replace(two[0], outcome="case", case_id="two"),
            three[0],
        ]


def test_a_mail_never_stored_cannot_be_settled(store: Store) -> None:
    with store.transaction() as tx, pytest.raises(Parked, match="mail 9 of dover/INBOX"):
        tx.intake.settle(mail(9)[0])


# ── cases ────────────────────────────────────────────────────────────────────────────────────────
def test_a_case_reads_back_as_it_was_written(store: Store) -> None:
    written = case("one", due=None, received=datetime(2026, 7, 1, 0, 30, 1, 5, timezone(timedelta(hours=1))))
    with store.transaction() as tx:
        tx.cases.add(written)
    with store.transaction() as tx:
        read = tx.cases.get("one")
    assert read == written
    assert isinstance(read.state, State)
    assert read.received.tzinfo is not None


def test_a_case_is_found_by_id_first_then_by_reference_newest_first(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("a", reference="FI1", received=NOW - timedelta(days=1)))
        tx.cases.add(case("b", reference="FI1", received=NOW))
        tx.cases.add(case("c", reference="FI1", received=NOW - timedelta(days=2)))
        tx.cases.add(case("FI2", reference=""))
        tx.cases.add(case("d", reference="FI2"))
        found = [tx.cases.get(key) for key in ("FI1", "FI2", "nothing", "")]
    assert [row.id if row else None for row in found] == ["b", "FI2", None, None]


def test_an_updated_case_replaces_the_old_one(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        tx.cases.update(case("one", state=State.APPROVED, note="ready"))
    with store.transaction() as tx:
        assert tx.cases.get("one") == case("one", state=State.APPROVED, note="ready")


def test_a_case_that_does_not_exist_cannot_be_updated(store: Store) -> None:
    with store.transaction() as tx, pytest.raises(Parked, match="case ghost"):
        tx.cases.update(case("ghost"))


def test_cases_come_by_due_date_then_id_and_those_without_one_last(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("z", due=None))
        tx.cases.add(case("y", due=date(2026, 12, 1)))
        tx.cases.add(case("b", due=date(2026, 12, 2)))
        tx.cases.add(case("a", due=date(2026, 12, 2)))
        assert [row.id for row in tx.cases.find()] == ["y", "a", "b", "z"]


def test_a_case_must_match_every_filter_given(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one", raw_sha256="a" * 64))
        tx.cases.add(case("two", raw_sha256="a" * 64, state=State.SENT))
        tx.cases.add(case("three", raw_sha256="a" * 64, mailbox="deal"))

        def ids(**filters: object) -> list[str]:
            return [row.id for row in tx.cases.find(**filters)]  # type: ignore[arg-type]

        assert ids(raw_sha256="a" * 64) == ["one", "three", "two"]
        assert ids(raw_sha256="a" * 64, mailbox="dover") == ["one", "two"]
        assert ids(raw_sha256="a" * 64, mailbox="dover", states=[State.DRAFTED, State.HELD_FOR_OFFICER]) == ["one"]
        assert ids(raw_sha256="b" * 64) == []
        assert ids(message_ids=["<one@example.org>"], states=[State.SENT]) == []


def test_all_cases_of_a_reference_are_found_and_no_other(store: Store) -> None:
    with store.transaction() as tx:
        for name, reference in (("a", "FI16751"), ("b", "FI16751"), ("c", "")):
            tx.cases.add(case(name, reference=reference))
    with store.transaction() as tx:
        assert [row.id for row in tx.cases.find(reference="FI16751")] == ["a", "b"]


def test_the_sealed_log_is_read_without_a_transaction(store: Store) -> None:
    with store.transaction() as tx:
        tx.audit.append(Event("case.opened", "a", "system", {}), NOW)
        tx.audit.append(Event("case.opened", "b", "system", {}), NOW)
    assert [entry.event.case for entry in store.read_entries()] == ["a", "b"]
    assert [entry.seq for entry in store.read_entries("b")] == [2]


def test_a_case_is_found_by_its_own_message_id_or_its_letters(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        tx.cases.add(case("two"))
        tx.cases.add(case("three"))
        tx.outbox.put(outgoing("two"))
        found = tx.cases.find(message_ids=["<one@example.org>", "<out-two@dover.example>", "<x@y>"])
    assert [row.id for row in found] == ["one", "two"]


def test_mails_without_a_message_id_are_not_each_other(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one", message_id=""))
        assert tx.cases.find(message_ids=[""]) == []


def test_a_sequence_starts_where_it_is_told_and_never_repeats(store: Store) -> None:
    numbers = []
    for _ in range(3):
        with store.transaction() as tx:
            numbers.append(tx.cases.next_number("dover", 500))
            numbers.append(tx.cases.next_number("deal", 1))
    assert numbers == [500, 1, 501, 2, 502, 3]


# ── letters ──────────────────────────────────────────────────────────────────────────────────────
def test_the_highest_version_of_a_letter_is_the_current_one(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        assert tx.letters.current("one") is None
        for version in (1, 2, 10):
            tx.letters.put(letter("one", version))
    with store.transaction() as tx:
        assert tx.letters.current("one") == letter("one", 10)


def test_a_version_of_a_letter_is_never_overwritten(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        tx.letters.put(letter("one"))
        with pytest.raises(Parked):
            tx.letters.put(replace(letter("one"), text="other"))
        assert tx.letters.current("one") == letter("one")


def test_a_letter_or_outbox_row_needs_its_case(store: Store) -> None:
    with store.transaction() as tx:
        with pytest.raises(Parked):
            tx.letters.put(letter("ghost"))
        with pytest.raises(Parked):
            tx.outbox.put(outgoing("ghost"))


# ── outbox ───────────────────────────────────────────────────────────────────────────────────────
def test_an_outbox_row_reads_back_as_written_and_is_replaced_by_case(store: Store) -> None:
    sent = replace(outgoing("one", State.SENT), attempts=2, reply="451 later\n250 ok", not_before=NOW)
    with store.transaction() as tx:
        tx.cases.add(case("one"))
        assert tx.outbox.get("one") is None
        tx.outbox.put(outgoing("one"))
        assert tx.outbox.get("one") == outgoing("one")
        tx.outbox.put(sent)
    with store.transaction() as tx:
        assert tx.outbox.get("one") == sent


def test_only_approved_letters_whose_time_has_come_are_ready(store: Store) -> None:
    rows = [
        outgoing("now", not_before=NOW),
        outgoing("later", not_before=NOW + timedelta(microseconds=1)),
        outgoing("any"),
        outgoing("sending", State.SENDING),
        outgoing("sent", State.SENT),
        outgoing("uncertain", State.UNCERTAIN),
    ]
    with store.transaction() as tx:
        for row in rows:
            tx.cases.add(case(row.case_id))
            tx.outbox.put(row)
    with store.transaction() as tx:
        assert tx.outbox.ready(NOW) == [rows[0], rows[2]]
        assert tx.outbox.ready(NOW.astimezone(timezone(timedelta(hours=5)))) == [rows[0], rows[2]]
        assert tx.outbox.in_doubt() == [rows[3]]


def test_the_oldest_approval_goes_first_and_a_retry_keeps_its_place(store: Store) -> None:
    with store.transaction() as tx:
        for name in ("c", "a", "b"):
            tx.cases.add(case(name))
            tx.outbox.put(outgoing(name))
    with store.transaction() as tx:
        tx.outbox.put(outgoing("c", State.SENDING))
        tx.outbox.put(replace(outgoing("c"), attempts=1))
        assert [row.case_id for row in tx.outbox.ready(NOW)] == ["c", "a", "b"]


def test_a_letter_approved_anew_goes_to_the_end(store: Store) -> None:
    with store.transaction() as tx:
        for name in ("a", "b"):
            tx.cases.add(case(name))
            tx.outbox.put(outgoing(name))
        tx.outbox.put(outgoing("a", State.DRAFTED))
        tx.outbox.put(outgoing("a"))
        assert [row.case_id for row in tx.outbox.ready(NOW)] == ["b", "a"]


# ── audit ────────────────────────────────────────────────────────────────────────────────────────
def test_appended_entries_form_a_chain_that_verifies(store: Store) -> None:
    with store.transaction() as tx:
        first = tx.audit.append(opened("one", rule="päß"), NOW)
        second = tx.audit.append(Event("letter.sent", "two", "officer", {"n": 1, "ok": True, "x": None}), NOW)
    with store.transaction() as tx:
        third = tx.audit.append(Event("case.held", "one", "system", {"rules": ["a", "b"]}), NOW)
        assert tx.audit.entries() == [first, second, third]
        assert tx.audit.entries("one") == [first, third]
        assert verify(tx.audit.entries(), (3, third.hash)) == []


def test_an_event_outside_the_vocabulary_is_not_written(store: Store) -> None:
    with pytest.raises(Fatal, match=r"case\.vanished"), store.transaction() as tx:
        tx.audit.append(Event("case.vanished", "one", "system", {}), NOW)
    with store.transaction() as tx:
        assert tx.audit.entries() == []


def test_the_log_of_a_transaction_undone_leaves_no_gap(store: Store) -> None:
    with store.transaction() as tx:
        tx.cases.add(case("before"))
    with pytest.raises(RuntimeError, match="broken half-way"):
        write_everything_then_break(store)
    with store.transaction() as tx:
        tx.audit.append(opened("kept"), NOW)
        assert [entry.seq for entry in tx.audit.entries()] == [1]
