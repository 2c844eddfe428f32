"""The command line: each command a few lines over one service, with `--json` beside human words and exit codes.

Exit codes: 0 done; 1 a person has to look; 2 wrong usage or settings; 75 try again later (sysexits EX_TEMPFAIL).
"""

from __future__ import annotations

import asyncio
import getpass
import importlib
import json
import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from foi_mailbot import __version__, bootstrap, console, daemon, diagnosis, resources
from foi_mailbot.adapters import editor
from foi_mailbot.bootstrap import App
from foi_mailbot.core import audit
from foi_mailbot.core.case import State
from foi_mailbot.errors import Fatal, FoiMailbotError, Parked, Transient
from foi_mailbot.ports import CaseRow, LetterRow
from foi_mailbot.service import records
from foi_mailbot.service.triage import triage as run_triage

OK, PERSON, USAGE, LATER = 0, 1, 2, 75
DEFAULT_CONFIG = Path("/etc/foi-mailbot/foi_mailbot.toml")
OPEN_STATES = (State.UNCERTAIN, State.FAILED, State.DRAFTED, State.APPROVED, State.SENDING, State.HELD_FOR_OFFICER)

cli = typer.Typer(
    name="foi-mailbot",
    help="Reads a council's FOI mailbox and drafts the letter that says another body may hold the information.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
audit_cli = typer.Typer(help="Read and verify the sealed log.", no_args_is_help=True)
cli.add_typer(audit_cli, name="audit")

Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="FOI_MAILBOT_CONFIG", help="The settings file.", show_default=True),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
Key = Annotated[str, typer.Argument(metavar="CASE", help="Case id (C000001) or reference (FI16751).")]
Actor = Annotated[str, typer.Option("--actor", envvar="FOI_MAILBOT_ACTOR", help="Who does this; yourself if left out.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the case.")]


def main() -> None:
    """Run the command line; a known failure prints one clear message and sets the exit code."""
    try:
        cli()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(OK)
    except FoiMailbotError as fault:
        Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {_escaped(fault)}", soft_wrap=True)
        sys.exit(USAGE if isinstance(fault, Fatal) else LATER if isinstance(fault, Transient) else PERSON)


def _escaped(fault: FoiMailbotError) -> str:
    return str(fault).replace("[", "\\[")


def _app(config: Path, *, service: bool = False) -> App:
    return bootstrap.build(bootstrap.load_settings(config), service=service)


def _today() -> date:
    return bootstrap.now().astimezone(ZoneInfo("Europe/London")).date()


def _print_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _actor(name: str) -> str:
    return name or getpass.getuser()


@cli.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"foi-mailbot {__version__}")


@cli.command()
def check(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Check the settings and connect to every server; sends nothing, changes nothing."""
    results = diagnosis.examine(config)
    if as_json:
        _print_json([{"what": r.what, "ok": r.ok, "detail": r.detail} for r in results])
    else:
        console.stdout().print(diagnosis.table(results))
    raise typer.Exit(OK if all(r.ok for r in results) else USAGE)


@cli.command()
def run(
    config: Config = DEFAULT_CONFIG,
    once: Annotated[bool, typer.Option("--once", help="Drain everything new, send what is approved, and end.")] = False,
) -> None:
    """Watch the mailboxes and send what officers approved; SIGTERM ends it after the step in hand."""
    app = _app(config, service=True)
    if not once:
        asyncio.run(daemon.run(app))
        return
    tally = asyncio.run(daemon.run_once(app))
    typer.echo(f"{tally.read} read, {tally.sent} sent, {tally.doubtful} uncertain, {len(tally.faults)} faults")
    for fault in tally.faults:
        typer.echo(f"fault: {fault}", err=True)
    raise typer.Exit(PERSON if tally.lasting else LATER if tally.faults else OK)


@cli.command()
def queue(
    config: Config = DEFAULT_CONFIG,
    everything: Annotated[bool, typer.Option("--all", help="Every case, closed and suppressed ones too.")] = False,
    as_json: Json = False,
) -> None:
    """List the cases that wait for a person, by due date."""
    with _app(config).journal.step() as step:
        cases = step.tx.cases.find(states=() if everything else OPEN_STATES)
    if as_json:
        _print_json([console.case_record(case) for case in cases])
    elif cases:
        console.stdout().print(console.queue_table(cases, _today()))
    else:
        typer.echo("Nothing waits.")


def _load_case(app: App, key: str) -> tuple[CaseRow, LetterRow | None]:
    with app.journal.step() as step:
        case = step.tx.cases.get(key)
        if case is None:
            raise Parked(f"There is no case {key}. `foi-mailbot queue --all` lists every case.")
        return case, step.tx.letters.current(case.id)


@cli.command()
def show(key: Key, config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Print one case: the request, each ask with its evidence, and the letter."""
    case, letter = _load_case(_app(config), key)
    record = records.load(case.decision_json)
    if as_json:
        shown = {"version": letter.version, "content_sha256": letter.content_sha256} if letter else None
        _print_json({**console.case_record(case), "triage": record, "current_letter": shown})
    else:
        console.stdout().print(console.case_view(case, record, letter, _today()))


@cli.command()
def approve(
    key: Key,
    config: Config = DEFAULT_CONFIG,
    actor: Actor = "",
    checks: Annotated[str, typer.Option(help="What you checked, where and whom you asked; kept with the case.")] = "",
    seen: Annotated[str, typer.Option("--hash", help="The hash `show` printed: refuses if the letter changed.")] = "",
) -> None:
    """Approve a letter exactly as it stands; the service sends it."""
    case = _app(config).review.approve(key, actor=_actor(actor), checks=checks, seen=seen)
    typer.echo(f"{case.id} {case.reference}: approved; `foi-mailbot run` sends it.")


@cli.command()
def edit(
    key: Key,
    config: Config = DEFAULT_CONFIG,
    actor: Actor = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="Take the new text from a file, not from $EDITOR.")
    ] = None,
) -> None:
    """Change a letter's text in $EDITOR; an earlier approval is void."""
    app = _app(config)
    _, letter = _load_case(app, key)
    if letter is None:
        raise Parked(f"Case {key} has no letter to edit.")
    text = file.read_text("utf-8") if file else editor.edited(letter.text)
    if text.strip() == letter.text.strip():
        typer.echo("Nothing changed.")
        return
    edited = app.review.edit(key, actor=_actor(actor), text=text)
    typer.echo(f"{edited.case_id}: version {edited.version} kept.")
    for reason in edited.blocked:
        typer.echo(f"Cannot be approved yet: {reason}", err=True)


