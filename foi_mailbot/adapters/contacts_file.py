"""data/contacts.csv: its rows become contacts, each fault named; the operator's own file is written row by row."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from foi_mailbot.core.contacts import COLUMNS, row, with_bounces_spread
from foi_mailbot.core.rulebook import Contact, How, Purpose
from foi_mailbot.errors import Fatal

Wrong = Callable[[Path, str, str, str], None]
"""Wrong(file, key, what is wrong, what to write) notes one fault."""

OPTIONAL = ("purpose", "verified_how", "bounced_on", "bounced_why")
"""Columns a file may lack: all of them blank."""
REQUIRED = tuple(column for column in COLUMNS if column not in OPTIONAL)

_HALF = "verified_on, verified_by and, if you like, verified_how; or none of them"


# ── reading ──────────────────────────────────────────────────────────────────────────────────────
def read_contact(cells: Mapping[str, str], path: Path, line: int, wrong: Wrong) -> Contact | None:
    """Return the contact of one row, None if it cannot be told whose it is; `wrong` is told of every fault."""
    faults = list(_faults(cells))
    for column, what, write in faults:
        wrong(path, f"line {line}, {column}".removesuffix(", "), what, write)
    if faults:
        return None
    dates = {column: date.fromisoformat(cells[column]) if cells[column] else None for column in _DATES}
    return Contact(
        code=cells["code"],
        name=cells["name"],
        email=cells["email"],
        postal_address=cells["postal_address"],
        source=cells["source"],
        confidence=cells["confidence"],
        verified_on=dates["verified_on"],
        verified_by=cells["verified_by"],
        purpose=Purpose(cells["purpose"]),
        verified_how=How(cells["verified_how"]) if cells["verified_how"] else None,
        bounced_on=dates["bounced_on"],
        bounced_why=cells["bounced_why"],
    )


_DATES = ("verified_on", "bounced_on")


def _faults(cells: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    if not cells["code"]:
        yield "code", "is empty", "the body's code"
    if cells["purpose"] not in list(Purpose):
        yield "purpose", f"is “{cells['purpose']}”", "foi, eir or sar, or nothing for any request"
    if cells["email"] and cells["email"].count("@") != 1:
        yield "email", f"“{cells['email']}” is no address", "name@example.org, or nothing"
    if bool(cells["verified_on"]) != bool(cells["verified_by"]) or (cells["verified_how"] and not cells["verified_on"]):
        yield "", "is half verified", _HALF
    if cells["verified_how"] and cells["verified_how"] not in list(How):
        yield "verified_how", f"is “{cells['verified_how']}”", f"one of {', '.join(How)}, or nothing"
    if cells["bounced_why"] and not cells["bounced_on"]:
        yield "bounced_on", "has no date", "the day on which what was sent to it came back"
    for column in _DATES:
        try:
            date.fromisoformat(cells[column] or "2000-01-01")
        except ValueError:
            yield column, f"“{cells[column]}” is not a date", "YYYY-MM-DD"


def by_code(contacts: Iterable[Contact]) -> dict[str, tuple[Contact, ...]]:
    """Return the contacts of each body, what bounced in one of them bounced in all."""
    found: dict[str, list[Contact]] = {}
    for contact in contacts:
        found.setdefault(contact.code, []).append(contact)
    return {code: with_bounces_spread(rows) for code, rows in found.items()}


# ── writing ──────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class ContactsFile:
    """The operator's own contacts: data/contacts.csv in the first folder of `rules_dirs`; implements ports.ContactList.

    The folders after the first one count for more than it does: a row they hold too is theirs to change.
    """

    rules_dirs: Sequence[Path]

    def put(self, contacts: Sequence[Contact]) -> None:
        """Replace those rows by code and purpose, or add them; every other row, column and the header stay.

        Written beside the file, synced and renamed: at any moment the file is the old or the new one, whole.
        Raises Fatal, with nothing changed, if there is no such folder or it cannot be written.
        """
        if not self.rules_dirs:
            raise Fatal(
                "The settings name no rules_dirs, so there is no folder for your own contacts. "
                'Write rules_dirs = ["/etc/foi-mailbot"] in the settings file.'
            )
        rows = {(c.code, str(c.purpose)): row(c) for c in contacts}
        for folder in self.rules_dirs[1:]:
            _refuse_outranked(folder / "data/contacts.csv", rows)
        path = (self.rules_dirs[0] / "data/contacts.csv").resolve()  # a link into a checkout stays a link
        try:
            _make(path.parent)
            _replace(path, _merged(*_table(path), rows))
        except (OSError, UnicodeDecodeError, csv.Error) as fault:
            reason = fault.strerror if isinstance(fault, OSError) else f"it is not CSV in UTF-8 ({fault})"
            raise Fatal(
                f"{path} cannot be written: {reason}. Nothing was changed. Let this account write in "
                f"{path.parent}, or write the row yourself: docs/write-a-rule.md."
            ) from fault


Cells = dict[str, str]


def _table(path: Path) -> tuple[list[str], list[Cells]]:
    if not path.exists():
        return list(COLUMNS), []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, restval="")
        header = list(reader.fieldnames or COLUMNS)
        return header, [dict(cells) for cells in reader]


def _key(cells: Cells) -> tuple[str, str]:
    return cells.get("code", "").strip(), cells.get("purpose", "").strip()


def _merged(header: list[str], there: list[Cells], rows: Mapping[tuple[str, str], Cells]) -> str:
    table = {_key(cells): cells for cells in there}
    for key, cells in rows.items():
        table[key] = {**table.get(key, {}), **cells}
    text = io.StringIO(newline="")
    columns = [*header, *(c for c in COLUMNS if c not in header)]
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.values())
    return text.getvalue()


def _refuse_outranked(path: Path, rows: Mapping[tuple[str, str], Cells]) -> None:
    try:
        held = {_key(cells) for cells in _table(path)[1]}
    except (OSError, UnicodeDecodeError, csv.Error):
        held = set()  # the rulebook could not have been loaded either
    for code, _ in sorted(held & rows.keys()):
        raise Fatal(f"{path} has a row of its own for {code}, which would count instead. Change it there.")


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(0o755)  # whatever the umask: the service's account must be able to read it


def _replace(path: Path, text: str) -> None:
    before = path.stat() if path.exists() else None
    handle, beside = tempfile.mkstemp(prefix=".contacts-", suffix=".csv", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            os.fchmod(file.fileno(), before.st_mode & 0o777 if before else 0o644)
            if before:
                with suppress(PermissionError):  # root writes for the service's account, which must go on reading it
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    finally:
        Path(beside).unlink(missing_ok=True)  # there only if something failed on the way
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
