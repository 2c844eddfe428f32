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

from foi_mailbot.adapters import contacts_file
from foi_mailbot.adapters.kind_rules import KindReading
from foi_mailbot.adapters.override_file import read_overrides
from foi_mailbot.core.consistency import faults
from foi_mailbot.core.rulebook import (
    Authority,
    Contact,
    CountyBodies,
    Example,
    Function,
    NationBody,
    Override,
    Purpose,
    Regime,
    Rulebook,
    Source,
    Succession,
    Tier,
)
from foi_mailbot.core.wording import KindWords
from foi_mailbot.errors import Fatal

_LEVELS = ("decisive", "strong", "weak", "away", "keeps")
_LISTS = (*_LEVELS, "lgsl", "other_bodies", "fires", "silent")
_TEXTS = ("title", "phrase", "tier", "regime", "basis", "source")
_KNOWN = frozenset({*_LISTS, *_TEXTS, "role", "review_by"})
_COLUMNS = {
    "authorities.csv": ("code", "name", "type", "nation", "parent", "start", "end", "aliases"),
    "county_bodies.csv": ("county", "police", "fire"),
    "successions.csv": ("predecessor", "successor", "name", "on", "status", "extent", "source"),
    "nation_bodies.csv": ("nation", "function", "body", "source"),
    "contacts.csv": contacts_file.REQUIRED,
}
_OPTIONAL = {"contacts.csv": contacts_file.OPTIONAL}


@dataclass(slots=True)
class _Reading:
    """What has been read so far, later directories over earlier ones, and what was wrong."""

    problems: list[str] = field(default_factory=list)
    authorities: dict[str, Authority] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    contacts: dict[tuple[str, Purpose], Contact] = field(default_factory=dict)
    contact_lines: dict[tuple[Path, str, Purpose], int] = field(default_factory=dict)
    overrides: dict[tuple[str, str], list[Override]] = field(default_factory=dict)  # by function and scope
    lexicon: dict[str, tuple[str, ...]] = field(default_factory=dict)
    county_bodies: dict[str, CountyBodies] = field(default_factory=dict)
    successions: dict[str, list[Succession]] = field(default_factory=dict)  # by predecessor
    nation_bodies: dict[tuple[str, str], NationBody] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    added: dict[str, list[Succession]] = field(default_factory=dict)  # of the directory in hand

    kinds: KindReading = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = KindReading(self.wrong)

    def wrong(self, file: Path, key: str, what: str, write: str) -> None:
        self.problems.append(f"{file}: {key}: {what}; write {write}")


def load(config_dirs: Sequence[Path]) -> Rulebook:
    """Read the rulebook from those config directories, later ones adding to or replacing earlier ones by id.

    Of each directory: rules/*.toml, lexicon.toml, kinds.toml, overrides.toml, data/*.csv and
    data/SOURCES.toml, each optional.
    What a later one says of a function in one place, or of a body's end, replaces all that earlier ones said of it.
    Raises Fatal naming every problem at once: file, key, what is wrong, what to write.
    """
    reading = _Reading()
    for directory in config_dirs:
        for path in sorted((directory / "rules").glob("*.toml")):
            _read_rules(path, reading)
        _read_lexicon(directory / "lexicon.toml", reading)
        reading.kinds.read(directory / "kinds.toml", _toml(directory / "kinds.toml", reading))
        _take_overrides(directory / "overrides.toml", reading)
        _read_sources(directory / "data/SOURCES.toml", reading)
        for name, take in _TABLES.items():
            for line, row in _rows(directory / "data" / name, reading):
                take(row, directory / "data" / name, line, reading)
        reading.successions |= reading.added
        reading.added = {}
    rulebook = _sealed(reading, reading.kinds.checked())
    _check_whole(rulebook, reading, config_dirs)
    if reading.problems:
        raise Fatal("The rulebook cannot be used:\n" + "\n".join(f"  {p}" for p in reading.problems))
    return rulebook


