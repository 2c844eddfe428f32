"""Every reference of ours in a request, by the council's named patterns, with where each stands."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReferencePattern:
    """A named pattern of this council's references; `regex` matches one reference, case-insensitively."""

    name: str
    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference found: `value` as written, `pattern` its name, `place` subject|body|attachment name, span in it."""

    value: str
    pattern: str
    place: str
    start: int
    end: int


LONGEST = 80  # characters of one reference
TEXT_LIMIT = 1_000_000  # characters searched in one text
_UNBOUNDED = re.compile(r"[+*]|\{\d*,\}")
_BACKREFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]|\(\?P=")
# What may not stand next to a reference: a word character, or a mark that joins it to more of the same
# (17/01527/OUT, FOI-10226-2021).
_BEFORE = r"(?<![\w@%&=])(?<!\w[/.\\+-])"
_AFTER = r"(?![\w@])(?![/\\+&=]\w)(?![.-]\d)"
# Addresses and links are other people's; WhatDoTheyKnow puts its own request number into every subject.
_NOT_OURS = re.compile(
    r"(?:https?://|www\.)\S{1,2000}|[\w.+%-]{1,64}@[\w.-]{1,253}|\[(?:FOI|EIR) #\d{1,12} email\]", re.IGNORECASE
)
_HYPHEN_BETWEEN_WORDS = re.compile(r"(?<=[a-z])-(?=[a-z])|_|\.(?=\w{1,5}$)", re.IGNORECASE)


def compile_pattern(name: str, regex: str) -> ReferencePattern:
    """Compile a council's own pattern so that it only matches whole references, in any case of letters.

    Raises ValueError, in plain English, on a regex that is malformed, matches nothing at all, or may run away.
    """
    where = f"reference pattern “{name}”"
    if not regex.strip():
        raise ValueError(f"{where} is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a set like [[a] means one thing today and another in a later Python
            plain = re.compile(regex, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError, Warning) as fault:
        raise ValueError(f"{where} is not a valid regular expression: {fault}") from None
    if plain.match("") is not None:
        raise ValueError(f"{where} also matches an empty text: say what a reference must contain")
    if re.match(r"\(\?[a-zA-Z]+\)", regex):
        raise ValueError(f"{where} sets flags at its start: leave them out, case is ignored anyway")
    if _may_run_away(regex):
        raise ValueError(
            f"{where} repeats a group that itself repeats or branches, as in (a+)+, which can take for ever: "
            "say how often at most, as in (a{1,9}){1,9}"
        )
    if _BACKREFERENCE.search(regex):
        raise ValueError(f"{where} refers back to a group: write the reference's shape out instead")
    return ReferencePattern(name, re.compile(f"{_BEFORE}(?:{regex}){_AFTER}", re.IGNORECASE))


def _may_run_away(regex: str) -> bool:
    """Say whether a group with a repeat or a branch in it is repeated without bound (exponential backtracking)."""
    bare = re.sub(r"\\.", "a", regex, flags=re.DOTALL)
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "a", bare)
    risky = [False]
    for n, char in enumerate(bare):
        if char == "(":
            risky.append(False)
        elif char == ")" and len(risky) > 1:
            inner = risky.pop()
            if inner and _UNBOUNDED.match(bare, n + 1):
                return True
            risky[-1] = risky[-1] or inner
        elif char == "|" or _UNBOUNDED.match(bare, n):
            risky[-1] = True
    return False


def find_references(
    patterns: Sequence[ReferencePattern], *, subject: str, body: str, attachment_names: Sequence[str] = ()
) -> tuple[Reference, ...]:
    """Return every reference in reading order: subject, body, then attachments' names.

    Where matches overlap the longest stands, of equals the earlier pattern's. Spans index the string of their place.
    """
    places = [("subject", subject), ("body", body), *(("attachment", name) for name in attachment_names)]
    return tuple(reference for place, text in places for reference in _longest(patterns, place, text))


def _longest(patterns: Sequence[ReferencePattern], place: str, text: str) -> list[Reference]:
    candidates = sorted(_matches(patterns, place, text), key=lambda r: (r.start - r.end, r.start))
    kept: list[Reference] = []
    taken: set[int] = set()
    for found in candidates:
        span = range(found.start, found.end)
        if taken.isdisjoint(span):
            taken.update(span)
            kept.append(found)
    return sorted(kept, key=lambda r: r.start)


def _matches(patterns: Sequence[ReferencePattern], place: str, text: str) -> Iterator[Reference]:
    searched = _masked(place, text[:TEXT_LIMIT])
    for pattern in patterns:
        for match in pattern.regex.finditer(searched):
            start, end = match.span()
            if 0 < end - start <= LONGEST:
                yield Reference(text[start:end], pattern.name, place, start, end)


def _masked(place: str, text: str) -> str:
    """Hide what can hold no reference of ours, keeping every position; a file name's joints count as spaces."""
    if place == "attachment":
        return _HYPHEN_BETWEEN_WORDS.sub(" ", text)
    return _NOT_OURS.sub(lambda found: "@" * len(found[0]), text)
