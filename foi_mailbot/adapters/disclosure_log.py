"""Past requests as councils keep them: lines of JSON, a folder of mails with their labels, or an exported table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from foi_mailbot.core.past_cases import PastCase, Unusable, past_case
from foi_mailbot.errors import Fatal

LABELS = "labels.csv"
_COLUMNS = ("id", "text", "outcome", "bodies", "received", "authority", "scored")
_REQUIRED = ("id", "text", "outcome")
_SHOWN = 10  # faulty lines named where none is usable
_FIELD = 16 * 1024 * 1024  # characters of one cell: more than a mail may have


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be used: where it stands, what is wrong and what to write."""

    where: str
    what: str


@dataclass(slots=True)
class DisclosureLog:
    """The usable cases in the order of the file, and every line that is not."""

    path: Path
    cases: list[PastCase] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _seen: dict[str, dict[str | bytes, str]] = field(default_factory=dict)

    def take(self, where: str, case: PastCase | Unusable) -> None:
        """Keep a case, or note why it cannot be kept. Another request under a known id is told apart by a number."""
        if isinstance(case, Unusable):
            self.problems.append(Problem(where, "; ".join(case.what)))
            return
        same = self._seen.setdefault(case.id, {})
        said = case.mail or case.text
        if said in same:
            self.problems.append(
                Problem(where, f"the same request as in {same[said]}, also called {case.id}: leave one")
            )
            return
        same[said] = where
        self.cases.append(replace(case, id=f"{case.id} ({len(same)})") if len(same) > 1 else case)


def read(path: Path) -> DisclosureLog:
    """Read a folder of .eml, a .csv, or a file of one JSON object a line.

    A line that cannot be used is among `problems`. Raises Fatal if there is no such file, it is of another sort, or
    nothing in it can be used.
    """
    log = DisclosureLog(path)
    if not path.exists():
        raise Fatal(f"There is no file or folder {path}.")
    try:
        if path.is_dir():
            _read_folder(path, log)
        elif path.suffix.lower() == ".csv":
            _read_table(path, log)
        else:
            _read_lines(path, log)
    except OSError as fault:
        raise Fatal(f"{fault.filename or path} cannot be read: {fault.strerror}.") from fault
    if not log.cases:
        said = "\n".join(f"  {problem.where}: {problem.what}" for problem in log.problems[:_SHOWN])
        raise Fatal(f"{path}: there is no request in it that can be decided.\n{said}".rstrip())
    return log


def _read_lines(path: Path, log: DisclosureLog) -> None:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            row = json.loads(line)
        except ValueError as fault:
            log.problems.append(Problem(where, f"not JSON ({fault}): write one object on each line, {{…}}"))
            continue
        if isinstance(row, dict):
            log.take(where, past_case(row))
        else:
            log.problems.append(Problem(where, "no JSON object: write one on each line, {…}"))


def _read_table(path: Path, log: DisclosureLog) -> None:
    for where, row in _rows(path, _REQUIRED):
        log.take(where, past_case(row))


def _read_folder(folder: Path, log: DisclosureLog) -> None:
    mails = {file.name: file for file in sorted(folder.iterdir()) if file.suffix.lower() == ".eml" and file.is_file()}
    labels: dict[str, Mapping[str, object]] = {}
    if (folder / LABELS).exists():
        for where, row in _rows(folder / LABELS, ("file", "outcome")):
            name = str(row["file"])
            if name in mails:
                labels[name] = row
            else:
                log.problems.append(Problem(f"{LABELS}, {where}", f"there is no file {name} beside it"))
    for name, file in mails.items():
        label = {**labels.get(name, {}), "id": file.stem}
        log.take(name, past_case(label, mail=file.read_bytes() or b"\n", labelled=False))


def _rows(path: Path, required: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield each row of a table with its line, by column names in small letters; `request` is another name of text."""
    text = _text(path)
    csv.field_size_limit(_FIELD)
    header, _, _ = text.partition("\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    columns: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise Fatal(f"{path}, line {line}: {fault}. Export it anew as CSV in UTF-8.") from fault
        if not columns:
            columns = _columns(path, cells, required)
        elif any(cell.strip() for cell in cells):
            row = dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False))
            yield f"line {line}", {name: row[name] for name in (*_COLUMNS, "file") if name in row}


def _columns(path: Path, header: list[str], required: tuple[str, ...]) -> list[str]:
    names = [cell.strip().lower() for cell in header]
    columns = ["text" if name == "request" and "text" not in names else name for name in names]
    missing = [name for name in required if name not in columns]
    if missing:
        wanted = " and ".join("text (or request)" if name == "text" else name for name in missing)
        there = ", ".join(name for name in map(str.strip, header) if name) or "none"
        others = ", ".join(name for name in _COLUMNS if name not in required)
        raise Fatal(
            f"{path} has no column {wanted}. Its columns are: {there}. "
            f"Name them in its first line: {', '.join(required)}, and as you have them {others}."
        )
    return columns


def _text(path: Path) -> str:
    """Return a file's text: UTF-8, as spreadsheets mark it or not, else windows-1252; line ends made one."""
    raw = path.read_bytes()
    if b"\0" in raw:
        raise Fatal(f"{path} is no text. Give lines of JSON, a table saved as CSV, or a folder of mails (.eml).")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
