"""Cases and their letters: the Cases and Letters ports in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select, update

from foi_mailbot.adapters.sql.tables import cases, letters, outbox, raw_mail, sequences
from foi_mailbot.adapters.sql.work import Work, values_of
from foi_mailbot.core.case import State
from foi_mailbot.ports import CaseRow, LetterRow


class SqlCases:
    """ports.Cases."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, case: CaseRow) -> None:
        """Insert a new case; raises Parked if its id is taken."""
        self._work.run(self._work.insert(cases), values_of(case))

    def get(self, key: str) -> CaseRow | None:
        """Find by case id or, failing that, by reference (newest first); a blank key finds nothing."""
        if not key:
            return None
        by_reference = select(cases).where(cases.c.reference == key)
        for statement in (
            select(cases).where(cases.c.id == key),
            by_reference.order_by(cases.c.received.desc(), cases.c.id.desc()).limit(1),
        ):
            found = self._work.run(statement).mappings().first()
            if found is not None:
                return CaseRow(**found)
        return None

    def update(self, case: CaseRow) -> None:
        """Replace a case by id; raises Parked if there is none."""
        self._work.must_change(update(cases).where(cases.c.id == case.id).values(values_of(case)), f"case {case.id}")

    def find(
        self,
        *,
        states: Sequence[State] = (),
        mailbox: str = "",
        reference: str = "",
        raw_sha256: str = "",
        message_ids: Sequence[str] = (),
    ) -> list[CaseRow]:
        """Return the cases that match every given filter, by due date (None last) then id.

        A blank message id matches nothing: mail without one is not all the same mail.
        """
        wanted: list[ColumnElement[bool]] = []
        if states:
            wanted.append(cases.c.state.in_(states))
        if mailbox:
            wanted.append(cases.c.mailbox == mailbox)
        if reference:
            wanted.append(cases.c.reference == reference)
        if raw_sha256:
            wanted.append(cases.c.raw_sha256 == raw_sha256)
        if message_ids:
            wanted.append(_has_message_id([one for one in message_ids if one]))
        found = self._work.run(select(cases).where(*wanted).order_by(cases.c.due.is_(None), cases.c.due, cases.c.id))
        return [CaseRow(**row) for row in found.mappings()]

    def next_number(self, sequence: str, start: int) -> int:
        """Return the sequence's next number: `start` the first time, then one more each call."""
        statement = self._work.insert(sequences).values(name=sequence, last=start)
        following = statement.on_conflict_do_update(index_elements=["name"], set_={"last": sequences.c.last + 1})
        return int(self._work.run(following.returning(sequences.c.last)).scalar_one())


def _has_message_id(ids: Sequence[str]) -> ColumnElement[bool]:
    ours = select(outbox.c.case_id).where(outbox.c.message_id.in_(ids))
    return or_(cases.c.message_id.in_(ids), cases.c.id.in_(ours))


class SqlLetters:
    """ports.Letters."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, letter: LetterRow) -> None:
        """Add a version; raises Parked if that version exists or its case does not."""
        self._work.run(self._work.insert(letters), values_of(letter))

    def current(self, case_id: str) -> LetterRow | None:
        """Return the newest version."""
        newest = select(letters).where(letters.c.case_id == case_id).order_by(letters.c.version.desc()).limit(1)
        found = self._work.run(newest).mappings().first()
        return None if found is None else LetterRow(**found)

    def raw(self, sha256: str) -> bytes | None:
        """Return the stored raw mail."""
        found = self._work.run(select(raw_mail.c.content).where(raw_mail.c.sha256 == sha256)).scalar_one_or_none()
        return None if found is None else bytes(found)
