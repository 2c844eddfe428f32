"""What officers teach: correct one question's decision, and see how often each rule was right."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from foi_mailbot import console
from foi_mailbot.commands.frame import DEFAULT_CONFIG, Config, Json, opened, print_json
from foi_mailbot.core.learning import Verdict, wilson
from foi_mailbot.service.learning import Correction, RuleRecord


def correct(
    key: Annotated[str, typer.Argument(metavar="CASE", help="Case id (C000001) or reference (FI16751).")],
    by: Annotated[str, typer.Option("--by", envvar="FOI_MAILBOT_ACTOR", help="Your name.")],
    was: Annotated[Verdict, typer.Option(help="What the decision on that question was, or should have been.")],
    config: Config = DEFAULT_CONFIG,
    ask: Annotated[str, typer.Option(help="The question: its label, or #2 for the second.")] = "",
    function: Annotated[str, typer.Option(help="The function it is really about, if that was wrong.")] = "",
    reason: Annotated[str, typer.Option(help="Why; kept with the case.")] = "",
    as_json: Json = False,
) -> None:
    """Say whether one question was decided rightly; the rules that fired are judged by it."""
    with opened(config) as app:
        done = app.learning.correct(key, by=by, verdict=was, ask=ask, should_be=function, reason=reason)
    if as_json:
        print_json(_correction(done))
        return
    words = ", ".join(filter(None, done.rules)) or "no rule fired"
    typer.echo(f"{done.case.id}: question #{done.ask} noted as {was.replace('_', ' ')} ({words}).")
    for rule in done.demoted:
        typer.echo(f"{rule} is demoted: it was wrong too often, so what relies on it goes to a person.")
    for rule in done.lifted:
        typer.echo(f"{rule} is no longer demoted.")
    for grant in done.suspended:
        typer.echo(f"{grant.id}: suspended. {grant.function} in {grant.mailbox} waits for officers again.")


def _correction(done: Correction) -> dict[str, Any]:
    return {
        "case": done.case.id,
        "ask": done.ask,
        "was": str(done.verdict),
        "rules": [rule for rule in done.rules if rule],
        "demoted": list(done.demoted),
        "lifted": list(done.lifted),
        "suspended": [grant.id for grant in done.suspended],
    }


def stats(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Print how often each rule fired, and how often officers found its question right."""
    with opened(config) as app:
        found, floor = app.learning.stats(), app.learning.floor
    if as_json:
        print_json({"floor": floor.share, "after": floor.after, "rules": [_record(one) for one in found]})
    elif found:
        console.stdout().print(_table(found))
        typer.echo(f"A rule right in less than {floor.share:.0%} of {floor.after} or more verdicts is demoted.")
    else:
        typer.echo("No rule has fired yet.")


def _record(one: RuleRecord) -> dict[str, Any]:
    bounds = wilson(one.tally)
    return {
        "rule": one.tally.rule,
        "fired": one.fired,
        "confirmed": one.tally.confirmed,
        "corrected": one.tally.corrected,
        "precision": one.tally.precision,
        "at_least": bounds[0] if bounds else None,
        "at_most": bounds[1] if bounds else None,
        "demoted": one.demoted,
    }


def _table(found: list[RuleRecord]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Rule", no_wrap=True)
    for title in ("Fired", "Confirmed", "Corrected", "Right", "95 % interval"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("")
    for one in found:
        tally, bounds = one.tally, wilson(one.tally)
        table.add_row(
            console.shown(tally.rule or "(no rule fired)"),
            str(one.fired),
            str(tally.confirmed),
            str(tally.corrected),
            f"{tally.precision:.0%}" if tally.precision is not None else "-",
            f"{bounds[0]:.0%} to {bounds[1]:.0%}" if bounds else "-",
            Text("demoted", style="bold red") if one.demoted else Text(),
        )
    return table
