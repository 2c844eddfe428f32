"""Requests stitched together from single labelled asks, in many layouts: what is partly ours must never all go."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from bench.judgement.cases import DAY, Labelled
from bench.judgement.metamorphic import MARKER, POINTS_BACK
from foi_mailbot.core.decision import Suppressed, decide, outcome_name
from foi_mailbot.core.request import read_text
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.scoring import compared

MAX_ASKS = 5
_LONGEST = 45  # words of a question that stands by itself
_MERE_OPENING = re.compile(r"\b(?:make|request|write|writing|submit)\b[^?]*\b(?:foi|information|act)\b", re.IGNORECASE)
_SALUTATIONS = (
    "",
    "",
    "Dear Sir or Madam,\n\n",
    "Hello,\n\n",
    "Dear FOI team,\n\nI hope you are well. ",
    "Good morning\n\n",
)
_OPENINGS = (
    "",
    "",
    "Under the Freedom of Information Act 2000, please provide the following information.\n\n",
    "I am a resident of the area and would like to make a request for information:\n\n",
    "This is a request under the Freedom of Information Act and the Environmental Information Regulations 2004.\n\n",
)
_CLOSINGS = (
    "",
    "",
    "\n\nIf any of this is not held by you, please say who holds it.\n\nKind regards\nA. Resident",
    "\n\nPlease send the reply in an electronic format. I look forward to hearing from you within 20 working days.",
    "\n\nMany thanks\nSam",
)


def _marked(mark: Callable[[int], str], between: str = "\n") -> Callable[[Sequence[str]], str]:
    def lay(asks: Sequence[str]) -> str:
        return between.join(mark(n) + ask for n, ask in enumerate(asks, 1))

    return lay


LAYOUTS: dict[str, Callable[[Sequence[str]], str]] = {
    "1.": _marked(lambda n: f"{n}. "),
    "1)": _marked(lambda n: f"{n}) ", "\n\n"),
    "Q1": _marked(lambda n: f"Q{n}: "),
    "(a)": _marked(lambda n: f"({'abcdefgh'[n - 1]}) "),
    "bullets": _marked(lambda _: "- "),
    "dots": _marked(lambda _: "• "),
    "inline": _marked(lambda n: f"({n}) ", " "),
    "inline 1.": _marked(lambda n: f"{n}. ", " "),
    "paragraphs": _marked(lambda _: "", "\n\n"),
    "one paragraph": _marked(lambda _: "", " "),
}


@dataclass(frozen=True, slots=True)
class Single:
    """One ask and who has it: "held", "other_body" or "both"."""

    id: str
    text: str
    outcome: str
    authority: str


@dataclass(frozen=True, slots=True)
class Stitched:
    """One request made of several asks, and what it is as a whole."""

    layout: str
    text: str
    authority: str
    asks: tuple[Single, ...]

    @property
    def expected(self) -> str:
        """Return "redirect", "held" or "part_redirect"."""
        outcomes = {ask.outcome for ask in self.asks}
        if outcomes == {"other_body"}:
            return "redirect"
        return "held" if outcomes == {"held"} else "part_redirect"


@dataclass(slots=True)
class Tally:
    """What became of the requests of one layout."""

    made: int = 0
    redirects: int = 0  # of another body's alone
    redirects_right: int = 0
    mixed: int = 0
    mixed_parted: int = 0
    held: int = 0
    held_as_part: int = 0
    unsure: int = 0
    wrong: int = 0


@dataclass(slots=True)
class Outcome:
    """Every layout's tally, and the requests that were wrongly drafted as a whole redirect."""

    layouts: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in LAYOUTS})
    failures: list[Stitched] = field(default_factory=list)


