"""How a back-test looks in a terminal: gravest first, each finding with the words and the rule behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from foi_mailbot.console import ASK_WORDS, shown
from foi_mailbot.core.past_cases import OUTCOMES
from foi_mailbot.core.scoring import GOT

HEADINGS: Mapping[str, tuple[str, str]] = {
    "wrong_redirects": ("Wrong redirects: not wholly another body's, and drafted as if they were", "bold red"),
    "wrong_asks": ("Wrong questions: yours at least in part, sent away by a letter in part", "bold red"),
    "held_as_part": ("Yours, drafted as another body's in part", "bold yellow"),
    "wrong_bodies": ("Other bodies named than the answer named", "bold yellow"),
    "missed": ("Missed: another body's, left to an officer or sent away only in part", "bold"),
}
RATES: Mapping[str, str] = {
    "wrong_redirects": "wrong redirects, of those not wholly another body's",
    "held_as_part": "yours, drafted as another body's in part",
    "redirects_right": "redirects drafted to the right body",
    "parts_right": "shared ones split as labelled",
    "unsure": "unsure: a person decides",
}
QUESTION = 160  # characters of a question shown


def view(report: Mapping[str, Any]) -> RenderableType:
    """Return the whole report for people."""
    parts: list[RenderableType] = [_head(report)]
    if report["labelled"]:
        parts += [confusion(report["confusion"]), Text(), rates(report["rates"]), Text()]
        for name in HEADINGS:
            parts += _findings(name, report[name])
        parts += _functions(report["functions"])
    parts += [*_problems(report["problems"]), _auto(report), _saved(report["time_saved"])]
    return Group(*parts)


def _head(report: Mapping[str, Any]) -> Text:
    cases = f"{report['cases']} requests decided by rulebook {report['rulebook_sha256'][:12]}: "
    outcomes = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in report["outcomes"].items() if n)
    apart = f"; {report['unscored']} are not to be scored" if report["unscored"] else ""
    compared = f"{report['labelled']} say what became of them{apart}." if report["labelled"] else ""
    alone = "None says what became of it, so this is only what the rules would do."
    return shown(f"{cases}{outcomes}.\n{compared or alone}\n")


def confusion(table: Mapping[str, Mapping[str, int]]) -> Table:
    """Return the confusion table; what must never be is red, what is right is green."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    view.add_column("was \\ would be", style="bold", no_wrap=True)
    for got in GOT:
        view.add_column(got.replace("_", " "), justify="right", no_wrap=True)
    for expected in (name for name in OUTCOMES if name != "unsure" or any(table[name].values())):
        cells = [Text(str(n), style=_tone(expected, got) if n else "dim") for got, n in table[expected].items()]
        view.add_row(expected.replace("_", " "), *cells)
    return view


def _tone(expected: str, got: str) -> str:
    if expected == got:
        return "green"
    wrong = got == "redirect" or (expected in ("held", "unsure") and got == "part_redirect")
    return "bold red" if wrong else "yellow"


def rates(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return each rate with its bounds."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in (("", "left"), ("count", "right"), ("share", "right"), ("95 % bounds", "right")):
        view.add_column(title, justify="right" if justify == "right" else "left", no_wrap=True)
    for name, words in RATES.items():
        rate = figures[name]
        share = "-" if rate["share"] is None else f"{100 * rate['share']:.1f} %"
        bounds = "-" if rate["share"] is None else f"{100 * rate['low']:.1f} to {100 * rate['high']:.1f} %"
        view.add_row(words, f"{rate['count']} of {rate['of']}", share, bounds)
    return view


def _findings(name: str, findings: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    title, style = HEADINGS[name]
    if not findings:
        return [Text.assemble((f"{title}: ", "bold"), ("none", "green")), Text()]
    parts: list[RenderableType] = [Text(f"{title} ({len(findings)})", style=style)]
    parts += (Padding(_finding(finding), (0, 0, 0, 2)) for finding in findings)
    return [*parts, Text()]


def _finding(finding: Mapping[str, Any]) -> RenderableType:
    was, got = (finding[key].replace("_", " ") for key in ("expected", "outcome"))
    named = " for " + ", ".join(finding["bodies"]) if finding["bodies"] else ""
    wanted = ", the answer named " + ", ".join(finding["expected_bodies"]) if finding["expected_bodies"] else ""
    head = Text.assemble(shown(finding["id"], "bold"), shown(f"  was {was}{wanted}; would be {got}{named}"))
    lines = [shown(reason, "dim") for reason in finding["reasons"] if not finding["asks"]]
    return Group(head, *(Padding(part, (0, 0, 0, 2)) for part in (*lines, *map(_ask, finding["asks"]))))


def _ask(ask: Mapping[str, Any]) -> RenderableType:
    question = " ".join(ask["text"].split())
    words, style = ASK_WORDS[ask["outcome"]]
    evidence = dict.fromkeys(f"“{' '.join(e['text'].split())}” {e['rule']}" for e in ask["evidence"])
    why = Text.assemble((words, style), shown(": " + "; ".join(ask["reasons"]), "dim"))
    because = [shown("because of " + ", ".join(evidence))] if evidence else []
    head = shown(question if len(question) <= QUESTION else question[: QUESTION - 1] + "…")
    return Group(head, *(Padding(part, (0, 0, 0, 3)) for part in (why, *because)))


def _functions(functions: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    if not functions:
        return []
    table = Table(
        box=None, pad_edge=False, header_style="bold", title="Labelled questions by function", title_justify="left"
    )
    table.add_column("Function", overflow="ellipsis", no_wrap=True)
    for title in ("away rightly", "away wrongly", "missed", "precision", "recall"):
        table.add_column(title, justify="right", no_wrap=True)
    for f in functions:
        shares = ("-" if r["share"] is None else f"{100 * r['share']:.0f} %" for r in (f["precision"], f["recall"]))
        wrong = Text(str(f["wrong"]), style="bold red" if f["wrong"] else "")
        table.add_row(shown(f["function"] or f["title"]), str(f["right"]), wrong, str(f["missed"]), *shares)
    return [table, Text()]


def _problems(problems: Sequence[Mapping[str, str]]) -> list[RenderableType]:
    if not problems:
        return []
    lines = [shown(f"  {p['where']}: {p['what']}") for p in problems]
    return [Text(f"Lines that could not be used ({len(problems)})", style="bold red"), *lines, Text()]


def _auto(report: Mapping[str, Any]) -> Text:
    auto = report["auto"]
    text = f"Plain cases (every question another body's, under FOIA): {auto['eligible']} of {report['cases']}"
    if auto["labelled"]:
        text += f"; of the {auto['labelled']} labelled, {len(auto['wrong'])} were not another body's"
    return shown(f"{text}{': ' + ', '.join(auto['wrong']) if auto['wrong'] else ''}.")


def _saved(saved: Mapping[str, Any]) -> Text:
    each = f"{saved['minutes_a_letter']:g} minutes a letter, an assumption (--minutes)"
    return shown(f"Letters drafted: {saved['letters']}; writing saved: {saved['hours']} hours at {each}.")
