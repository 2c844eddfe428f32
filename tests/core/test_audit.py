from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.audit import (
    EVENTS,
    GENESIS,
    Entry,
    Event,
    Fault,
    FaultKind,
    Value,
    canonical,
    digest,
    moment,
    seal,
    verify,
)
from foi_mailbot.errors import Fatal

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.text(max_size=20), st.integers(), st.booleans(), st.none(), st.lists(st.text(max_size=5), max_size=3)
)
EVENT = st.builds(
    Event,
    name=st.sampled_from(sorted(EVENTS)),
    case=st.text(max_size=8),
    actor=st.sampled_from(["system", "officer"]),
    details=st.dictionaries(st.text(max_size=6), VALUES, max_size=4),
)


def chain(events: list[Event], start: datetime = NOW) -> list[Entry]:
    log: list[Entry] = []
    for n, event in enumerate(events):
        log.append(seal(log[-1] if log else None, event, start + timedelta(seconds=n)))
    return log


def plain(length: int) -> list[Entry]:
    return chain([Event("case.opened", f"case {n}", "system", {"n": n}) for n in range(length)])


def resealed(entry: Entry) -> Entry:
    """What a forger who knows the recipe makes of an entry he changed."""
    return replace(entry, hash=digest(entry))


def named(faults: list[Fault]) -> list[tuple[int, str]]:
    return [(fault.seq, fault.kind.value) for fault in faults]


CHAIN = st.lists(EVENT, min_size=3, max_size=12).map(chain)


# ── sealing ──────────────────────────────────────────────────────────────────────────────────────
def test_canonical_json_has_sorted_keys_no_spaces_and_utf8() -> None:
    assert canonical({"b": ["ü", 1], "a": None, "c": True}) == '{"a":null,"b":["ü",1],"c":true}'.encode()


@given(st.dictionaries(st.text(), VALUES))
def test_canonical_json_says_what_was_put_in_whatever_its_order(fields: dict[str, Value]) -> None:
    assert json.loads(canonical(fields)) == fields
    assert canonical(dict(reversed(fields.items()))) == canonical(fields)


def test_half_a_character_from_a_damaged_mail_can_be_sealed() -> None:
    assert json.loads(canonical({"a": "x\udc80"})) == {"a": "x\udc80"}


def test_the_first_entry_follows_sixty_four_zeros_and_each_next_one_its_predecessor() -> None:
    first, second = plain(2)
    assert (first.seq, first.previous) == (1, GENESIS) == (1, "0" * 64)
    assert (second.seq, second.previous) == (2, first.hash)


def test_the_hash_can_be_recomputed_from_the_published_recipe_alone() -> None:
    entry = seal(None, Event("letter.sent", "c1", "system", {"code": 250, "b": "ü"}), NOW)
    text = (
        '{"actor":"system","at":"2026-11-24T09:00:00.000000+00:00","case":"c1",'
        '"details":{"b":"ü","code":250},"name":"letter.sent","previous":"' + "0" * 64 + '","seq":1}'
    )
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


def test_times_are_written_in_utc_with_microseconds_and_offset() -> None:
    assert moment(datetime(2026, 7, 1, 10, 0, tzinfo=timezone(timedelta(hours=1)))) == (
        "2026-07-01T09:00:00.000000+00:00"
    )


def test_a_time_without_a_zone_is_not_sealed() -> None:
    with pytest.raises(Fatal, match="no time zone"):
        seal(None, Event("case.opened", "", "system", {}), datetime(2026, 7, 1))  # noqa: DTZ001 -- the point


def test_an_event_outside_the_vocabulary_is_not_sealed() -> None:
    with pytest.raises(Fatal, match=r"case\.vanished"):
        seal(None, Event("case.vanished", "", "system", {}), NOW)


def test_what_was_sealed_does_not_change_with_the_callers_dictionary() -> None:
    rules = ["a"]
    details: dict[str, Value] = {"rules": rules}
    entry = seal(None, Event("case.decided", "c", "system", details), NOW)
    rules.append("b")
    details["more"] = 1
    assert verify([entry]) == []
    assert entry.event.details == {"rules": ["a"]}


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_of_the_vocabulary_is_a_name_and_one_sentence(name: str) -> None:
    assert re.fullmatch(r"(mail|case|letter|contact|grant|rule|service)\.[a-z]+", name)
    assert re.fullmatch(r"[A-Z][^.]+\.", EVENTS[name])


# ── verifying ────────────────────────────────────────────────────────────────────────────────────
@given(CHAIN)
def test_a_log_nobody_touched_has_no_fault(log: list[Entry]) -> None:
    assert verify(log) == []
    assert verify(log, (log[-1].seq, log[-1].hash)) == []
    assert verify(log, (1, log[0].hash)) == []


def test_an_empty_log_has_no_fault() -> None:
    assert verify([]) == []


def edits(entry: Entry) -> Iterator[Entry]:
    yield replace(entry, at=entry.at.replace("2026", "2025"))
    yield replace(entry, previous="1" * 64)
    yield replace(entry, hash="2" * 64)
    yield replace(entry, event=replace(entry.event, name=entry.event.name + "x"))
    yield replace(entry, event=replace(entry.event, case=entry.event.case + "x"))
    yield replace(entry, event=replace(entry.event, actor="someone else"))
    yield replace(entry, event=replace(entry.event, details={**entry.event.details, "added": 1}))


@given(CHAIN, st.data())
def test_any_single_edit_is_found_and_named_alone(log: list[Entry], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(log) - 1))
    log[n] = data.draw(st.sampled_from(list(edits(log[n]))))
    assert named(verify(log)) == [(n + 1, "edited")]


