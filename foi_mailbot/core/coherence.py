"""A request that is all of one piece: a light doubt about one question falls where all others are another body's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from foi_mailbot.core.doubting import LENT, LIGHT
from foi_mailbot.core.weighing import Lean, Weighed

WHY = "every other question of the request is about the same body's services"


MANY = 3
"""So many questions that are surely another body's lend their service even to one that names none and is long."""


def of_one_piece(weighed: Sequence[Weighed], topic: Weighed, area: Callable[[str], str]) -> list[Weighed]:
    """Return the questions with their light doubts settled, if nothing in the request is this council's own.

    At least half of them must be another body's beyond doubt, one by a decisive word, and all of one and the same
    body. A doubtful question that names a service itself must name one that they prove; MANY of them also settle one
    that names a service of the same area, or none and goes on about it. `area` tells a function's.
    """
    sure = [w for w in weighed if w.lean is Lean.THEIRS]
    doubtful = [w for w in weighed if w.lean is Lean.DOUBTFUL]
    bodies = {body for w in (*sure, *doubtful) for body in w.bodies}
    whole = len(sure) + len(doubtful) == len(weighed) and len(bodies) == 1
    if not (whole and doubtful and 2 * len(sure) >= len(weighed) and any(_decisive(w) for w in sure)):
        return list(weighed)
    proved = {f for w in sure for f in w.functions}
    near, lent = set[str](), set[str]()
    if len(sure) >= MANY:
        often = Counter(a for w in sure for a in {area(f) for f in w.functions})
        near = set(often)
        lent = {a for a, times in often.items() if 2 * times > len(sure)} | {area(f) for f in _theirs(topic)}
    for w in doubtful:
        areas = {area(f) for f in w.functions}
        named = w.doubt in LIGHT and (proved & set(w.functions) or near & areas)
        if not (named or (w.doubt in LENT and lent & areas)):
            return list(weighed)
    return [w if w.lean is Lean.THEIRS else _settled(w) for w in weighed]


def _theirs(topic: Weighed) -> tuple[str, ...]:
    return topic.functions if topic.lean is Lean.THEIRS else ()


def _decisive(weighed: Weighed) -> bool:
    return any(hit.level == "decisive" for hit in weighed.hits)


def _settled(weighed: Weighed) -> Weighed:
    return replace(weighed, lean=Lean.THEIRS, doubt=None, why=(WHY, *weighed.why[1:]))
