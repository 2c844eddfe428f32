"""What keeps the other bodies' contacts right: see how they stand, verify one, mark one that bounced."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from foi_mailbot import console
from foi_mailbot.commands.frame import DEFAULT_CONFIG, Config, Json, actor_named, opened, print_json
from foi_mailbot.console import shown
from foi_mailbot.core.contacts import Standing, row
from foi_mailbot.core.rulebook import Contact, How, Purpose
from foi_mailbot.service.contacts import Line

commands = typer.Typer(help="Keep the other bodies' contacts right.", no_args_is_help=True)


class For(StrEnum):
    """A contact's purpose as it is typed."""

    ANY = "any"
    FOI = "foi"
    EIR = "eir"
    SAR = "sar"


STYLES = {
    Standing.VERIFIED: "green",
    Standing.STALE: "yellow",
    Standing.UNVERIFIED: "yellow",
    Standing.BOUNCED: "bold red",
    Standing.BLANK: "dim",
}

HOW = "live: a message to it was answered; page: it stands on its own page; client: your council knows it."

Code = Annotated[str, typer.Argument(metavar="CODE", help="The body's code, e.g. KEN.")]
By = Annotated[str, typer.Option("--by", envvar="FOI_MAILBOT_ACTOR", help="Who did it; yourself if left out.")]
PurposeOf = Annotated[For | None, typer.Option("--purpose", help="Which of its contacts; left out: its general one.")]


@commands.command("list")
def contacts_list(
    config: Config = DEFAULT_CONFIG,
    body: Annotated[str, typer.Option(metavar="CODE", help="Only this body.")] = "",
    needed: Annotated[
        bool, typer.Option("--needed", help="Only those your own letters can name that are not verified, or too bare.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the contacts and how each stands today."""
    with opened(config) as app:
        lines = app.contacts.lines(body=body, needed_only=needed)
    if as_json:
        print_json([line_record(line) for line in lines])
    elif lines:
        console.stdout().print(contacts_table(lines))
    else:
        typer.echo("Every contact your letters can give is verified." if needed else "There is no such contact.")


@commands.command()
def verify(
    code: Code,
    how: Annotated[How, typer.Option(help=HOW)],
    config: Config = DEFAULT_CONFIG,
    by: By = "",
    email: Annotated[str | None, typer.Option(help="Its e-mail address, if another or none is on record.")] = None,
    post: Annotated[str | None, typer.Option(help="Its postal address; a letter under the EIR needs it.")] = None,
    purpose: PurposeOf = None,
    source: Annotated[str, typer.Option(help="The page it stands on, or who gave it.")] = "",
    as_json: Json = False,
) -> None:
    """Write down that you made sure of a contact today; letters then give it without a further check."""
    with opened(config) as app:
        contact = app.contacts.verify(
            code,
            actor=actor_named(by),
            how=how,
            email=email,
            post=post,
            purpose=_purpose(purpose),
            source=source,
        )
    _report(contact, as_json, "verified")


@commands.command()
def bounced(
    code: Code,
    reason: Annotated[str, typer.Option("--reason", help="What came back; kept with the contact.")],
    config: Config = DEFAULT_CONFIG,
    by: By = "",
    purpose: PurposeOf = None,
    as_json: Json = False,
) -> None:
    """Write down that what was sent to a contact came back; no letter gives it until somebody verifies it."""
    with opened(config) as app:
        contact = app.contacts.bounced(code, actor=actor_named(by), reason=reason, purpose=_purpose(purpose))
    _report(contact, as_json, "bounced; no new letter gives it")


def _purpose(asked: For | None) -> Purpose | None:
    return None if asked is None else Purpose.ANY if asked is For.ANY else Purpose(asked.value)


def _report(contact: Contact, as_json: bool, what: str) -> None:
    if as_json:
        print_json(row(contact))
        return
    words = f"{contact.code}, {contact.name} ({contact.purpose or 'any'} requests): {what}."
    console.stdout().print(shown(f"{words}\n{_address(contact)}"))
    typer.echo("A waiting letter takes it over by `foi-mailbot redraft CASE`, the service at its next start.")


# ── how they look ────────────────────────────────────────────────────────────────────────────────
def contacts_table(lines: Sequence[Line]) -> RenderableType:
    """Return one row a contact: how it stands and why, whose it is, its addresses, where it was seen."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 1, 0), header_style="bold", expand=True)
    table.add_column("Body", ratio=3)
    table.add_column("For", no_wrap=True)
    table.add_column("Addresses and source", ratio=5, overflow="fold")
    table.add_column("State", ratio=3)
    for line in lines:
        contact = line.contact
        plain = line.why in ("never verified", "no address is known")
        state = shown(str(line.standing) if plain else line.why, style=STYLES[line.standing])
        if line.lacks:
            state.append(f"\n{line.lacks}", style="yellow")
        where = shown(_address(contact))
        if contact.source:
            where.append(f"\n{console.plain(contact.source)}", style="dim")
        body = Text(contact.code, style="bold").append(f"\n{console.plain(contact.name)}", style="not bold")
        table.add_row(body, str(contact.purpose) or "any", where, state)
    return table


def _address(contact: Contact) -> str:
    return "\n".join(filter(None, (contact.email, contact.postal_address))) or "no address known"


def line_record(line: Line) -> dict[str, Any]:
    """Return a line as JSON-ready values: the contact's row, and how it stands."""
    return {**row(line.contact), "state": str(line.standing), "why": line.why, "lacks": line.lacks}
