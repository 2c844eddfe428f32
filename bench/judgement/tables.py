"""What was measured, as tables side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

RATES = {
    "wrong_redirects": "wrong redirects",
    "redirects_right": "redirects right",
    "parts_right": "split as labelled",
    "held_as_part": "held as part",
    "unsure": "unsure",
}
LOSES = {
    "title words": "a title's words say what a request mentions, not what it asks for",
    "TF-IDF, logistic": "few examples of each service, and one verdict for all questions: nothing is ever split",
    "… classes weighted": "more redirects found, and paid for with wrong ones; nothing is ever split",
    "nearest embedding": "nearest in subject is not nearest in who is responsible; nothing is ever split",
}
SHOWN = 5  # examples of what went wrong


def view(report: Mapping[str, Any]) -> RenderableType:
    """Return everything measured, for people."""
    parts: list[RenderableType] = [Text(f"Rulebook {report['rulebook_sha256'][:12]}\n", "bold")]
    if not report["corpora"]:
        parts.append(Text("No labelled requests: give --corpus FILE. Only speed is measured.\n", "yellow"))
    for name, corpus in report["corpora"].items():
        parts += [*_judges(name, corpus), *_composition(corpus["composition"]), _metamorphic(corpus["metamorphic"])]
        parts.append(Text())
    for name, found in report["kinds"].items():
        parts += _kinds(name, found)
    if report["terms"]:
        parts += _terms(report["terms"])
    return Group(*parts, _speed(report["speed"]))


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold")
    for at, column in enumerate(columns):
        table.add_column(column, justify="right" if at else "left", no_wrap=not at)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return table


def _grave(count: int) -> Text:
    return Text(str(count), style="bold red" if count else "green")


def _share(rate: Mapping[str, Any]) -> str:
    if not rate["of"]:
        return "-"
    return f"{rate['count']}/{rate['of']} ({100 * rate['low']:.0f}-{100 * rate['high']:.0f} %)"


def _judges(name: str, corpus: Mapping[str, Any]) -> list[RenderableType]:
    rows, lost = [], []
    for judge, found in corpus["judges"].items():
        if "not_measured" in found:
            rows.append([judge, f"not measured: {found['not_measured']}"])
            continue
        rows.append([judge, *(_share(found["rates"][rate]) for rate in RATES)])
        if judge in LOSES:
            wrong = len(found["wrong_redirects"])
            lost.append(f"  {judge}: {LOSES[judge]} ({wrong} wrong, {found['wrong_lookalikes']} of them look-alikes)")
    title = f"{name}: {corpus['cases']} labelled requests, exact 95 % bounds in brackets"
    said = [Text("Where the others lose\n" + "\n".join(lost))] if lost else []
    return [_table(title, ["judged by", *RATES.values()], rows), *said, Text()]


def _composition(found: Mapping[str, Any]) -> list[RenderableType]:
    if not found["singles"]:
        return [Text("Stitched requests: none, for want of single asks of both kinds.\n", "yellow")]
    rows = [
        [
            name,
            t["made"],
            _grave(t["wrong"]),
            f"{t['redirects_right']}/{t['redirects']}",
            f"{t['mixed_parted']}/{t['mixed']}",
            f"{t['held_as_part']}/{t['held']}",
            t["unsure"],
        ]
        for name, t in found["layouts"].items()
    ]
    singles = ", ".join(f"{n} of {kind or 'no kind'}" for kind, n in found["singles"].items())
    columns = ["layout", "made", "wrong redirects", "redirects right", "mixed parted", "held as part", "unsure"]
    failures = [
        Text(f"  wrong: {f['layout']}, {f['expected']}, of {', '.join(f['asks'])}", "red")
        for f in found["failures"][:SHOWN]
    ]
    return [_table(f"Stitched from single asks ({singles})", columns, rows), *failures, Text()]


def _metamorphic(found: Mapping[str, Any]) -> Table:
    rows = [
        [
            name,
            t["requests"],
            t["same"],
            t["to_unsure"],
            t["other"],
            t["turned_right"],
            _grave(t["turned_wrong"]),
            ", ".join(t["examples"][:SHOWN]),
        ]
        for name, t in found.items()
    ]
    columns = ["disturbed by", "requests", "same", "to unsure", "other", "to redirect, rightly", "wrongly", ""]
    return _table("The same said otherwise", columns, rows)


def _kinds(name: str, found: Mapping[str, Any]) -> list[RenderableType]:
    rows = [
        [
            kind,
            f"{t['right']}/{t['mails']}",
            t["doubted"],
            f"{t['lookalikes_right']}/{t['lookalikes']}",
            _grave(t["as_request"]),
            _grave(t["suppressed"]),
            ", ".join(t["wrong"][:SHOWN]),
        ]
        for kind, t in found.items()
    ]
    columns = [
        "kind of mail",
        "told right",
        "or in doubt",
        "look-alikes",
        "taken for a request",
        "never answered",
        "wrong",
    ]
    right, doubted, mails = (sum(t[key] for t in found.values()) for key in ("right", "doubted", "mails"))
    title = f"Kinds of mail, {name}: {right} of {mails} right, {doubted} in doubt with the right kind among the two"
    return [_table(title, columns, rows), Text()]


def _terms(found: Mapping[str, Any]) -> list[RenderableType]:
    rows = [
        [
            tier,
            t["right"] + t["unsure"] + t["missed"] + t["away"],
            t["right"],
            t["unsure"],
            t["missed"],
            _grave(t["away"]),
        ]
        for tier, t in found.items()
    ]
    columns = ["tier", "questions", "right", "unsure", "missed", "sent away wrongly"]
    examples = [Text(f"  sent away: {text}", "red") for t in found.values() for text in t["examples"][:SHOWN]]
    return [_table("Requesters' own terms, asked of a district", columns, rows), *examples, Text()]


def _speed(found: Mapping[str, Any]) -> RenderableType:
    growth = ", ".join(f"{int(size) // 1000} kB {ratio:.2f}" for size, ratio in found["growth"].items())
    return Text(
        f"Speed: a usual request takes {found['median_ms']:.2f} ms (median) to read and decide, "
        f"{found['decide_ms']:.2f} of them to decide. Time a character, against 1 kB: {growth}. "
        f"Ten times the authorities: {found['authorities_x10']:.2f}; four times the rules: {found['rules_x4']:.2f}."
    )
