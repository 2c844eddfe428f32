"""`foi-mailbot demo`: the whole job on an embedded mailbox and mail server, told scene by scene, then cleaned up."""

from __future__ import annotations

import asyncio
import email
import email.policy
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from foi_mailbot import bootstrap, console, daemon, resources
from foi_mailbot.adapters.embedded import EmbeddedServers
from foi_mailbot.core import audit
from foi_mailbot.errors import FoiMailbotError, Parked
from foi_mailbot.ports import CaseRow
from foi_mailbot.service import records
from foi_mailbot.service.lookup import dossier

OFFICER = "demo.officer"
SETTINGS = """
state_dir = "{state}"
rules_dirs = []
log_file = "{state}/log.jsonl"
[regulator]
name = "Information Commissioner's Office"
address = "(the regulator's address, from your settings)"
phone = "(the regulator's telephone, from your settings)"
website = "(the regulator's website, from your settings)"
[[mailbox]]
name = "dover"
authority = "DOV"
addresses = ["foi@dover.example"]
[mailbox.imap]
host = "127.0.0.1"
port = {imap}
tls = "none"
user = "{user}"
password_file = "password"
[mailbox.smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
[mailbox.sending]
from_address = "foi@dover.example"
from_name = "Dover District Council FOI team"
[mailbox.letters]
signature = "(the officer's name, from your settings)"
postal_address = "(the council's address, from your settings)"
review_how = "Write to us within 40 working days of this letter and say what you are unhappy with."
review_email = "foi-review@dover.example"
review_address = "(the address for reviews, from your settings)"
accessibility = "Tell us if you need this letter in another format."
[[mailbox.reference]]
name = "FI"
pattern = 'FI\\d{{5}}'
[mailbox.sequence]
prefix = "FI"
start = 90001
"""


@dataclass(slots=True)
class Stage:
    """Where the demo is shown, and how long a scene stays."""

    screen: Console
    pause: float

    def scene(self, title: str, *shown: RenderableType) -> None:
        """Show one scene."""
        self.screen.print()
        self.screen.print(Rule(f"[bold]{title}[/]", align="left", style="cyan"))
        for part in shown:
            self.screen.print(part)
        time.sleep(self.pause if self.screen.is_terminal else 0)


def play(pause: float) -> int:
    """Play the demo; return the exit code, 0 only if every scene came out as it must."""
    stage = Stage(console.stdout(), pause)
    stage.screen.print(
        Panel(
            "An embedded IMAP mailbox and mail server on this machine; nothing leaves it.\n"
            "Addresses ending in .example and everything in (brackets) stand for a council's own settings.",
            title="foi_mailbot demo",
            title_align="left",
        )
    )
    with tempfile.TemporaryDirectory(prefix="foi-mailbot-demo-") as folder, EmbeddedServers() as servers:
        app = bootstrap.build(bootstrap.load_settings(_settings(Path(folder), servers)))
        try:
            finished = asyncio.run(_told(stage, app, servers))
        except FoiMailbotError as fault:
            stage.scene("The demo stopped", Text(str(fault), style="bold red"))
            finished = False
    stage.scene("The demo is over" if finished else "The demo failed", Text("Everything it made has been removed."))
    return 0 if finished else 1


def _settings(folder: Path, servers: EmbeddedServers) -> Path:
    path = folder / "foi_mailbot.toml"
    ports = {"imap": servers.imap_port, "smtp": servers.smtp_port}
    path.write_text(SETTINGS.format(state=folder, user=servers.user, **ports), "utf-8")
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(servers.password(), "utf-8")
    return path


async def _told(stage: Stage, app: bootstrap.App, servers: EmbeddedServers) -> bool:
    try:
        return await _story(stage, app, servers)
    finally:
        await app.close()


async def _story(stage: Stage, app: bootstrap.App, servers: EmbeddedServers) -> bool:
    mails = sorted((resources.config_dir() / "demo").glob("*.eml"))
    for mail in mails:
        servers.deliver(mail.read_bytes())
    subjects = [str(email.message_from_bytes(m.read_bytes(), policy=email.policy.default)["subject"]) for m in mails]
    stage.scene("1. Three mails arrive", *(Text(f"  {subject}") for subject in subjects))

    tally = await _pass(app)
    with app.journal.step() as step:
        cases = step.tx.cases.find()
    today, to_check = bootstrap.now().date(), {case.id: app.contacts.to_check(case) for case in cases}
    stage.scene(f"2. foi-mailbot run --once: {tally.read} mails read", console.queue_table(cases, today, to_check))
    founding = next(case for case in cases if case.reference == "FI16751")
    _show_case(stage, app, founding)

    _approve(stage, app)
    first, second = await _pass(app), await _pass(app)
    arrived = servers.sent()
    stage.scene("6. The letter arrives, once", *_arrival(arrived), _ran_again(second.sent))
    with app.journal.step() as step:
        entries = step.tx.audit.entries()
    faults = audit.verify(entries)
    word = "unbroken" if not faults else f"{len(faults)} faults"
    stage.scene(f"7. The sealed log: {len(entries)} entries, {word}", console.log_table(entries))
    return (tally.read, first.sent, second.sent, len(arrived), faults) == (len(mails), 1, 0, 1, [])


def _approve(stage: Stage, app: bootstrap.App) -> None:
    command = f"  foi-mailbot approve FI16751 --actor {OFFICER}"
    try:
        app.review.approve("FI16751", actor=OFFICER)
    except Parked as refusal:
        stage.scene("4. The officer has read it and approves", Text(command), Text(str(refusal), style="yellow"))
    stage.scene("5. The officer checks Kent's address and says so", Text(f"{command} --contact-checked KEN"))
    checks = "Read the request beside the draft; asked nobody else."
    app.review.approve("FI16751", actor=OFFICER, checks=checks, contacts_checked=["KEN"])


async def _pass(app: bootstrap.App) -> daemon.Tally:
    tally = daemon.Tally()
    await daemon.one_pass(app, tally)
    if tally.faults:
        raise FoiMailbotError("; ".join(tally.faults))
    return tally


def _show_case(stage: Stage, app: bootstrap.App, case: CaseRow) -> None:
    with app.journal.step() as step:
        found = dossier(step.tx, case.id)
    record = records.load(case.decision_json)
    title = "3. What was decided about FI16751, why, and the letter that waits for an officer"
    stage.scene(title, console.case_view(found, record, bootstrap.now().date(), app.contacts.named(case)))


def _arrival(arrived: list[bytes]) -> list[Text]:
    lines = []
    for raw in arrived:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        lines += [Text(f"  {name}: {mail[name]}") for name in ("From", "To", "Subject", "Message-ID", "In-Reply-To")]
    return lines


def _ran_again(sent: int) -> Text:
    return Text(f"  A second run sent {sent} more.", style="green" if sent == 0 else "bold red")
