"""What every store promises of grants, automatic letters and officers' verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from foi_mailbot.adapters.memory_store import MemoryStore
from foi_mailbot.adapters.sql import SqlStore
from foi_mailbot.core.granting import Grant
from foi_mailbot.core.learning import Tally, Verdict
from foi_mailbot.errors import Parked
from foi_mailbot.ports import Store
from foi_mailbot.ports_granting import AutoRow, VerdictRow

from .test_store import NOW, case


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = MemoryStore() if request.param == "memory" else SqlStore(f"sqlite:///{tmp_path / 'store.db'}")
    with opened.transaction() as tx:
        for name in ("one", "two", "three"):
            tx.cases.add(case(name))
    yield opened
    opened.close()


def grant(name: str, mailbox: str = "dover") -> Grant:
    return Grant(
        id=name,
        mailbox=mailbox,
        authority="DOV",
        function="libraries",
        body="KEN",
        rule_sha256="a" * 64,
        until=date(2027, 11, 24),
        reason="Forty letters, none wrong — so far",
        proposed_by="A. Person",
        proposed_at=NOW,
    )


def auto(name: str, recipient: str = "a@example.org", *, sampled: bool = True) -> AutoRow:
    return AutoRow(name, recipient, "c" * 64, ("G000001", "G000002"), NOW, sampled)


def verdict(name: str, ask: int = 1, rule: str = "libraries/strong", **changes: object) -> VerdictRow:
    row = VerdictRow(name, ask, rule, "libraries", Verdict.RIGHT, "", "a" * 64, NOW, "A. Person")
    return replace(row, **changes)  # type: ignore[arg-type]


# ── grants ───────────────────────────────────────────────────────────────────────────────────────
def test_a_grant_reads_back_as_it_was_written_and_a_later_one_of_its_id_replaces_it(store: Store) -> None:
    later = replace(
        grant("G1"),
        confirmed_by="B. Other",
        confirmed_at=datetime(2026, 11, 25, 8, 0, 0, 7, UTC),
        suspended_by="C",
        suspended_at=NOW + timedelta(days=3),
        suspended_for="overturned",
        used=7,
    )
    with store.transaction() as tx:
        tx.grants.put(grant("G1"))
        assert tx.grants.get("G1") == grant("G1")
        tx.grants.put(later)
    with store.transaction() as tx:
        assert tx.grants.get("G1") == later
        assert tx.grants.get("G2") is None


def test_grants_come_by_id_all_or_a_mailboxs(store: Store) -> None:
    with store.transaction() as tx:
        for one in (grant("G2"), grant("G1"), grant("G3", "deal")):
            tx.grants.put(one)
    with store.transaction() as tx:
        assert [g.id for g in tx.grants.find()] == ["G1", "G2", "G3"]
        assert [g.id for g in tx.grants.find("dover")] == ["G1", "G2"]


# ── letters approved under them ──────────────────────────────────────────────────────────────────
def test_an_automatic_letter_reads_back_as_it_was_written_and_is_replaced_by_case(store: Store) -> None:
    with store.transaction() as tx:
        tx.automatic.put(auto("one"))
        tx.automatic.put(replace(auto("two"), verdict="wrong", reviewed_by="A", withdrawn=True))
        tx.automatic.put(replace(auto("two"), verdict="right", reviewed_by="B"))
    with store.transaction() as tx:
        assert tx.automatic.get("one") == auto("one")
        assert tx.automatic.get("two") == replace(auto("two"), verdict="right", reviewed_by="B")
        assert tx.automatic.get("three") is None


def test_an_automatic_letter_needs_its_case(store: Store) -> None:
    with store.transaction() as tx, pytest.raises(Parked):
        tx.automatic.put(auto("ghost"))


def test_the_letters_to_one_address_are_found_and_no_others(store: Store) -> None:
    with store.transaction() as tx:
        tx.automatic.put(auto("two"))
        tx.automatic.put(auto("one"))
        tx.automatic.put(auto("three", "b@example.org"))
        assert [row.case_id for row in tx.automatic.to("a@example.org")] == ["one", "two"]
        assert tx.automatic.to("c@example.org") == []


def test_what_waits_is_sampled_not_reviewed_and_not_withdrawn(store: Store) -> None:
    with store.transaction() as tx:
        tx.automatic.put(auto("one", sampled=False))
        tx.automatic.put(auto("two"))
        tx.automatic.put(auto("three"))
        assert [row.case_id for row in tx.automatic.waiting()] == ["three", "two"]
        tx.automatic.put(replace(auto("two"), verdict="right"))
        tx.automatic.put(replace(auto("three"), withdrawn=True))
        assert tx.automatic.waiting() == []


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────────
def test_of_one_case_ask_and_rule_the_newest_verdict_stands(store: Store) -> None:
    with store.transaction() as tx:
        tx.verdicts.put(verdict("one"))
        tx.verdicts.put(verdict("one", 2))
        tx.verdicts.put(verdict("one", rule="libraries/decisive"))
        tx.verdicts.put(verdict("two"))
        tx.verdicts.put(verdict("one", verdict=Verdict.WRONG_FUNCTION, should_be="museums"))
    with store.transaction() as tx:
        assert tx.verdicts.of_case("one") == [
            verdict("one", rule="libraries/decisive"),
            verdict("one", verdict=Verdict.WRONG_FUNCTION, should_be="museums"),
            verdict("one", 2),
        ]


def test_a_verdict_needs_its_case(store: Store) -> None:
    with store.transaction() as tx, pytest.raises(Parked):
        tx.verdicts.put(verdict("ghost"))


def test_verdicts_are_counted_by_rule_and_by_the_wording_that_was_judged(store: Store) -> None:
    with store.transaction() as tx:
        tx.verdicts.put(verdict("one"))
        tx.verdicts.put(verdict("two"))
        tx.verdicts.put(verdict("three", verdict=Verdict.SHOULD_BE_HELD))
        tx.verdicts.put(verdict("three", 2, rule_sha256="b" * 64))
        tx.verdicts.put(verdict("three", 3, rule="", verdict=Verdict.SHOULD_BE_REDIRECTED, rule_sha256=""))
    with store.transaction() as tx:
        assert tx.verdicts.tallies() == [
            ("", Tally("", 0, 1)),
            ("a" * 64, Tally("libraries/strong", 2, 1)),
            ("b" * 64, Tally("libraries/strong", 1, 0)),
        ]
        assert tx.verdicts.tallies(["museums/strong"]) == []
        assert len(tx.verdicts.tallies(["libraries/strong", "museums/strong"])) == 2


def test_a_demoted_rule_stays_so_until_it_is_lifted_with_the_last_count(store: Store) -> None:
    with store.transaction() as tx:
        tx.verdicts.demote("b/weak", Tally("b/weak", 1, 9))
        tx.verdicts.demote("a/strong", Tally("a/strong", 1, 9))
        tx.verdicts.demote("a/strong", Tally("a/strong", 1, 10))
    with store.transaction() as tx:
        assert tx.verdicts.demoted() == [Tally("a/strong", 1, 10), Tally("b/weak", 1, 9)]
        tx.verdicts.demote("a/strong", None)
        tx.verdicts.demote("c/strong", None)
    with store.transaction() as tx:
        assert tx.verdicts.demoted() == [Tally("b/weak", 1, 9)]


def write_everything_then_break(store: Store) -> None:
    with store.transaction() as tx:
        tx.grants.put(grant("G1"))
        tx.automatic.put(auto("one"))
        tx.verdicts.put(verdict("one"))
        tx.verdicts.demote("a/strong", Tally("a/strong", 1, 9))
        raise RuntimeError("broken half-way")


def test_nothing_of_it_stays_when_the_transaction_breaks(store: Store) -> None:
    with pytest.raises(RuntimeError, match="broken half-way"):
        write_everything_then_break(store)
    with store.transaction() as tx:
        assert (tx.grants.find(), tx.automatic.waiting()) == ([], [])
        assert (tx.verdicts.tallies(), tx.verdicts.demoted()) == ([], [])
