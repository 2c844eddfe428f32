"""The rulebook's values: authorities, functions, contacts and rules, frozen, indexed and dated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from foi_mailbot.core.wording import NO_RULES, KindWords


class Regime(StrEnum):
    """The law that governs an answer."""

    FOIA = "FOIA"
    EIR = "EIR"
    UNSURE = "unsure"


class Tier(StrEnum):
    """Which tier of local government carries a function in two-tier England (LGSL's providing tier)."""

    UPPER = "upper"  # county
    LOWER = "lower"  # district
    BOTH = "both"
    OTHER = "other-body"


@dataclass(frozen=True, slots=True)
class Authority:
    """One public authority. Dates are half-open: in being on `start` <= day < `end`; None is open."""

    code: str
    name: str
    type: str  # county, district, unitary, …
    nation: str
    parent: str  # county code of a district, else ""
    start: date | None = None
    end: date | None = None
    aliases: tuple[str, ...] = ()


class Purpose(StrEnum):
    """Which requests a contact takes. ANY: its source does not tell them apart."""

    ANY = ""
    FOI = "foi"
    EIR = "eir"
    SAR = "sar"


class How(StrEnum):
    """How somebody made sure of a contact."""

    LIVE = "live"  # a message to it was answered
    PAGE = "page"  # read on the body's own page
    PHONE = "phone"
    LETTER = "letter"
    CLIENT = "client"  # the council that runs this service said so


@dataclass(frozen=True, slots=True)
class Contact:
    """Where an authority takes requests. Blank means not known: a person must find it. `source`: where it was seen.

    An authority may have several, one a purpose. How one stands on a given day, and which one a letter takes:
    core.contacts.
    """

    code: str
    name: str
    email: str
    postal_address: str
    source: str
    confidence: str  # high, medium, low, not found
    verified_on: date | None
    verified_by: str
    purpose: Purpose = Purpose.ANY
    verified_how: How | None = None
    bounced_on: date | None = None
    bounced_why: str = ""

    @property
    def verified(self) -> bool:
        """Say whether a named person checked this contact, however long ago."""
        return self.verified_on is not None and bool(self.verified_by) and not self.bounced

    @property
    def bounced(self) -> bool:
        """Say whether what was sent to it came back and nobody verified it on a later day."""
        return self.bounced_on is not None and (self.verified_on is None or self.verified_on <= self.bounced_on)


@dataclass(frozen=True, slots=True)
class Example:
    """A wording with the outcome this rule must (fires) or must not (not fires) give."""

    text: str
    fires: bool


@dataclass(frozen=True, slots=True)
class Function:
    """One council responsibility with the vocabulary that points at it and its legal basis.

    Terms are phrases, matched case-insensitively on word boundaries unless they contain upper case only (acronyms).
    `decisive` (5 points), `strong` (3), `weak` (1, never enough alone), `away` (-3 unless something decisive).
    `keeps` are what the other tier retains: an ask that hits one is `both`, never a clean redirect.
    """

    id: str
    title: str
    phrase: str  # as it stands in a letter: "children's services"
    tier: Tier
    regime: Regime  # the likely regime of information about it
    decisive: tuple[str, ...]
    strong: tuple[str, ...]
    weak: tuple[str, ...]
    away: tuple[str, ...]
    keeps: tuple[str, ...]
    lgsl: tuple[str, ...]
    other_bodies: tuple[str, ...]
    basis: str
    source: str
    role: str = ""  # "children's services authority": how a letter names the other body's role
    examples: tuple[Example, ...] = ()
    area: str = ""  # the rules file it stands in: "children"
    review_by: date | None = None  # when somebody has to look at it again; None: with the rules as a whole


@dataclass(frozen=True, slots=True)
class Override:
    """A local fact that beats the tier table: `holder` is "self", "both" or an authority code.

    It holds for one council (`authority`) or for every district of one county (`county`), on `start` <= day < `end`.
    `parts` names what of the function it is about: another holder of parts only leaves the rest, so it is shared.
    """

    function: str
    authority: str  # "" where `county` is given
    holder: str
    basis: str
    source: str
    start: date | None = None
    end: date | None = None
    county: str = ""
    parts: tuple[str, ...] = ()
    note: str = ""
    verified_on: date | None = None
    verified_by: str = ""

    @property
    def scope(self) -> str:
        """Return where it holds: a council's code, or "all districts of" a county's."""
        return self.authority or f"all districts of {self.county}"

    def holds(self, on: date) -> bool:
        """Say whether it is so on that day."""
        return (self.start is None or self.start <= on) and (self.end is None or on < self.end)


@dataclass(frozen=True, slots=True)
class CountyBodies:
    """Which police force and fire authority serve a county; a county that is its own fire authority names itself."""

    county: str
    police: str
    fire: str


@dataclass(frozen=True, slots=True)
class Succession:
    """One council taking another's place on `on`; only an order that was made changes who is responsible."""

    predecessor: str
    successor: str  # "" where it has no code yet
    on: date
    status: str
    extent: str  # whole or part
    name: str = ""  # the successor's name as announced, where it has no code
    source: str = ""

    @property
    def made(self) -> bool:
        """Say whether the order was made."""
        return self.status == "ORDER MADE"


NATION_NAMES = ("Northern Ireland", "Scotland", "Wales")
"""Where the two tiers of England do not exist."""


@dataclass(frozen=True, slots=True)
class NationBody:
    """Who carries a function throughout Wales, Scotland or Northern Ireland: `body` is a name, or "self"."""

    nation: str
    function: str
    body: str
    source: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table, or the rules as a whole (file "rules"), comes from and when it has to be looked at again."""

    file: str
    origin: str
    review_by: date


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All reference data and rules, loaded once; `sha256` (hex) identifies exactly this content."""

    authorities: Mapping[str, Authority]
    functions: Mapping[str, Function]
    contacts: Mapping[str, tuple[Contact, ...]]  # by authority code, one a purpose
    overrides: tuple[Override, ...]
    lexicon: Mapping[str, tuple[str, ...]]  # shared word lists, e.g. "own_records_hard", "own_records_soft", "anaphora"
    sha256: str
    county_bodies: Mapping[str, CountyBodies] = field(default_factory=dict)
    successions: tuple[Succession, ...] = ()
    kinds: KindWords = NO_RULES  # what tells a new request from other mail (config/kinds.toml)
    nation_bodies: Mapping[tuple[str, str], NationBody] = field(default_factory=dict)  # by nation and function
    sources: Mapping[str, Source] = field(default_factory=dict)  # by file
