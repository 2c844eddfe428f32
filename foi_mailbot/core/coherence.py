"""What the questions of a request say of each other: a light doubt falls where the others speak against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import replace

from foi_mailbot.core.doubting import LENT, LIGHT, Doubt
from foi_mailbot.core.weighing import Lean, Weighed

WHY = "other questions of the request are surely about the same service"

MANY = 3
"""So many questions that are surely another body's lend their service even to one that names none and is long."""


def weighed_together(weighed: Sequence[Weighed], topic: Weighed, area: Callable[[str], str]) -> list[Weighed]:
    """Return the questions with those light doubts settled that the other questions speak against.

    A question that names a service itself needs another that is surely about the same one. Where nothing in the
    request is this council's own, and at least half of it is surely one and the same other body's, MANY sure ones also
    settle a question that names a service of the same area, or none and goes on about it. `area` tells a function's.
    """
    sure = [w for w in weighed if w.lean is Lean.THEIRS]
    doubtful = [w for w in weighed if w.lean is Lean.DOUBTFUL]
    proved = {f for w in sure if _decisive(w) for f in w.functions}
    if not proved or not doubtful:
        return list(weighed)
    bodies = {body for w in (*sure, *doubtful) for body in w.bodies}
    whole = len(sure) + len(doubtful) == len(weighed) and len(bodies) == 1
    many = whole and len(sure) >= max(MANY, len(doubtful))
    near, lent = _areas(sure, topic, area) if many else (set[str](), set[str]())
    told = (
        {area(f) for f in topic.functions} if whole and topic.lean is Lean.THEIRS and _decisive(topic) else set[str]()
    )
    return [_sent(w) if _falls(w, proved, near, lent, told, area) else w for w in weighed]


def _areas(sure: Sequence[Weighed], topic: Weighed, area: Callable[[str], str]) -> tuple[set[str], set[str]]:
    """Return the areas of the sure questions, and those that most of them or the topic are about."""
    often = Counter(a for w in sure for a in {area(f) for f in w.functions})
    most = {a for a, times in often.items() if 2 * times > len(sure)}
    return set(often), most | {area(f) for f in _theirs(topic)}


def _falls(
    weighed: Weighed, proved: Set[str], near: Set[str], lent: Set[str], told: Set[str], area: Callable[[str], str]
) -> bool:
    areas = {area(f) for f in weighed.functions}
    if weighed.lean is not Lean.DOUBTFUL or len(weighed.bodies) != 1:
        return False
    if weighed.doubt in LIGHT:
        return not (proved.isdisjoint(weighed.functions) and near.isdisjoint(areas))
    if weighed.doubt is Doubt.TOO_LONG and not told.isdisjoint(areas):
        return True
    return weighed.doubt in LENT and not lent.isdisjoint(areas)


def _theirs(topic: Weighed) -> tuple[str, ...]:
    return topic.functions if topic.lean is Lean.THEIRS else ()


def _decisive(weighed: Weighed) -> bool:
    return any(hit.level == "decisive" for hit in weighed.hits)


def _sent(weighed: Weighed) -> Weighed:
    return replace(weighed, lean=Lean.THEIRS, doubt=None, why=(WHY, *weighed.why[1:]))
