"""What an officer does: see what waits, read a case, and decide it under a name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foi_mailbot import console
from foi_mailbot.adapters import editor
from foi_mailbot.bootstrap import App
from foi_mailbot.commands.frame import DEFAULT_CONFIG, Config, Json, found, opened, print_json, today
from foi_mailbot.commands.frame import actor_named as _actor
from foi_mailbot.core.case import State
from foi_mailbot.errors import Fatal, Parked
from foi_mailbot.ports import CaseRow, LetterRow
from foi_mailbot.service import records

OPEN_STATES = (
    State.UNCERTAIN,
    State.FAILED,
    State.BOUNCED,
    State.DRAFTED,
    State.APPROVED,
    State.SENDING,
    State.HELD_FOR_OFFICER,
)

commands = typer.Typer()

Key = Annotated[str, typer.Argument(metavar="CASE", help="Case id (C000001) or reference (FI16751).")]
Actor = Annotated[str, typer.Option("--actor", envvar="FOI_MAILBOT_ACTOR", help="Who does this; yourself if left out.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the case.")]


@commands.command()
def queue(
    config: Config = DEFAULT_CONFIG,
    everything: Annotated[bool, typer.Option("--all", help="Every case, closed and suppressed ones too.")] = False,
    state: Annotated[list[State] | None, typer.Option(help="Only cases in this state; may be repeated.")] = None,
    mailbox: Annotated[str, typer.Option(help="Only this mailbox, by its name in the settings.")] = "",
    as_json: Json = False,
) -> None:
    """List the cases that wait for a person: legal letters first, then by due date."""
    with opened(config) as app:
        _refuse_unknown_mailbox(app, mailbox)
        with app.journal.step() as step:
            cases = step.tx.cases.find(states=state or (() if everything else OPEN_STATES), mailbox=mailbox)
        to_check = {case.id: app.contacts.to_check(case) for case in cases}
    cases.sort(key=console.urgency)
    if as_json:
        print_json([console.case_record(case) | {"contacts_to_check": to_check[case.id]} for case in cases])
    elif cases:
        console.stdout().print(console.queue_table(cases, today(), to_check))
    else:
        typer.echo("There is no such case." if everything or state else "Nothing waits.")


def _refuse_unknown_mailbox(app: App, name: str) -> None:
    known = [desk.council.mailbox for desk in app.desks]
    if name and name not in known:
        raise Fatal(f"There is no mailbox {name} in the settings. They name: {', '.join(known)}.")


@commands.command()
def show(key: Key, config: Config = DEFAULT_CONFIG, actor: Actor = "", as_json: Json = False) -> None:
    """Print one case: the request, each ask with its evidence, the letter, and what became of it."""
    with opened(config) as app:
        case = app.review.view(key, actor=_actor(actor))
        contacts = app.contacts.named(case.case)
    if as_json:
        print_json(console.case_detail(case) | {"contacts": [console.named_record(c) for c in contacts]})
    else:
        console.stdout().print(console.case_view(case, records.load(case.case.decision_json), today(), contacts))


@commands.command()
def approve(
    key: Key,
    config: Config = DEFAULT_CONFIG,
    actor: Actor = "",
    checks: Annotated[str, typer.Option(help="What you checked, where and whom you asked; kept with the case.")] = "",
    seen: Annotated[str, typer.Option("--hash", help="The hash `show` printed: refuses if the letter changed.")] = "",
    contact_checked: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="You checked the contact of this body for this letter; may be repeated."),
    ] = None,
) -> None:
    """Approve a letter exactly as it stands; the service sends it."""
    ticks = contact_checked or []
    with opened(config) as app:
        case = app.review.approve(key, actor=_actor(actor), checks=checks, seen=seen, contacts_checked=ticks)
    typer.echo(f"{_name(case)}: approved; `foi-mailbot run` sends it.")


@commands.command()
def edit(
    key: Key,
    config: Config = DEFAULT_CONFIG,
    actor: Actor = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="Take the new text from a file, not from $EDITOR.")
    ] = None,
) -> None:
    """Change a letter's text in $EDITOR; an earlier approval is void."""
    with opened(config) as app:
        letter = found(app, key).letter
        if letter is None:
            raise Parked(f"Case {key} has no letter to edit. `foi-mailbot show {key}` says why.")
        text = _text_of(file) if file else editor.edited(letter.text)
        if not text.strip() or text.strip() == letter.text.strip():
            typer.echo("Nothing changed." if text.strip() else "The text came back empty: nothing was changed.")
            return
        _report_letter(app.review.edit(key, actor=_actor(actor), text=text, seen=letter.content_sha256), "kept")


def _report_letter(letter: LetterRow, what: str) -> None:
    typer.echo(f"{letter.case_id}: version {letter.version} {what}.")
    for reason in letter.blocked:
        typer.echo(f"Cannot be approved yet: {reason}", err=True)


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as fault:
        raise Fatal(f"The file {file} cannot be read: {fault.strerror}. Nothing was changed.") from fault
    except UnicodeDecodeError as fault:
        raise Fatal(
            f"The file {file} is not UTF-8 text. Save it as plain text in UTF-8; nothing was changed."
        ) from fault


@commands.command()
def redraft(key: Key, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Decide and draft a waiting case anew, after rules, contacts or letters changed."""
    with opened(config) as app:
        _report_letter(app.review.redraft(key, actor=_actor(actor)), "drafted")


@commands.command()
def hold(key: Key, reason: Reason, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Stop a case: its letter is not sent, even if it was approved, until somebody releases it."""
    with opened(config) as app:
        _report(app.review.hold(key, actor=_actor(actor), reason=reason))


@commands.command()
def release(key: Key, reason: Reason, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Put a held case back to work."""
    with opened(config) as app:
        _report(app.review.release(key, actor=_actor(actor), reason=reason))


@commands.command()
def reject(key: Key, reason: Reason, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Discard a draft: it will never be sent."""
    with opened(config) as app:
        _report(app.review.reject(key, actor=_actor(actor), reason=reason))


@commands.command()
def close(key: Key, reason: Reason, config: Config = DEFAULT_CONFIG, actor: Actor = "") -> None:
    """Close a case that is answered or needs nothing more."""
    with opened(config) as app:
        _report(app.review.close(key, actor=_actor(actor), reason=reason))


@commands.command()
def resolve(
    key: Key,
    reason: Reason,
    sent: Annotated[bool, typer.Option("--sent/--unsent", help="Whether the letter did leave.")],
    config: Config = DEFAULT_CONFIG,
    actor: Actor = "",
) -> None:
    """Say whether an uncertain letter was sent; --unsent sends it again."""
    with opened(config) as app:
        _report(app.review.resolve(key, actor=_actor(actor), sent=sent, reason=reason))


def _report(case: CaseRow) -> None:
    typer.echo(f"{_name(case)}: {case.state.replace('_', ' ')}.")


def _name(case: CaseRow) -> str:
    return f"{case.id} {case.reference}".strip()
