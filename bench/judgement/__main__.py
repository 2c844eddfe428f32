"""Measures judgement and prints it side by side: `python -m bench.judgement [--corpus FILE]… [--terms FILE] [--json]`.

Exit code 1 if a request that is at least partly the council's own became a redirect when it was stitched together or
disturbed; 2 if a file cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.judgement import baselines, composition, kinds, metamorphic, speed, tables, terms
from bench.judgement.baselines import NotMeasured
from bench.judgement.cases import Labelled, load, ours
from foi_mailbot import resources
from foi_mailbot.adapters import rulebook as rulebook_files
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.scoring import Fault, Rate, Result, confusion, faults, rates

HERE = Path(__file__).parent
OPEN_SETS = ("retold_open.jsonl", "fresh_open.jsonl")
SHUT_SETS = ("retold_shut.jsonl", "fresh_shut.jsonl")
OUR_MAILS, SECOND_MAILS = "kinds.jsonl", "kinds_second.jsonl"
THIRD_OPEN, THIRD_SHUT = "kinds_third_open.jsonl", "kinds_third_shut.jsonl"
HALVES = (
    ("the first set", OUR_MAILS, ""),
    ("the second set", SECOND_MAILS, ""),
    ("the third set's open half", THIRD_OPEN, "open"),
)
"""The labelled mails that are counted each time: all of them were tuned on."""
SHUT_HALVES = (("the third set's shut half", THIRD_SHUT, "shut"),)
"""Those that are counted only when asked for."""
WIDTH = 130  # columns of a table that goes to a file

Judge = Callable[[Sequence[Labelled], Rulebook], list[Result]]
JUDGES: dict[str, Judge] = {
    "foi_mailbot": lambda cases, rulebook: [ours(case, rulebook) for case in cases],
    "title words": baselines.keywords,
    "TF-IDF, logistic": lambda cases, rulebook: baselines.statistics(cases, rulebook, balanced=False),
    "… classes weighted": lambda cases, rulebook: baselines.statistics(cases, rulebook, balanced=True),
    "nearest embedding": baselines.neighbours,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit code."""
    asked = _parser().parse_args(arguments)
    rulebook = rulebook_files.load([resources.config_dir()])
    ours = [*OPEN_SETS, *(SHUT_SETS if asked.shut else ())]
    corpora = [HERE / name for name in ours if (HERE / name).exists()] + asked.corpus
    try:
        loaded = {path.name: load(path) for path in corpora}
        probed = terms.measure(asked.terms, rulebook) if asked.terms else {}
    except (OSError, ValueError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2
    found = {name: _corpus(name, cases, rulebook, asked) for name, cases in loaded.items()}
    report: dict[str, Any] = {"rulebook_sha256": rulebook.sha256, "corpora": found}
    halves = [half for half in (*HALVES, *(SHUT_HALVES if asked.shut else ())) if (HERE / half[1]).exists()]
    report["kinds"] = {name: _kinds_of(HERE / file, half) for name, file, half in halves}
    report["terms"] = {tier: asdict(tally) for tier, tally in probed.items()} or None
    _say("speed")
    report["speed"] = speed.measure(rulebook)
    if asked.json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False)
        wide = console if console.is_terminal else Console(highlight=False, width=max(console.width, WIDTH))
        wide.print(tables.view(report))
    return 1 if failed(report) else 0


def failed(report: dict[str, Any]) -> bool:
    """Say whether a request that is partly ours became a redirect by stitching or disturbing it."""
    return any(
        corpus["composition"]["failures"] or any(tally["turned_wrong"] for tally in corpus["metamorphic"].values())
        for corpus in report["corpora"].values()
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.judgement", description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", default=[], metavar="FILE", help="labelled requests")
    parser.add_argument("--terms", type=Path, metavar="FILE", help="functions.csv with tier and requester_terms")
    parser.add_argument("--stitched", type=int, default=3000, metavar="N", help="requests to stitch (3000)")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn by chance (1)")
    parser.add_argument("--without-baselines", action="store_true", help="measure foi_mailbot alone: faster")
    parser.add_argument("--shut", action="store_true", help="count the sets shut away as well: not while tuning")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def _kinds_of(mails: Path, half: str) -> dict[str, Any]:
    return {kind: asdict(tally) for kind, tally in kinds.measure(mails, half).items()}


def _corpus(file: str, cases: Sequence[Labelled], rulebook: Rulebook, asked: argparse.Namespace) -> dict[str, Any]:
    judges = dict(list(JUDGES.items())[:1]) if asked.without_baselines else JUDGES
    judged = {}
    for name, judge in judges.items():
        _say(f"{file}: {name}")
        judged[name] = _judged(judge, cases, rulebook)
    _say(f"{file}: stitched and disturbed requests")
    pool = composition.singles(cases, rulebook)
    stitched = composition.measure(composition.stitch(pool, asked.stitched, asked.seed), rulebook)
    return {
        "cases": len(cases),
        "judges": judged,
        "composition": {
            "singles": {kind: len(asks) for kind, asks in pool.items()},
            "layouts": {name: asdict(tally) for name, tally in stitched.layouts.items()},
            "failures": [_failure(request) for request in stitched.failures],
        },
        "metamorphic": {n: asdict(t) for n, t in metamorphic.measure(cases, rulebook, asked.seed).items()},
    }


def _judged(judge: Judge, cases: Sequence[Labelled], rulebook: Rulebook) -> dict[str, Any]:
    """Return the figures of one way to judge, or why they could not be taken."""
    try:
        results = judge(cases, rulebook)
    except NotMeasured as why:
        return {"not_measured": str(why)}
    wrong = [r.id for r in results if Fault.WRONG_REDIRECT in faults(r)]
    lookalikes = {case.past.id for case in cases if case.lookalike}
    return {
        "rates": {name: _rate(rate) for name, rate in rates(results).items()},
        "confusion": confusion(results),
        "wrong_redirects": wrong,
        "wrong_lookalikes": sum(name in lookalikes for name in wrong),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    known = rate.share is not None
    return {
        "count": rate.count,
        "of": rate.of,
        "low": rate.low if known else None,
        "high": rate.high if known else None,
    }


def _failure(request: composition.Stitched) -> dict[str, Any]:
    return {
        "layout": request.layout,
        "expected": request.expected,
        "asks": [a.id for a in request.asks],
        "text": request.text,
    }


def _say(what: str) -> None:
    if sys.stderr.isatty():
        print(f"measuring {what} …", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
