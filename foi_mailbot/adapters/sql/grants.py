"""Grants, letters approved under them, and officers' verdicts: the ports Grants, AutoLetters and Verdicts in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import case, delete, false, func, select, true

from foi_mailbot.adapters.sql.tables import auto_letters, demotions, grants, verdicts
from foi_mailbot.adapters.sql.work import Work, values_of
from foi_mailbot.core.granting import Grant
from foi_mailbot.core.learning import Tally, Verdict
from foi_mailbot.ports_granting import AutoRow, VerdictRow


class SqlGrants:
    """ports.Grants."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, grant: Grant) -> None:
        """Insert or replace by id."""
        values = values_of(grant)
        statement = self._work.insert(grants).values(values)
        self._work.run(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def get(self, grant_id: str) -> Grant | None:
        """Return the grant of that id."""
        found = self._work.run(select(grants).where(grants.c.id == grant_id)).mappings().first()
        return None if found is None else Grant(**found)

    def find(self, mailbox: str = "") -> list[Grant]:
        """Return all grants (or a mailbox's), by id."""
        statement = select(grants).order_by(grants.c.id)
        found = self._work.run(statement.where(grants.c.mailbox == mailbox) if mailbox else statement)
        return [Grant(**row) for row in found.mappings()]


class SqlAutoLetters:
    """ports.AutoLetters."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, row: AutoRow) -> None:
        """Insert or replace by case id; raises Parked if there is no such case."""
        values = values_of(row)
        statement = self._work.insert(auto_letters).values(values)
        self._work.run(statement.on_conflict_do_update(index_elements=["case_id"], set_=values))

    def get(self, case_id: str) -> AutoRow | None:
        """Return a case's, None if its letter was never approved under a grant."""
        found = self._work.run(select(auto_letters).where(auto_letters.c.case_id == case_id)).mappings().first()
        return None if found is None else AutoRow(**found)

    def to(self, recipient: str) -> list[AutoRow]:
        """Return those to that address (lower-cased), by case id."""
        statement = select(auto_letters).where(auto_letters.c.recipient == recipient).order_by(auto_letters.c.case_id)
        return [AutoRow(**row) for row in self._work.run(statement).mappings()]

    def waiting(self) -> list[AutoRow]:
        """Return those sampled and not yet reviewed, nor withdrawn, by case id."""
        statement = select(auto_letters).where(
            auto_letters.c.sampled == true(),  # a comparison that an index serves, not a truth test
            auto_letters.c.verdict == "",
            auto_letters.c.withdrawn == false(),
        )
        return [AutoRow(**row) for row in self._work.run(statement.order_by(auto_letters.c.case_id)).mappings()]


class SqlVerdicts:
    """ports.Verdicts."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, row: VerdictRow) -> None:
        """Insert or replace by case, ask and rule; raises Parked if there is no such case."""
        values = values_of(row)
        statement = self._work.insert(verdicts).values(values)
        self._work.run(statement.on_conflict_do_update(index_elements=["case_id", "ask", "rule"], set_=values))

    def of_case(self, case_id: str) -> list[VerdictRow]:
        """Return a case's, by ask and rule."""
        statement = select(verdicts).where(verdicts.c.case_id == case_id).order_by(verdicts.c.ask, verdicts.c.rule)
        return [VerdictRow(**row) for row in self._work.run(statement).mappings()]

    def tallies(self, rules: Sequence[str] = ()) -> list[tuple[str, Tally]]:
        """Count verdicts (of those rules) for each (`rule_sha256`, rule), by rule then hash."""
        right = func.sum(case((verdicts.c.verdict == Verdict.RIGHT, 1), else_=0))
        rule, sha256 = verdicts.c.rule, verdicts.c.rule_sha256
        statement = (
            select(rule, sha256, right.label("good"), func.count().label("n"))
            .group_by(rule, sha256)
            .order_by(rule, sha256)
        )
        found = self._work.run(statement.where(rule.in_(rules)) if rules else statement)
        return [
            (row["rule_sha256"], Tally(row["rule"], int(row["good"]), int(row["n"]) - int(row["good"])))
            for row in found.mappings()
        ]

    def demoted(self) -> list[Tally]:
        """Return the demoted rules with what they were last counted at, by rule."""
        return [Tally(**row) for row in self._work.run(select(demotions).order_by(demotions.c.rule)).mappings()]

    def demote(self, rule: str, tally: Tally | None) -> None:
        """Demote a rule or count it anew; None lifts its demotion."""
        if tally is None:
            self._work.run(delete(demotions).where(demotions.c.rule == rule))
            return
        values = asdict(tally)
        statement = self._work.insert(demotions).values(values)
        self._work.run(statement.on_conflict_do_update(index_elements=["rule"], set_=values))
