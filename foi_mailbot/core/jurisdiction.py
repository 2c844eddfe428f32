"""Who is responsible for a function, for this council, on this date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from foi_mailbot.core.rulebook import NATION_NAMES, Authority, Function, Override, Rulebook, Tier
from foi_mailbot.core.succession import heirs, in_being, why_not_in_being

__all__ = [
    "Holder",
    "Offered",
    "Ours",
    "Shared",
    "Theirs",
    "Unknown",
    "districts_of",
    "find_override",
    "in_being",
    "named_in",
    "responsible",
]

SINGLE_TIER = frozenset(
    {"unitary", "metropolitan_district", "london_borough", "city_corporation", "welsh_council", "scottish_council"}
)
"""Councils that carry both tiers' functions: never a redirect to a county."""

LOCAL_BODIES = {"police": "police", "fire_rescue": "fire"}
"""Functions of another body that is known county by county (config/data/county_bodies.csv)."""

NO_LETTERS = {
    "Scotland": "a Scottish council answers under the Freedom of Information (Scotland) Act 2002",
    "Wales": "a Welsh council's letters stand in Welsh as well",
}
"""Why a council outside England gets no letter of ours, where there is more to say than that none is written for it."""


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


@dataclass(frozen=True, slots=True)
class Offered(Unknown):
    """Another body stands where this one stood: a person chooses among `bodies` (codes); `why` names them."""

    bodies: tuple[str, ...] = ()


Holder = Ours | Theirs | Shared | Unknown


def responsible(function: Function, authority: str, on: date, rulebook: Rulebook) -> Holder:
    """Return who is responsible for `function` where `authority` is asked, on the date of receipt.

    Order: a local fact about this council; what its nation arranged otherwise; then its kind: a single tier carries
    both tiers' functions, a district and its county share them by tier; then bodies known county by county. A body
    that has ended is followed to its successor. Nothing is ever guessed.
    """
    asked = rulebook.authorities.get(authority)
    if asked is None:
        return Unknown(f"{authority} is not in the list of authorities")
    if not in_being(asked, on):
        return _offered(why_not_in_being(asked, on, rulebook), heirs(authority, on, rulebook))
    return _within_the_law(_holder(function, asked, on, rulebook), asked, rulebook)


def find_override(function: str, authority: str, on: date, rulebook: Rulebook) -> Override | None:
    """Return the local fact that holds for this council and function on that day.

    One about the council itself goes before one about all districts of its county, then the latest start.
    """
    asked = rulebook.authorities.get(authority)
    county = asked.parent if asked else ""
    held = [
        o
        for o in rulebook.overrides
        if o.function == function and o.holds(on) and (o.authority == authority or (county and o.county == county))
    ]
    return max(held, key=lambda o: (bool(o.authority), o.start or date.min), default=None)


def _holder(function: Function, asked: Authority, on: date, rulebook: Rulebook) -> Holder:
    override = find_override(function.id, asked.code, on, rulebook)
    if override is not None:
        return _by_override(override, asked, on, rulebook)
    if (asked.nation, function.id) in rulebook.nation_bodies:
        return _by_nation(function, asked, rulebook)
    if function.tier is Tier.OTHER:
        return _other_body(function, asked, on, rulebook)
    if asked.type in SINGLE_TIER:
        return Ours(f"{asked.name} is the only tier of local government in its area")
    if asked.type == "district":
        return _for_district(function, asked, on, rulebook)
    if asked.type == "county":
        return _for_county(function, asked, on, rulebook)
    return Unknown(f"which council carries {function.phrase} in the area of {asked.name} depends on the place")


def _within_the_law(holder: Holder, asked: Authority, rulebook: Rulebook) -> Holder:
    """Leave to a person what no letter of ours may say, whatever table it came from."""
    if not isinstance(holder, Theirs | Shared):
        return holder
    body = rulebook.authorities[holder.body]
    if asked.nation != "England":
        return Unknown(f"{holder.why} ({body.name}); {_no_letter(asked)}")
    if body.type == "county" and asked.type != "district":
        return Unknown(
            f"{holder.why} ({body.name}); but {asked.name} is no district of a county: what another council holds on "
            "its behalf is its own to answer for (section 3(2)(b) of the Freedom of Information Act 2000)"
        )
    return holder


def _by_override(override: Override, asked: Authority, on: date, rulebook: Rulebook) -> Holder:
    parts = f" ({', '.join(override.parts)})" if override.parts else ""
    if override.holder in ("self", asked.code):
        return Ours(f"{asked.name} does this itself{parts}: {override.basis}")
    code = asked.parent if override.holder == "both" else override.holder
    shared = override.holder == "both" or bool(override.parts)
    return _named(code, asked, on, rulebook, shared=shared, why=f"{override.basis}{parts}")


def _by_nation(function: Function, asked: Authority, rulebook: Rulebook) -> Holder:
    body = rulebook.nation_bodies[asked.nation, function.id].body
    if body == "self":
        return Ours(f"{function.phrase} is a council's function in {asked.nation}")
    return Unknown(f"in {asked.nation}, {function.phrase} belongs to {body}, not to a council; {_no_letter(asked)}")


def _no_letter(asked: Authority) -> str:
    reason = NO_LETTERS.get(asked.nation, "")
    return f"no letter is written for {asked.nation or 'its nation'}{f': {reason}' if reason else ''}"


def _for_district(function: Function, asked: Authority, on: date, rulebook: Rulebook) -> Holder:
    if function.tier is Tier.LOWER:
        return Ours(f"{function.phrase} is a district council's function", _county_of(asked, on, rulebook))
    if function.tier is Tier.BOTH:
        why = f"each tier has its own part in {function.phrase}; ours stays here"
        return Ours(why, _county_of(asked, on, rulebook))
    why = f"{function.phrase} is a county council's function in two-tier areas"
    return _named(asked.parent, asked, on, rulebook, shared=False, why=why)


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
    if asked.nation in NATION_NAMES:
        return Unknown(f"{function.phrase} is not a council's function; whose it is in {asked.nation} is not on record")
    if bodies is None or kind is None:
        named = "; ".join(function.other_bodies) or "another body"
        return Unknown(f"{function.phrase} is not a council's function ({named})")
    body = bodies.police if kind == "police" else bodies.fire
    if body == asked.code:
        return Ours(f"{asked.name} is itself responsible for {function.phrase}")
    return _named(body, asked, on, rulebook, shared=False, why=f"{function.phrase} in this county is this body's")


def _named(code: str, asked: Authority, on: date, rulebook: Rulebook, *, shared: bool, why: str) -> Holder:
    """Name the body of that code, or whoever stands in its place on that day."""
    body = rulebook.authorities.get(code)
    if body is None:
        return Unknown(f"{why}, but no body is on record for it")
    gone, after = why_not_in_being(body, on, rulebook), heirs(code, on, rulebook)
    reason = f"{why}; {gone}" if gone else why
    if len(after) != 1:
        return _offered(reason, after)
    if after[0] == asked.code:
        return Ours(reason)
    return Shared(after[0], reason) if shared else Theirs(after[0], reason)


def _offered(why: str, bodies: tuple[str, ...]) -> Unknown:
    return Offered(why, bodies) if bodies else Unknown(why)
