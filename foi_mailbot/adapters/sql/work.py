"""One open transaction as the tables' rooms see it: run a statement, move a row in or out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, CursorResult, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable

from foi_mailbot.adapters.sql.engine import our_errors
from foi_mailbot.errors import Parked

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Work:
    """A transaction's connection; every database error leaves it as one of ours."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = connection.dialect.name == "sqlite"

    def run(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement, with one or many rows of values.

        Raises Transient, Parked or Fatal as `our_errors` says; Parked too for text no database can hold.
        """
        try:
            with our_errors():
                return self._connection.execute(statement, rows)
        except UnicodeEncodeError as error:
            raise Parked(f"A text holds characters that cannot be stored: {error.reason}.") from error

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that can say what to do about a row already there."""
        return sqlite.insert(table) if self._sqlite else postgresql.insert(table)

    def must_change(self, statement: Executable, what: str) -> None:
        """Execute an UPDATE that must find its row; raises Parked naming `what` if it is absent."""
        if self.run(statement).rowcount != 1:
            raise Parked(f"There is no {what} in the store.")


def values_of(row: DataclassInstance) -> dict[str, Any]:
    """Return a port's row as column values: its fields are named as the columns are."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
