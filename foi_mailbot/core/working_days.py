"""The statutory clock: when a request was received, and when its answer is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from foi_mailbot.errors import Parked

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Bank holidays of every part of the UK; `covers` is the first and last day they are known for, both included."""

    holidays: frozenset[date]
    covers: tuple[date, date]

    def is_working_day(self, day: date) -> bool:
        """Whether `day` counts: not a weekend, not a bank holiday in any part of the UK (FOIA s.10(6)).

        Raises Parked if the calendar does not cover that day.
        """
        first, last = self.covers
        if not first <= day <= last:
            raise Parked(
                f"The bank holidays of {day.year} are not known (the calendar runs from {first} to {last}), "
                "so the due date cannot be worked out."
            )
        return day.weekday() < 5 and day not in self.holidays


def receipt_date(at: datetime) -> date:
    """Return the day in the UK on which a mail received at `at` (timezone-aware) was received.

    Raises Parked if `at` has no time zone: the day would be a guess.
    """
    if at.tzinfo is None:
        raise Parked(f"The time of receipt {at} has no time zone, so the day of receipt is not certain.")
    return at.astimezone(LONDON).date()


def due(received_on: date, calendar: Calendar, days: int = 20) -> date:
    """Return the last day for an answer: the `days`-th working day following the date of receipt.

    FOIA s.10(1) ("not later than the twentieth working day following the date of receipt") and s.10(6) (working day:
    not a Saturday, a Sunday, Christmas Day, Good Friday or a bank holiday in any part of the United Kingdom). The day
    after receipt is the first that can count.

    Raises Parked if the calendar does not cover the whole period, ValueError if `days` is below 1.
    """
    if days < 1:
        raise ValueError("A time limit is at least one working day.")
    day, counted = received_on, 0
    while counted < days:
        day += timedelta(days=1)
        counted += calendar.is_working_day(day)
    return day


def working_days_between(start: date, end: date, calendar: Calendar) -> int:
    """Return how many working days follow `start` up to and including `end`; negative if `end` is earlier.

    `working_days_between(received, due(received, calendar), calendar) == 20`.
    Raises Parked if the calendar does not cover the whole period.
    """
    if end < start:
        return -working_days_between(end, start, calendar)
    span = (end - start).days
    return sum(calendar.is_working_day(start + timedelta(days=n)) for n in range(1, span + 1))


def lateness(due_on: date | None, today: date, calendar: Calendar) -> str:
    """Say how an open case stands against its due date, as a sentence with a blank behind it; "" without one.

    Raises Parked if the calendar does not cover the days between.
    """
    if due_on is None:
        return ""
    days = working_days_between(due_on, today, calendar)
    counted = f"{abs(days)} working day{'' if abs(days) == 1 else 's'}"
    stands = f"is {counted} late" if days > 0 else f"has {counted} left" if days < 0 else "is due today"
    return f"That case {stands} (due {due_on.isoformat()}). "
