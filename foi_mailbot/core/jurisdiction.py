"""Who is responsible for a function, for this council, on this date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from foi_mailbot.core.rulebook import Authority, Function, Override, Rulebook, Tier

SINGLE_TIER = frozenset(
    {"unitary", "metropolitan_district", "london_borough", "city_corporation", "welsh_council", "scottish_council"}
)
"""Councils that carry both tiers' functions: never a redirect to a county."""

LOCAL_BODIES = {"police": "police", "fire_rescue": "fire"}
"""Functions of another body that is known county by county (config/data/county_bodies.csv)."""


@dataclass(frozen=True, slots=True)
class Ours:
    """The council asked carries the function itself; `beside` are the councils of the other tier in its area."""

    why: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Theirs:
    """Another body carries it; `body` is its authority code, `also` those of others alike, each for its own place."""

    body: str
    why: str
    also: tuple[str, ...] = ()

    @property
    def bodies(self) -> tuple[str, ...]:
        """Return every body that carries it in the area of the council asked."""
        return (self.body, *self.also)


@dataclass(frozen=True, slots=True)
class Shared:
    """Both this council and `body` carry a part of it."""

    body: str
    why: str

    @property
    def bodies(self) -> tuple[str, ...]:
        """Return the other body, as Theirs does."""
        return (self.body,)


@dataclass(frozen=True, slots=True)
class Unknown:
    """No body can be named from the data: a person has to say."""

    why: str


Holder = Ours | Theirs | Shared | Unknown


def responsible(function: Function, authority: str, on: date, rulebook: Rulebook) -> Holder:
    """Return who is responsible for `function` where `authority` is asked, on the date of receipt.

    Order: a local fact about this council; then its kind: a single tier carries both tiers' functions, a district
    and its county share them by tier; then bodies known county by county. Nothing is ever guessed.
    """
    asked = rulebook.authorities.get(authority)
    if asked is None:
        return Unknown(f"{authority} is not in the list of authorities")
    if not in_being(asked, on):
        return Unknown(_not_in_being(asked, on, rulebook))
    override = find_override(function.id, authority, on, rulebook)
    if override is not None:
        return _by_override(override, asked, on, rulebook)
    if function.tier is Tier.OTHER:
        return _other_body(function, asked, on, rulebook)
    if asked.type in SINGLE_TIER:
        return Ours(f"{asked.name} is the only tier of local government in its area")
    if asked.type == "district":
        return _for_district(function, asked, on, rulebook)
    if asked.type == "county":
        return _for_county(function, asked, on, rulebook)
    return Unknown(f"which council carries {function.phrase} in the area of {asked.name} depends on the place")


def in_being(authority: Authority, on: date) -> bool:
    """Say whether the authority exists on that day (start <= day < end)."""
    return (authority.start is None or authority.start <= on) and (authority.end is None or on < authority.end)


def find_override(function: str, authority: str, on: date, rulebook: Rulebook) -> Override | None:
    """Return the local fact that holds for this council and function on that day, the last one written winning."""
    return next(
        (
            o
            for o in reversed(rulebook.overrides)
            if o.function == function
            and o.authority == authority
            and (o.start is None or o.start <= on)
            and (o.end is None or on < o.end)
        ),
        None,
    )


def _by_override(override: Override, asked: Authority, on: date, rulebook: Rulebook) -> Holder:
    if override.holder == "self":
        return Ours(f"{asked.name} does this itself: {override.basis}")
    if override.holder == "both":
        return _if_in_being(asked.parent, on, rulebook, shared=True, why=override.basis)
    return _if_in_being(override.holder, on, rulebook, shared=False, why=override.basis)


def _for_district(function: Function, asked: Authority, on: date, rulebook: Rulebook) -> Holder:
    if function.tier is Tier.LOWER:
        return Ours(f"{function.phrase} is a district council's function", _county_of(asked, on, rulebook))
    if function.tier is Tier.BOTH:
        why = f"each tier has its own part in {function.phrase}; ours stays here"
        return Ours(why, _county_of(asked, on, rulebook))
    why = f"{function.phrase} is a county council's function in two-tier areas"
    return _if_in_being(asked.parent, on, rulebook, shared=False, why=why)


