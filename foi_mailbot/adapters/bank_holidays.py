"""The UK's bank holidays, from the `holidays` package: rule based, offline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import holidays

from foi_mailbot.core.working_days import Calendar

NATIONS = ("ENG", "WLS", "SCT", "NIR")


def load(years: Iterable[int]) -> Calendar:
    """Return the calendar from the first to the last of `years`, gaps filled.

    FOIA s.10(6) counts a bank holiday in any part of the United Kingdom, so it is the union of the four nations.
    Raises ValueError if there is no year.
    """
    wanted = sorted(set(years))
    if not wanted:
        raise ValueError("A calendar needs at least one year.")
    span = range(wanted[0], wanted[-1] + 1)
    days: set[date] = set()
    for nation in NATIONS:
        days.update(holidays.country_holidays("GB", subdiv=nation, years=span))
    return Calendar(frozenset(days), (date(span[0], 1, 1), date(span[-1], 12, 31)))
