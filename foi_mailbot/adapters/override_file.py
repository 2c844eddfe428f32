"""The tables of overrides.toml become overrides, each fault named with its table and what to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from foi_mailbot.core.rulebook import Override

Wrong = Callable[[Path, str, str, str], None]
"""Wrong(file, key, what is wrong, what to write) notes one fault."""

_REQUIRED = ("function", "holder", "basis", "source")
_DATES = ("start", "end", "verified_on")
_TEXTS = (*_REQUIRED, "authority", "county", "note", "verified_by")
_KNOWN = frozenset({*_TEXTS, *_DATES, "parts"})


def read_overrides(path: Path, tables: Mapping[str, object], wrong: Wrong) -> list[Override]:
    """Return the overrides of a file already parsed; whatever is wrong in one is told by `wrong` and leaves it out."""
    for name in sorted(set(tables) - {"override"}):
        wrong(path, name, "is not a known table", "[[override]]")
    listed = tables.get("override", [])
    if not isinstance(listed, list):
        wrong(path, "override", "is not a list of tables", "[[override]]")
        return []
    found: list[Override] = []
    for number, table in enumerate(listed, 1):
        faults = list(_faults(table)) if isinstance(table, dict) else [("", "is not a table", "[[override]]")]
        for name, what, write in faults:
            wrong(path, f"override {number}.{name}".rstrip("."), what, write)
        if not faults:
            found.append(_override(table))
    return found


def _faults(table: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(set(table) - _KNOWN):
        yield name, "is not a known key", f"one of {', '.join(sorted(_KNOWN))}"
    for name in _REQUIRED:
        if not table.get(name):
            yield name, "is missing or empty", f'{name} = "…"'
    for name in _TEXTS:
        if not isinstance(table.get(name, ""), str):
            yield name, "is not text", f'{name} = "…", in quotes'
    if bool(table.get("authority")) == bool(table.get("county")):
        yield "authority", "or county, one of them, must say where it holds", 'authority = "DOV" or county = "KEN"'
    parts = table.get("parts", [])
    if not isinstance(parts, list) or not all(isinstance(part, str) and part for part in parts):
        yield "parts", "is not a list of words", 'parts = ["enforcement", "permits"]'
    yield from _wrong_dates(table)


def _wrong_dates(table: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    for name in _DATES:
        value = table.get(name, date.min)
        if not isinstance(value, date) or isinstance(value, datetime):
            yield name, "is not a date", f"{name} = 2026-04-01, without quotes"
    start, end = table.get("start"), table.get("end")
    if type(start) is date and type(end) is date and start >= end:
        yield "end", f"{end} is not after the start {start}", "end as the first day on which it is no longer so"
    if bool(table.get("verified_on")) != bool(table.get("verified_by")):
        yield "verified_by", "and verified_on go together", "both, or neither"


def _override(table: Mapping[str, object]) -> Override:
    texts = {name: str(table.get(name, "")).strip() for name in _TEXTS}
    dates = {name: value for name in _DATES if isinstance(value := table.get(name), date)}
    parts = table.get("parts", [])
    assert isinstance(parts, list)
    return Override(**texts, **dates, parts=tuple(parts))  # type: ignore[arg-type]
