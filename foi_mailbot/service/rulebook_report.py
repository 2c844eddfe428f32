"""The rulebook for people: which functions there are, and one of them explained for a lawyer, as JSON-ready values."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import Any

from foi_mailbot.core.jurisdiction import Holder, Offered, Ours, Shared, Theirs, find_override, responsible
from foi_mailbot.core.matching import POINTS
from foi_mailbot.core.rulebook import Function, Override, Rulebook
from foi_mailbot.core.succession import coming_ends
from foi_mailbot.errors import Fatal

RULES = "rules"
"""How SOURCES.toml names the rules as a whole."""


def listed(rulebook: Rulebook, area: str = "") -> list[dict[str, Any]]:
    """Return one record a function, those of one area (a rules file's name) only if it is given.

    Raises Fatal, naming the areas, if there is no such one.
    """
    areas = list(dict.fromkeys(f.area for f in rulebook.functions.values()))
    if area and area not in areas:
        raise Fatal(f"There is no area {area} in the rules. They have: {', '.join(areas)}.")
    return [summary(f, rulebook) for f in rulebook.functions.values() if area in ("", f.area)]


def summary(function: Function, rulebook: Rulebook) -> dict[str, Any]:
    """Return what a list shows of a function."""
    review = review_by(function, rulebook)
    return {
        "id": function.id,
        "title": function.title,
        "area": function.area,
        "tier": str(function.tier),
        "regime": str(function.regime),
        "lgsl": list(function.lgsl),
        "fires": sum(e.fires for e in function.examples),
        "silent": sum(not e.fires for e in function.examples),
        "source": function.source,
        "review_by": review.isoformat() if review else None,
    }


def explained(rulebook: Rulebook, function: Function, authority: str, on: date) -> dict[str, Any]:
    """Return everything there is to say of a function, and who carries it for that council on that day."""
    return {
        **summary(function, rulebook),
        "phrase": function.phrase,
        "role": function.role,
        "basis": function.basis,
        "basis_verified": verified(function.basis),
        "source_seen": verified(function.source),
        "other_bodies": list(function.other_bodies),
        "phrases": {level: list(getattr(function, level)) for level in POINTS},
        "examples": {
            "fires": [e.text for e in function.examples if e.fires],
            "silent": [e.text for e in function.examples if not e.fires],
        },
        "holder": held(rulebook, function, authority, on),
    }


def held(rulebook: Rulebook, function: Function, authority: str, on: date) -> dict[str, Any]:
    """Return who carries the function for that council on that day, why, by which local fact, and what is to come."""
    holder = responsible(function, authority, on, rulebook)
    fact = find_override(function.id, authority, on, rulebook)
    bodies = bodies_of(holder)
    codes = dict.fromkeys((authority, *bodies))
    return {
        "authority": authority,
        "name": name_of(authority, rulebook),
        "on": on.isoformat(),
        "holder": kind_of(holder),
        "bodies": [{"code": code, "name": name_of(code, rulebook)} for code in bodies],
        "why": holder.why,
        "local_fact": _fact(fact) if fact else None,
        "warnings": [sentence for code in codes for sentence in coming_ends(code, on, rulebook)],
    }


def find_function(rulebook: Rulebook, id_: str) -> Function:
    """Return the function of that id. Raises Fatal with the ids it may have meant."""
    if id_ in rulebook.functions:
        return rulebook.functions[id_]
    word = id_.lower().replace("-", "_").replace(" ", "_")
    named = [f.id for f in rulebook.functions.values() if word in f.id or id_.lower() in f.title.lower()]
    near = (named or get_close_matches(word, list(rulebook.functions), n=3))[:5]
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    raise Fatal(f"The rules have no function {id_}.{meant} `foi-mailbot rules list` prints every one.")


def review_by(function: Function, rulebook: Rulebook) -> date | None:
    """Return the day by which somebody has to look at the function again: its own, else that of the rules."""
    whole = rulebook.sources.get(RULES)
    return function.review_by or (whole.review_by if whole else None)


def verified(words: str) -> bool:
    """Say whether a basis or source was read somewhere, and not written from general knowledge or left out."""
    return "general knowledge" not in words and words != "none recorded"


def kind_of(holder: Holder) -> str:
    """Return the kind of holder in a word: ours, theirs, shared, offered or unknown."""
    match holder:
        case Ours():
            return "ours"
        case Theirs():
            return "theirs"
        case Shared():
            return "shared"
        case Offered():
            return "offered"
        case _:
            return "unknown"


def bodies_of(holder: Holder) -> tuple[str, ...]:
    """Return the codes of the other bodies a holder names."""
    if isinstance(holder, Theirs | Shared):
        return holder.bodies
    return holder.bodies if isinstance(holder, Offered) else ()


def name_of(code: str, rulebook: Rulebook) -> str:
    """Return the authority's name, or its code if it is unknown."""
    known = rulebook.authorities.get(code)
    return known.name if known else code


def _fact(override: Override) -> dict[str, Any]:
    return {
        "scope": override.scope,
        "holder": override.holder,
        "parts": list(override.parts),
        "basis": override.basis,
        "source": override.source,
        "note": override.note,
        "start": override.start.isoformat() if override.start else None,
        "end": override.end.isoformat() if override.end else None,
        "verified_on": override.verified_on.isoformat() if override.verified_on else None,
        "verified_by": override.verified_by,
    }
