"""What sorts of mail there are, who looks at each, which clock each starts and what an officer reads, as data."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from foi_mailbot.core.working_days import Calendar, due


class Kind(StrEnum):
    """What sort of mail this is; only a REQUEST can get a redirect."""

    REQUEST = "request"
    WELSH = "welsh"
    FOLLOW_UP = "follow_up"
    CHASER = "chaser"
    ACKNOWLEDGEMENT = "acknowledgement"
    INTERNAL_REVIEW = "internal_review"
    SUBJECT_ACCESS = "subject_access"
    COMPLAINT = "complaint"
    LEGAL = "legal"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"
    SPAM = "spam"
    OTHER = "other"


class Route(StrEnum):
    """Who looks at a mail."""

    DECIDED = "decided"  # question by question, by the rulebook
    JOINS_CASE = "joins_case"  # an officer reads it beside the case it belongs to
    OFFICER = "officer"
    AT_ONCE = "at_once"  # an officer, before everything else that waits
    NOT_ANSWERED = "not_answered"  # suppressed on certain evidence, else an officer confirms it


class Clock(StrEnum):
    """Which time limit a mail starts by itself."""

    NONE = "none"
    TWENTY_WORKING_DAYS = "20_working_days"
    REVIEW_TARGET = "review_target"
    ONE_CALENDAR_MONTH = "one_calendar_month"


SOURCES: Mapping[Clock, str] = MappingProxyType(
    {
        Clock.NONE: "",
        Clock.TWENTY_WORKING_DAYS: "20 working days after receipt: FOIA s.10(1), EIR reg. 5(2).",
        Clock.REVIEW_TARGET: (
            "A target: FOIA sets no limit for a review, the s.45 Code of Practice and the ICO recommend 20 working "
            "days (40 in exceptional cases); for environmental information EIR reg. 11 sets 40 working days."
        ),
        Clock.ONE_CALENDAR_MONTH: "One calendar month from the day of receipt: UK GDPR Art. 12(3).",
    }
)
"""What an officer reads about a due date: how long, and which law says so."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What happens to mail of one kind; `says` is the sentence an officer reads."""

    route: Route
    clock: Clock
    says: str


TABLE: Mapping[Kind, Treatment] = MappingProxyType(
    {
        Kind.REQUEST: Treatment(
            Route.DECIDED, Clock.TWENTY_WORKING_DAYS, "This is a new request: each question is decided by the rulebook."
        ),
        Kind.WELSH: Treatment(
            Route.OFFICER,
            Clock.TWENTY_WORKING_DAYS,
            "This is written in Welsh, most likely a new request: someone who reads Welsh answers it, in Welsh.",
        ),
        Kind.FOLLOW_UP: Treatment(
            Route.JOINS_CASE,
            Clock.NONE,
            "This follows up a request. If that request was on hold for clarification and this clarifies it, a fresh "
            "20 working days run from its receipt: you decide whether it does.",
        ),
        Kind.CHASER: Treatment(
            Route.JOINS_CASE, Clock.NONE, "This asks where an answer is. It starts no clock; the request's own runs on."
        ),
        Kind.ACKNOWLEDGEMENT: Treatment(
            Route.JOINS_CASE, Clock.NONE, "This thanks or confirms receipt: it needs no answer."
        ),
        Kind.INTERNAL_REVIEW: Treatment(
            Route.OFFICER,
            Clock.REVIEW_TARGET,
            "This asks for an answer to be looked at again: someone who did not decide it handles the internal review.",
        ),
        Kind.SUBJECT_ACCESS: Treatment(
            Route.OFFICER,
            Clock.ONE_CALENDAR_MONTH,
            "This asks for the writer's own personal data, whatever it is called: it goes to data protection as a "
            "subject access request and never gets an FOI letter.",
        ),
        Kind.COMPLAINT: Treatment(
            Route.OFFICER,
            Clock.NONE,
            "This complains about a service: pass it to the complaints team. No FOI clock runs.",
        ),
        Kind.LEGAL: Treatment(
            Route.AT_ONCE,
            Clock.NONE,
            "This comes from the ICO, a tribunal or a lawyer: read it at once, it names its own time limit. Nothing is "
            "drafted.",
        ),
        Kind.AUTO_REPLY: Treatment(Route.NOT_ANSWERED, Clock.NONE, "This is an automatic reply: it is never answered."),
        Kind.BOUNCE: Treatment(
            Route.NOT_ANSWERED, Clock.NONE, "This says that a mail was not delivered: it is never answered."
        ),
        Kind.LIST: Treatment(Route.NOT_ANSWERED, Clock.NONE, "This went to a mailing list: it is never answered."),
        Kind.SPAM: Treatment(
            Route.NOT_ANSWERED, Clock.NONE, "This reads like spam: it is never answered, and kept in case it is not."
        ),
        Kind.OTHER: Treatment(Route.OFFICER, Clock.NONE, "This is none of the kinds of mail that are known here."),
    }
)
"""Kind -> who looks, which clock, what an officer reads. docs/kinds.md shows the same table."""


def due_by(kinds: Iterable[Kind], received_on: date, calendar: Calendar) -> date | None:
    """Return the earliest due date that mail of those kinds, received on that day, starts; None if none does.

    A review's is a target: 20 working days, the shorter of its two. Raises Parked beyond the known bank holidays.
    """
    clocks = {TABLE[kind].clock for kind in kinds} - {Clock.NONE}
    found = [_end(clock, received_on, calendar) for clock in clocks]
    return min(found) if found else None


def _end(clock: Clock, received_on: date, calendar: Calendar) -> date:
    return month_after(received_on) if clock is Clock.ONE_CALENDAR_MONTH else due(received_on, calendar)


def month_after(day: date) -> date:
    """Return the same day of the next month, or that month's last day where it is shorter (UK GDPR Art. 12(3)).

    The day is not moved past a weekend or bank holiday: the earlier reading of the limit is the safe one.
    """
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, months.monthrange(year, month)[1]))
