"""What a date changes: who carries what, which contacts end, which ends are only announced, which drafts they touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from foi_mailbot.core.case import State
from foi_mailbot.core.jurisdiction import Holder, Ours, Theirs, in_being, responsible
from foi_mailbot.core.rulebook import Rulebook, Succession
from foi_mailbot.core.succession import end_sentence, heirs, why_not_in_being
from foi_mailbot.ports import CaseRow
from foi_mailbot.service import records
from foi_mailbot.service.rulebook_report import bodies_of, kind_of, name_of

WAITING = (State.DRAFTED, State.APPROVED, State.HELD_FOR_OFFICER)
"""States in which a letter may still name a body that ends."""


def impact(rulebook: Rulebook, authorities: Sequence[str], since: date, on: date) -> dict[str, Any]:
    """Return what is different on `on` from `since` for those councils (codes), as JSON-ready values.

    `councils` lists the changes of each, functions with the same change together; `contacts` the contacts we print
    today whose body is gone by then; `ends` each end in between, made or only announced.
    """
    councils, named = [], set(authorities)
    for code in authorities:
        before, after = (_holders(rulebook, code, day) for day in (since, on))
        named.update(body for holder in before.values() for body in bodies_of(holder))
        changes = _changes(before, after, rulebook)
        if changes:
            councils.append({"code": code, "name": name_of(code, rulebook), "changes": changes})
    return {
        "from": since.isoformat(),
        "on": on.isoformat(),
        "looked_at": len(authorities),
        "councils": councils,
        "contacts": _lost_contacts(rulebook, named, since, on),
        "ends": _ends(rulebook, named, since, on),
    }


def touched(cases: Iterable[CaseRow], rulebook: Rulebook, since: date, on: date) -> list[dict[str, Any]]:
    """Return the cases whose letter waits and whose own council, or a body it names, is gone by `on`."""
    found = []
    for case in cases:
        asks = records.load(case.decision_json).get("asks", [])
        codes = dict.fromkeys((case.authority, *(body for ask in asks for body in ask["bodies"])))
        gone = [code for code in codes if _ends_between(rulebook, code, since, on)]
        if gone:
            found.append(
                {
                    "case": case.id,
                    "reference": case.reference,
                    "state": str(case.state),
                    "received_on": case.received_on.isoformat(),
                    "due": case.due.isoformat() if case.due else None,
                    "bodies": gone,
                    "why": [why_not_in_being(rulebook.authorities[code], on, rulebook) for code in gone],
                }
            )
    return found


def _holders(rulebook: Rulebook, authority: str, on: date) -> dict[str, Holder]:
    """Return who carries each function in that council's area; where one body took its place, what is so for that."""
    after = heirs(authority, on, rulebook)
    heir = after[0] if len(after) == 1 else authority
    held = {f.id: responsible(f, heir, on, rulebook) for f in rulebook.functions.values()}
    if heir == authority:
        return held
    return {f: Theirs(heir, h.why) if isinstance(h, Ours) else h for f, h in held.items()}


def _changes(before: dict[str, Holder], after: dict[str, Holder], rulebook: Rulebook) -> list[dict[str, Any]]:
    together: dict[tuple[str, ...], dict[str, Any]] = {}
    for function, was in before.items():
        will = after[function]
        if _same(was, will):
            continue
        key = (kind_of(was), *bodies_of(was), "", kind_of(will), *bodies_of(will))
        change = together.setdefault(key, {"before": _side(was, rulebook), "after": _side(will, rulebook)})
        change.setdefault("functions", []).append(function)
    return list(together.values())


def _same(one: Holder, other: Holder) -> bool:
    return (kind_of(one), bodies_of(one)) == (kind_of(other), bodies_of(other))


def _side(holder: Holder, rulebook: Rulebook) -> dict[str, Any]:
    bodies = [{"code": code, "name": name_of(code, rulebook)} for code in bodies_of(holder)]
    return {"holder": kind_of(holder), "bodies": bodies, "why": holder.why}


def _ends_between(rulebook: Rulebook, code: str, since: date, on: date) -> bool:
    body = rulebook.authorities.get(code)
    return body is not None and in_being(body, since) and body.end is not None and body.end <= on


def _lost_contacts(rulebook: Rulebook, named: set[str], since: date, on: date) -> list[dict[str, str]]:
    lost = [code for code in rulebook.contacts if code in named and _ends_between(rulebook, code, since, on)]
    return [
        {
            "code": code,
            "name": name_of(code, rulebook),
            "why": why_not_in_being(rulebook.authorities[code], on, rulebook),
        }
        for code in lost
    ]


def _ends(rulebook: Rulebook, named: set[str], since: date, on: date) -> list[dict[str, Any]]:
    together: dict[tuple[date, str, str], list[Succession]] = {}
    for row in rulebook.successions:
        if row.predecessor in named and since < row.on <= on:
            together.setdefault((row.on, row.predecessor, row.status), []).append(row)
    return [
        {
            "code": code,
            "name": name_of(code, rulebook),
            "on": day.isoformat(),
            "made": rows[0].made,
            "status": status,
            "says": end_sentence(rows, rulebook),
            "sources": list(dict.fromkeys(row.source for row in rows if row.source)),
        }
        for (day, code, status), rows in sorted(together.items(), key=lambda item: item[0])
    ]
