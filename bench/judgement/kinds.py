"""How often the product tells the kind of a mail as a labeller did: 200 mails, the open and the shut half apart."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from foi_mailbot import bootstrap, resources
from foi_mailbot.service.assess import Assessor, Council

SET = Path(__file__).with_name("kinds.jsonl")
RECEIVED = datetime(2026, 11, 20, 9, 12, 44, tzinfo=UTC)
OWN_ADDRESS = "foi@council.example"


def mail(line: Mapping[str, Any]) -> bytes:
    """Return the mail of one labelled line: its own headers, and those every mail has where it lacks them."""
    headers = {
        "Message-ID": f"<{line['id']}@judgement.example>",
        "Date": "Fri, 20 Nov 2026 09:12:44 +0000",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    known = {name.lower() for name in line["headers"]}
    headers = {name: value for name, value in headers.items() if name.lower() not in known} | line["headers"]
    body = line["body"]
    for name, value in headers.items():
        if name.lower() == "content-type" and value.lower().startswith("multipart/") and "boundary" not in value:
            headers[name] = f'{value}; boundary="part"'
            body = f"--part\nContent-Type: text/plain; charset=utf-8\n\n{body}\n--part--"
    rules = policy.SMTPUTF8
    head = b"".join(rules.fold_binary(*rules.header_store_parse(name, value)) for name, value in headers.items())
    return head + f"\r\n{body}\n".encode()


def told_kind(line: Mapping[str, Any], assessor: Assessor, council: Council) -> str:
    """Return the kind that the product records for one labelled line, screened and read as any mail."""
    assessment = assessor.mail(mail(line), council, RECEIVED)
    return str(assessor.record(assessment, None)["kind"])


def judge() -> tuple[Assessor, Council]:
    """Return the shipped rulebook's assessor, and a council whose mailbox is the test set's."""
    assessor = bootstrap.build_assessor()
    settings = bootstrap.load_settings(resources.config_dir() / "foi_mailbot.toml")
    council = bootstrap.build_asked_council(settings, assessor, "DOV")
    return assessor, replace(council, own_addresses=(OWN_ADDRESS,))


def scored(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return for each line its id, label, what was told, and whether it is a look-alike."""
    assessor, council = judge()
    return [
        {"id": n["id"], "kind": n["kind"], "told": told_kind(n, assessor, council), "lookalike": n["lookalike"]}
        for n in lines
    ]


def lines_of(half: str) -> list[dict[str, Any]]:
    """Return the labelled mails: `open` (odd ids, tuned on) or `shut` (even ids, only ever counted)."""
    odd = half == "open"
    with SET.open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return [line for line in lines if (int(line["id"][1:]) % 2 == 1) == odd]


def share(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say how many of the rows are right."""
    right = sum(row["kind"] == row["told"] for row in rows)
    return f"{right} of {len(rows)} ({right / max(len(rows), 1):.1%})"


def _table(rows: Sequence[Mapping[str, Any]], half: str) -> Table:
    told = sorted({row["told"] for row in rows} | {row["kind"] for row in rows})
    table = Table(f"{half}: label", *told, box=None, title=None)
    counted = Counter((row["kind"], row["told"]) for row in rows)
    for kind in sorted({row["kind"] for row in rows}):
        table.add_row(kind, *(str(counted[kind, other] or "·") for other in told))
    return table


def main() -> None:
    """Print both halves: `--json` for machines, `--open` for the open half alone with the ids of its errors."""
    halves = ("open",) if "--open" in sys.argv else ("open", "shut")
    console = Console(width=220)
    for half in halves:
        rows = scored(lines_of(half))
        if "--json" in sys.argv:
            console.print_json(data={"half": half, "rows": rows})
            continue
        console.print(_table(rows, half))
        console.print(f"{half}: right {share(rows)}; look-alikes {share([r for r in rows if r['lookalike']])}\n")
        if half == "open":
            console.print(
                *(f"{r['id']}: {r['kind']} told as {r['told']}" for r in rows if r["kind"] != r["told"]), sep="\n"
            )


if __name__ == "__main__":
    main()
