"""Reads the settings file and gathers every problem in it before it gives up."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from foi_mailbot.config.problems import ConfigError, Finding, Problem, finding, shown
from foi_mailbot.config.settings import SECRET_KEYS, Settings
from foi_mailbot.config.toml_lines import Path as KeyPath
from foi_mailbot.config.toml_lines import key_lines, line_of

_START = "Copy the shipped config/foi_mailbot.toml there, or name another file with --config"
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read the settings file; raises ConfigError with every problem in it."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise ConfigError((Problem(str(path), 1, "", "There is no such file", _START),)) from error
    except OSError as error:
        raise ConfigError((Problem(str(path), 1, "", f"cannot be read: {error.strerror}", ""),)) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError((Problem(str(path), line, "", "is not UTF-8 text", ""),)) from error
    return loads(text, environ, file=str(path), base=path.parent)


def loads(text: str, environ: Mapping[str, str], *, file: str = "settings", base: Path = Path()) -> Settings:
    """Read settings from a text; relative files are looked up in `base`. Raises ConfigError with every problem."""
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or a number too long for Python to read
        raise ConfigError((_syntax_problem(text, str(error), file),)) from error
    lines = key_lines(text)
    found = list(_cross_checks(data))
    settings: Settings | None = None
    try:
        settings = Settings.model_validate_json(json.dumps(data, default=str), context=(base, environ))
    except ValidationError as error:
        found += [finding(detail) for detail in error.errors() if not _echo(detail)]
    problems = {Problem(file, line_of(lines, path), shown(path), what, write): None for path, what, write in found}
    if problems or settings is None:
        raise ConfigError(tuple(sorted(problems, key=lambda problem: problem.line)))
    return settings


# ── finding problems ─────────────────────────────────────────────────────────────────────────────
_SYNTAX = {
    "Invalid value": ("the value is not written as TOML asks", 'text in quotes, like key = "value"'),
    "Illegal character '\\n'": ("the quotes are not closed on this line", 'key = "value"'),
    "Cannot overwrite a value": ("this key stands twice in its table", "it once"),
    "Cannot declare": ("this table stands twice", "its keys under one header"),
    "Expected '=' after a key": ("there is no = after the key", 'key = "value"'),
}
"""Beginnings of tomllib's messages, in words an operator can use: what is wrong, what to write."""


def _syntax_problem(text: str, message: str, file: str) -> Problem:
    at = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", message)
    line = int(at[1]) if at and at[1] else len(text.splitlines()) or 1
    plain = message[: at.start()] if at else message
    what, write = next((words for start, words in _SYNTAX.items() if plain.startswith(start)), (plain, ""))
    return Problem(file, line, "", f"This is not TOML: {what}", write)


def _echo(detail: ErrorDetails) -> bool:
    """Whether pydantic only calls a list too short because its entries have problems of their own."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _cross_checks(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check what no single key can show; wrong types are left to the models."""
    if urlsplit(_text(data, "database")).password:
        yield ("database",), "must not hold a password", "the address without it, and the password in ~/.pgpass"
    names: set[str] = set()
    folders: dict[tuple[str, ...], str] = {}
    for index, mailbox in enumerate(_tables(data.get("mailbox"))):
        path: KeyPath = ("mailbox", index)
        name = _text(mailbox, "name")
        if name and name in names:
            yield (*path, "name"), f'"{name}" names two mailboxes', "another name"
        names.add(name)
        for kind in ("imap", "smtp"):
            if isinstance(server := mailbox.get(kind), dict):
                yield from _server_checks((*path, kind), server)
        yield from _folder_checks(path, mailbox, folders)
        patterns = [_text(reference, "name") for reference in _tables(mailbox.get("reference"))]
        for at, pattern in enumerate(patterns):
            if pattern and pattern in patterns[:at]:
                yield (*path, "reference", at, "name"), f'"{pattern}" names two patterns', "another name"


def _server_checks(path: KeyPath, server: Mapping[str, Any]) -> Iterator[Finding]:
    given = [key for key in SECRET_KEYS if server.get(key)]
    wanted = path[-1] == "imap" or bool(server.get("user"))
    example = f'credential = "{path[-1]}-password"'
    if not given and wanted and "password" not in server:
        yield path, f"has no password: give exactly one of {', '.join(SECRET_KEYS)}", example
    if len(given) > 1:
        yield (*path, given[1]), f"is one password too many beside {given[0]}", "only one of them"
    host = _text(server, "host")
    if server.get("tls") == "none" and (server.get("user") or given) and host and host not in _LOCAL_HOSTS:
        yield (*path, "tls"), f"would send the password to {host} in clear", 'tls = "implicit" or tls = "starttls"'


def _folder_checks(path: KeyPath, mailbox: Mapping[str, Any], seen: dict[tuple[str, ...], str]) -> Iterator[Finding]:
    imap = mailbox.get("imap")
    account = (_text(imap, "host").lower(), _text(imap, "user").lower()) if isinstance(imap, dict) else None
    folders = mailbox.get("folders", ["INBOX"])
    for folder in folders if isinstance(folders, list) else []:
        plain = "INBOX" if str(folder).upper() == "INBOX" else str(folder)
        if plain == mailbox.get("filed_folder"):
            yield (*path, "filed_folder"), f"is read too: {plain} stands in folders", 'filed_folder = ""'
        key = (*account, plain) if account and all(account) else None
        if key and key in seen:
            what = f"{plain} of this account is already read by mailbox {seen[key]}"
            yield (*path, "folders"), what, "another folder or another account"
        if key:
            seen[key] = _text(mailbox, "name")


def _tables(value: object) -> list[dict[str, Any]]:
    return [table if isinstance(table, dict) else {} for table in value] if isinstance(value, list) else []


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
