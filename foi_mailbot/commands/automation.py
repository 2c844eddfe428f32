"""Automatic sending at the command line: propose, confirm, suspend and list grants; look at the sample."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from foi_mailbot import console
from foi_mailbot.commands.frame import DEFAULT_CONFIG, Config, Json, opened, print_json
from foi_mailbot.core.granting import Grant, Status
from foi_mailbot.ports import CaseRow
from foi_mailbot.ports_granting import AutoRow

commands = typer.Typer(help="Automatic sending: off until two people switch it on.", no_args_is_help=True)

GrantId = Annotated[str, typer.Argument(metavar="GRANT", help="The grant's id (G000001), as `auto list` prints it.")]
Signature = Annotated[str, typer.Option("--by", help="Your name; it is kept with the grant and sealed in the log.")]
By = Annotated[str, typer.Option("--by", envvar="FOI_MAILBOT_ACTOR", help="Your name.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept.")]

_STYLE = {
    Status.PROPOSED: "yellow",
    Status.ACTIVE: "bold green",
    Status.RULE_CHANGED: "magenta",
    Status.EXPIRED: "dim",
    Status.SUSPENDED: "bold red",
}


@commands.command("list")
def list_grants(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """List every grant, how it stands today, and whether the switch in the settings is on."""
    with opened(config) as app:
        grants, on = app.grants.listed(), app.settings.auto_send
    if as_json:
        print_json({"auto_send": on, "grants": [_record(grant, status) for grant, status in grants]})
        return
    screen = console.stdout()
    screen.print(
        Text("Automatic sending is switched ON (auto_send = true).", style="bold yellow")
        if on
        else Text("Automatic sending is switched off (auto_send = false): every letter waits for an officer.")
    )
    if grants:
        screen.print(_grants_table(grants))
    else:
        typer.echo("There is no grant.")


@commands.command()
def propose(
    function: Annotated[str, typer.Argument(metavar="FUNCTION", help="The function's id in the rules.")],
    mailbox: Annotated[str, typer.Option(help="The mailbox, by its name in the settings.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day it no longer holds.")],
    by: Signature,
    reason: Reason,
    config: Config = DEFAULT_CONFIG,
    as_json: Json = False,
) -> None:
    """Propose that one function's letters leave one mailbox without an officer; a second person must confirm it."""
    with opened(config) as app:
        grant = app.grants.propose(function, mailbox=mailbox, until=until.date(), by=by, reason=reason)
        on = app.settings.auto_send
    if as_json:
        print_json(_record(grant, Status.PROPOSED))
        return
    typer.echo(f"{grant.id}: proposed for {function} in {mailbox}, letters naming {grant.body}, until {grant.until}.")
    typer.echo(f"Nothing leaves by it yet. A second person: foi-mailbot auto confirm {grant.id} --by NAME")
    _say_switch(on=on)


@commands.command()
def confirm(grant_id: GrantId, by: Signature, config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Put a proposed grant in force; not by the person who proposed it."""
    with opened(config) as app:
        grant, on = app.grants.confirm(grant_id, by=by), app.settings.auto_send
    if as_json:
        print_json(_record(grant, Status.ACTIVE))
        return
    typer.echo(f"{grant.id}: in force for {grant.function} in {grant.mailbox} until {grant.until}.")
    _say_switch(on=on)


@commands.command()
def suspend(grant_id: GrantId, by: By, reason: Reason, config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """End a grant at once; what was approved under it and has not left waits for an officer."""
    with opened(config) as app:
        ended = app.grants.suspend(grant_id, by=by, reason=reason)
    if as_json:
        print_json([_record(grant, Status.SUSPENDED) for grant in ended])
    else:
        _say_ended(ended)


@commands.command()
def sample(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """List the automatically sent cases that an officer has to look at."""
    with opened(config) as app:
        waiting = app.grants.waiting()
    if as_json:
        print_json([_sampled(case, row) for case, row in waiting])
    elif waiting:
        console.stdout().print(_sample_table(waiting))
        typer.echo("Read each with `foi-mailbot show`, then say `foi-mailbot auto reviewed CASE --right` or `--wrong`.")
    else:
        typer.echo("No automatically sent case waits to be looked at.")


@commands.command()
def reviewed(
    key: Annotated[str, typer.Argument(metavar="CASE", help="Case id (C000001) or reference (FI16751).")],
    right: Annotated[bool, typer.Option("--right/--wrong", help="Whether the letter was right.")],
    by: By,
    reason: Reason,
    config: Config = DEFAULT_CONFIG,
    as_json: Json = False,
) -> None:
    """Say whether an automatically sent letter was right; --wrong ends its grants at once."""
    with opened(config) as app:
        ended = app.grants.reviewed(key, by=by, right=right, reason=reason)
    if as_json:
        print_json({"right": right, "suspended": [_record(grant, Status.SUSPENDED) for grant in ended]})
        return
    typer.echo(f"{key}: {'right' if right else 'wrong'}.")
    if not right:
        _say_ended(ended)
        typer.echo(f"Now write to the applicant, and say which question was wrong: foi-mailbot correct {key} …")


def _say_switch(*, on: bool) -> None:
    if not on:
        typer.echo("The switch is off: auto_send = true in the settings, and a restart, is the third lock.")


def _say_ended(ended: list[Grant]) -> None:
    for grant in ended:
        typer.echo(f"{grant.id}: suspended. {grant.function} in {grant.mailbox} waits for officers again.")


def _grants_table(grants: list[tuple[Grant, Status]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Grant", "Stands", "Function", "Mailbox", "Names", "Until", "Letters", "People"):
        table.add_column(title, no_wrap=title != "People")
    for grant, status in grants:
        people = f"{grant.proposed_by}, {grant.confirmed_by or 'not confirmed'}"
        if grant.suspended_by:
            people += f"; ended by {grant.suspended_by}: {grant.suspended_for}"
        table.add_row(
            grant.id,
            Text(status.replace("_", " "), style=_STYLE[status]),
            grant.function,
            grant.mailbox,
            grant.body,
            grant.until.isoformat(),
            str(grant.used),
            console.shown(people),
        )
    return table


def _sample_table(waiting: list[tuple[CaseRow, AutoRow]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Case", "Reference", "Approved (UTC)", "State", "Grants", "Subject"):
        table.add_column(title, no_wrap=title != "Subject")
    for case, row in waiting:
        at, state = f"{row.at:%Y-%m-%d %H:%M}", case.state.replace("_", " ")
        subject = console.shown(" ".join(case.subject.split()))
        table.add_row(case.id, console.shown(case.reference or "-"), at, state, ", ".join(row.grants), subject)
    return table


def _sampled(case: CaseRow, row: AutoRow) -> dict[str, Any]:
    return {**console.case_record(case), "approved_at": row.at.isoformat(), "grants": list(row.grants)}


def _record(grant: Grant, status: Status) -> dict[str, Any]:
    return {
        "id": grant.id,
        "status": str(status),
        "mailbox": grant.mailbox,
        "authority": grant.authority,
        "function": grant.function,
        "body": grant.body,
        "until": grant.until.isoformat(),
        "reason": grant.reason,
        "proposed_by": grant.proposed_by,
        "proposed_at": grant.proposed_at.isoformat(),
        "confirmed_by": grant.confirmed_by,
        "confirmed_at": grant.confirmed_at.isoformat() if grant.confirmed_at else None,
        "suspended_by": grant.suspended_by,
        "suspended_at": grant.suspended_at.isoformat() if grant.suspended_at else None,
        "suspended_for": grant.suspended_for,
        "letters": grant.used,
        "rule_sha256": grant.rule_sha256,
    }
