"""The ports Grants, AutoLetters and Verdicts in memory: shelves of the store in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from foi_mailbot.core.granting import Grant
from foi_mailbot.core.learning import Tally, Verdict
from foi_mailbot.ports_granting import AutoRow, VerdictRow


@dataclass(slots=True)
class GrantShelves:
    """Everything these three ports store. Rows are frozen, so copying the dictionaries copies the shelves."""

    grants: dict[str, Grant] = field(default_factory=dict)
    letters: dict[str, AutoRow] = field(default_factory=dict)
    verdicts: dict[tuple[str, int, str], VerdictRow] = field(default_factory=dict)
    demoted: dict[str, Tally] = field(default_factory=dict)

    def copy(self) -> GrantShelves:
        """Return shelves that can be changed without changing these."""
        return GrantShelves(dict(self.grants), dict(self.letters), dict(self.verdicts), dict(self.demoted))


class MemoryGrants:
    """ports.Grants."""

    def __init__(self, shelves: GrantShelves) -> None:
        self._grants = shelves.grants

    def put(self, grant: Grant) -> None:
        """Insert or replace by id."""
        self._grants[grant.id] = grant

    def get(self, grant_id: str) -> Grant | None:
        """Return the grant of that id."""
        return self._grants.get(grant_id)

    def find(self, mailbox: str = "") -> list[Grant]:
        """Return all grants (or a mailbox's), by id."""
        return [g for _, g in sorted(self._grants.items()) if mailbox in ("", g.mailbox)]


class MemoryAutoLetters:
    """ports.AutoLetters."""

    def __init__(self, shelves: GrantShelves, require_case: Callable[[str], None]) -> None:
        self._letters, self._require_case = shelves.letters, require_case

    def put(self, row: AutoRow) -> None:
        """Insert or replace by case id; raises Parked if there is no such case."""
        self._require_case(row.case_id)
        self._letters[row.case_id] = row

    def get(self, case_id: str) -> AutoRow | None:
        """Return a case's, None if its letter was never approved under a grant."""
        return self._letters.get(case_id)

    def to(self, recipient: str) -> list[AutoRow]:
        """Return those to that address (lower-cased), by case id."""
        return [row for _, row in sorted(self._letters.items()) if row.recipient == recipient]

    def waiting(self) -> list[AutoRow]:
        """Return those sampled and not yet reviewed, nor withdrawn, by case id."""
        return [r for _, r in sorted(self._letters.items()) if r.sampled and not r.verdict and not r.withdrawn]


class MemoryVerdicts:
    """ports.Verdicts."""

    def __init__(self, shelves: GrantShelves, require_case: Callable[[str], None]) -> None:
        self._verdicts, self._demoted, self._require_case = shelves.verdicts, shelves.demoted, require_case

    def put(self, row: VerdictRow) -> None:
        """Insert or replace by case, ask and rule; raises Parked if there is no such case."""
        self._require_case(row.case_id)
        self._verdicts[row.case_id, row.ask, row.rule] = row

    def of_case(self, case_id: str) -> list[VerdictRow]:
        """Return a case's, by ask and rule."""
        return [row for key, row in sorted(self._verdicts.items()) if key[0] == case_id]

    def tallies(self, rules: Sequence[str] = ()) -> list[tuple[str, Tally]]:
        """Count verdicts (of those rules) for each (`rule_sha256`, rule), by rule then hash."""
        rows = [row for row in self._verdicts.values() if not rules or row.rule in rules]
        right = Counter((row.rule, row.rule_sha256) for row in rows if row.verdict is Verdict.RIGHT)
        every = Counter((row.rule, row.rule_sha256) for row in rows)
        return [(key[1], Tally(key[0], right[key], every[key] - right[key])) for key in sorted(every)]

    def demoted(self) -> list[Tally]:
        """Return the demoted rules with what they were last counted at, by rule."""
        return [tally for _, tally in sorted(self._demoted.items())]

    def demote(self, rule: str, tally: Tally | None) -> None:
        """Demote a rule or count it anew; None lifts its demotion."""
        if tally is None:
            self._demoted.pop(rule, None)
        else:
            self._demoted[rule] = tally
