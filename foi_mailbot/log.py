"""Writes the log as JSON lines, in UTC, with personal data taken out on the way."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from foi_mailbot.errors import Fatal

MASKED_ADDRESS = "[address]"
MASKED_VALUE = "[redacted]"
PERSONAL_KEYS = frozenset(
    {
        "address", "addresses", "applicant", "applicant_email", "applicant_name", "bcc", "body", "cc", "content",
        "display_name", "email", "file_name", "filename", "from", "from_address", "html", "letter", "note",
        "password", "phone", "postal_address", "postcode", "raw", "recipient", "recipients", "reply_to", "secret",
        "sender", "signature", "subject", "text", "to", "token",
    }
)  # fmt: skip
"""Fields whose value is replaced whole: they hold what an applicant wrote, who they are, or a secret."""

_HANDLER = "foi_mailbot"
_LONGEST = 8000  # characters of one value; a whole mail must not end up in the log by way of an exception
_ADDRESS = re.compile(r'"[^"\n]*"@\S+|(?<!\S)\S*@\S*')


def configure(level: str, target: TextIO | Path | str = "") -> None:
    """Send this program's events from `level` up, and other libraries' warnings, to `target`.

    `target` is a stream, a file, or "" for standard error.
    Calling it again replaces the earlier target. Raises Fatal if the log file cannot be opened.
    """
    before_rendering: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _moment,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    handler = _handler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *before_rendering],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    handler.set_name(_HANDLER)
    _install(handler, level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *before_rendering,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_logger(name: str = "foi_mailbot") -> structlog.stdlib.BoundLogger:
    """Return a logger; nothing is set up until `configure` was called and the logger used."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Mask every address in every value, and every value whose field is one of PERSONAL_KEYS."""
    return {key: value if key.startswith("_") else _masked(key, value) for key, value in event.items()}


def _masked(key: str, value: object) -> object:
    if key.lower() in PERSONAL_KEYS:
        return MASKED_VALUE if value else value
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {_without_addresses(str(inner)): _masked(str(inner), part) for inner, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked("", part) for part in value]
        case bytes() | bytearray():
            return MASKED_VALUE
        case _:
            return _without_addresses(str(value))


def _without_addresses(text: str) -> str:
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
    return _ADDRESS.sub(MASKED_ADDRESS, cut) if "@" in cut else cut


def _moment(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {"at": datetime.now(UTC).isoformat(timespec="microseconds"), **event}


def _handler(target: TextIO | Path | str) -> logging.Handler:
    if not isinstance(target, Path | str):
        return logging.StreamHandler(target)
    if target == "":
        return logging.StreamHandler(sys.stderr)
    try:
        return WatchedFileHandler(target, encoding="utf-8")
    except OSError as error:
        raise Fatal(f"The log file {target} cannot be written: {error.strerror}") from error


def _install(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    for old in [old for old in root.handlers if old.get_name() == _HANDLER]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)  # imapclient writes whole mails at debug level
    logging.getLogger("foi_mailbot").setLevel(level.upper())