def _for_county(function: Function, asked: Authority, on: date, rulebook: Rulebook) -> Holder:
    districts = districts_of(asked.code, on, rulebook)
    if function.tier is Tier.UPPER:
        return Ours(f"{function.phrase} is a county council's function")
    if function.tier is Tier.BOTH:
        return Ours(f"each tier has its own part in {function.phrase}; ours stays here", districts)
    if not districts:
        return Unknown(f"{function.phrase} belongs to the district councils in {asked.name}'s area: none is on record")
    why = f"{function.phrase} belongs to the district councils in {asked.name}'s area, each for its own"
    return Theirs(districts[0], why, districts[1:])


def districts_of(county: str, on: date, rulebook: Rulebook) -> tuple[str, ...]:
    """Return the codes of the district councils in a county that are in being on that day, by name."""
    found = [
        a for a in rulebook.authorities.values() if a.parent == county and a.type == "district" and in_being(a, on)
    ]
    return tuple(a.code for a in sorted(found, key=lambda a: a.name))


def named_in(text: str, bodies: Sequence[str], rulebook: Rulebook) -> tuple[str, ...]:
    """Return those of several bodies alike whose places the text names, or all of them if it names none.

    A request to a county about "bins in Torridge" is Torridge's alone.
    """
    if len(bodies) < 2:
        return tuple(bodies)
    named = [code for code in bodies if any(_names(text, place) for place in _places(rulebook.authorities[code]))]
    return tuple(named or bodies)


def _places(authority: Authority) -> set[str]:
    return {name for name in (authority.name, *authority.aliases) if name[:1].isupper()}


def _names(text: str, place: str) -> bool:
    return re.search(rf"(?<!Dear )(?<![\w-]){re.escape(place)}(?![\w-])", text) is not None


def _county_of(district: Authority, on: date, rulebook: Rulebook) -> tuple[str, ...]:
    county = rulebook.authorities.get(district.parent)
    return (county.code,) if county is not None and in_being(county, on) else ()


def _other_body(function: Function, asked: Authority, on: date, rulebook: Rulebook) -> Holder:
    county = asked.code if asked.type == "county" else asked.parent
    bodies = rulebook.county_bodies.get(county)
    kind = LOCAL_BODIES.get(function.id)
    if bodies is None or kind is None:
        named = "; ".join(function.other_bodies) or "another body"
        return Unknown(f"{function.phrase} is not a council's function ({named})")
    body = bodies.police if kind == "police" else bodies.fire
    if body == asked.code:
        return Ours(f"{asked.name} is itself responsible for {function.phrase}")
    return _if_in_being(body, on, rulebook, shared=False, why=f"{function.phrase} in this county is this body's")


def _if_in_being(code: str, on: date, rulebook: Rulebook, *, shared: bool, why: str) -> Holder:
    body = rulebook.authorities.get(code)
    if body is None:
        return Unknown(f"{why}, but no body is on record for it")
    if not in_being(body, on):
        return Unknown(_not_in_being(body, on, rulebook))
    return Shared(code, why) if shared else Theirs(code, why)


def _not_in_being(authority: Authority, on: date, rulebook: Rulebook) -> str:
    if authority.start is not None and on < authority.start:
        return f"{authority.name} does not exist before {authority.start:%-d %B %Y}"
    after = sorted({s.successor for s in rulebook.successions if s.predecessor == authority.code and s.made})
    names = [rulebook.authorities[code].name for code in after if code in rulebook.authorities]
    assert authority.end is not None
    heirs = f"; its place was taken by {' and '.join(names)}" if names else ""
    return f"{authority.name} ended on {authority.end:%-d %B %Y}{heirs}"
