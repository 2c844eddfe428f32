"""What a mail costs from IMAP to committed case, beside the bare fetch of the same mails, and how it grows."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from foi_mailbot import bootstrap
from tests.council import council, mail
from tests.servers.dovecot import Dovecot, running_dovecot

SIZES = (250, 500, 1000, 2000)
TEXTS = (
    "1. How many looked-after children were placed out of area?\n2. What was the average weekly fee?",
    "How many household refuse bins did you collect in 2024/25, by month?",
    "1) How many potholes were reported?\n2) How many were repaired?\n3) How many planning appeals were lost?",
)


def _fill(dovecot: Dovecot, count: int) -> None:
    dovecot.wipe()
    dovecot.append_many(
        [
            mail(TEXTS[n % 3] + "\n\nPadding. " * (n % 200), subject=f"Request {n}", message_id=f"<{n}@example.com>")
            for n in range(count)
        ]
    )


def _bare_fetch(app: bootstrap.App) -> float:
    mailbox = app.desks[0].intake.mailbox
    start = time.perf_counter()
    mailbox.open("INBOX")
    uids = mailbox.new_uids(0)
    for first in range(0, len(uids), 100):
        for _portion in mailbox.fetch(uids[first : first + 100]):
            pass
    return time.perf_counter() - start


def _whole(app: bootstrap.App) -> float:
    start = time.perf_counter()
    app.desks[0].intake.drain("INBOX")
    return time.perf_counter() - start


def measure() -> list[dict[str, float]]:
    """Return one row a size: mails, seconds of each, mails a second, and the ratio to the bare fetch."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, running_dovecot() as dovecot:
        for count in track(SIZES, description="intake", console=Console(stderr=True)):
            _fill(dovecot, count)
            office = council(
                Path(folder) / str(count),
                imap_port=dovecot.port,
                smtp_port=9,
                password=dovecot.password(),
                imap_user=dovecot.user,
            )
            app = bootstrap.build(bootstrap.load_settings(office.settings), service=False)
            fetch, whole = _bare_fetch(app), _whole(app)
            app.desks[0].intake.mailbox.close()
            rows.append({"mails": count, "fetch_s": fetch, "whole_s": whole, "ratio": whole / fetch})
    return rows


def main() -> None:
    """Measure and print; `--json` for machines."""
    rows = measure()
    if "--json" in sys.argv:
        print(json.dumps(rows, indent=2))
        return
    table = Table("mails", "bare fetch /s", "whole intake /s", "times the fetch", "ms a mail", box=None)
    for row in rows:
        n = row["mails"]
        table.add_row(
            str(n),
            f"{n / row['fetch_s']:.0f}",
            f"{n / row['whole_s']:.0f}",
            f"{row['ratio']:.1f}",
            f"{1000 * row['whole_s'] / n:.2f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
