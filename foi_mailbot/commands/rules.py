"""What the rule owner and the lawyer ask: which rules there are, why, whether they hold, what a date changes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from foi_mailbot import bootstrap, console
from foi_mailbot.commands import rules_view
from foi_mailbot.commands.frame import DEFAULT_CONFIG, OK, PERSON, Json, opened, print_json, settings_or_shipped, today
from foi_mailbot.config import Settings
from foi_mailbot.core.jurisdiction import in_being
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.errors import Fatal
from foi_mailbot.ports import CaseRow
from foi_mailbot.service import rulebook_check, rulebook_impact, rulebook_report

commands = typer.Typer(help="Read, explain and check the rules of who is responsible for what.", no_args_is_help=True)

OptionalConfig = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="FOI_MAILBOT_CONFIG",
        help="The settings file that names your rules; without one, the shipped rules alone.",
    ),
]
Asked = Annotated[
    str, typer.Option("--authority", help="A council's code, e.g. DOV; without it, your settings' first.")
]
DAY = ["%Y-%m-%d"]


@commands.command("list")
def list_rules(
    area: Annotated[str, typer.Option(help="Only this area: the name of a rules file, e.g. children.")] = "",
    config: OptionalConfig = None,
    as_json: Json = False,
) -> None:
    """List every function: who carries it in two tiers, under which law, with its examples, source and review."""
    rulebook = _loaded(config)[1]
    rows = rulebook_report.listed(rulebook, area)
    if as_json:
        print_json(rows)
    else:
        console.stdout().print(rules_view.listed(rows))


@commands.command()
def explain(
    function: Annotated[str, typer.Argument(metavar="FUNCTION", help="A function's id, as `rules list` prints it.")],
    authority: Asked = "",
    on: Annotated[datetime | None, typer.Option("--on", formats=DAY, help="The day of receipt; today.")] = None,
    config: OptionalConfig = None,
    as_json: Json = False,
) -> None:
    """Explain one function for a lawyer: its basis and source, what fires, what points away, and who carries it."""
    settings, rulebook = _loaded(config)
    code = _known(authority or settings.mailboxes[0].authority, rulebook)
    record = rulebook_report.explained(rulebook, rulebook_report.find_function(rulebook, function), code, _day(on))
    if as_json:
        print_json(record)
    else:
        console.stdout().print(rules_view.explained(record))


@commands.command()
def check(
    authority: Asked = "",
    config: OptionalConfig = None,
    as_json: Json = False,
) -> None:
    """Decide every rule's examples; name words that clash or never count, and reviews overdue. Changes nothing."""
    settings, rulebook = _loaded(config)
    on = today()
    code = rulebook_check.district(rulebook, _known(authority or settings.mailboxes[0].authority, rulebook), on)
    if authority and code != authority:
        raise Fatal(
            f"{authority} is no district council in being: examples are written for districts. Name one of them."
        )
    total = sum(len(f.examples) for f in rulebook.functions.values())
    errors = Console(stderr=True)
    judging = rulebook_check.judge(rulebook, code, on)
    quiet = as_json or not errors.is_terminal
    judged = list(track(judging, "Deciding examples", total, console=errors, transient=True, disable=quiet))
    findings = [
        *rulebook_check.example_findings(judged),
        *rulebook_check.wording_findings(rulebook, code, on),
        *rulebook_check.stale_findings(rulebook, on),
    ]
    record = rules_view.check_record(rulebook, code, judged, findings)
    if as_json:
        print_json(record)
    else:
        console.stdout().print(rules_view.checked(record))
    raise typer.Exit(PERSON if findings else OK)


@commands.command()
def impact(
    on: Annotated[datetime, typer.Option("--on", formats=DAY, help="The day to compare with.")],
    since: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="The day to compare; today.")] = None,
    authority: Annotated[str, typer.Option(help="Only this council, by its code; else those of your settings.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Every authority the rulebook knows.")] = False,
    queue: Annotated[bool, typer.Option("--queue/--no-queue", help="Whether to look at letters that wait.")] = True,
    config: OptionalConfig = None,
    as_json: Json = False,
) -> None:
    """Say what a date changes: who carries what, contacts that end, ends only announced, letters that wait."""
    start, end = _day(since), on.date()
    if end <= start:
        raise Fatal(f"--on {end} is not after {start}. Give a later day, or an earlier --from.")
    settings, rulebook = _loaded(config)
    codes = _compared(authority, everybody, settings, rulebook, (start, end))
    cases = _waiting(config) if queue else None
    record = rulebook_impact.impact(rulebook, codes, start, end)
    record["cases"] = None if cases is None else rulebook_impact.touched(cases, rulebook, start, end)
    if as_json:
        print_json(record)
    else:
        console.stdout().print(rules_view.impact(record))
    found = any(record[part] for part in ("councils", "contacts", "ends", "cases"))
    raise typer.Exit(PERSON if found else OK)


def _compared(
    authority: str, everybody: bool, settings: Settings, rulebook: Rulebook, days: tuple[date, date]
) -> list[str]:
    if authority and everybody:
        raise Fatal("--authority and --all exclude each other. Give one of them.")
    if everybody:
        return [a.code for a in rulebook.authorities.values() if any(in_being(a, day) for day in days)]
    named = [authority] if authority else list(dict.fromkeys(m.authority for m in settings.mailboxes))
    return [_known(code, rulebook) for code in named]


def _waiting(config: Path | None) -> list[CaseRow] | None:
    """Return the cases whose letters wait; None where no settings say where they are kept."""
    path = config or DEFAULT_CONFIG
    if not path.exists():
        return None
    with opened(path) as app, app.journal.step() as step:
        return step.tx.cases.find(states=rulebook_impact.WAITING)


def _loaded(config: Path | None) -> tuple[Settings, Rulebook]:
    settings = settings_or_shipped(config)
    return settings, bootstrap.build_assessor(settings.rules_dirs).rulebook


def _known(code: str, rulebook: Rulebook) -> str:
    if code in rulebook.authorities:
        return code
    called = [a.code for a in rulebook.authorities.values() if code.lower() in (name.lower() for name in a.aliases)]
    meant = f" Did you mean {called[0]}?" if called else " The codes stand in config/data/authorities.csv."
    raise Fatal(f"The rulebook knows no authority {code}.{meant}")


def _day(given: datetime | None) -> date:
    return given.date() if given else today()
