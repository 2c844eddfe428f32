"""Two people switch automatic sending of one function on, anyone switches it off, and officers look at a sample."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from foi_mailbot.core.audit import Value
from foi_mailbot.core.granting import Grant, Status, grantable, is_name, rule_sha256, same_person
from foi_mailbot.core.learning import USUAL_FLOOR, Floor
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.working_days import receipt_date
from foi_mailbot.errors import Parked
from foi_mailbot.ports import CaseRow
from foi_mailbot.ports_granting import AutoRow
from foi_mailbot.service import learning, records
from foi_mailbot.service.assess import Council
from foi_mailbot.service.automatic import overturn, suspend
from foi_mailbot.service.journal import Journal, Step
from foi_mailbot.service.lookup import find_case

_LIST = "`foi-mailbot auto list` names every grant."


@dataclass(frozen=True, slots=True)
class GrantDesk:
    """Where grants are given and ended. Every method raises Parked, in plain English, if it cannot be done."""

    journal: Journal
    councils: Mapping[str, Council]  # by mailbox name
    rulebook: Rulebook
    days: int = 365  # a grant lasts at most so long
    floor: Floor = USUAL_FLOOR

    def propose(self, function: str, *, mailbox: str, until: date, by: str, reason: str) -> Grant:
        """Propose that one function's letters leave one mailbox without an officer until (not on) that day."""
        _signed(by)
        if not reason.strip():
            raise Parked("Say why: the reason is kept with the grant.")
        council = self.councils.get(mailbox)
        if council is None:
            raise Parked(f"There is no mailbox {mailbox} in the settings. They name: {', '.join(self.councils)}.")
        with self.journal.step() as step:
            now = self.journal.clock()
            today = receipt_date(now)
            self._check_time(until, today)
            body, why = grantable(function, council.authority, self.rulebook, today)
            if why:
                raise Parked(why)
            grant = Grant(
                id=f"G{step.tx.cases.next_number('grant', 1):06d}",
                mailbox=mailbox,
                authority=council.authority,
                function=function,
                body=body,
                rule_sha256=rule_sha256(function, council.authority, self.rulebook),
                until=until,
                reason=reason,
                proposed_by=by,
                proposed_at=now,
            )
            step.tx.grants.put(grant)
            digest = hashlib.sha256(reason.encode()).hexdigest()
            _seal(step, "grant.proposed", grant, by, bodies=[body], reason_sha256=digest)
        return grant

    def _check_time(self, until: date, today: date) -> None:
        last = today + timedelta(days=self.days)
        if not today < until <= last:
            raise Parked(f"A grant ends after today and by {last} ({self.days} days): --until {until} is not between.")

    def confirm(self, grant_id: str, *, by: str) -> Grant:
        """Put a proposed grant in force; the person who proposed it cannot."""
        _signed(by)
        with self.journal.step() as step:
            grant, now = _grant(step, grant_id), self.journal.clock()
            status = grant.status(self.rulebook, receipt_date(now))
            if status is not Status.PROPOSED:
                raise Parked(f"Grant {grant.id} is {status.replace('_', ' ')}: only a proposed one can be confirmed.")
            if same_person(by, grant.proposed_by):
                raise Parked(f"{grant.proposed_by} proposed grant {grant.id}: a second person has to confirm it.")
            confirmed = replace(grant, confirmed_by=by, confirmed_at=now)
            step.tx.grants.put(confirmed)
            _seal(step, "grant.confirmed", confirmed, by, proposed_by=grant.proposed_by)
        return confirmed

    def suspend(self, grant_id: str, *, by: str, reason: str) -> list[Grant]:
        """End a grant, and all others of its function in its mailbox, at once; letters not yet sent stay for a person.

        Returns those that ended.
        """
        _signed(by)
        if not reason.strip():
            raise Parked("Say why: the reason is kept with the grant.")
        with self.journal.step() as step:
            grant = _grant(step, grant_id)
            if grant.suspended_at is not None:
                raise Parked(f"Grant {grant.id} was suspended already, by {grant.suspended_by}.")
            return suspend(step, grant, by=by, reason=reason)

    def listed(self) -> list[tuple[Grant, Status]]:
        """Return every grant with how it stands today, by id."""
        with self.journal.step() as step:
            grants = step.tx.grants.find()
        today = receipt_date(self.journal.clock())
        return [(grant, grant.status(self.rulebook, today)) for grant in grants]

    def waiting(self) -> list[tuple[CaseRow, AutoRow]]:
        """Return the cases of the sample that no officer has looked at yet, by id."""
        with self.journal.step() as step:
            rows = [(step.tx.cases.get(row.case_id), row) for row in step.tx.automatic.waiting()]
        return [(case, row) for case, row in rows if case is not None]

    def reviewed(self, key: str, *, by: str, right: bool, reason: str) -> list[Grant]:
        """Record that an officer looked at a case sent under grants; if it is wrong, return the grants ended by it."""
        _signed(by)
        if not reason.strip():
            raise Parked("Say what you looked at: the reason is kept with the case.")
        with self.journal.step() as step:
            case = find_case(step.tx, key)
            approval = _approval(step, case)
            verdict = "right" if right else "wrong"
            about = f"looked at it afterwards, {verdict}"
            moved = records.with_remark(case, at=self.journal.clock(), actor=by, about=about, text=reason)
            step.tx.cases.update(moved)
            digest = hashlib.sha256(reason.encode()).hexdigest()
            step.record("case.reviewed", case=case.id, actor=by, verdict=verdict, reason_sha256=digest)
            if not right:
                return overturn(step, case.id, by=by, reason=reason)
            step.tx.automatic.put(replace(approval, verdict=verdict, reviewed_by=by))
            learning.confirm(step, moved, by, self.rulebook, self.floor)
        return []


def _signed(by: str) -> None:
    if not is_name(by):
        raise Parked("Say who you are: --by NAME, the name of a person.")


def _grant(step: Step, grant_id: str) -> Grant:
    grant = step.tx.grants.get(grant_id)
    if grant is None:
        raise Parked(f"There is no grant {grant_id}. {_LIST}")
    return grant


def _approval(step: Step, case: CaseRow) -> AutoRow:
    approval = step.tx.automatic.get(case.id)
    if approval is None or approval.withdrawn:
        raise Parked(f"The letter of case {case.id} was not approved automatically: `foi-mailbot correct` is for it.")
    if approval.verdict == "wrong":
        raise Parked(f"Case {case.id} was found wrong already, by {approval.reviewed_by}: that stands.")
    return approval


def _seal(step: Step, event: str, grant: Grant, by: str, **details: Value) -> None:
    step.record(
        event,
        case="",
        actor=by,
        grant=grant.id,
        function=grant.function,
        mailbox=grant.mailbox,
        until=grant.until.isoformat(),
        rule_sha256=grant.rule_sha256,
        **details,
    )
