"""A council's settings on given servers, its mails, and the command line as an operator calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

SETTINGS = """
state_dir = "{state}"
rules_dirs = [{rules}]
log_file = "{state}/log.jsonl"

[regulator]
name = "Information Commissioner's Office"
address = "Regulator House, Testtown"
phone = "0000 000 000"
website = "https://regulator.example"

[[mailbox]]
name = "dover"
authority = "DOV"
addresses = ["foi@dover.example"]
batch = {batch}
{mailbox}

[mailbox.imap]
host = "{imap_host}"
port = {imap_port}
tls = "{imap_tls}"
user = "{imap_user}"
password_file = "password"
{ca}

[mailbox.smtp]
host = "127.0.0.1"
port = {smtp_port}
tls = "none"
timeout_seconds = 10

[mailbox.sending]
from_address = "foi@dover.example"
from_name = "Dover District Council"

[mailbox.letters]
signature = "A. Officer"
postal_address = "Council Offices, Testtown"
review_how = "Write to us within 40 working days of this letter."
review_email = "review@dover.example"
review_address = "Council Offices, Testtown"
accessibility = "Ask us for this letter in another format."

[[mailbox.reference]]
name = "FI"
pattern = 'FI\\d{{5}}'

[mailbox.sequence]
prefix = "FI"
start = 90001
"""


@dataclass(frozen=True)
class Council:
    """Settings on disk and the command line over them."""

    settings: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "foi_mailbot", *arguments, "--config", str(self.settings)]

    def call(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + (done.stderr if code else "")

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.call(*arguments, "--json", code=code))

    def lines(self, *arguments: str) -> list[Any]:
        """Return the JSON lines a command prints."""
        return [json.loads(line) for line in self.call(*arguments, "--json").splitlines()]


def council(
    folder: Path,
    *,
    imap_port: int,
    smtp_port: int,
    password: str,
    imap_host: str = "127.0.0.1",
    imap_user: str = "foi",
    imap_tls: str = "none",
    ca_file: Path | None = None,
    batch: int = 100,
    mailbox: str = "",
    rules: tuple[Path, ...] = (),
) -> Council:
    """Write a settings file and its password file into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "password"
    secret.write_text(password, "utf-8")
    secret.chmod(0o600)
    path = folder / "foi_mailbot.toml"
    text = SETTINGS.format(
        state=folder / "state",
        rules=", ".join(f'"{rule}"' for rule in rules),
        batch=batch,
        mailbox=mailbox,
        imap_host=imap_host,
        imap_port=imap_port,
        imap_tls=imap_tls,
        imap_user=imap_user,
        ca=f'ca_file = "{ca_file}"' if ca_file else "",
        smtp_port=smtp_port,
    )
    path.write_text(text, "utf-8")
    return Council(path)


def mail(
    body: str,
    *,
    subject: str = "Freedom of Information request",
    sender: str = "A Resident <a.resident@example.com>",
    message_id: str = "<one@example.com>",
    to: str = "foi@dover.example",
    **headers: str,
) -> bytes:
    """Return a mail's bytes; header names are given with underscores."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = "Fri, 20 Nov 2026 09:12:44 +0000"
    if message_id:
        message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()