def _sealed(reading: _Reading, kinds: KindWords) -> Rulebook:
    content = {
        "authorities": {k: asdict(v) for k, v in sorted(reading.authorities.items())},
        "functions": {k: asdict(v) for k, v in sorted(reading.functions.items())},
        "contacts": [asdict(v) for _, v in sorted(reading.contacts.items())],
        "overrides": [asdict(v) for own in reading.overrides.values() for v in own],
        "lexicon": dict(sorted(reading.lexicon.items())),
        "county_bodies": {k: asdict(v) for k, v in sorted(reading.county_bodies.items())},
        "successions": [asdict(v) for own in reading.successions.values() for v in own],
        "nation_bodies": [asdict(v) for v in reading.nation_bodies.values()],
        "sources": {k: asdict(v) for k, v in sorted(reading.sources.items())},
        "kinds": asdict(kinds),
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return Rulebook(
        authorities=reading.authorities,
        functions=reading.functions,
        contacts=contacts_file.by_code(reading.contacts.values()),
        overrides=tuple(override for own in reading.overrides.values() for override in own),
        lexicon=reading.lexicon,
        sha256=hashlib.sha256(canonical.encode()).hexdigest(),
        county_bodies=reading.county_bodies,
        successions=tuple(row for own in reading.successions.values() for row in own),
        nation_bodies=reading.nation_bodies,
        sources=reading.sources,
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
            replaced = reading.functions.get(id_)
            reading.functions[id_] = _function(id_, table, area=replaced.area if replaced else path.stem)


def _check_function(path: Path, key: str, table: Mapping[str, object], reading: _Reading) -> None:
    for name in sorted(set(table) - _KNOWN):
        reading.wrong(path, f"{key}.{name}", "is not a known key", f"one of {', '.join(sorted(_KNOWN))}")
    for name in _TEXTS:
        value = table.get(name)
        if not isinstance(value, str) or not value.strip():
            reading.wrong(path, f"{key}.{name}", "is missing or empty", f'{name} = "…"')
    for name in _LISTS:
        _strings(path, f"{key}.{name}", table.get(name, []), reading)
    if not isinstance(table.get("review_by", date.min), date):
        reading.wrong(path, f"{key}.review_by", "is not a date", "review_by = 2027-03-31, without quotes")
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


def _function(id_: str, table: Mapping[str, object], *, area: str) -> Function:
    review = table.get("review_by")
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
        area=area,
        review_by=review if isinstance(review, date) else None,
    )


def _read_lexicon(path: Path, reading: _Reading) -> None:
    for name, value in _toml(path, reading).items():
        _strings(path, name, value, reading)
        reading.lexicon[name] = tuple(_as_list(value))


def _take_overrides(path: Path, reading: _Reading) -> None:
    own: dict[tuple[str, str], list[Override]] = {}
    for override in read_overrides(path, _toml(path, reading), reading.wrong):
        own.setdefault((override.function, override.scope), []).append(override)
    reading.overrides |= own


def _read_sources(path: Path, reading: _Reading) -> None:
    tables = _toml(path, reading).get("source", [])
    for number, table in enumerate(tables if isinstance(tables, list) else [tables], 1):
        values = table if isinstance(table, dict) else {}
        file, origin, review = values.get("file"), values.get("origin"), values.get("review_by")
        if isinstance(file, str) and isinstance(origin, str) and isinstance(review, date):
            reading.sources[file] = Source(file, origin, review)
        else:
            what = 'file = "…", origin = "…" and review_by = 2027-03-31'
            reading.wrong(path, f"source {number}", "lacks file, origin or review_by", what)


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
                if None in row:
                    reading.wrong(
                        path, f"line {reader.line_num}", "has more cells than line 1", 'a comma within "quotes"'
                    )
                known = (*_COLUMNS[path.name], *_OPTIONAL.get(path.name, ()))
                yield reader.line_num, {c: (row.get(c) or "").strip() for c in known}
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
    contact = contacts_file.read_contact(row, path, line, reading.wrong)
    if contact is None:
        return
    first = reading.contact_lines.setdefault((path, contact.code, contact.purpose), line)
    if first != line:
        reading.wrong(path, f"line {line}", f"{contact.code} stands in line {first} already", "one row a purpose")
    reading.contacts[contact.code, contact.purpose] = contact


def _take_county(row: dict[str, str], path: Path, line: int, reading: _Reading) -> None:
    if not row["county"]:
        reading.wrong(path, f"line {line}, county", "is empty", "the county's code")
    reading.county_bodies[row["county"]] = CountyBodies(row["county"], row["police"], row["fire"])


def _take_succession(row: dict[str, str], path: Path, line: int, reading: _Reading) -> None:
    on = _date(row["on"], path, line, "on", reading)
    if on is None:
        reading.wrong(path, f"line {line}, on", "has no date", "the first day of the new council")
        return
    reading.added.setdefault(row["predecessor"], []).append(
        Succession(row["predecessor"], row["successor"], on, row["status"], row["extent"], row["name"], row["source"])
    )


def _take_nation_body(row: dict[str, str], path: Path, line: int, reading: _Reading) -> None:
    if not all(row.values()):
        reading.wrong(path, f"line {line}", "lacks a nation, function, body or source", "all four")
        return
    reading.nation_bodies[row["nation"], row["function"]] = NationBody(**row)


_TABLES: dict[str, Callable[[dict[str, str], Path, int, _Reading], None]] = {
    "authorities.csv": _take_authority,
    "county_bodies.csv": _take_county,
    "successions.csv": _take_succession,
    "nation_bodies.csv": _take_nation_body,
    "contacts.csv": _take_contact,
}


def _check_whole(rulebook: Rulebook, reading: _Reading, config_dirs: Sequence[Path]) -> None:
    where = config_dirs[-1] if config_dirs else Path("config")
    if not reading.functions and not reading.problems:
        reading.wrong(where / "rules", "*.toml", "no function is defined", "[function.your_id] in a file there")
    for fault in faults(rulebook):
        reading.wrong(where / fault.file, fault.key, fault.what, fault.write)
