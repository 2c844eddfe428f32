"""A case's states and the only moves between them, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from foi_mailbot.errors import IllegalMove


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


class Action(StrEnum):
    """What can be done to a case."""

    DRAFT = "draft"
    SUPPRESS = "suppress"
    HOLD = "hold"
    KEEP = "keep"
    APPROVE = "approve"
    APPROVE_BY_GRANT = "approve_by_grant"  # a new case's first move, or never
    REVOKE_APPROVAL = "revoke_approval"
    EDIT = "edit"
    REJECT = "reject"
    RELEASE = "release"
    CLAIM = "claim"  # the outbox row is committed, SMTP comes next
    ACCEPT = "accept"  # the server took the letter
    DOUBT = "doubt"  # its answer never came
    REFUSE = "refuse"  # it refused for good
    RETRY = "retry"  # it surely did not take the letter: a Transient, and nothing else
    RESOLVE_SENT = "resolve_sent"
    RESOLVE_UNSENT = "resolve_unsent"
    BOUNCE = "bounce"
    CLOSE = "close"


PERSON_ONLY: frozenset[Action] = frozenset(
    {Action.APPROVE, Action.EDIT, Action.REJECT, Action.RELEASE, Action.RESOLVE_UNSENT}
)
"""Actions the service never takes by itself: the actor of each is an officer."""

GRANT_ONLY: frozenset[Action] = frozenset({Action.APPROVE_BY_GRANT})
"""Actions the service takes only under a grant that two people gave beforehand (core.granting)."""

_MOVES: Mapping[State, Mapping[Action, State]] = {
    State.RECEIVED: {
        Action.DRAFT: State.DRAFTED,
        Action.SUPPRESS: State.SUPPRESSED,
        Action.HOLD: State.HELD_FOR_OFFICER,
        Action.KEEP: State.CASEWORK,
        Action.APPROVE_BY_GRANT: State.APPROVED,
    },
    State.SUPPRESSED: {
        Action.RELEASE: State.HELD_FOR_OFFICER,
        Action.CLOSE: State.CLOSED,
    },
    State.HELD_FOR_OFFICER: {
        Action.RELEASE: State.DRAFTED,
        Action.DRAFT: State.DRAFTED,
        Action.EDIT: State.DRAFTED,
        Action.KEEP: State.CASEWORK,
        Action.SUPPRESS: State.SUPPRESSED,
        Action.REJECT: State.REJECTED,
        Action.CLOSE: State.CLOSED,
    },
    State.CASEWORK: {
        Action.HOLD: State.HELD_FOR_OFFICER,
        Action.CLOSE: State.CLOSED,
    },
    State.DRAFTED: {
        Action.APPROVE: State.APPROVED,
        Action.EDIT: State.DRAFTED,
        Action.DRAFT: State.DRAFTED,
        Action.HOLD: State.HELD_FOR_OFFICER,
        Action.KEEP: State.CASEWORK,
        Action.REJECT: State.REJECTED,
    },
    State.APPROVED: {
        Action.CLAIM: State.SENDING,
        Action.REVOKE_APPROVAL: State.DRAFTED,
        Action.EDIT: State.DRAFTED,
        Action.HOLD: State.HELD_FOR_OFFICER,
        Action.REJECT: State.REJECTED,
    },
    State.SENDING: {
        Action.ACCEPT: State.SENT,
        Action.DOUBT: State.UNCERTAIN,
        Action.REFUSE: State.FAILED,
        Action.RETRY: State.APPROVED,
    },
    State.SENT: {
        Action.BOUNCE: State.BOUNCED,
        Action.CLOSE: State.CLOSED,
    },
    State.UNCERTAIN: {
        Action.RESOLVE_SENT: State.SENT,
        Action.RESOLVE_UNSENT: State.APPROVED,
        Action.BOUNCE: State.BOUNCED,
    },
    State.FAILED: {
        Action.EDIT: State.DRAFTED,
        Action.HOLD: State.HELD_FOR_OFFICER,
        Action.REJECT: State.REJECTED,
        Action.CLOSE: State.CLOSED,
    },
    State.REJECTED: {
        Action.RELEASE: State.HELD_FOR_OFFICER,
        Action.CLOSE: State.CLOSED,
    },
    State.BOUNCED: {
        Action.EDIT: State.DRAFTED,
        Action.HOLD: State.HELD_FOR_OFFICER,
        Action.CLOSE: State.CLOSED,
    },
    State.CLOSED: {},
}

TRANSITIONS: Mapping[tuple[State, Action], State] = MappingProxyType(
    {(state, action): target for state, moves in _MOVES.items() for action, target in moves.items()}
)
"""Every legal move: (where a case stands, what is done) -> where it stands then. Nothing else exists."""


def allowed(state: State) -> tuple[Action, ...]:
    """Return the actions a case in that state can take, in the table's order."""
    return tuple(_MOVES[state])


def advance(state: State, action: Action) -> State:
    """Return the state that action leads to.

    Raises IllegalMove, naming the actions that state allows.
    """
    target = TRANSITIONS.get((state, action))
    if target is None:
        names = ", ".join(allowed(state)) or "none, the case is finished"
        raise IllegalMove(f"A case in state '{state}' cannot take '{action}'. Allowed from here: {names}.")
    return target
