"""config/kinds.toml becomes the words that tell kinds of mail: rules and word lists, every problem named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foi_mailbot.core.kinds import Kind
from foi_mailbot.core.phrases import problem
from foi_mailbot.core.wording import WHERE, KindRule, KindWords

_TOLD = (*(kind.value for kind in Kind if kind is not Kind.WELSH),)
_KEYS = ("kind", "points", "where", "says", "unless", "needs", "why")

Wrong = Callable[[Path, str, str, str], None]
"""Wrong(file, key, what is wrong, what to write)."""


@dataclass(slots=True)
class KindReading:
    """What was read so far; a later file's rule or list takes the place of an earlier one of the same name."""

    wrong: Wrong
    rules: dict[str, KindRule] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    origin: dict[str, Path] = field(default_factory=dict)

    def read(self, path: Path, tables: Mapping[str, object]) -> None:
        """Take over one file's tables."""
        for name in sorted(set(tables) - {"words", "rule"}):
            self.wrong(path, name, "is not a known table", "[words] or [rule.your_id]")
        for name, value in self._table(path, tables, "words").items():
            if self._strings(path, f"words.{name}", value):
                self.lists[name] = _tuple(value)
                self._no_list_within(path, name)
        for id_, value in self._table(path, tables, "rule").items():
            if not isinstance(value, dict):
                self.wrong(path, f"rule.{id_}", "is not a table", f"[rule.{id_}]")
            elif self._checked(path, f"rule.{id_}", value):
                self.rules[id_] = _rule(id_, value)
                self.origin[id_] = path

    def checked(self) -> KindWords:
        """Return everything read, having checked every phrase against the lists of all files."""
        for rule in self.rules.values():
            for key, phrases in (("says", rule.says), ("unless", rule.unless), ("needs", rule.needs)):
                for phrase in phrases:
                    fault = problem(phrase, self.lists)
                    if fault:
                        where = f"rule.{rule.id}.{key}"
                        self.wrong(
                            self.origin[rule.id], where, f"“{phrase}” {fault}", "words, a/b, a*, [a], ..., # or @list"
                        )
        return KindWords(tuple(self.rules.values()), self.lists)

    def _table(self, path: Path, tables: Mapping[str, object], name: str) -> Mapping[str, object]:
        table = tables.get(name, {})
        if isinstance(table, dict):
            return table
        self.wrong(path, name, "is not a table", f"[{name}]")
        return {}

    def _strings(self, path: Path, key: str, value: object) -> bool:
        right = isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
        if not right:
            self.wrong(path, key, "is not a list of phrases", '["…", "…"]')
        return right

    def _no_list_within(self, path: Path, name: str) -> None:
        for item in self.lists[name]:
            fault = "names a list" if "@" in item or "..." in item or "[" in item else problem(item, {})
            if fault:
                self.wrong(path, f"words.{name}", f"“{item}” {fault}", "words, a/b or a*")

    def _checked(self, path: Path, key: str, table: Mapping[str, object]) -> bool:
        faults = list(_faults(table))
        for name, what, write in faults:
            self.wrong(path, f"{key}.{name}", what, write)
        lists = [self._strings(path, f"{key}.{name}", table.get(name, [])) for name in ("says", "unless", "needs")]
        return not faults and all(lists)


def _faults(table: Mapping[str, object]) -> list[tuple[str, str, str]]:
    found = [(name, "is not a known key", f"one of {', '.join(_KEYS)}") for name in sorted(set(table) - set(_KEYS))]
    if table.get("kind") not in _TOLD:
        found.append(("kind", f"is “{table.get('kind', '')}”", f"one of {', '.join(_TOLD)}"))
    points = table.get("points")
    if not isinstance(points, int) or isinstance(points, bool) or not 0 <= points <= 3:
        found.append(("points", "is not a number from 0 to 3", "3 if one phrase is enough, 0 to switch the rule off"))
    if table.get("where", WHERE[0]) not in WHERE:
        found.append(("where", f"is “{table.get('where')}”", f"one of {', '.join(WHERE)}"))
    why = table.get("why")
    if not isinstance(why, str) or not why.strip():
        found.append(("why", "is missing or empty", 'why = "it asks …", as an officer reads it behind “Why:”'))
    return found


def _tuple(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _rule(id_: str, table: Mapping[str, object]) -> KindRule:
    return KindRule(
        id=id_,
        kind=Kind(str(table["kind"])),
        points=int(str(table["points"])),
        where=str(table.get("where", WHERE[0])),
        says=_tuple(table.get("says")),
        unless=_tuple(table.get("unless")),
        needs=_tuple(table.get("needs")),
        why=str(table["why"]).strip().rstrip("."),
    )