@given(CHAIN, st.data())
def test_an_edited_number_is_found_and_named(log: list[Entry], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(log) - 1))
    number = data.draw(st.integers(-2, len(log) + 5).filter(lambda one: one != n + 1))
    log[n] = replace(log[n], seq=number)
    faults = named(verify(log))
    assert (number, "edited") in faults
    assert set(faults) <= {(number, "edited"), (n + 1, "deleted")}


@given(CHAIN, st.data())
def test_an_entry_rewritten_with_a_fresh_hash_is_named_by_the_one_after_it(
    log: list[Entry], data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, len(log) - 2))
    log[n] = resealed(replace(log[n], event=replace(log[n].event, actor="someone else")))
    assert named(verify(log)) == [(n + 1, "edited")]


def test_a_first_entry_that_claims_a_past_is_named() -> None:
    log = plain(1)
    assert named(verify([resealed(replace(log[0], previous="3" * 64))])) == [(1, "edited")]


@given(CHAIN, st.data())
def test_a_deletion_before_the_end_is_found_and_named_by_its_first_entry(log: list[Entry], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(log) - 2))
    last = data.draw(st.integers(first, len(log) - 2))
    faults = verify(log[:first] + log[last + 1 :])
    assert named(faults) == [(first + 1, "deleted")]
    assert re.findall(r"\d+", faults[0].what) == [str(n) for n in dict.fromkeys((first + 1, last + 1))]


@given(CHAIN, st.data())
def test_two_entries_swapped_are_found_and_named(log: list[Entry], data: st.DataObject) -> None:
    one, other = sorted(data.draw(st.lists(st.integers(0, len(log) - 1), min_size=2, max_size=2, unique=True)))
    log[one], log[other] = log[other], log[one]
    faults = verify(log)
    assert {fault.kind for fault in faults} == {FaultKind.REORDERED}
    first = faults[0]
    assert first.seq == one + 1, "the entry that belongs first is the first one named"
    assert f"after entry {other + 1}" in first.what, "and the one that took its place is named with it"


@given(CHAIN, st.data())
def test_a_forged_entry_put_between_is_found_and_named(log: list[Entry], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(log)))
    forged = seal(log[n - 2] if n > 1 else None, Event("case.viewed", "", "forger", {}), NOW + timedelta(seconds=n - 1))
    assert forged.seq == n
    after = data.draw(st.booleans())
    log.insert(n if after else n - 1, forged)
    assert named(verify(log)) == [(n, "inserted")]


def test_an_entry_numbered_below_one_is_named_as_inserted() -> None:
    log = plain(2)
    assert named(verify([resealed(replace(log[0], seq=0)), *log])) == [(0, "inserted")]


def test_a_clock_set_back_is_named_at_the_entry_dated_too_early() -> None:
    log = plain(2)
    log.append(seal(log[-1], Event("case.closed", "c", "system", {}), NOW - timedelta(days=1)))
    log.append(seal(log[-1], Event("case.closed", "c", "system", {}), NOW))
    assert named(verify(log)) == [(3, "clock-set-back")]


def test_checking_goes_on_after_a_fault_and_every_fault_is_named_in_order() -> None:
    log = plain(12)
    log[1] = replace(log[1], hash="0" * 64)
    log[10] = replace(log[10], event=replace(log[10].event, actor="x"))
    del log[5:8]
    assert named(verify(log)) == [(2, "edited"), (6, "deleted"), (11, "edited")]


def test_an_edit_next_to_a_gap_is_not_mistaken_for_a_deletion() -> None:
    log = plain(8)
    log[4] = replace(log[4], event=replace(log[4].event, actor="x"))
    del log[2:4]
    faults = verify(log)
    assert named(faults) == [(3, "deleted"), (5, "edited")]
    assert faults[0].what == "entries 3 to 4 are missing"


def test_an_entry_moved_far_back_leaves_the_rest_of_its_gap_missing() -> None:
    log = plain(8)
    moved = [log[0], log[6], log[3], log[7]]
    assert named(verify(moved)) == [(2, "deleted"), (4, "reordered"), (5, "deleted")]


def test_an_entry_both_edited_and_moved_is_not_called_missing_too() -> None:
    log = plain(6)
    edited = replace(log[4], hash="0" * 64)
    assert named(verify([*log[:2], edited, *log[2:4], log[5]])) == [(5, "edited")]


def test_entries_cut_off_the_end_show_only_against_a_checkpoint() -> None:
    log = plain(6)
    assert verify(log[:4]) == []
    faults = verify(log[:4], (6, log[5].hash))
    assert named(faults) == [(5, "deleted")]
    assert faults[0].what == "entries 5 to 6 are missing from the log's end"
    assert named(verify([], (1, log[0].hash))) == [(1, "deleted")]


def test_a_whole_log_forged_anew_shows_against_a_checkpoint() -> None:
    log, forged = plain(4), chain([Event("case.viewed", "", "forger", {})] * 4)
    assert verify(forged) == []
    assert named(verify(forged, (3, log[2].hash))) == [(3, "edited")]


def test_details_that_json_cannot_hold_are_an_edit_not_a_crash() -> None:
    log = plain(2)
    log[0] = replace(log[0], event=replace(log[0].event, details={"a": float("nan")}))  # type: ignore[dict-item]
    assert named(verify(log)) == [(1, "edited")]


def test_verifying_reads_the_log_as_a_stream() -> None:
    assert verify(entry for entry in plain(3)) == []


def test_every_event_named_anywhere_in_the_service_is_in_the_vocabulary() -> None:
    package = Path(__file__).parents[2] / "foi_mailbot"
    for source in package.rglob("*.py"):
        for name in re.findall(r'"((?:mail|case|letter|service)\.[a-z_]+)"', source.read_text(encoding="utf-8")):
            assert name in EVENTS, f"{source.name} writes {name}"
