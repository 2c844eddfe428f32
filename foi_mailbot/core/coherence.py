"""A request that is all of one piece: a light doubt about one question falls where all others are another body's."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from foi_mailbot.core.doubting import LENT, LIGHT
from foi_mailbot.core.weighing import Lean, Weighed

WHY = "every other question of the request is about the same body's services"


MANY = 3
"""So many questions that are surely another body's lend their service even to one that names none and is long."""


def of_one_piece(weighed: Sequence[Weighed], topic: Weighed) -> list[Weighed]:
    """Return the questions with their light doubts settled, if nothing in the request is this council's own.

    At least half of them must be another body's beyond doubt, one by a decisive word, and all of the same body. A
    doubtful question that names a service itself must name one of theirs; one that names none needs MANY others, most
    of them about one service.
    """
    sure = [w for w in weighed if w.lean is Lean.THEIRS]
    doubtful = [w for w in weighed if w.lean is Lean.DOUBTFUL]
    whole = len(sure) + len(doubtful) == len(weighed) and len({w.bodies for w in (*sure, *doubtful)}) == 1
    if not (whole and doubtful and 2 * len(sure) >= len(weighed) and any(_decisive(w) for w in sure)):
        return list(weighed)
    proved = {function for w in sure for function in w.functions}
    lent = {f for f in proved if 2 * sum(f in w.functions for w in sure) > len(sure)} | set(topic.functions)
    lent = lent if len(sure) >= MANY else set()
    if all(_falls(w, proved, lent) for w in doubtful):
        return [w if w.lean is Lean.THEIRS else _settled(w) for w in weighed]
    return list(weighed)


def _falls(weighed: Weighed, proved: Set[str], lent: Set[str]) -> bool:
    """Say whether a doubt falls: on a question that names a proved service, or goes on about one."""
    near = proved if weighed.doubt in LIGHT else lent if weighed.doubt in LENT else frozenset()
    return not near.isdisjoint(weighed.functions)


def _decisive(weighed: Weighed) -> bool:
    return any(hit.level == "decisive" for hit in weighed.hits)


def _settled(weighed: Weighed) -> Weighed:
    return replace(weighed, lean=Lean.THEIRS, doubt=None, why=(WHY, *weighed.why[1:]))
