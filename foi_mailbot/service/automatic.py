"""Automatic sending: a new case's letter is approved under grants in intake's own transaction, and watched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from foi_mailbot.core.contacts import STALE_AFTER_DAYS
from foi_mailbot.core.granting import AUTO, Grant, Ruling, Status, rule_on, sampled
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.working_days import receipt_date
from foi_mailbot.ports import CaseRow, LetterRow, OutboxRow
from foi_mailbot.ports_granting import AutoRow
from foi_mailbot.service import records
from foi_mailbot.service.assess import Assessment, Council, Draft
from foi_mailbot.service.journal import Step
from foi_mailbot.service.posting import outbox_row

OFF = Ruling((), ("automatic sending is switched off",))


@dataclass(frozen=True, slots=True)
class Automatic:
    """The only approver that is no person. `percent` and `first` choose what an officer must look at afterwards."""

    rulebook: Rulebook
    switched_on: bool = False
    percent: int = 10
    first: int = 5
    contacts_stale_after_days: int = STALE_AFTER_DAYS

    def ruling(self, step: Step, assessed: Assessment, draft: Draft | None, council: Council) -> Ruling:
        """Rule on a new case's letter before it is stored."""
        if not self.switched_on or draft is None:
            return OFF
        grants = [g for g in step.tx.grants.find(council.mailbox) if g.authority == council.authority]
        ruling = rule_on(
            assessed.decision,
            assessed.request,
            assessed.message,
            blocked=draft.letter.blocked,
            warnings=draft.warnings,
            grants=grants,
            rulebook=self.rulebook,
            received_on=assessed.received_on,
            on=receipt_date(step.clock()),
            contacts_stale_after_days=self.contacts_stale_after_days,
        )
        # RFC 3834 section 2: no sender may draw automatic answers again and again, whoever stands in its From.
        if step.tx.automatic.to(draft.letter.recipient.lower()):
            return replace(ruling, reasons=(*ruling.reasons, "this address had an automatic letter before"))
        return ruling

    def approve(self, step: Step, case: CaseRow, letter: LetterRow, grants: Iterable[Grant], council: Council) -> None:
        """Put a stored case's letter in the outbox under those grants, as actor `auto`; the case is approved already.

        The mail bears no `Auto-Submitted`: it is the council's answer, which its reader must be able to reply to
        (docs/adr/0007-automatic-sending.md).
        """
        now, ids = step.clock(), [grant.id for grant in grants]
        current = [found for found in map(step.tx.grants.get, ids) if found is not None]
        chosen = any(sampled(case.id, g.used, percent=self.percent, first=self.first) for g in current)
        row = outbox_row(case, letter, council, now)
        step.tx.outbox.put(row)
        step.tx.automatic.put(
            AutoRow(case.id, letter.recipient.lower(), letter.content_sha256, tuple(ids), now, sampled=chosen)
        )
        for grant in current:
            step.tx.grants.put(replace(grant, used=grant.used + 1))
        words = "; ".join(f"{g.id} ({g.function}: {g.proposed_by}, confirmed by {g.confirmed_by})" for g in current)
        about = "approved without an officer"
        step.tx.cases.update(records.with_remark(case, at=now, actor=AUTO, about=about, text=f"under grant {words}"))
        step.record(
            "letter.approved",
            case=case.id,
            actor=AUTO,
            grants=ids,
            sampled=chosen,
            content_sha256=letter.content_sha256,
            message_sha256=hashlib.sha256(row.content).hexdigest(),
            message_id=row.message_id,
            rulebook_sha256=case.rulebook_sha256,
        )

    def withdrawn(self, step: Step, row: OutboxRow) -> str:
        """Return why an approval under grants no longer stands just before sending; "" if it does, or is a person's.

        What it returns a reason for is from then on nobody's approval.
        """
        approval = step.tx.automatic.get(row.case_id)
        if approval is None or approval.withdrawn or approval.content_sha256 != row.content_sha256:
            return ""
        why = self._fallen(step, approval)
        if why:
            step.tx.automatic.put(replace(approval, withdrawn=True))
        return why

    def _fallen(self, step: Step, approval: AutoRow) -> str:
        if not self.switched_on:
            return "Automatic sending was switched off before this letter left: read it and approve it."
        today = receipt_date(step.clock())
        for grant_id in approval.grants:
            grant = step.tx.grants.get(grant_id)
            status = grant.status(self.rulebook, today) if grant else Status.SUSPENDED
            if status is not Status.ACTIVE:
                return (
                    f"Grant {grant_id} is {status.replace('_', ' ')} since this letter was approved under it: "
                    "read it and approve it."
                )
        return ""


def taken_over(step: Step, case_id: str) -> None:
    """Note that an officer approved this case's letter: no grant answers for it any more."""
    approval = step.tx.automatic.get(case_id)
    if approval is not None and not approval.withdrawn:
        step.tx.automatic.put(replace(approval, withdrawn=True))


def suspend(step: Step, grant: Grant, *, by: str, reason: str, case: str = "") -> list[Grant]:
    """End that grant and every other of its function in its mailbox, proposed ones too; return those ended now.

    So nothing but a new proposal and a new confirmation brings automatic sending of that function back.
    """
    same = [g for g in step.tx.grants.find(grant.mailbox) if g.function == grant.function and g.suspended_at is None]
    ended = [replace(g, suspended_by=by, suspended_at=step.clock(), suspended_for=reason) for g in same]
    for one in ended:
        step.tx.grants.put(one)
        step.record(
            "grant.suspended",
            case=case,
            actor=by,
            grant=one.id,
            function=one.function,
            mailbox=one.mailbox,
            cause="overturned" if case else "person",
            reason_sha256=hashlib.sha256(reason.encode()).hexdigest(),
        )
    return ended


def overturn(step: Step, case_id: str, *, by: str, reason: str) -> list[Grant]:
    """Mark a case sent under grants as wrong and suspend all its grants; [] if no grant answers for the case."""
    approval = step.tx.automatic.get(case_id)
    if approval is None or approval.withdrawn or approval.verdict == "wrong":
        return []
    step.tx.automatic.put(replace(approval, verdict="wrong", reviewed_by=by))
    grants = [grant for grant in map(step.tx.grants.get, approval.grants) if grant is not None]
    return [ended for grant in grants for ended in suspend(step, grant, by=by, reason=reason, case=case_id)]
