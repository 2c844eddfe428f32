"""The store over SQLAlchemy Core: SQLite on one machine, PostgreSQL beyond it."""

from foi_mailbot.adapters.sql.store import SqlStore

__all__ = ["SqlStore"]
