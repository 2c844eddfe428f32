"""What an officer does with a case: approve, edit, redraft, hold, release, reject, resolve; each under a name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from foi_mailbot.core.case import Action, State, advance
from foi_mailbot.core.contacts import STALE_AFTER_DAYS
from foi_mailbot.core.learning import USUAL_FLOOR, Floor
from foi_mailbot.core.letter import Letter
from foi_mailbot.core.letter_elements import check_elements
from foi_mailbot.core.letter_markup import html_of_text
from foi_mailbot.core.working_days import receipt_date
from foi_mailbot.errors import Parked
from foi_mailbot.ports import CaseRow, LetterRow
from foi_mailbot.service import learning, records
from foi_mailbot.service.assess import Assessor, Council
from foi_mailbot.service.automatic import taken_over
from foi_mailbot.service.contacts import checked, named_in
from foi_mailbot.service.intake import keep_letter, letter_row
from foi_mailbot.service.journal import Journal, Step
from foi_mailbot.service.lookup import Dossier, dossier, find_case
from foi_mailbot.service.posting import outbox_row


@dataclass(frozen=True, slots=True)
class Review:
    """The officer's hand on the queue. Every method raises Parked, in plain English, if it cannot be done."""

    journal: Journal
    councils: Mapping[str, Council]  # by mailbox name
    assessor: Assessor
    floor: Floor = USUAL_FLOOR
    contacts_stale_after_days: int = STALE_AFTER_DAYS

    def approve(
        self, key: str, *, actor: str, checks: str = "", seen: str = "", contacts_checked: Sequence[str] = ()
    ) -> CaseRow:
        """Approve the current letter and put it, rendered, in the outbox.

        `seen` is the content hash (or its beginning) that the officer looked at: another one refuses.
        `checks` says what was checked and where; the case keeps it. `contacts_checked` are the codes of bodies whose
        contact the officer checked for this letter: one that nobody verified, or long ago, refuses without it.
        """
        with self.journal.step() as step:
            case, letter = self._case(step, key), self._letter(step, key)
            state, now = advance(case.state, Action.APPROVE), self.journal.clock()
            _refuse_unready(case, letter, seen)
            contacts = named_in(case, self.assessor.rulebook, receipt_date(now), self.contacts_stale_after_days)
            ticked = checked(case, contacts, contacts_checked)
            moved = replace(case, state=state, note="")
            for c in ticked:
                text = f"{c.code}, {c.name}: {c.address} ({c.why})"
                moved = records.with_remark(moved, at=now, actor=actor, about="contact checked", text=text)
            moved = records.with_remark(moved, at=now, actor=actor, about="checks before approval", text=checks)
            row = outbox_row(moved, letter, self._council(case), now)
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
                contacts_checked=[contact.code for contact in ticked],
            )
            taken_over(step, case.id)
            if learning.unedited(step, letter):
                learning.confirm(step, moved, actor, self.assessor.rulebook, self.floor)
        return moved

    def edit(self, key: str, *, actor: str, text: str, seen: str = "") -> LetterRow:
        """Put an officer's wording in a new version of the letter; an approval of the old one is void.

        `seen` is the content hash of the version that was edited: if it is no longer the current one, this refuses.
        """
        with self.journal.step() as step:
            case, letter = self._case(step, key), self._letter(step, key)
            state = advance(case.state, Action.EDIT)
            _refuse_changed(case, letter, seen)
            text, missing = _tidy(text), _missing(case, letter, text)
            edited = Letter(
                recipient=letter.recipient,
                subject=letter.subject,
                text=text,
                html=html_of_text(text, letter.subject),
                template=letter.template,
                in_reply_to=letter.in_reply_to,
                references=letter.references,
                blocked=missing,
            )
            row = letter_row(case, edited, version=letter.version + 1, author=actor)
            step.tx.letters.put(row)
            self._place(step, replace(case, state=state, note=""))
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

    def redraft(self, key: str, *, actor: str) -> LetterRow:
        """Decide and draft a waiting case anew with the rules, contacts and letters of today."""
        with self.journal.step() as step:
            case = self._case(step, key)
            state = advance(case.state, Action.DRAFT)
            council, raw = self._council(case), step.tx.letters.raw(case.raw_sha256)
            if raw is None:
                raise Parked(f"The mail of case {case.id} is no longer kept, so it cannot be drafted anew.")
            assessed = self.assessor.mail(raw, council, case.received).doubted(learning.standing(step))
            draft = self.assessor.draft(assessed, council, case.reference)
            if draft is None:
                raise Parked(
                    f"By today's rules case {case.id} gets no letter: {'; '.join(assessed.reasons) or 'it is ours'}"
                )
            record = self.assessor.record(assessed, draft)
            moved = replace(
                case,
                state=state,
                outcome=record["outcome"],
                decision_json=records.dump(record),
                request_json=records.dump({**records.load(draft.kept()), "remarks": records.remarks(case)}),
                rulebook_sha256=self.assessor.rulebook.sha256,
                note="",
            )
            moved = learning.with_wordings(moved, self.assessor.rulebook)
            before = step.tx.letters.current(case.id)
            step.tx.cases.update(moved)
            return keep_letter(step, moved, draft.letter, version=before.version + 1 if before else 1, author=actor)

    def hold(self, key: str, *, actor: str, reason: str) -> CaseRow:
        """Take a case out of the queue until a person releases it."""
        return self._move(key, Action.HOLD, "case.held", actor, reason)

    def release(self, key: str, *, actor: str, reason: str) -> CaseRow:
        """Put a case back to work: a held one with a letter to the queue, without one to casework."""
        with self.journal.step() as step:
            case = self._case(step, key)
            bare = case.state is State.HELD_FOR_OFFICER and step.tx.letters.current(case.id) is None
        return self._move(
            key, *((Action.KEEP, "case.kept") if bare else (Action.RELEASE, "case.released")), actor, reason
        )

    def reject(self, key: str, *, actor: str, reason: str) -> CaseRow:
        """Discard the draft: this council answers the request itself, or somebody else writes."""
        return self._move(key, Action.REJECT, "case.rejected", actor, reason)

    def close(self, key: str, *, actor: str, reason: str) -> CaseRow:
        """Close a case that is answered, sent or needs nothing more."""
        return self._move(key, Action.CLOSE, "case.closed", actor, reason)

    def view(self, key: str, *, actor: str) -> Dossier:
        """Return everything about a case, and seal who looked at it."""
        with self.journal.step() as step:
            found = dossier(step.tx, key)
            step.record("case.viewed", case=found.case.id, actor=actor)
        return found

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
            about = str(action).replace("_", " ")
            moved = records.with_remark(moved, at=self.journal.clock(), actor=actor, about=about, text=reason)
            self._place(step, moved)
            digest = hashlib.sha256(reason.encode()).hexdigest()
            step.record(event, case=case.id, actor=actor, action=str(action), reason_sha256=digest)
        return moved

    def _place(self, step: Step, case: CaseRow) -> None:
        """Store a moved case; what waits for it in the outbox moves with it."""
        step.tx.cases.update(case)
        waiting = step.tx.outbox.get(case.id)
        if waiting:
            step.tx.outbox.put(replace(waiting, state=case.state))

    def _case(self, step: Step, key: str) -> CaseRow:
        return find_case(step.tx, key)

    def _council(self, case: CaseRow) -> Council:
        council = self.councils.get(case.mailbox)
        if council is None:
            raise Parked(
                f"Case {case.id} came to mailbox {case.mailbox}, which the settings no longer have. Put it back first."
            )
        return council

    def _letter(self, step: Step, key: str) -> LetterRow:
        case = self._case(step, key)
        letter = step.tx.letters.current(case.id)
        if letter is None:
            raise Parked(f"Case {case.id} has no letter: {case.note or 'this council answers it itself.'}")
        return letter


def _refuse_unready(case: CaseRow, letter: LetterRow, seen: str) -> None:
    if letter.blocked:
        reasons = "\n".join(f"  - {reason}" for reason in letter.blocked)
        raise Parked(f"The letter of case {case.id} cannot be approved yet:\n{reasons}")
    _refuse_changed(case, letter, seen)


def _refuse_changed(case: CaseRow, letter: LetterRow, seen: str) -> None:
    if seen and not letter.content_sha256.startswith(seen):
        raise Parked(
            f"The letter of case {case.id} changed since you looked at it: "
            f"`foi-mailbot show {case.id}` prints it as it is now. Nothing was done."
        )


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n") + "\n"


def _missing(case: CaseRow, letter: LetterRow, text: str) -> tuple[str, ...]:
    """Return what blocks an edited letter: what blocked it whatever its wording, and the elements it now lacks."""
    kept = records.load(case.request_json)
    lacking = check_elements(text, letter.template, kept.get("context", {}))
    return (*kept.get("standing", ()), *(f"The letter lacks {element}." for element in lacking))
