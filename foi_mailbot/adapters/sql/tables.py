"""The tables, their indexes and the column types that carry our values in and out."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from foi_mailbot.core.audit import moment
from foi_mailbot.core.case import State
from foi_mailbot.core.learning import Verdict

SCHEMA_VERSION = 2
"""Raised by one with every change to the tables below. An older store gets the tables it lacks when it is opened."""


class Moment(TypeDecorator[datetime]):
    """A timezone-aware moment as text in UTC: sorts by time, and no database loses its offset."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write UTC with microseconds and offset."""
        return None if value is None else moment(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read it back, timezone-aware."""
        return None if value is None else datetime.fromisoformat(value)


class StateName(TypeDecorator[State]):
    """A case's state by its name."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: State | None, dialect: Dialect) -> str | None:
        """Write the name."""
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> State | None:
        """Read the state; an unknown name raises ValueError."""
        return None if value is None else State(value)


class Texts(TypeDecorator[tuple[str, ...]]):
    """A tuple of strings as a JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Write a JSON list."""
        return None if value is None else json.dumps(list(value), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Read a tuple."""
        return None if value is None else tuple(json.loads(value))


class VerdictName(TypeDecorator[Verdict]):
    """An officer's verdict by its name."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Verdict | None, dialect: Dialect) -> str | None:
        """Write the name."""
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Verdict | None:
        """Read the verdict; an unknown name raises ValueError."""
        return None if value is None else Verdict(value)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

raw_mail = Table(
    "raw_mail",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
)

intake = Table(
    "intake",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", Text, ForeignKey("raw_mail.sha256"), nullable=False),
    Column("received", Moment, nullable=False),
    _text("outcome"),
    _text("case_id"),
    Column("filed", Boolean, nullable=False),
    Index("intake_unfiled", "mailbox", "folder", "uidvalidity", "filed", "uid"),
    Index("intake_by_raw", "sha256"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    _text("mailbox"),
    _text("authority"),
    _text("reference"),
    Column("state", StateName, nullable=False),
    _text("kind"),
    _text("outcome"),
    _text("subject"),
    _text("applicant_name"),
    _text("applicant_email"),
    Column("received", Moment, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("due", Date),
    _text("raw_sha256"),
    _text("message_id"),
    _text("rulebook_sha256"),
    _text("request_json"),
    _text("decision_json"),
    _text("note"),
    Index("cases_by_state", "state", "mailbox"),
    Index("cases_by_mailbox", "mailbox"),
    Index("cases_by_reference", "reference", "received"),
    Index("cases_by_raw", "raw_sha256"),
    Index("cases_by_message_id", "message_id"),
)

sequences = Table(
    "sequences",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

letters = Table(
    "letters",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _text("recipient"),
    _text("subject"),
    _text("text"),
    _text("html"),
    _text("template"),
    _text("in_reply_to"),
    Column("references", Texts, nullable=False),
    Column("blocked", Texts, nullable=False),
    _text("author"),
    _text("content_sha256"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("purpose", Text, primary_key=True),
    _text("mailbox"),
    _text("message_id"),
    _text("sender"),
    _text("recipient"),
    Column("content", LargeBinary, nullable=False),
    _text("content_sha256"),
    Column("state", StateName, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Moment),
    _text("reply"),
    Column("position", BigInteger, nullable=False),  # order of approval
    Index("outbox_by_state", "state", "position"),
    Index("outbox_by_position", "position"),
    Index("outbox_by_message_id", "message_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _text("at"),
    _text("name"),
    _text("case_id"),
    _text("actor"),
    _text("details"),
    _text("previous"),
    _text("hash"),
    CheckConstraint("seq > 0", name="audit_from_one"),
    Index("audit_by_case", "case_id", "seq"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    _text("mailbox"),
    _text("authority"),
    _text("function"),
    _text("body"),
    _text("rule_sha256"),
    Column("until", Date, nullable=False),
    _text("reason"),
    _text("proposed_by"),
    Column("proposed_at", Moment, nullable=False),
    _text("confirmed_by"),
    Column("confirmed_at", Moment),
    _text("suspended_by"),
    Column("suspended_at", Moment),
    _text("suspended_for"),
    Column("used", Integer, nullable=False),
    Index("grants_by_mailbox", "mailbox", "id"),
)

auto_letters = Table(
    "auto_letters",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    _text("recipient"),
    _text("content_sha256"),
    Column("grants", Texts, nullable=False),
    Column("at", Moment, nullable=False),
    Column("sampled", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    _text("verdict"),
    _text("reviewed_by"),
    Index("auto_letters_by_recipient", "recipient", "case_id"),
    Index("auto_letters_waiting", "sampled", "verdict", "withdrawn", "case_id"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("ask", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, primary_key=True),
    _text("function"),
    Column("verdict", VerdictName, nullable=False),
    _text("should_be"),
    _text("rule_sha256"),
    Column("at", Moment, nullable=False),
    _text("actor"),
    Index("verdicts_by_rule", "rule", "rule_sha256", "verdict"),
)

demotions = Table(
    "demotions",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("confirmed", Integer, nullable=False),
    Column("corrected", Integer, nullable=False),
)
