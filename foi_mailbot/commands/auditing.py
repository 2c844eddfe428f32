"""What an auditor does: verify the sealed log and read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from foi_mailbot import console
from foi_mailbot.commands.frame import DEFAULT_CONFIG, OK, PERSON, Config, Json, found, opened, print_json
from foi_mailbot.core import audit
from foi_mailbot.core.audit import Entry
from foi_mailbot.errors import Fatal

commands = typer.Typer(help="Read and verify the sealed log.", no_args_is_help=True)


@commands.command("verify")
def audit_verify(
    config: Config = DEFAULT_CONFIG,
    head: Annotated[str, typer.Option(metavar="SEQ:HASH", help="An entry noted earlier, which must still stand.")] = "",
    as_json: Json = False,
) -> None:
    """Check that no entry of the sealed log was edited, deleted, inserted or reordered."""
    noted = _noted(head)
    with opened(config) as app:
        log = Passing(app.store.read_entries())
        faults = audit.verify(log, noted)
    if as_json:
        named = [{"seq": f.seq, "kind": str(f.kind), "what": f.what} for f in faults]
        print_json({"entries": log.count, "head": log.head, "faults": named})
    elif faults:
        for fault in faults:
            typer.echo(f"entry {fault.seq}: {fault.kind}: {fault.what}")
    else:
        typer.echo(f"{log.count} entries, unbroken. Last: {log.head or 'none'}")
    raise typer.Exit(PERSON if faults else OK)


class Passing:
    """Passes a log's entries on and keeps what the last one was, so that a long log is read once and never held."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Begin with nothing passed on."""
        self._entries = entries
        self.count, self.head = 0, ""

    def __iter__(self) -> Iterator[Entry]:
        """Yield each entry."""
        for entry in self._entries:
            self.count += 1
            self.head = entry.hash
            yield entry


def _noted(head: str) -> tuple[int, str] | None:
    if not head:
        return None
    match = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", head.strip())
    if match is None or int(match[1]) < 1:
        raise Fatal(
            f"--head {head} is not SEQ:HASH. Write what `foi-mailbot audit verify --json` printed: "
            "its entries, a colon, and its head (64 digits)."
        )
    return int(match[1]), match[2]


@commands.command("log")
def audit_log(
    config: Config = DEFAULT_CONFIG,
    case: Annotated[str, typer.Option(help="Only this case: id or reference.")] = "",
    as_json: Json = False,
) -> None:
    """Print the sealed log."""
    with opened(config) as app:
        entries = app.store.read_entries(found(app, case).case.id if case else "")
        if as_json:
            for entry in entries:
                typer.echo(json.dumps(console.entry_record(entry), ensure_ascii=False))
        else:
            console.stdout().print(console.log_table(entries))
