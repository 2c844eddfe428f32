"""The command line: each command a few lines over one service, with `--json` beside human words and exit codes.

Exit codes: 0 done; 1 a person has to look; 2 wrong usage or settings; 75 try again later (sysexits EX_TEMPFAIL).
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from foi_mailbot import __version__, bootstrap, console, daemon, diagnosis
from foi_mailbot.commands import auditing, automation, contacts, officers, proving, rule_stats, rules
from foi_mailbot.commands.frame import (
    DEFAULT_CONFIG,
    LATER,
    OK,
    PERSON,
    USAGE,
    Config,
    Json,
    opened,
    print_json,
    settings_or_shipped,
    today,
)
from foi_mailbot.errors import Fatal, FoiMailbotError, Transient
from foi_mailbot.service.triage import triage as run_triage

cli = typer.Typer(
    name="foi-mailbot",
    help="Reads a council's FOI mailbox and drafts the letter that says another body may hold the information.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli.add_typer(officers.commands)
cli.add_typer(proving.commands)
cli.add_typer(contacts.commands, name="contacts")
cli.add_typer(auditing.commands, name="audit")
cli.add_typer(rules.commands, name="rules")
rules.commands.command("stats")(rule_stats.stats)
cli.add_typer(automation.commands, name="auto")
cli.command("correct")(rule_stats.correct)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a known failure prints one clear message and sets the exit code."""
    try:
        cli(arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(OK)
    except FoiMailbotError as fault:
        Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {_escaped(fault)}", soft_wrap=True)
        sys.exit(USAGE if isinstance(fault, Fatal) else LATER if isinstance(fault, Transient) else PERSON)


def _escaped(fault: FoiMailbotError) -> str:
    return str(fault).replace("[", "\\[")


@cli.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"foi-mailbot {__version__}")


@cli.command()
def check(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Check the settings and connect to every server; sends nothing, changes nothing."""
    results = diagnosis.examine(config)
    if as_json:
        print_json([{"what": r.what, "ok": r.ok, "detail": r.detail} for r in results])
    else:
        console.stdout().print(diagnosis.table(results))
    raise typer.Exit(OK if all(r.ok for r in results) else USAGE)


@cli.command()
def run(
    config: Config = DEFAULT_CONFIG,
    once: Annotated[bool, typer.Option("--once", help="Drain everything new, send what is approved, and end.")] = False,
) -> None:
    """Watch the mailboxes and send what officers approved; SIGTERM ends it after the step in hand."""
    with opened(config, service=True) as app:
        if not once:
            asyncio.run(daemon.run(app))
            return
        tally = asyncio.run(daemon.run_once(app))
    typer.echo(f"{tally.read} read, {tally.sent} sent, {tally.doubtful} uncertain, {len(tally.faults)} faults")
    for fault in tally.faults:
        typer.echo(f"fault: {fault}", err=True)
    raise typer.Exit(PERSON if tally.lasting else LATER if tally.faults else OK)


@cli.command()
def triage(
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="A mail (.eml) or plain text; - for standard input.")],
    authority: Annotated[str, typer.Option(help="The code of the council asked, e.g. DOV.")] = "",
    received: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of receipt; today.")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", envvar="FOI_MAILBOT_CONFIG")] = None,
    as_json: Json = False,
) -> None:
    """Decide one request without server or store; sends nothing."""
    settings = settings_or_shipped(config)
    assessor = bootstrap.build_assessor(settings.rules_dirs)
    council = bootstrap.build_asked_council(settings, assessor, authority)
    record = run_triage(
        _bytes_of(file),
        file.suffix,
        assessor,
        council,
        received.date() if received else today(),
        today=today(),
        stale_after_days=settings.contacts_stale_after_days,
    )
    if as_json:
        print_json(record)
    else:
        console.stdout().print(console.triage_view(record))


def _bytes_of(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read() if sys.stdin else b""  # None if it was closed
    if not file.exists():
        raise Fatal(f"There is no file {file}.")
    try:
        return file.read_bytes()
    except OSError as fault:
        raise Fatal(f"The file {file} cannot be read: {fault.strerror}. Name one mail or one text.") from fault


@cli.command("demo")
def run_demo(
    pause: Annotated[float, typer.Option(help="Seconds between scenes; 0 without a terminal.")] = 0.6,
) -> None:
    """Watch the whole job on an embedded mailbox: read, decide, draft, approve, send, verify."""
    try:
        demo = importlib.import_module("foi_mailbot.demo")  # only now: a service is installed without its servers
    except ModuleNotFoundError as fault:
        raise Fatal(f"The demo needs {fault.name}: pip install 'foi-mailbot[demo]'") from fault
    code: int = demo.play(pause)
    raise typer.Exit(code)
