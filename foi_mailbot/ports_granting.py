"""What automatic sending and learning from officers need of the store: three ports of a Transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from foi_mailbot.core.granting import Grant
from foi_mailbot.core.learning import Tally, Verdict


@dataclass(frozen=True, slots=True)
class AutoRow:
    """A letter approved under grants instead of by an officer, and what an officer said of it afterwards."""

    case_id: str
    recipient: str  # lower-cased
    content_sha256: str
    grants: tuple[str, ...]  # ids
    at: datetime
    sampled: bool  # whether an officer must look at it
    withdrawn: bool = False  # the approval is no longer this one: an officer's took its place, or none
    verdict: str = ""  # "", "right" or "wrong"
    reviewed_by: str = ""


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What an officer's word on one ask says of one rule; unique by case, ask and rule, the newest standing.

    `rule` is "" where no rule fired. `rule_sha256` (core.granting) names the wording that was judged.
    """

    case_id: str
    ask: int  # its place in the decision, from 1
    rule: str  # "libraries/strong"
    function: str  # the rule's
    verdict: Verdict
    should_be: str  # the function that would have been right, or ""
    rule_sha256: str
    at: datetime
    actor: str


class Grants(Protocol):
    """Grants of automatic sending."""

    def put(self, grant: Grant) -> None:
        """Insert or replace by id."""

    def get(self, grant_id: str) -> Grant | None:
        """Return the grant of that id."""

    def find(self, mailbox: str = "") -> list[Grant]:
        """Return all grants (or a mailbox's), by id."""


class AutoLetters(Protocol):
    """Letters that were approved under a grant."""

    def put(self, row: AutoRow) -> None:
        """Insert or replace by case id."""

    def get(self, case_id: str) -> AutoRow | None:
        """Return a case's, None if its letter was never approved under a grant."""

    def to(self, recipient: str) -> list[AutoRow]:
        """Return those to that address (lower-cased), by case id."""

    def waiting(self) -> list[AutoRow]:
        """Return those sampled and not yet reviewed, nor withdrawn, by case id."""


class Verdicts(Protocol):
    """What officers said of each rule, and which rules are demoted for it."""

    def put(self, row: VerdictRow) -> None:
        """Insert or replace by case, ask and rule."""

    def of_case(self, case_id: str) -> list[VerdictRow]:
        """Return a case's, by ask and rule."""

    def tallies(self, rules: Sequence[str] = ()) -> list[tuple[str, Tally]]:
        """Count verdicts (of those rules) for each (`rule_sha256`, rule), by rule then hash."""

    def demoted(self) -> list[Tally]:
        """Return the demoted rules with what they were last counted at, by rule."""

    def demote(self, rule: str, tally: Tally | None) -> None:
        """Demote a rule or count it anew; None lifts its demotion."""
