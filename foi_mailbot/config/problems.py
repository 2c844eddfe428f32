"""What is wrong in the settings, where, and what to write instead, in plain English."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic_core import ErrorDetails

from foi_mailbot.config.settings import Settings, Table
from foi_mailbot.config.toml_lines import Path as KeyPath
from foi_mailbot.errors import Fatal

Finding = tuple[KeyPath, str, str]
"""Where in the data, what is wrong, what to write."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the settings: where it stands (line from 1), what is wrong, and what to write instead."""

    file: str
    line: int
    key: str
    what: str
    write: str

    def __str__(self) -> str:
        key = f"{self.key} " if self.key else ""
        stop = "" if self.what.endswith("?") else "."
        return f"{self.file}:{self.line}: {key}{self.what}{stop}" + (f" Write: {self.write}" if self.write else "")


class ConfigError(Fatal):
    """The settings file has problems; the service does not start until they are mended."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def shown(path: KeyPath) -> str:
    """Return the key with its tables, as the documentation writes it."""
    return ".".join(part for part in path if isinstance(part, str))


_TYPES = {
    "string_type": "must be text in quotes",
    "path_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "model_type": "must be a table",
    "string_too_short": "must not be blank",
    "too_short": "must have at least one entry",
}


def finding(detail: ErrorDetails) -> Finding:
    """Say one of pydantic's errors in plain English, with what to write."""
    path: KeyPath = tuple(detail["loc"])
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(path)
    what = _TYPES.get(kind, "")
    if kind == "missing":
        what = "is missing"
    elif kind in {"enum", "literal_error"}:
        what = f"must be {context['expected']}".replace("'", '"')
    elif kind in {"greater_than_equal", "less_than_equal"}:
        what = f"must be at least {context['ge']}" if "ge" in context else f"must be at most {context['le']}"
    elif kind == "value_error":
        what = str(context["error"])
    return path, what or detail["msg"], _example(path)


def _unknown(path: KeyPath) -> Finding:
    name, table = str(path[-1]), _table_at(path[:-1])
    if name in {"password", "secret", "token"}:
        what = "must not stand in this file: a password is never kept in the settings"
        return path, what, f'credential = "{path[-2] if len(path) > 1 else "imap"}-password"'
    home = next((place for place, keys in _homes() if name in keys), "")
    if home:
        return path, f"is not a known key here; it belongs {home}", ""
    near = difflib.get_close_matches(name, _fields(table), n=1)
    if near:
        return path, f"is not a known key; did you mean {near[0]}?", _example((*path[:-1], near[0]))
    return path, "is not a known key", ""


def _fields(table: type[Table]) -> dict[str, Any]:
    """Return the table's keys as the file spells them, with pydantic's field."""
    return {info.alias or name: info for name, info in table.model_fields.items()}


def _inner(annotation: object) -> type[Table] | None:
    """Return the table class inside a field's type, None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next((inner for part in get_args(annotation) if (inner := _inner(part))), None)


def _table_at(path: KeyPath) -> type[Table]:
    table: type[Table] = Settings
    for part in path:
        info = _fields(table).get(part) if isinstance(part, str) else None
        table = (_inner(info.annotation) if info else None) or table
    return table


def _homes(table: type[Table] = Settings, path: KeyPath = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where every table stands, in words, with its keys."""
    yield f"in {_header(path)}" if path else "at the top of the file", _fields(table)
    for key, info in _fields(table).items():
        if inner := _inner(info.annotation):
            yield from _homes(inner, (*path, key))


def _header(path: KeyPath) -> str:
    """Return the table's header line; an array's tables stand in double brackets."""
    info = _fields(_table_at(path[:-1]))[str(path[-1])]
    return f"[[{shown(path)}]]" if get_args(info.annotation)[1:] == (...,) else f"[{shown(path)}]"


def _example(path: KeyPath) -> str:
    """Return a line that could stand there: the documented example or the default."""
    path = tuple(part for part in path if isinstance(part, str))
    info = _fields(_table_at(path[:-1])).get(str(path[-1])) if path else None
    if info is None:
        return ""
    if _inner(info.annotation):
        return _header(path)
    value = info.examples[0] if info.examples else info.get_default()
    if isinstance(value, str) and "\\" in value:
        return f"{path[-1]} = '{value}'"  # a literal string, so that a pattern keeps its backslashes
    literal = [str(item) for item in value] if isinstance(value, tuple) else value
    return f"{path[-1]} = {json.dumps(literal if isinstance(literal, int | list) else str(literal))}"
