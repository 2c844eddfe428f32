"""Whether the rules do what they say: every example decided, words that clash or never count, reviews overdue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from foi_mailbot.core.decision import AskDecision, AskOutcome, decide
from foi_mailbot.core.jurisdiction import Holder, Ours, Shared, Theirs, Unknown, in_being, responsible
from foi_mailbot.core.matching import ENOUGH, POINTS, Hit, compile_rulebook, scores, words
from foi_mailbot.core.request import read_text
from foi_mailbot.core.rulebook import Example, Function, Rulebook
from foi_mailbot.errors import Fatal
from foi_mailbot.service.records import asks_of
from foi_mailbot.service.rulebook_report import RULES, review_by

SHARP = ("decisive", "strong")
_AWAY = (AskOutcome.OTHER_BODY, AskOutcome.BOTH)


class Kind(StrEnum):
    """What can be wrong with a rule."""

    EXAMPLE = "example"
    OVERLAP = "overlap"
    UNREACHABLE = "unreachable"
    TWO_LEVELS = "two levels"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person has to look at: where (a function's id or a file), what, and what to do."""

    kind: Kind
    where: str
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One example decided: `fault` says what is wrong, "" if it came out as the rule says; `unsure` if by a person."""

    function: str
    text: str
    unsure: bool
    fault: str


def district(rulebook: Rulebook, authority: str, on: date) -> str:
    """Return that council if it is a district in being, else the first that is: examples are written for districts.

    Raises Fatal if there is none.
    """
    known = rulebook.authorities.values()
    all_ = [a.code for a in known if a.type == "district" and a.nation == "England" and in_being(a, on)]
    if not all_:
        raise Fatal(f"No district council is in being on {on}: the examples cannot be decided. Name another --on.")
    return authority if authority in all_ else all_[0]


def judge(rulebook: Rulebook, authority: str, on: date) -> Iterator[Judged]:
    """Yield each example of each rule, decided as a request made to that district and received on that day."""
    matcher = compile_rulebook(rulebook)
    for function in rulebook.functions.values():
        holder = responsible(function, authority, on, rulebook)
        for example in function.examples:
            points = scores(matcher.find(example.text)).get(function.id, 0)
            yield _judged(example, function, holder, points, rulebook, authority, on)


def _judged(
    example: Example, function: Function, holder: Holder, points: int, rulebook: Rulebook, authority: str, on: date
) -> Judged:
    decision = decide(read_text(example.text, []), rulebook, authority, on)
    asks = [a for a in asks_of(decision) if function.id in a.functions]
    away = [a for a in asks if a.outcome in _AWAY]
    fault = ""
    if (points >= ENOUGH) != example.fires:
        fault = f"has {points} points for it, and {ENOUGH} are needed" if example.fires else "fires, and must not"
    elif example.fires and isinstance(holder, Theirs | Shared) and not asks:
        fault = "stays here without a word of the body it belongs to"
    elif example.fires and isinstance(holder, Ours | Unknown) and any(_refused(a) for a in asks_of(decision)):
        fault = "goes to another body, and must not"
    elif not example.fires and away:
        fault = "goes away because of it, and must not"
    unsure = any(a.outcome is AskOutcome.UNSURE for a in asks_of(decision))
    return Judged(function.id, example.text, unsure, fault)


def _refused(decided: AskDecision) -> bool:
    return decided.outcome is AskOutcome.OTHER_BODY


def example_findings(judged: list[Judged]) -> list[Finding]:
    """Return what is wrong with the examples decided."""
    do = "mend the phrases, or the example"
    return [Finding(Kind.EXAMPLE, j.function, f"“{j.text}” {j.fault}", do) for j in judged if j.fault]


def wording_findings(rulebook: Rulebook, authority: str, on: date) -> list[Finding]:
    """Return phrases that clash, can never count, or stand at two levels; holders are those of that council."""
    return [*_overlaps(rulebook, authority, on), *_unreachable(rulebook), *_two_levels(rulebook)]


def stale_findings(rulebook: Rulebook, today: date) -> list[Finding]:
    """Return the rules and data files whose review is overdue."""
    files = [
        Finding(Kind.STALE, f"data/{s.file}" if s.file != RULES else RULES, _overdue(s.review_by), _LOOK_AT_DATA)
        for s in rulebook.sources.values()
        if s.review_by < today
    ]
    own = [(f.id, f.review_by) for f in rulebook.functions.values() if f.review_by]
    return files + [Finding(Kind.STALE, id_, _overdue(day), _LOOK_AT_RULE) for id_, day in own if day < today]


_VOTES = [level for level in POINTS if level != "keeps"]
_LOOK_AT_DATA = "compare it with its origin, then write the next review_by in data/SOURCES.toml"
_LOOK_AT_RULE = "check its basis and source, then write the next review_by"


def _overdue(day: date) -> str:
    return f"was to be looked at again by {day}"


def _key(phrase: str) -> str:
    """Return what two phrases share if the same words of a text match both."""
    exact = phrase.startswith("=") or (phrase.upper() == phrase and phrase.isalnum() and not phrase.isdigit())
    return phrase if exact else " ".join(w.stem for w in words(phrase))


def _overlaps(rulebook: Rulebook, authority: str, on: date) -> Iterator[Finding]:
    owners: dict[str, dict[str, str]] = {}
    for function in rulebook.functions.values():
        for level in SHARP:
            for phrase in getattr(function, level):
                owners.setdefault(_key(phrase), {})[function.id] = phrase
    for own in owners.values():
        holders = {_whose(responsible(rulebook.functions[f], authority, on, rulebook)) for f in own}
        if len(own) > 1 and len(holders) > 1:
            phrase, names = next(iter(own.values())), list(own)
            what = f"“{phrase}” also stands for {', '.join(names[1:])}, which somebody else carries"
            yield Finding(Kind.OVERLAP, names[0], what, "leave it with one of them, or make it weak")


def _whose(holder: Holder) -> str:
    return holder.body if isinstance(holder, Theirs | Shared) else type(holder).__name__


def _unreachable(rulebook: Rulebook) -> Iterator[Finding]:
    matcher = compile_rulebook(rulebook)
    for function in rulebook.functions.values():
        for level in POINTS:
            for phrase in getattr(function, level):
                text = phrase.removeprefix("=")
                hits = matcher.find(text)
                if not any(h.owner == function.id and h.level == level and _whole(h, text) for h in hits):
                    taken = ", ".join(dict.fromkeys(h.rule for h in hits)) or "no word a text could hold"
                    what = f"“{phrase}” ({level}) never counts: {taken} comes first"
                    yield Finding(Kind.UNREACHABLE, function.id, what, "delete it, or what takes it")


def _whole(hit: Hit, text: str) -> bool:
    read = words(text)
    return bool(read) and hit.start == read[0].start and hit.end == read[-1].end


def _two_levels(rulebook: Rulebook) -> Iterator[Finding]:
    for function in rulebook.functions.values():
        seen: dict[str, dict[str, str]] = {}
        for level in _VOTES:  # what the other tier keeps of a service (keeps) names that service as well
            for phrase in getattr(function, level):
                seen.setdefault(_key(phrase), {})[level] = phrase
        for levels in seen.values():
            if len(levels) > 1:
                stands = ", ".join(f"{level} (“{phrase}”)" for level, phrase in levels.items())
                what = f"the same words stand at two levels: {stands}"
                yield Finding(Kind.TWO_LEVELS, function.id, what, "keep one; singular and plural are the same word")


def next_review(rulebook: Rulebook) -> date | None:
    """Return the earliest review of any rule or data file."""
    rules = [day for f in rulebook.functions.values() if (day := review_by(f, rulebook))]
    return min([*rules, *(s.review_by for s in rulebook.sources.values())], default=None)
