"""How long one request takes to decide, and how that grows with its length, the authorities and the rules."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace

from bench.judgement.cases import DAY
from bench.judgement.terms import plain_district
from foi_mailbot.core.decision import decide
from foi_mailbot.core.request import read_text
from foi_mailbot.core.rulebook import Authority, Function, Rulebook

SIZES = (1_000, 10_000, 100_000, 1_000_000)
TYPICAL = 1_500  # characters of a usual request
_QUESTION = "How many looked-after children were placed out of area, and how many refuse bins were missed, in 2024/25? "
_TELLING = "This is asked in the public interest, and the figures may be rounded where that helps you. "


def measure(rulebook: Rulebook, sizes: tuple[int, ...] = SIZES, repeats: int = 200) -> dict[str, object]:
    """Return the median milliseconds of a usual request, and each growth as a ratio."""
    district = plain_district(rulebook)
    typical = request(TYPICAL)
    base, deciding = _medians(typical, rulebook, district, repeats)
    cost = {size: _median(request(size), rulebook, district, max(3, repeats * sizes[0] // size)) for size in sizes}
    first = cost[sizes[0]] / sizes[0]
    return {
        "median_ms": 1000 * base,
        "decide_ms": 1000 * deciding,
        "growth": {str(size): seconds / size / first for size, seconds in cost.items()},
        "authorities_x10": _median(typical, more_authorities(rulebook, 10), district, repeats) / base,
        "rules_x4": _median(typical, more_rules(rulebook, 4), district, repeats) / base,
    }


def request(size: int) -> str:
    """Return a request of `size` characters: up to eight numbered questions, and telling in between."""
    questions = [f"{n}. {_QUESTION}\n" for n in range(1, 9)]
    text = "".join(questions[: max(1, min(8, size // 300))])
    padding = (_TELLING * (size // len(_TELLING) + 1))[: max(0, size - len(text))]
    return (padding + "\n" + text)[-size:]


def more_authorities(rulebook: Rulebook, times: int) -> Rulebook:
    """Return the rulebook with each authority `times` over, under other codes."""
    copies: dict[str, Authority] = {}
    for code, authority in rulebook.authorities.items():
        for n in range(1, times):
            copies[f"{code}{n}"] = replace(authority, code=f"{code}{n}", name=f"{authority.name} {n}")
    return replace(rulebook, authorities={**rulebook.authorities, **copies}, sha256=f"authorities x{times}")


def more_rules(rulebook: Rulebook, times: int) -> Rulebook:
    """Return the rulebook with each function `times` over, its copies' phrases made of words no request has."""
    copies: dict[str, Function] = {}
    for function in rulebook.functions.values():
        for n in range(1, times):
            copies[f"{function.id}_{n}"] = replace(
                function,
                id=f"{function.id}_{n}",
                decisive=_foreign(function.decisive, n),
                strong=_foreign(function.strong, n),
                weak=_foreign(function.weak, n),
                away=_foreign(function.away, n),
                keeps=_foreign(function.keeps, n),
            )
    return replace(rulebook, functions={**rulebook.functions, **copies}, sha256=f"rules x{times}")


def _foreign(phrases: Sequence[str], n: int) -> tuple[str, ...]:
    """Return the phrases, each with its first word unlike any other, and the rest as it was."""
    parted = (phrase.removeprefix("=").partition(" ") for phrase in phrases)
    return tuple(f"{first.lower()}zq{n} {rest}".strip() for first, _, rest in parted)


def _median(text: str, rulebook: Rulebook, district: str, repeats: int) -> float:
    return _medians(text, rulebook, district, repeats)[0]


def _medians(text: str, rulebook: Rulebook, district: str, repeats: int) -> tuple[float, float]:
    """Return the median seconds of reading and deciding, and of deciding alone; no text is read twice."""
    decide(read_text("How many bins?", []), rulebook, district, DAY)  # compiles the vocabulary
    whole, deciding = [], []
    for n in range(repeats):
        start = time.perf_counter()
        request = read_text(f"{text}\n{n}", [])
        read = time.perf_counter()
        decide(request, rulebook, district, DAY)
        end = time.perf_counter()
        whole.append(end - start)
        deciding.append(end - read)
    return statistics.median(whole), statistics.median(deciding)
