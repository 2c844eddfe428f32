"""What an officer does with a case: approve, edit, hold, release, reject, resolve; each with a name and, mostly, a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from foi_mailbot.core.case import Action, State, advance
from foi_mailbot.core.letter import Letter, compose
from foi_mailbot.errors import Parked
from foi_mailbot.ports import CaseRow, LetterRow, OutboxRow
from foi_mailbot.service.assess import Council
from foi_mailbot.service.intake import letter_row
from foi_mailbot.service.journal import Journal, Step

CheckEdited = Callable[[CaseRow, LetterRow, str], tuple[str, str, tuple[str, ...]]]
"""(case, letter, new text) -> (text, html, what is missing now): an edited letter is checked as a drafted one is."""


@dataclass(frozen=True, slots=True)
class SendingIdentity:
    """In whose name a mailbox's letters leave."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Review:
    """The officer's hand on the queue. Every method raises Parked, in plain English, if it cannot be done."""

    journal: Journal
    identities: Mapping[str, SendingIdentity]  # by mailbox name
    councils: Mapping[str, Council]
    check_edited: CheckEdited

    def approve(self, key: str, *, actor: str, checks: str = "", seen: str = "") -> CaseRow:
        """Approve the current letter and put it, rendered, in the outbox.

        `seen` is the content hash (or its beginning) that the officer looked at: another one refuses.
        `checks` says what was checked and where; the case keeps it.
        """
        with self.journal.step() as step:
            case, letter = self._case(step, key), self._letter(step, key)
            _refuse_unready(case, letter, seen)
            moved = replace(case, state=advance(case.state, Action.APPROVE), note=f"Checked: {checks}" if checks else "")
            row = self._outbox_row(moved, letter)
            step.tx.cases.update(moved)
            step.tx.outbox.put(row)
            step.record(
                "letter.approved",
                case=case.id,
                actor=actor,
                content_sha256=letter.content_sha256,
                message_sha256=hashlib.sha256(row.content).hexdigest(),
                message_id=row.message_id,
                rulebook_sha256=case.rulebook_sha256,
                checks_sha256=hashlib.sha256(checks.encode()).hexdigest() if checks else "",
            )
        return moved

    def edit(self, key: str, *, actor: str, text: str) -> LetterRow:
        """Put an officer's wording in a new version of the letter; an approval of the old one is void."""
        with self.journal.step() as step:
            case, letter = self._case(step, key), self._letter(step, key)
            state = advance(case.state, Action.EDIT)
            text, html, missing = self.check_edited(case, letter, text)
            edited = Letter(
                recipient=letter.recipient,
                subject=letter.subject,
                text=text,
                html=html,
                template=letter.template,
                in_reply_to=letter.in_reply_to,
                references=letter.references,
                blocked=missing,
            )
            row = letter_row(case, edited, version=letter.version + 1, author=actor)
            step.tx.letters.put(row)
            step.tx.cases.update(replace(case, state=state, note=""))
            step.record(
                "letter.edited",
                case=case.id,
                actor=actor,
                version=row.version,
                before_sha256=letter.content_sha256,
                content_sha256=row.content_sha256,
                blocked=bool(missing),
            )
        return row

    def hold(self, key: str, *, actor: str, reason: str) -> CaseRow:
        """Take a case out of the queue until a person releases it."""
        return self._move(key, Action.HOLD, "case.held", actor, reason)

    def release(self, key: str, *, actor: str, reason: str) -> CaseRow:
        """Put a case back to work: a held one with a letter to the queue, without one to casework."""
        with self.journal.step() as step:
            case = self._case(step, key)
            bare = case.state is State.HELD_FOR_OFFICER and step.tx.letters.current(case.id) is None
        return self._move(key, *((Action.KEEP, "case.kept") if bare else (Action.RELEASE, "case.released")), actor, reason)

    def reject(self, key: str, *, actor: str, reason: str) -> CaseRow:
        """Discard the draft: this council answers the request itself, or somebody else writes."""
        return self._move(key, Action.REJECT, "case.rejected", actor, reason)

    def resolve(self, key: str, *, actor: str, sent: bool, reason: str) -> CaseRow:
        """Say of an uncertain letter whether it was sent; "not sent" sends it, the same Message-ID again."""
        action = Action.RESOLVE_SENT if sent else Action.RESOLVE_UNSENT
        return self._move(key, action, "letter.resolved", actor, reason)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────
    def _move(self, key: str, action: Action, event: str, actor: str, reason: str) -> CaseRow:
        if not reason.strip():
            raise Parked("Say why: the reason is kept with the case.")
        with self.journal.step() as step:
            case = self._case(step, key)
            moved = replace(case, state=advance(case.state, action), note=reason)
            step.tx.cases.update(moved)
            outbox = step.tx.outbox.get(case.id)
            if outbox:
                step.tx.outbox.put(replace(outbox, state=moved.state))
            digest = hashlib.sha256(reason.encode()).hexdigest()
            step.record(event, case=case.id, actor=actor, action=str(action), reason_sha256=digest)
        return moved

    def _case(self, step: Step, key: str) -> CaseRow:
        case = step.tx.cases.get(key)
        if case is None:
            raise Parked(f"There is no case {key}. `foi-mailbot queue --all` lists every case.")
        return case

    def _letter(self, step: Step, key: str) -> LetterRow:
        case = self._case(step, key)
        letter = step.tx.letters.current(case.id)
        if letter is None:
            raise Parked(f"Case {case.id} has no letter: {case.note or 'this council answers it itself.'}")
        return letter

    def _outbox_row(self, case: CaseRow, letter: LetterRow) -> OutboxRow:
        identity = self.identities[case.mailbox]
        domain = identity.address.rpartition("@")[2]
        message_id = f"<{case.id}.{letter.version}.{letter.content_sha256[:24]}@{domain}>"
        content = compose(
            recipient=letter.recipient,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            in_reply_to=letter.in_reply_to,
            references=letter.references,
            message_id=message_id,
            sender_address=identity.address,
            sender_name=identity.name,
            date=self.journal.clock(),
        )
        return OutboxRow(
            case_id=case.id,
            mailbox=case.mailbox,
            message_id=message_id,
            sender=identity.address,
            recipient=letter.recipient,
            content=content,
            content_sha256=letter.content_sha256,
            state=State.APPROVED,
        )


def _refuse_unready(case: CaseRow, letter: LetterRow, seen: str) -> None:
    if letter.blocked:
        reasons = "\n".join(f"  - {reason}" for reason in letter.blocked)
        raise Parked(f"The letter of case {case.id} cannot be approved yet:\n{reasons}")
    if seen and not letter.content_sha256.startswith(seen):
        raise Parked(f"The letter of case {case.id} changed since you looked at it; look again before approving.")
