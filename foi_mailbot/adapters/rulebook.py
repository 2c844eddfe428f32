"""The files under config/ become the rulebook: every problem reported at once, the content identified by SHA-256."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from foi_mailbot.adapters.kind_rules import KindReading
from foi_mailbot.core.rulebook import (
    Authority,
    Contact,
    CountyBodies,
    Example,
    Function,
    Override,
    Regime,
    Rulebook,
    Succession,
    Tier,
)
from foi_mailbot.core.wording import KindWords
from foi_mailbot.errors import Fatal

_LEVELS = ("decisive", "strong", "weak", "away", "keeps")
_LISTS = (*_LEVELS, "lgsl", "other_bodies", "fires", "silent")
_TEXTS = ("title", "phrase", "tier", "regime", "basis", "source")
_KNOWN = frozenset({*_LISTS, *_TEXTS, "role"})
_COLUMNS = {
    "authorities.csv": ("code", "name", "type", "nation", "parent", "start", "end", "aliases"),
    "county_bodies.csv": ("county", "police", "fire"),
    "successions.csv": ("predecessor", "successor", "on", "status", "extent"),
    "contacts.csv": (
        "code", "name", "email", "postal_address", "source", "confidence", "verified_on", "verified_by",
    ),
}  # fmt: skip


@dataclass(slots=True)
class _Reading:
    """What has been read so far, later directories over earlier ones, and what was wrong."""

    problems: list[str] = field(default_factory=list)
    authorities: dict[str, Authority] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    overrides: dict[tuple[str, str, date | None], Override] = field(default_factory=dict)
    lexicon: dict[str, tuple[str, ...]] = field(default_factory=dict)
    county_bodies: dict[str, CountyBodies] = field(default_factory=dict)
    successions: dict[tuple[str, str, date], Succession] = field(default_factory=dict)

    kinds: KindReading = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = KindReading(self.wrong)

    def wrong(self, file: Path, key: str, what: str, write: str) -> None:
        self.problems.append(f"{file}: {key}: {what}; write {write}")


def load(config_dirs: Sequence[Path]) -> Rulebook:
    """Read the rulebook from those config directories, later ones adding to or replacing earlier ones by id.

    Of each directory: rules/*.toml, lexicon.toml, kinds.toml, overrides.toml and data/*.csv, each optional.
    Raises Fatal naming every problem at once: file, key, what is wrong, what to write.
    """
    reading = _Reading()
    for directory in config_dirs:
        for path in sorted((directory / "rules").glob("*.toml")):
            _read_rules(path, reading)
        _read_lexicon(directory / "lexicon.toml", reading)
        reading.kinds.read(directory / "kinds.toml", _toml(directory / "kinds.toml", reading))
        _read_overrides(directory / "overrides.toml", reading)
        for name, take in _TABLES.items():
            for line, row in _rows(directory / "data" / name, reading):
                take(row, directory / "data" / name, line, reading)
    _check_whole(reading, config_dirs)
    kinds = reading.kinds.checked()
    if reading.problems:
        raise Fatal("The rulebook cannot be used:\n" + "\n".join(f"  {p}" for p in reading.problems))
    return _sealed(reading, kinds)


def _sealed(reading: _Reading, kinds: KindWords) -> Rulebook:
    content = {
        "authorities": {k: asdict(v) for k, v in sorted(reading.authorities.items())},
        "functions": {k: asdict(v) for k, v in sorted(reading.functions.items())},
        "contacts": {k: asdict(v) for k, v in sorted(reading.contacts.items())},
        "overrides": [asdict(v) for v in reading.overrides.values()],
        "lexicon": dict(sorted(reading.lexicon.items())),
        "county_bodies": {k: asdict(v) for k, v in sorted(reading.county_bodies.items())},
        "successions": [asdict(v) for v in reading.successions.values()],
        "kinds": asdict(kinds),
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return Rulebook(
        authorities=reading.authorities,
        functions=reading.functions,
        contacts=reading.contacts,
        overrides=tuple(reading.overrides.values()),
        lexicon=reading.lexicon,
        sha256=hashlib.sha256(canonical.encode()).hexdigest(),
        county_bodies=reading.county_bodies,
        successions=tuple(reading.successions.values()),
        kinds=kinds,
    )


# ── rules, lexicon, overrides ─────────────────────────────────────────────────────────────────────
def _toml(path: Path, reading: _Reading) -> dict[str, object]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reading.wrong(path, "the file", f"is not TOML in UTF-8 ({error})", "it as TOML 1.0")
    except OSError as error:
        reading.wrong(
            path, "the file", f"cannot be read ({error.strerror})", "permissions that let the service read it"
        )
    return {}


def _read_rules(path: Path, reading: _Reading) -> None:
    tables = _toml(path, reading).get("function", {})
    if not isinstance(tables, dict):
        reading.wrong(path, "function", "is not a table", "[function.your_id]")
        return
    for id_, table in tables.items():
        key = f"function.{id_}"
        if not isinstance(table, dict):
            reading.wrong(path, key, "is not a table", f"[{key}]")
            continue
        before = len(reading.problems)
        _check_function(path, key, table, reading)
        if len(reading.problems) == before:
            reading.functions[id_] = _function(id_, table)


def _check_function(path: Path, key: str, table: Mapping[str, object], reading: _Reading) -> None:
    for name in sorted(set(table) - _KNOWN):
        reading.wrong(path, f"{key}.{name}", "is not a known key", f"one of {', '.join(sorted(_KNOWN))}")
    for name in _TEXTS:
        value = table.get(name)
        if not isinstance(value, str) or not value.strip():
            reading.wrong(path, f"{key}.{name}", "is missing or empty", f'{name} = "…"')
    for name in _LISTS:
        _strings(path, f"{key}.{name}", table.get(name, []), reading)
    _choice(path, f"{key}.tier", table.get("tier"), Tier, reading)
    _choice(path, f"{key}.regime", table.get("regime"), Regime, reading)
    if table.get("tier") == Tier.UPPER and not table.get("role"):
        reading.wrong(path, f"{key}.role", "is missing", 'role = "… authority", as a letter names the county\'s role')
    for name in ("fires", "silent"):
        if len(_as_list(table.get(name))) < 2:
            reading.wrong(path, f"{key}.{name}", "has fewer than two examples", "two wordings of your own or more")


def _choice(path: Path, key: str, value: object, kind: type[StrEnum], reading: _Reading) -> None:
    allowed = [member.value for member in kind]
    if isinstance(value, str) and value and value not in allowed:
        reading.wrong(path, key, f"is “{value}”", f"one of {', '.join(allowed)}")


def _strings(path: Path, key: str, value: object, reading: _Reading) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        reading.wrong(path, key, "is not a list of words", '["…", "…"]')
    elif len(set(value)) != len(value):
        twice = sorted({item for item in value if value.count(item) > 1})
        reading.wrong(path, key, f"names {', '.join(twice)} twice", "it once")


def _as_list(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _function(id_: str, table: Mapping[str, object]) -> Function:
    lists = {name: tuple(_as_list(table.get(name))) for name in _LISTS}
    examples = [Example(t, fires=True) for t in lists["fires"]] + [Example(t, fires=False) for t in lists["silent"]]
    return Function(
        id=id_,
        title=str(table["title"]),
        phrase=str(table["phrase"]),
        tier=Tier(str(table["tier"])),
        regime=Regime(str(table["regime"])),
        decisive=lists["decisive"],
        strong=lists["strong"],
        weak=lists["weak"],
        away=lists["away"],
        keeps=lists["keeps"],
        lgsl=lists["lgsl"],
        other_bodies=lists["other_bodies"],
        basis=str(table["basis"]),
        source=str(table["source"]),
        role=str(table.get("role", "")),
        examples=tuple(examples),
    )


def _read_lexicon(path: Path, reading: _Reading) -> None:
    for name, value in _toml(path, reading).items():
        _strings(path, name, value, reading)
        reading.lexicon[name] = tuple(_as_list(value))


def _read_overrides(path: Path, reading: _Reading) -> None:
    tables = _toml(path, reading).get("override", [])
    if not isinstance(tables, list):
        reading.wrong(path, "override", "is not a list of tables", "[[override]]")
        return
    for number, table in enumerate(tables, 1):
        key = f"override {number}"
        values = {n: table.get(n) for n in ("function", "authority", "holder", "basis", "source")}
        missing = [n for n, value in values.items() if not isinstance(value, str) or not value]
        for name in missing:
            reading.wrong(path, f"{key}.{name}", "is missing or empty", f'{name} = "…"')
        dates = {n: table.get(n) for n in ("start", "end")}
        for name, value in dates.items():
            if value is not None and not isinstance(value, date):
                reading.wrong(path, f"{key}.{name}", "is not a date", f"{name} = 2026-04-01, without quotes")
                missing.append(name)
        if not missing:
            override = Override(**{n: str(v) for n, v in values.items()}, **dates)  # type: ignore[arg-type]
            reading.overrides[override.function, override.authority, override.start] = override


# ── tables ────────────────────────────────────────────────────────────────────────────────────────
def _rows(path: Path, reading: _Reading) -> Iterator[tuple[int, dict[str, str]]]:
    if not path.is_file():
        return
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in _COLUMNS[path.name] if c not in (reader.fieldnames or ())]
            if missing:
                reading.wrong(path, "line 1", f"lacks {', '.join(missing)}", ",".join(_COLUMNS[path.name]))
                return
            for row in reader:
                yield reader.line_num, {c: (row[c] or "").strip() for c in _COLUMNS[path.name]}
    except (UnicodeDecodeError, csv.Error) as error:
        reading.wrong(path, "the file", f"is not CSV in UTF-8 ({error})", "it as CSV")


def _date(text: str, path: Path, line: int, column: str, reading: _Reading) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        reading.wrong(path, f"line {line}, {column}", f"“{text}” is not a date", "YYYY-MM-DD")
        return None


def _take_authority(row: dict[str, str], path: Path, line: int, reading: _Reading) -> None:
    if not (row["code"] and row["name"] and row["type"]):
        reading.wrong(path, f"line {line}", "lacks code, name or type", "all three")
        return
    start, end = (_date(row[c], path, line, c, reading) for c in ("start", "end"))
    if start and end and start >= end:
        reading.wrong(path, f"line {line}", "ends before it starts", "end as the first day it is no more")
    aliases = tuple(a for a in row["aliases"].split("|") if a)
    reading.authorities[row["code"]] = Authority(
        row["code"], row["name"], row["type"], row["nation"], row["parent"], start, end, aliases
    )


def _take_contact(row: dict[str, str], path: Path, line: int, reading: _Reading) -> None:
    verified_on = _date(row["verified_on"], path, line, "verified_on", reading)
    if bool(row["verified_on"]) != bool(row["verified_by"]):
        reading.wrong(path, f"line {line}", "is half verified", "verified_on and verified_by, or neither")
    if row["email"] and row["email"].count("@") != 1:
        reading.wrong(path, f"line {line}, email", f"“{row['email']}” is no address", "name@example.org, or nothing")
    reading.contacts[row["code"]] = Contact(
        row["code"], row["name"], row["email"], row["postal_address"], row["source"], row["confidence"],
        verified_on, row["verified_by"],
    )  # fmt: skip


def _take_county(row: dict[str, str], path: Path, line: int, reading: _Reading) -> None:
    if not row["county"]:
        reading.wrong(path, f"line {line}, county", "is empty", "the county's code")
    reading.county_bodies[row["county"]] = CountyBodies(row["county"], row["police"], row["fire"])


def _take_succession(row: dict[str, str], path: Path, line: int, reading: _Reading) -> None:
    on = _date(row["on"], path, line, "on", reading)
    if on is None:
        reading.wrong(path, f"line {line}, on", "has no date", "the first day of the new council")
        return
    reading.successions[row["predecessor"], row["successor"], on] = Succession(
        row["predecessor"], row["successor"], on, row["status"], row["extent"]
    )


_TABLES: dict[str, Callable[[dict[str, str], Path, int, _Reading], None]] = {
    "authorities.csv": _take_authority,
    "county_bodies.csv": _take_county,
    "successions.csv": _take_succession,
    "contacts.csv": _take_contact,
}


def _check_whole(reading: _Reading, config_dirs: Sequence[Path]) -> None:
    where = config_dirs[-1] if config_dirs else Path("config")
    if not reading.functions and not reading.problems:
        reading.wrong(where / "rules", "*.toml", "no function is defined", "[function.your_id] in a file there")
    for authority in reading.authorities.values():
        if authority.parent and authority.parent not in reading.authorities:
            reading.wrong(
                where / "data/authorities.csv",
                authority.code,
                f"parent {authority.parent} is unknown",
                "its county's code",
            )
    for override in reading.overrides.values():
        file, key = where / "overrides.toml", f"override {override.function}/{override.authority}"
        if override.function not in reading.functions:
            reading.wrong(file, key, f"function {override.function} is unknown", "an id from rules/")
        for code in {override.authority, override.holder} - {"self", "both"} - reading.authorities.keys():
            reading.wrong(file, key, f"authority {code} is unknown", "a code from data/authorities.csv")
