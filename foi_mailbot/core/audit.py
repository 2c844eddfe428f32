"""The sealed log: each entry carries the hash of the one before, so an edit, gap or reorder shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Value = str | int | bool | None | list[str]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, before it is sealed. No personal data in `details`: ids, codes and hashes only."""

    name: str  # one of core.audit.EVENTS
    case: str  # case id, "" for service-wide events
    actor: str  # "system" or the officer's account name
    details: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Entry:
    """A sealed event: `hash` = SHA-256 (hex) over canonical JSON of all other fields, `previous` among them."""

    seq: int  # from 1, without gaps
    at: str  # ISO 8601 UTC with offset, microseconds: 2026-11-24T09:00:00.000000+00:00
    event: Event
    previous: str  # hash of entry seq-1; 64 zeros for the first
    hash: str
