"""A case's states and the only moves between them, as data."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    SUPPRESSED = "suppressed"
    HELD_FOR_OFFICER = "held_for_officer"
    CASEWORK = "casework"  # we hold it: passed on
    DRAFTED = "drafted"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"  # SMTP's answer never came: a person decides
    FAILED = "failed"  # refused by the server
    REJECTED = "rejected"
    BOUNCED = "bounced"
    CLOSED = "closed"
