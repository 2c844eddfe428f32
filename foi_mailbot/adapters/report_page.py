"""A back-test's report as one page of HTML that needs nothing else: no script, no network, every word escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import jinja2

from foi_mailbot.core.past_cases import OUTCOMES
from foi_mailbot.core.scoring import GOT

RIGHT, WRONG, LESS = "right", "wrong", "less"

_TONES = {
    ("redirect", "redirect"): RIGHT,
    ("part_redirect", "part_redirect"): RIGHT,
    ("held", "held"): RIGHT,
    ("unsure", "unsure"): RIGHT,
    ("part_redirect", "redirect"): WRONG,
    ("held", "redirect"): WRONG,
    ("held", "part_redirect"): WRONG,
    ("unsure", "redirect"): WRONG,
    ("unsure", "part_redirect"): WRONG,
}
"""What each cell of the confusion table is; every other one costs time but misleads nobody."""


def backtest_page(report: Mapping[str, Any], *, source: str, made_on: date) -> str:
    """Return the page. `report` is what service.backtest.report returned, `source` the name of what was read."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("foi_mailbot.adapters", "pages"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"words": _words, "percent": _percent, "marked": _marked, "named": _named(report["names"])}
    rows = partial(_row, report["confusion"])
    return environment.get_template("backtest.html").render(
        report=report,
        source=source,
        made_on=f"{made_on.day} {made_on:%B %Y}",
        matrix=[row for row in map(rows, OUTCOMES) if row["total"] or row["expected"] != "unsure"],
        columns=GOT,
    )


def _row(confusion: Mapping[str, Mapping[str, int]], expected: str) -> dict[str, Any]:
    """Return one row of the confusion table: its total, and each cell's number, depth (0 to 1) and tone."""
    cells = confusion[expected]
    total = sum(cells.values())
    return {
        "expected": expected,
        "total": total,
        "cells": [
            {
                "got": got,
                "count": cells[got],
                "depth": cells[got] / total if total else 0,
                "tone": _TONES.get((expected, got), LESS),
            }
            for got in GOT
        ],
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{100 * share:.1f} %" if 0 < share < 0.1 or 0.9 < share < 1 else f"{100 * share:.0f} %"


def _named(names: Mapping[str, str]) -> Any:  # noqa: ANN401 - a jinja2 filter
    def named(codes: Sequence[str]) -> str:
        return ", ".join(f"{names[code]} ({code})" if code in names else code for code in codes) or "none"

    return named


def _marked(finding: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Return the request's text in pieces, each with whether its words counted."""
    text, pieces, at = finding["text"], [], 0
    for start, end in _merged(finding["asks"]):
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]


def _merged(asks: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield the spans of the evidence in order, those that touch joined."""
    spans = sorted((e["start"], e["end"]) for ask in asks for e in ask["evidence"])
    while spans:
        start, end = spans.pop(0)
        while spans and spans[0][0] <= end:
            end = max(end, spans.pop(0)[1])
        yield start, end