def singles(cases: Sequence[Labelled], rulebook: Rulebook) -> dict[str, list[Single]]:
    """Return the bare questions by kind of authority.

    Those on functions that some council has a local fact about are left out: their label holds for one council only.
    """
    local = {override.function for override in rulebook.overrides}
    found: dict[str, list[Single]] = defaultdict(list)
    for case in cases:
        text, outcome = (case.core, _outcome(case)) if case.core else _first(case)
        if not text or not outcome or case.past.authority not in rulebook.authorities:
            continue
        if not local & {*case.functions, *_functions(text, case, rulebook)}:
            single = Single(case.past.id, " ".join(text.split()), outcome, case.past.authority)
            found[case.authority_type].append(single)
    return {kind: asks for kind, asks in found.items() if len({ask.outcome for ask in asks}) > 1}


def _functions(text: str, case: Labelled, rulebook: Rulebook) -> set[str]:
    decision = decide(read_text(text, []), rulebook, case.past.authority, case.day)
    return set() if isinstance(decision, Suppressed) else {f for ask in decision.asks for f in ask.functions}


def _first(case: Labelled) -> tuple[str, str]:
    """Return a request's first question and its label, if it is short and nothing before or in it points elsewhere."""
    request = read_text(case.past.text, [])
    labels, _ = compared(case.past.asks, case.past.outcome, [(ask.label, "", ()) for ask in request.asks])
    if not request.asks or request.preamble:
        return "", ""
    text = MARKER.sub("", request.asks[0].text)
    alone = len(text.split()) <= _LONGEST and not POINTS_BACK.search(text) and not _MERE_OPENING.search(text)
    return (text, labels[0].expected) if alone and labels[0].expected != "unsure" else ("", "")


def _outcome(case: Labelled) -> str:
    if case.past.outcome == "part_redirect":
        return "both" if set(case.past.asks.values()) == {"both"} else ""
    return "other_body" if case.past.outcome == "redirect" else "held"


def stitch(pool: dict[str, list[Single]], count: int, seed: int) -> Iterator[Stitched]:
    """Yield `count` requests, the same for the same seed; each asks one council of the kind its asks are of."""
    random = Random(seed)
    kinds = sorted(pool)
    for n in range(count if kinds else 0):
        asks = _drawn(pool[kinds[n % len(kinds)]], random)
        layout = random.choice(list(LAYOUTS))
        body = LAYOUTS[layout]([ask.text for ask in asks])
        text = random.choice(_SALUTATIONS) + random.choice(_OPENINGS) + body + random.choice(_CLOSINGS)
        yield Stitched(layout, text, random.choice(asks).authority, tuple(asks))


def _drawn(asks: Sequence[Single], random: Random) -> list[Single]:
    """Draw two to MAX_ASKS asks; half of the draws lean on the rarer kind, so that mixed requests are common."""
    theirs = [ask for ask in asks if ask.outcome != "held"]
    held = [ask for ask in asks if ask.outcome == "held"]
    size = min(random.randint(2, MAX_ASKS), len(asks))
    share = random.choice((0.0, 0.3, 0.5, 0.8, 1.0))
    drawn = [random.choice(theirs if theirs and random.random() < share else held or theirs) for _ in range(size)]
    return list({ask.text: ask for ask in drawn}.values())


def measure(stitched: Iterator[Stitched], rulebook: Rulebook) -> Outcome:
    """Decide each and count; a mixed or held one drafted as a whole redirect is a failure."""
    outcome = Outcome()
    for request in stitched:
        decision = decide(read_text(request.text, []), rulebook, request.authority, DAY)
        _count(outcome, request, outcome_name(decision))
    return outcome


def _count(outcome: Outcome, request: Stitched, got: str) -> None:
    tally, expected = outcome.layouts[request.layout], request.expected
    tally.made += 1
    tally.unsure += got == "unsure"
    tally.redirects += expected == "redirect"
    tally.redirects_right += expected == got == "redirect"
    tally.mixed += expected == "part_redirect"
    tally.mixed_parted += expected == got == "part_redirect"
    tally.held += expected == "held"
    tally.held_as_part += (expected, got) == ("held", "part_redirect")
    if got == "redirect" != expected:
        tally.wrong += 1
        outcome.failures.append(request)
