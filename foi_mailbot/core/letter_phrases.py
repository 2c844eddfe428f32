"""How a letter spells things: which questions, a list, a date, a subject line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from foi_mailbot.core.decision import AskDecision


def names_of(asks: Sequence[AskDecision]) -> dict[int, str]:
    """Name each ask (by where it starts) as the applicant numbered it, or by position if that is not unambiguous."""
    if len(asks) == 1:
        return {asks[0].ask.start: asks[0].ask.label}
    labels = [a.ask.label for a in asks]
    if all(labels) and len(set(labels)) == len(labels):
        return {a.ask.start: a.ask.label for a in asks}
    return {a.ask.start: str(i) for i, a in enumerate(asks, start=1)}


def question_phrase(asks: Iterable[AskDecision], names: dict[int, str]) -> str:
    """Return "question 3", "questions 1 to 6", "your request", or "" for no ask."""
    labels = [names[a.ask.start] for a in asks]
    if not labels:
        return ""
    if labels == [""]:
        return "your request"
    runs = _runs(labels)
    return f"question{'s' if len(labels) > 1 else ''} {listed(runs, 'and')}"


def _runs(labels: Sequence[str]) -> list[str]:
    runs: list[list[str]] = []
    for label in labels:
        follows = bool(runs) and label.isdecimal() and runs[-1][-1].isdecimal() and int(label) == int(runs[-1][-1]) + 1
        if follows:
            runs[-1].append(label)
        else:
            runs.append([label])
    return [text for run in runs for text in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else run)]


def listed(parts: Sequence[str], word: str) -> str:
    """Return "a, b and c", with `word` before the last."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


# Spelt out here because strftime's month names follow the machine's locale.
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def long_date(day: date) -> str:
    """Return a date as a British letter writes it: 3 March 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_PREFIXES = re.compile(r"^(?:\s*(?:re|fwd?|fw|atb|yml|aw|wg|sv|antw)\s*(?:\[\d+\])?\s*[:：])+\s*", re.IGNORECASE)
_SUBJECT_LIMIT = 160


def reply_subject(subject: str, reference: str) -> str:
    """Return `Re: …` exactly once (whatever chain of Re:, Fwd: or Welsh ATB: was there), our reference in it."""
    topic = _PREFIXES.sub("", " ".join(subject.split())).strip()[:_SUBJECT_LIMIT].strip()
    named = topic or "Your request for information"
    if reference and reference.casefold() not in named.casefold():
        named = f"{named} ({reference})"
    return f"Re: {named}"
