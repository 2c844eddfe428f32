"""Intake: raw mail is stored, read and decided, one durable transaction a batch, then filed until that holds.

Commit first, mark after. The order of a batch is: raw bytes stored (1st commit); outcomes, cases, drafts, audit
entries and the cursor together (2nd commit); marked and moved on the server; noted as filed (3rd commit). A kill
between any two of these loses nothing and doubles nothing, since every step is recognised when it is met again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from foi_mailbot.core.case import Action, State, advance
from foi_mailbot.core.decision import Decision, Held, PartRedirect, Redirect, Suppressed, Unsure, outcome_name
from foi_mailbot.core.letter import Letter
from foi_mailbot.core.outgoing import content_sha256
from foi_mailbot.core.working_days import due, lateness, receipt_date
from foi_mailbot.errors import Fatal, FoiMailbotError
from foi_mailbot.ports import ACKNOWLEDGEMENT, CaseRow, Cursor, IntakeRow, LetterRow, Mailbox, RawMail
from foi_mailbot.service import records
from foi_mailbot.service.assess import Assessment, Assessor, Council, applicant
from foi_mailbot.service.automatic import OFF, Automatic
from foi_mailbot.service.journal import Journal, Step
from foi_mailbot.service.learning import standing, with_wordings
from foi_mailbot.service.posting import outbox_row

_ANSWERED = (State.SENT, State.CLOSED, State.SUPPRESSED)
COMMAND_LIMIT = 500  # UIDs in one MOVE; Dovecot answers BAD to lines of many thousands


@dataclass(frozen=True, slots=True)
class Filing:
    """What happens to a mail on the server once its outcome is committed."""

    destination: str  # "" leaves it where it is
    mark_read: bool


@dataclass(frozen=True, slots=True)
class ReferenceSequence:
    """How a request without a reference gets one: prefix and zero-padded number, e.g. FI00017."""

    prefix: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Intake:
    """Reads one council's folders. `stopping` is asked between batches, so that SIGTERM ends after the step in hand."""

    council: Council
    mailbox: Mailbox
    journal: Journal
    assessor: Assessor
    filing: Filing
    sequence: ReferenceSequence | None
    batch: int
    stopping: Callable[[], bool]
    automatic: Automatic | None = None

    def drain(self, folder: str) -> int:
        """Give every new mail of the folder its one outcome; return how many got one.

        Raises Transient if the server or store fails midway (all committed batches stand), Fatal on a login fault.
        """
        uidvalidity = self.mailbox.open(folder)
        done = self._decide_what_was_left(folder, uidvalidity)
        self._file_what_waits(folder, uidvalidity)
        with self.journal.step() as step:
            cursor = step.tx.intake.cursor(self.council.mailbox, folder)
        after = cursor.last_uid if cursor and cursor.uidvalidity == uidvalidity else 0
        uids = self.mailbox.new_uids(after)
        for start in range(0, len(uids), self.batch):
            if self.stopping():
                break
            some = uids[start : start + self.batch]
            for mails in self.mailbox.fetch(some):
                self._take(folder, uidvalidity, mails)
                done += len(mails)
            self._advance(folder, Cursor(uidvalidity, some[-1]))  # past mails that others took away meanwhile
        return done

    def _advance(self, folder: str, cursor: Cursor) -> None:
        with self.journal.step() as step:
            step.tx.intake.advance(self.council.mailbox, folder, cursor)

    def _take(self, folder: str, uidvalidity: int, mails: Sequence[RawMail]) -> None:
        rows = [self._row(folder, uidvalidity, mail) for mail in mails]
        with self.journal.step() as step:
            step.tx.intake.store_raw([(row, mail.raw) for row, mail in zip(rows, mails, strict=True)])
        self._decide(rows, mails)
        self._file_what_waits(folder, uidvalidity)

    def _decide(self, rows: Sequence[IntakeRow], mails: Sequence[RawMail]) -> None:
        """Give stored mails their outcomes and move the cursor past them, all in one transaction."""
        assessed = [self._assess(mail) for mail in mails]
        with self.journal.step() as step:
            for row, assessment in zip(rows, assessed, strict=True):
                step.tx.intake.settle(self._settle(step, row, assessment))
            last = rows[-1]
            step.tx.intake.advance(last.mailbox, last.folder, Cursor(last.uidvalidity, last.uid))

    def _decide_what_was_left(self, folder: str, uidvalidity: int) -> int:
        """Decide mails that a kill left stored but undecided, even if they are gone from the server since."""
        with self.journal.step() as step:
            left = [r for r in step.tx.intake.unfiled(self.council.mailbox, folder, uidvalidity) if not r.outcome]
            raws = [step.tx.letters.raw(row.sha256) or b"" for row in left]
        if left:
            mails = [RawMail(row.uid, raw, row.received) for row, raw in zip(left, raws, strict=True)]
            self._decide(left, mails)
        return len(left)

    def _row(self, folder: str, uidvalidity: int, mail: RawMail) -> IntakeRow:
        digest = hashlib.sha256(mail.raw).hexdigest()
        return IntakeRow(self.council.mailbox, folder, uidvalidity, mail.uid, digest, mail.received)

    def _assess(self, mail: RawMail) -> Assessment | Exception:
        try:
            return self.assessor.mail(mail.raw, self.council, mail.received)
        except Fatal:
            raise
        except Exception as fault:  # noqa: BLE001 - the loop's one handler: a poisonous mail never stops its neighbours
            return fault

    def _file_what_waits(self, folder: str, uidvalidity: int) -> None:
        with self.journal.step() as step:
            waiting = [r for r in step.tx.intake.unfiled(self.council.mailbox, folder, uidvalidity) if r.outcome]
        for start in range(0, len(waiting), COMMAND_LIMIT):
            rows = waiting[start : start + COMMAND_LIMIT]
            if self.filing.destination or self.filing.mark_read:
                uids = [row.uid for row in rows]
                self.mailbox.file(uids, self.filing.destination, mark_read=self.filing.mark_read)
            with self.journal.step() as step:
                for row in rows:
                    step.tx.intake.settle(replace(row, filed=True))
                step.record("mail.filed", mailbox=self.council.mailbox, uids=[str(row.uid) for row in rows])

    # ── one mail's outcome ───────────────────────────────────────────────────────────────────────
    def _settle(self, step: Step, row: IntakeRow, assessed: Assessment | Exception) -> IntakeRow:
        twins = step.tx.cases.find(mailbox=self.council.mailbox, raw_sha256=row.sha256)
        if twins:
            step.record("mail.duplicate", case=twins[0].id, raw_sha256=row.sha256, uid=row.uid)
            return replace(row, outcome="duplicate", case_id=twins[0].id)
        case_id = f"C{step.tx.cases.next_number('case', 1):06d}"
        step.record("mail.received", case=case_id, raw_sha256=row.sha256, uid=row.uid, uidvalidity=row.uidvalidity)
        if isinstance(assessed, Exception):
            self._quarantine(step, case_id, row, assessed)
        else:
            self._open(step, case_id, row, self._joined(step, assessed).doubted(standing(step)))
        return replace(row, outcome="case", case_id=case_id)

    def _joined(self, step: Step, assessed: Assessment) -> Assessment:
        """Mail on a case we already have joins it, by thread or by reference, and never gets a redirect."""
        message = assessed.message
        if message is None or isinstance(assessed.decision, Suppressed):
            return assessed
        thread = tuple(i for i in (message.in_reply_to, *message.references) if i)
        found = step.tx.cases.find(mailbox=self.council.mailbox, message_ids=thread) if thread else []
        if not found and assessed.reference:
            found = step.tx.cases.find(mailbox=self.council.mailbox, reference=assessed.reference)
            found.sort(key=lambda case: case.id)
        if not found:
            return assessed.alone()
        answered = found[0].state in _ANSWERED
        standing = "" if answered else lateness(found[0].due, assessed.received_on, self.assessor.calendar)
        return assessed.joining(found[0].id, standing, None if answered else found[0].due)

    def _quarantine(self, step: Step, case_id: str, row: IntakeRow, fault: Exception) -> None:
        words = str(fault) if isinstance(fault, FoiMailbotError) else type(fault).__name__
        case = self._case(case_id, row, None)
        case = replace(case, state=advance(State.RECEIVED, Action.HOLD), kind="other", outcome="unsure")
        step.tx.cases.add(replace(case, note=f"This mail could not be read ({words}). Its raw bytes are kept."))
        step.record("mail.quarantined", case=case_id, fault=type(fault).__name__)

    def _open(self, step: Step, case_id: str, row: IntakeRow, assessed: Assessment) -> None:
        reference = assessed.reference or self._next_reference(step, assessed.decision)
        draft = self.assessor.draft(assessed, self.council, reference)
        ruling = self.automatic.ruling(step, assessed, draft, self.council) if self.automatic else OFF
        action, note = (Action.APPROVE_BY_GRANT, "") if ruling.allowed else _first_move(assessed.decision)
        record = self.assessor.record(assessed, draft)
        case = replace(
            self._case(case_id, row, assessed),
            reference=reference,
            state=advance(State.RECEIVED, action),
            kind=record["kind"],
            outcome=record["outcome"],
            decision_json=records.dump(record),
            request_json=draft.kept() if draft else "{}",
            note=note,
        )
        case = with_wordings(case, self.assessor.rulebook)
        step.tx.cases.add(case)
        step.record("case.opened", case=case_id, authority=case.authority, received_on=case.received_on.isoformat())
        told = assessed.request.told.rule if assessed.request else ""
        self._record_decision(step, case, assessed.decision, told)
        acknowledgement = self.assessor.acknowledgement(assessed, self.council, reference)
        if acknowledgement:
            row_out = letter_row(case, acknowledgement, version=0, author="system")
            posted = outbox_row(case, row_out, self.council, self.journal.clock(), ACKNOWLEDGEMENT)
            step.tx.outbox.put(posted)
            step.record("letter.acknowledged", case=case.id, message_id=posted.message_id)
        if draft:
            letter = keep_letter(step, case, draft.letter, version=1, author="system")
            if self.automatic and ruling.allowed:
                self.automatic.approve(step, case, letter, ruling.grants, self.council)

    def _next_reference(self, step: Step, decision: Decision) -> str:
        if self.sequence is None or isinstance(decision, Suppressed):
            return ""
        number = step.tx.cases.next_number(f"reference:{self.sequence.prefix}", self.sequence.start)
        return f"{self.sequence.prefix}{number:0{self.sequence.width}d}"

    def _case(self, case_id: str, row: IntakeRow, assessed: Assessment | None) -> CaseRow:
        message = assessed.message if assessed else None
        sender = applicant(message)
        received_on = receipt_date(row.received)
        return CaseRow(
            id=case_id,
            mailbox=self.council.mailbox,
            authority=self.council.authority,
            reference="",
            state=State.RECEIVED,
            kind="other",
            outcome="unsure",
            subject=message.subject if message else "",
            applicant_name=sender.name,
            applicant_email=sender.email,
            received=row.received,
            received_on=received_on,
            due=assessed.due if assessed else due(received_on, self.assessor.calendar),
            raw_sha256=row.sha256,
            message_id=message.message_id if message else "",
            rulebook_sha256=self.assessor.rulebook.sha256,
            request_json="{}",
            decision_json="{}",
        )

    def _record_decision(self, step: Step, case: CaseRow, decision: Decision, kind_rule: str) -> None:
        if isinstance(decision, Suppressed):
            step.record("mail.suppressed", case=case.id, rule=decision.rule, kind=str(decision.kind))
            return
        asks = records.asks_of(decision)
        step.record(
            "case.decided",
            case=case.id,
            outcome=outcome_name(decision),
            kind=case.kind,
            kind_rule=kind_rule,
            rules=sorted({e.rule for ask in asks for e in ask.evidence}),
            asks=[f"{ask.ask.label or '1'}={ask.outcome}" for ask in asks],
            bodies=list(records.bodies_of(decision)),
            rulebook_sha256=case.rulebook_sha256,
            decision_sha256=hashlib.sha256(case.decision_json.encode()).hexdigest(),
        )
        if case.state is State.HELD_FOR_OFFICER:
            step.record("case.held", case=case.id)
        if case.state is State.CASEWORK:
            step.record("case.kept", case=case.id)


