"""Approved letters and what became of them: the Outbox port in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select

from foi_mailbot.adapters.sql.tables import outbox
from foi_mailbot.adapters.sql.work import Work, values_of
from foi_mailbot.core.case import State
from foi_mailbot.ports import LETTER, OutboxRow

_COLUMNS = [column for column in outbox.columns if column.name != "position"]
_QUEUED = (State.APPROVED, State.SENDING)


class SqlOutbox:
    """ports.Outbox."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, row: OutboxRow) -> None:
        """Insert or replace by case and purpose; what is tried again keeps its place, a new approval goes last."""
        old = self._work.run(select(outbox.c.state, outbox.c.position).where(*_key(row.case_id, row.purpose))).first()
        stays = old is not None and (row.state is not State.APPROVED or old.state in _QUEUED)
        position = old.position if old is not None and stays else self._last_position() + 1
        values: dict[str, Any] = values_of(row) | {"position": position}
        statement = self._work.insert(outbox).values(values)
        self._work.run(statement.on_conflict_do_update(index_elements=["case_id", "purpose"], set_=values))

    def _last_position(self) -> int:
        return int(self._work.run(select(func.max(outbox.c.position))).scalar_one() or 0)

    def get(self, case_id: str, purpose: str = LETTER) -> OutboxRow | None:
        """Return a case's letter, or its acknowledgement, in the outbox."""
        found = self._work.run(select(*_COLUMNS).where(*_key(case_id, purpose))).mappings().first()
        return None if found is None else _row(found)

    def ready(self, now: datetime) -> list[OutboxRow]:
        """Return rows in state approved whose not_before has come, oldest approval first."""
        come = or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now)
        return self._in_state(State.APPROVED, [come])

    def in_doubt(self) -> list[OutboxRow]:
        """Return rows left in state sending (by a crash)."""
        return self._in_state(State.SENDING, [])

    def _in_state(self, state: State, also: Iterable[Any]) -> list[OutboxRow]:
        statement = select(*_COLUMNS).where(outbox.c.state == state, *also).order_by(outbox.c.position)
        return [_row(found) for found in self._work.run(statement).mappings()]


def _key(case_id: str, purpose: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return outbox.c.case_id == case_id, outbox.c.purpose == purpose


def _row(found: RowMapping) -> OutboxRow:
    values = dict(found)
    return OutboxRow(**values | {"content": bytes(values["content"])})
