"""Dispatch: an approved letter leaves exactly once, or stands as uncertain for a person; the only caller of Sender.

The row says `sending` on disk before SMTP hears of it. A crash or silence after that is `uncertain`: nothing is
ever sent again by guess (architecture, "Exactly-once, as far as mail allows").
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from foi_mailbot.core.audit import Value
from foi_mailbot.core.case import Action, State, advance
from foi_mailbot.errors import Fatal, Parked, Refused, Transient, Uncertain
from foi_mailbot.ports import LETTER, Envelope, OutboxRow, Receipt, Sender
from foi_mailbot.service.automatic import Automatic
from foi_mailbot.service.journal import Journal, Step

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Sends what is approved, through the mailbox's own sender. `stopping` is asked before each letter."""

    journal: Journal
    senders: Mapping[str, Sender]  # by mailbox name
    stopping: Callable[[], bool] = _never
    automatic: Automatic | None = None

    def recover(self) -> int:
        """Turn letters that a crash left in `sending` to `uncertain`; return how many. Run once, before sending."""
        with self.journal.step() as step:
            doubtful = step.tx.outbox.in_doubt()
            for row in doubtful:
                _move(step, row, Action.DOUBT, "The service stopped before the mail server's answer was recorded.")
                _record(step, "letter.uncertain", row, cause="interrupted")
        return len(doubtful)

    async def run(self) -> int:
        """Send every letter that is ready; return how many the server accepted.

        Raises Fatal, once all were tried, if a server or the settings let some of them not out; those wait.
        """
        with self.journal.step() as step:
            ready = step.tx.outbox.ready(self.journal.clock())
        sent, faults = 0, list[Fatal]()
        for row in ready:
            if self.stopping():
                break
            try:
                sent += await self._one(row.case_id, row.purpose)
            except Fatal as fault:
                faults.append(fault)
        if faults:
            raise Fatal("\n".join(dict.fromkeys(map(str, faults))))
        return sent

    async def _one(self, case_id: str, purpose: str) -> bool:
        row = self._claim(case_id, purpose)
        if row is None:
            return False
        try:
            receipt = await self.senders[row.mailbox].send(Envelope(row.sender, row.recipient, row.content))
        except Transient as fault:
            self._retry(row, str(fault))
        except Fatal as fault:  # a sender raises it before anything went out: the letter waits till that is mended
            self._retry(row, str(fault))
            raise
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
            if row.mailbox not in self.senders:
                raise Fatal(
                    f"An approved letter of case {case_id} waits for mailbox {row.mailbox}, which the settings no "
                    "longer have. Put the mailbox back, or hold the case."
                )
            if purpose == LETTER and (fallen := self._fallen(step, row)):
                _move(step, row, Action.REVOKE_APPROVAL, fallen)
                _record(step, "letter.revoked", row)
                return None
            claimed = _move(step, replace(row, attempts=row.attempts + 1), Action.CLAIM, "")
            _record(step, "letter.sending", row, message_sha256=hashlib.sha256(row.content).hexdigest())
            return claimed

    def _fallen(self, step: Step, row: OutboxRow) -> str:
        """Return why the approval no longer stands, "" if it does."""
        if not _still_approved(step, row):
            return "The letter changed after it was approved; approve it again."
        return self.automatic.withdrawn(step, row) if self.automatic else ""

    def _sent(self, row: OutboxRow, receipt: Receipt) -> None:
        answer = f"{receipt.code} {receipt.reply}"
        with self.journal.step() as step:
            _move(step, _answered(row, answer), Action.ACCEPT, "")
            _record(step, "letter.sent", row, code=receipt.code)

    def _settle(self, row: OutboxRow, action: Action, answer: str, event: str) -> None:
        with self.journal.step() as step:
            _move(step, _answered(row, answer), action, answer)
            _record(step, event, row)

    def _retry(self, row: OutboxRow, answer: str) -> None:
        wait = min(FIRST_WAIT * 2 ** (row.attempts - 1), LONGEST_WAIT)
        later = replace(_answered(row, answer), not_before=self.journal.clock() + wait)
        with self.journal.step() as step:
            _move(step, later, Action.RETRY, "")
            _record(step, "letter.retried", row, attempts=row.attempts, wait_seconds=int(wait.total_seconds()))


def _record(step: Step, event: str, row: OutboxRow, **details: Value) -> None:
    """Seal what happened to a letter: which one, under which Message-ID, with exactly which content."""
    step.record(
        event,
        case=row.case_id,
        actor="system",
        purpose=row.purpose,
        message_id=row.message_id,
        content_sha256=row.content_sha256,
        **details,
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