def keep_letter(step: Step, case: CaseRow, letter: Letter, *, version: int, author: str) -> LetterRow:
    """Store a drafted letter as a case's new version and seal that it was drafted."""
    row = letter_row(case, letter, version=version, author=author)
    step.tx.letters.put(row)
    step.record(
        "letter.drafted",
        case=case.id,
        actor=author,
        version=version,
        template=letter.template,
        content_sha256=row.content_sha256,
        blocked=bool(letter.blocked),
    )
    return row


def letter_row(case: CaseRow, letter: Letter, *, version: int, author: str) -> LetterRow:
    """Return a letter as stored, with the hash that an approval will bind to."""
    digest = content_sha256(
        letter.recipient, letter.subject, letter.text, letter.html, rulebook_sha256=case.rulebook_sha256
    )
    return LetterRow(
        case_id=case.id,
        version=version,
        recipient=letter.recipient,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        template=letter.template,
        in_reply_to=letter.in_reply_to,
        references=letter.references,
        blocked=letter.blocked,
        author=author,
        content_sha256=digest,
    )


def _first_move(decision: Decision) -> tuple[Action, str]:
    """Return a new case's first move, and why it waits for a person if it does."""
    match decision:
        case Redirect() | PartRedirect():
            return Action.DRAFT, ""
        case Held():
            return Action.KEEP, ""
        case Unsure(why=why):
            return Action.HOLD, why
        case Suppressed(why=why):
            return Action.SUPPRESS, why