@cli.command()
def redraft(key: Key, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Decide and draft a waiting case anew, after rules, contacts or letters changed."""
    drafted = _app(config).review.redraft(key, actor=_actor(actor))
    typer.echo(f"{drafted.case_id}: version {drafted.version} drafted.")
    for reason in drafted.blocked:
        typer.echo(f"Cannot be approved yet: {reason}", err=True)


@cli.command()
def hold(key: Key, reason: Reason, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Take a case out of the queue until somebody releases it."""
    _report(_app(config).review.hold(key, actor=_actor(actor), reason=reason))


@cli.command()
def release(key: Key, reason: Reason, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Put a held case back to work."""
    _report(_app(config).review.release(key, actor=_actor(actor), reason=reason))


@cli.command()
def reject(key: Key, reason: Reason, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Discard a draft: it will never be sent."""
    _report(_app(config).review.reject(key, actor=_actor(actor), reason=reason))


@cli.command()
def resolve(
    key: Key,
    reason: Reason,
    sent: Annotated[bool, typer.Option("--sent/--unsent", help="Whether the letter did leave.")],
    config: Config = DEFAULT_CONFIG,
    actor: Actor = "",
) -> None:
    """Say whether an uncertain letter was sent; --unsent sends it again."""
    _report(_app(config).review.resolve(key, actor=_actor(actor), sent=sent, reason=reason))


def _report(case: CaseRow) -> None:
    typer.echo(f"{case.id} {case.reference}: {case.state.replace('_', ' ')}.")


@audit_cli.command("verify")
def audit_verify(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Check that no entry of the sealed log was edited, deleted, inserted or reordered."""
    with _app(config).journal.step() as step:
        entries = step.tx.audit.entries()
    faults = audit.verify(entries)
    if as_json:
        found = [{"seq": f.seq, "kind": str(f.kind), "what": f.what} for f in faults]
        _print_json({"entries": len(entries), "head": entries[-1].hash if entries else "", "faults": found})
    elif faults:
        for fault in faults:
            typer.echo(f"entry {fault.seq}: {fault.kind}: {fault.what}")
    else:
        typer.echo(f"{len(entries)} entries, unbroken. Last: {entries[-1].hash if entries else 'none'}")
    raise typer.Exit(PERSON if faults else OK)


@audit_cli.command("log")
def audit_log(
    config: Config = DEFAULT_CONFIG,
    case: Annotated[str, typer.Option(help="Only this case: id or reference.")] = "",
    as_json: Json = False,
) -> None:
    """Print the sealed log."""
    with _app(config).journal.step() as step:
        found = step.tx.cases.get(case) if case else None
        if case and found is None:
            raise Parked(f"There is no case {case}.")
        entries = step.tx.audit.entries(found.id if found else "")
    if as_json:
        for entry in entries:
            typer.echo(json.dumps(console.entry_record(entry), ensure_ascii=False))
    else:
        console.stdout().print(console.log_table(entries))


@cli.command()
def triage(
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="A mail (.eml) or plain text; - for standard input.")],
    authority: Annotated[str, typer.Option(help="The code of the council asked, e.g. DOV.")] = "",
    received: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of receipt; today.")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", envvar="FOI_MAILBOT_CONFIG")] = None,
    as_json: Json = False,
) -> None:
    """Decide one request without server or store; sends nothing."""
    if str(file) != "-" and not file.is_file():
        raise Fatal(f"There is no file {file}.")
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    chosen = config or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else resources.config_dir() / "foi_mailbot.toml")
    settings = bootstrap.load_settings(chosen)
    assessor = bootstrap.build_assessor(settings.rules_dirs)
    council = bootstrap.build_council(settings.mailboxes[0], settings, assessor, authority)
    record = run_triage(raw, file.suffix, assessor, council, received.date() if received else _today())
    if as_json:
        _print_json(record)
    else:
        console.stdout().print(console.triage_view(record))


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
