from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.working_days import Calendar, due, receipt_date, working_days_between
from foi_mailbot.errors import Parked

# Weekday bank holidays of any part of the UK, 2026 and the days of 2027 the examples reach.
WEEKDAYS = """
2026-01-01 2026-01-02 2026-03-17 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-06-15
2026-07-13 2026-08-03 2026-08-31 2026-11-30 2026-12-25 2026-12-28 2027-01-01 2027-01-04
"""
UK = Calendar(frozenset(map(date.fromisoformat, WEEKDAYS.split())), (date(2026, 1, 1), date(2027, 2, 28)))
ENGLAND_ONLY = Calendar(UK.holidays - {date(2026, 11, 30)}, UK.covers)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("received", "answer_due"),
    [
        ("2026-11-23", "2026-12-22"),  # St Andrew's Day, 30 November, is a bank holiday in Scotland alone
        ("2026-12-18", "2027-01-21"),  # Christmas, New Year and 4 January in Scotland
        ("2026-06-01", "2026-06-30"),  # 15 June 2026: Scotland, by royal proclamation
    ],
)
def test_an_answer_is_due_on_the_twentieth_working_day_after_receipt(received: str, answer_due: str) -> None:
    assert due(date.fromisoformat(received), UK) == date.fromisoformat(answer_due)


def test_a_bank_holiday_in_scotland_moves_an_english_councils_date() -> None:
    assert due(date(2026, 11, 23), ENGLAND_ONLY) == date(2026, 12, 21)


def test_the_day_of_receipt_never_counts_even_on_a_weekend() -> None:
    assert due(date(2026, 9, 7), UK, days=1) == date(2026, 9, 8)
    assert due(date(2026, 9, 5), UK, days=1) == date(2026, 9, 7)
    assert due(date(2026, 9, 4), UK, days=1) == date(2026, 9, 7)


def test_a_period_the_calendar_does_not_cover_goes_to_a_person() -> None:
    with pytest.raises(Parked, match="2027"):
        due(date(2027, 2, 15), UK)
    with pytest.raises(Parked, match="2025"):
        working_days_between(date(2025, 12, 30), date(2026, 1, 5), UK)


def test_a_time_limit_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        due(date(2026, 9, 7), UK, days=0)


@given(DAYS, st.integers(1, 25))
def test_the_due_day_is_a_working_day_with_exactly_that_many_counted(received: date, days: int) -> None:
    answer = due(received, UK, days)
    assert UK.is_working_day(answer)
    assert working_days_between(received, answer, UK) == days


@given(DAYS, DAYS)
def test_received_later_is_never_due_earlier(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert due(first, UK) <= due(second, UK)


@given(DAYS, DAYS, DAYS)
def test_working_days_add_up_and_turn_sign_with_direction(one: date, two: date, three: date) -> None:
    assert working_days_between(one, three, UK) == working_days_between(one, two, UK) + working_days_between(
        two, three, UK
    )
    assert working_days_between(one, two, UK) == -working_days_between(two, one, UK)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), date(2026, 7, 2)),  # summer time: midnight in London
        (datetime(2026, 7, 1, 22, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 11, 25, 3, 0, tzinfo=timezone(timedelta(hours=5))), date(2026, 11, 24)),
    ],
)
def test_the_day_of_receipt_is_the_day_in_the_uk(at: datetime, day: date) -> None:
    assert receipt_date(at) == day


def test_a_time_without_a_zone_goes_to_a_person() -> None:
    with pytest.raises(Parked, match="no time zone"):
        receipt_date(datetime(2026, 7, 1, 23, 0))  # noqa: DTZ001 -- the naive time is the point
