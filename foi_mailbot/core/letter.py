"""A Decision becomes a Letter: which template, what it is told, and what each regime's letter must contain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """A drafted reply. `blocked` lists, in plain English, what stops it from being approved (empty: nothing)."""

    recipient: str  # exactly one address: the one that wrote
    subject: str
    text: str
    html: str
    template: str
    in_reply_to: str
    references: tuple[str, ...]
    blocked: tuple[str, ...] = ()
