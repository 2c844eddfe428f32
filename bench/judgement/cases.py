"""Labelled requests, one JSON object a line, and what the program makes of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from foi_mailbot.core.decision import Decision, Suppressed, decide, outcome_name
from foi_mailbot.core.past_cases import PastCase, Unusable, past_case
from foi_mailbot.core.request import Request, read_text
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.scoring import Result, compared

DAY = date(2026, 5, 1)
"""The day of receipt of a request that gives none: before any council of the lists ends."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled request; `core` is the bare question of a request with one ask, "" if there is none."""

    past: PastCase
    authority_type: str
    core: str
    functions: tuple[str, ...]
    lookalike: bool

    @property
    def day(self) -> date:
        """Return the day to decide on."""
        return self.past.received_on or DAY


def load(path: Path) -> list[Labelled]:
    """Return the requests of a file that are to be scored. Raises ValueError naming every line that cannot be used."""
    found, wrong = [], []
    for where, row in rows(path):
        case = past_case(row)
        if isinstance(case, Unusable):
            wrong.append(f"{where}: {'; '.join(case.what)}")
        elif case.scored:
            found.append(_labelled(row, case))
    if wrong:
        raise ValueError("\n".join(wrong))
    return found


def rows(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield each line's object with the file and number of the line."""
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.strip():
            yield f"{path.name}, line {number}", json.loads(line)


def _labelled(row: Mapping[str, object], case: PastCase) -> Labelled:
    functions = row.get("functions") or []
    named = functions.values() if isinstance(functions, dict) else functions if isinstance(functions, list) else []
    return Labelled(
        past=case,
        authority_type=str(row.get("authority_type", "")),
        core=str(row.get("core") or ""),
        functions=tuple(str(name) for name in named if name),
        lookalike=bool(row.get("lookalike")),
    )


def ours(case: Labelled, rulebook: Rulebook) -> Result:
    """Return what the program makes of a request."""
    return judged(case, read_text(case.past.text, []), rulebook)


def judged(case: Labelled, request: Request, rulebook: Rulebook) -> Result:
    """Return what the program makes of a request already read, beside its labels."""
    return beside(case, decide(request, rulebook, case.past.authority, case.day))


def beside(case: Labelled, decision: Decision) -> Result:
    """Return a decision beside the labels of its case."""
    asks = () if isinstance(decision, Suppressed) else decision.asks
    decided = [(ask.ask.label, str(ask.outcome), ask.functions) for ask in asks]
    scored, complete = compared(case.past.asks, case.past.outcome, decided)
    bodies = tuple(dict.fromkeys(body for ask in asks for body in ask.bodies))
    return Result(
        case.past.id, case.past.outcome, outcome_name(decision), case.past.bodies, bodies, scored, complete=complete
    )


def of_kind(cases: Sequence[Labelled], authority_type: str) -> list[Labelled]:
    """Return the requests made to councils of that kind."""
    return [case for case in cases if case.authority_type == authority_type]
