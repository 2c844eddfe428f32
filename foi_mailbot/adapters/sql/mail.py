"""Mail seen, raw bytes kept, folders' cursors: the IntakeLog port in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from foi_mailbot.adapters.sql.tables import cursors, intake, raw_mail
from foi_mailbot.adapters.sql.work import Work, values_of
from foi_mailbot.ports import Cursor, IntakeRow


class SqlIntakeLog:
    """ports.IntakeLog."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def cursor(self, mailbox: str, folder: str) -> Cursor | None:
        """Return how far that folder was read, None if never."""
        found = self._work.run(
            select(cursors.c.uidvalidity, cursors.c.last_uid).where(
                cursors.c.mailbox == mailbox, cursors.c.folder == folder
            )
        ).first()
        return None if found is None else Cursor(found.uidvalidity, found.last_uid)

    def advance(self, mailbox: str, folder: str, cursor: Cursor) -> None:
        """Set the cursor."""
        place = values_of(cursor)
        statement = self._work.insert(cursors).values(mailbox=mailbox, folder=folder, **place)
        self._work.run(statement.on_conflict_do_update(index_elements=["mailbox", "folder"], set_=place))

    def store_raw(self, rows: Sequence[tuple[IntakeRow, bytes]]) -> None:
        """Keep raw bytes (once per SHA-256) and intake rows; rows already there are left alone."""
        if not rows:
            return
        self._work.run(
            self._work.insert(raw_mail).on_conflict_do_nothing(),
            [{"sha256": row.sha256, "content": raw} for row, raw in rows],
        )
        self._work.run(self._work.insert(intake).on_conflict_do_nothing(), [values_of(row) for row, _ in rows])

    def settle(self, row: IntakeRow) -> None:
        """Update an existing row's outcome, case_id and filed; raises Parked if there is no such row."""
        self._work.must_change(
            update(intake)
            .where(
                intake.c.mailbox == row.mailbox,
                intake.c.folder == row.folder,
                intake.c.uidvalidity == row.uidvalidity,
                intake.c.uid == row.uid,
            )
            .values(outcome=row.outcome, case_id=row.case_id, filed=row.filed),
            f"mail {row.uid} of {row.mailbox}/{row.folder}",
        )

    def unfiled(self, mailbox: str, folder: str, uidvalidity: int) -> list[IntakeRow]:
        """Return rows not yet filed (undecided ones too), by UID."""
        found = self._work.run(
            select(intake)
            .where(
                intake.c.mailbox == mailbox,
                intake.c.folder == folder,
                intake.c.uidvalidity == uidvalidity,
                intake.c.filed == False,  # noqa: E712 -- an SQL comparison that an index serves, not a truth test
            )
            .order_by(intake.c.uid)
        )
        return [IntakeRow(**row) for row in found.mappings()]
