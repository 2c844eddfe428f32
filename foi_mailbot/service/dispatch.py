"""Dispatch: an approved letter leaves exactly once, or stands as uncertain for a person; the only caller of Sender.

The row says `sending` on disk before SMTP hears of it. A crash or silence after that is `uncertain`: nothing is
ever sent again by guess (architecture, "Exactly-once, as far as mail allows").
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from foi_mailbot.core.case import Action, State, advance
from foi_mailbot.errors import Parked, Refused, Transient, Uncertain
from foi_mailbot.ports import LETTER, Envelope, OutboxRow, Receipt, Sender
from foi_mailbot.service.journal import Journal, Step

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends what is approved, through the mailbox's own sender."""

    journal: Journal
    senders: Mapping[str, Sender]  # by mailbox name

    def recover(self) -> int:
        """Turn letters that a crash left in `sending` to `uncertain`; return how many. Run once, before sending."""
        with self.journal.step() as step:
            doubtful = step.tx.outbox.in_doubt()
            for row in doubtful:
                _move(step, row, Action.DOUBT, "The service stopped before the mail server's answer was recorded.")
                step.record("letter.uncertain", case=row.case_id, message_id=row.message_id, cause="interrupted")
        return len(doubtful)

    async def run(self) -> int:
        """Send every letter that is ready; return how many the server accepted."""
        with self.journal.step() as step:
            ready = step.tx.outbox.ready(self.journal.clock())
        return sum([await self._one(row.case_id, row.purpose) for row in ready])

    async def _one(self, case_id: str, purpose: str) -> bool:
        row = self._claim(case_id, purpose)
        if row is None:
            return False
        sender = self.senders[row.mailbox]
        try:
            receipt = await sender.send(Envelope(row.sender, row.recipient, row.content))
        except Transient as fault:
            self._retry(row, str(fault))
        except Refused as fault:
            self._settle(row, Action.REFUSE, str(fault), "letter.refused")
        except Uncertain as fault:
            self._settle(row, Action.DOUBT, str(fault), "letter.uncertain")
        else:
            self._sent(row, receipt)
            return True
        return False

    def _claim(self, case_id: str, purpose: str) -> OutboxRow | None:
        """Commit `sending`, or take the approval back if anything it bound to has changed since."""
        with self.journal.step() as step:
            row = step.tx.outbox.get(case_id, purpose)
            if row is None or row.state is not State.APPROVED:
                return None
            if purpose == LETTER and not _still_approved(step, row):
                _move(step, row, Action.REVOKE_APPROVAL, "The letter changed after it was approved; approve it again.")
                step.record("letter.revoked", case=case_id, content_sha256=row.content_sha256)
                return None
            claimed = _move(step, replace(row, attempts=row.attempts + 1), Action.CLAIM, "")
            digest = hashlib.sha256(row.content).hexdigest()
            step.record(
                "letter.sending", case=case_id, purpose=purpose, message_id=row.message_id, message_sha256=digest
            )
            return claimed

    def _sent(self, row: OutboxRow, receipt: Receipt) -> None:
        answer = f"{receipt.code} {receipt.reply}"
        with self.journal.step() as step:
            _move(step, _answered(row, answer), Action.ACCEPT, "")
            step.record("letter.sent", case=row.case_id, message_id=row.message_id, code=receipt.code)

    def _settle(self, row: OutboxRow, action: Action, answer: str, event: str) -> None:
        with self.journal.step() as step:
            _move(step, _answered(row, answer), action, answer)
            step.record(event, case=row.case_id, message_id=row.message_id)

    def _retry(self, row: OutboxRow, answer: str) -> None:
        wait = min(FIRST_WAIT * 2 ** (row.attempts - 1), LONGEST_WAIT)
        later = replace(_answered(row, answer), not_before=self.journal.clock() + wait)
        with self.journal.step() as step:
            _move(step, later, Action.RETRY, "")
            step.record(
                "letter.retried", case=row.case_id, attempts=row.attempts, wait_seconds=int(wait.total_seconds())
            )


def _answered(row: OutboxRow, answer: str) -> OutboxRow:
    return replace(row, reply=f"{row.reply}\n{answer}".strip())


def _still_approved(step: Step, row: OutboxRow) -> bool:
    """Say whether the current letter is the one the approval was bound to."""
    letter = step.tx.letters.current(row.case_id)
    return letter is not None and letter.content_sha256 == row.content_sha256


def _move(step: Step, row: OutboxRow, action: Action, note: str) -> OutboxRow:
    """Move an outbox row and, if it is the case's letter, the case with it."""
    moved = replace(row, state=advance(row.state, action))
    if row.purpose == LETTER:
        case = step.tx.cases.get(row.case_id)
        if case is None:
            raise Parked(f"The outbox holds a letter of case {row.case_id}, which does not exist.")
        step.tx.cases.update(replace(case, state=advance(case.state, action), note=note))
    step.tx.outbox.put(moved)
    return moved
