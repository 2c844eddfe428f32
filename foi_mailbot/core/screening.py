"""Mail nobody must answer (bounces, robots, lists, our own) is told from mail a person wrote."""

from __future__ import annotations

from dataclasses import dataclass

from foi_mailbot.core.request import Kind


@dataclass(frozen=True, slots=True)
class Suppress:
    """Log it, never answer it, no person needs to look."""

    kind: Kind  # AUTO_REPLY, BOUNCE, LIST or OTHER
    rule: str  # stable id, e.g. "auto-submitted"
    why: str  # plain English


@dataclass(frozen=True, slots=True)
class Hold:
    """A person decides; no letter is drafted."""

    kind: Kind
    rule: str
    why: str
