from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from foi_mailbot.adapters.bank_holidays import load
from foi_mailbot.core.working_days import due

# Weekdays that are a bank holiday in any part of the UK, compared by hand with the published lists.
WEEKDAYS = {
    2026: "01-01 01-02 03-17 04-03 04-06 05-04 05-25 06-15 07-13 08-03 08-31 11-30 12-25 12-28",
    2027: "01-01 01-04 03-17 03-26 03-29 05-03 05-31 07-12 08-02 08-30 11-30 12-27 12-28",
    2028: "01-03 01-04 03-17 04-14 04-17 05-01 05-29 07-12 08-07 08-28 11-30 12-25 12-26",
}


@pytest.mark.parametrize("year", WEEKDAYS)
def test_a_years_holidays_are_those_of_all_four_nations(year: int) -> None:
    weekdays = {day for day in load([year]).holidays if day.weekday() < 5}
    assert weekdays == {date.fromisoformat(f"{year}-{day}") for day in WEEKDAYS[year].split()}


def test_the_calendar_covers_every_year_between_the_first_and_the_last() -> None:
    calendar = load([2028, 2026])
    assert calendar.covers == (date(2026, 1, 1), date(2028, 12, 31))
    assert date(2027, 3, 26) in calendar.holidays


def test_a_calendar_of_no_year_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one year"):
        load([])


def test_next_year_is_covered() -> None:
    year = datetime.now(UTC).year + 1
    calendar = load([year])
    assert calendar.covers == (date(year, 1, 1), date(year, 12, 31))
    assert len([day for day in calendar.holidays if day.weekday() < 5]) >= 12
    assert not calendar.is_working_day(date(year, 12, 25))


@pytest.mark.parametrize(
    ("received", "answer_due"),
    [("2026-11-23", "2026-12-22"), ("2026-12-18", "2027-01-21"), ("2026-06-01", "2026-06-30")],
)
def test_the_due_date_follows_from_the_real_calendar(received: str, answer_due: str) -> None:
    assert due(date.fromisoformat(received), load([2026, 2027])) == date.fromisoformat(answer_due)
