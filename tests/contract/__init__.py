"""One suite a port, run over every adapter of it."""

from __future__ import annotations

from collections.abc import Sequence

from foi_mailbot.ports import Mailbox, RawMail


def fetched(mailbox: Mailbox, uids: Sequence[int]) -> list[RawMail]:
    """Return all portions of a fetch as one list."""
    return [mail for portion in mailbox.fetch(uids) for mail in portion]
