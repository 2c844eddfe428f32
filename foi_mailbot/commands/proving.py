"""What a council does before it goes live: prove the rules on its own disclosure log."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from foi_mailbot import bootstrap, console
from foi_mailbot.adapters import disclosure_log
from foi_mailbot.adapters.report_page import backtest_page
from foi_mailbot.commands import backtest_view
from foi_mailbot.commands.frame import OK, PERSON, Json, print_json, settings_or_shipped, today
from foi_mailbot.core.past_cases import PastCase
from foi_mailbot.errors import Fatal, Parked
from foi_mailbot.service.backtest import Backtest, Tried, report

MINUTES = 20.0
_WORTH_A_BAR = 200  # cases: fewer are done before a bar would show

commands = typer.Typer()


@commands.command()
def backtest(
    cases: Annotated[
        Path, typer.Argument(metavar="CASES", help="Lines of JSON, a folder of mails (.eml), or a table (.csv).")
    ],
    authority: Annotated[str, typer.Option(help="The code of the council asked where a case names none.")] = "",
    minutes: Annotated[
        float, typer.Option(min=0, help="Minutes an officer is taken to need for one letter.")
    ] = MINUTES,
    html: Annotated[Path | None, typer.Option(metavar="REPORT", help="Write the report as one page of HTML.")] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", envvar="FOI_MAILBOT_CONFIG")] = None,
    as_json: Json = False,
) -> None:
    """Decide past requests and compare with what became of them; stores and sends nothing.

    Exit code 1 if a request that is not wholly another body's would have been redirected as a whole, or if a line could
    not be used.
    """
    trial = _trial(config, authority)
    log = disclosure_log.read(cases)
    tried, undecided = _try_all(trial, log.cases)
    problems = [*((p.where, p.what) for p in log.problems), *undecided]
    found = report(tried, problems, trial.assessor.rulebook, minutes)
    if html:
        _write(html, backtest_page(found, source=cases.name or str(cases), made_on=trial.today))
    if as_json:
        print_json(found)
    else:
        console.stdout().print(backtest_view.view(found))
        if html:
            typer.echo(f"The report is in {html}.")
    raise typer.Exit(PERSON if found["wrong_redirects"] or problems else OK)


def _trial(config: Path | None, authority: str) -> Backtest:
    settings = settings_or_shipped(config)
    assessor = bootstrap.build_assessor(settings.rules_dirs)
    council = functools.cache(lambda code: bootstrap.build_asked_council(settings, assessor, code or authority))
    council("")  # an unknown --authority is said before anything is read
    return Backtest(assessor, council, today())


def _try_all(trial: Backtest, cases: Sequence[PastCase]) -> tuple[list[Tried], list[tuple[str, str]]]:
    """Return the cases decided, and what is wrong with those that cannot be."""
    tried, undecided = [], []
    stderr = Console(stderr=True)
    silent = not stderr.is_terminal or len(cases) < _WORTH_A_BAR
    for case in track(cases, description="Deciding", console=stderr, transient=True, disable=silent):
        try:
            tried.append(trial.try_case(case))
        except Parked as fault:
            undecided.append((case.id, str(fault)))
    if not tried:
        where, what = undecided[0]
        raise Fatal(f"None of the requests can be decided. {where}: {what}")
    return tried, undecided


def _write(page: Path, text: str) -> None:
    try:
        page.touch(mode=0o600)  # it holds what requesters wrote
        page.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise Fatal(
            f"The report {page} cannot be written: {fault.strerror}. Name a file in a folder that is."
        ) from fault
