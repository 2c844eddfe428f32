"""Which of a body's contacts a letter gives, whether somebody has made sure of it, and what a letter gives already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from foi_mailbot.core.audit import canonical
from foi_mailbot.core.jurisdiction import Ours, Shared, Theirs, responsible
from foi_mailbot.core.letter_phrases import long_date
from foi_mailbot.core.rulebook import Contact, Function, Purpose, Regime, Rulebook

STALE_AFTER_DAYS = 180
"""How long a verification counts unless the settings say otherwise (`contacts_stale_after_days`)."""

COLUMNS = (
    "code", "name", "purpose", "email", "postal_address", "source", "confidence",
    "verified_on", "verified_by", "verified_how", "bounced_on", "bounced_why",
)  # fmt: skip
"""The columns of data/contacts.csv."""

_ORDER: Mapping[Purpose, tuple[Purpose, ...]] = {
    Purpose.FOI: (Purpose.FOI, Purpose.ANY),
    Purpose.EIR: (Purpose.EIR, Purpose.FOI, Purpose.ANY),
    Purpose.SAR: (Purpose.SAR, Purpose.ANY),
    Purpose.ANY: (Purpose.ANY,),
}
_PURPOSES: Mapping[Regime, frozenset[Purpose]] = {
    Regime.FOIA: frozenset({Purpose.FOI}),
    Regime.EIR: frozenset({Purpose.EIR}),
    Regime.UNSURE: frozenset({Purpose.FOI, Purpose.EIR}),
}


class Standing(StrEnum):
    """How a contact stands on a given day."""

    VERIFIED = "verified"
    STALE = "stale"
    UNVERIFIED = "unverified"
    BOUNCED = "bounced"
    BLANK = "blank"


# ── one contact ──────────────────────────────────────────────────────────────────────────────────
def standing(contact: Contact, on: date, stale_after_days: int) -> Standing:
    """Return how `contact` stands on that day; a verification dated later than that day does not count yet."""
    if not (contact.email or contact.postal_address):
        return Standing.BLANK
    if contact.bounced:
        return Standing.BOUNCED
    if not contact.verified or contact.verified_on is None or contact.verified_on > on:
        return Standing.UNVERIFIED
    return Standing.STALE if on >= stale_from(contact.verified_on, stale_after_days) else Standing.VERIFIED


def stale_from(verified_on: date, stale_after_days: int) -> date:
    """Return the first day on which that verification no longer counts."""
    return verified_on + timedelta(days=stale_after_days)


def why(contact: Contact, on: date, stale_after_days: int) -> str:
    """Say in plain English why it stands so: "never verified", "stale since 3 March 2026: …"."""
    found, seen = standing(contact, on, stale_after_days), contact.verified_on
    if found is Standing.BLANK:
        return "no address is known"
    if found is Standing.BOUNCED and contact.bounced_on:
        return f"bounced on {long_date(contact.bounced_on)}" + (contact.bounced_why and f": {contact.bounced_why}")
    if seen is None:
        return "never verified"
    if seen > on:
        return f"never verified: {long_date(seen)}, the day noted, is still to come"
    by = f"{long_date(seen)} by {contact.verified_by}" + (f" ({contact.verified_how})" if contact.verified_how else "")
    if found is Standing.STALE:
        return f"stale since {long_date(stale_from(seen, stale_after_days))}: last verified {by}"
    return f"verified {by}"


def row(contact: Contact) -> dict[str, str]:
    """Return the contact as a row of data/contacts.csv: every column of COLUMNS, blank where there is nothing."""
    values = {column: getattr(contact, column) for column in COLUMNS}
    return {column: "" if value is None else str(value) for column, value in values.items()}


def row_sha256(contact: Contact) -> str:
    """Return the SHA-256 (hex) of the contact's row as canonical JSON: what the sealed log keeps of it."""
    return hashlib.sha256(canonical(row(contact))).hexdigest()


def with_bounces_spread(rows: Iterable[Contact]) -> tuple[Contact, ...]:
    """Return a body's contacts with each e-mail that bounced bounced in all of them, save where verified later."""
    known = tuple(rows)
    dead = {c.email.casefold(): c for c in known if c.bounced and c.email}
    return tuple(_bounced_with(c, dead.get(c.email.casefold())) for c in known)


def _bounced_with(contact: Contact, dead: Contact | None) -> Contact:
    if dead is None or contact.bounced:
        return contact
    spread = replace(contact, bounced_on=dead.bounced_on, bounced_why=dead.bounced_why)
    return spread if spread.bounced else contact


# ── a body's contacts ────────────────────────────────────────────────────────────────────────────
def contact_for(code: str, purpose: Purpose, rulebook: Rulebook) -> Contact | None:
    """Return the contact of that body a letter for that purpose gives, the exact purpose first; None if it has none.

    What bounced counts as blank, and a blank one is passed over.
    """
    rows = {c.purpose: c for c in rulebook.contacts.get(code, ()) if (c.email or c.postal_address) and not c.bounced}
    return next((rows[p] for p in _ORDER[purpose] if p in rows), None)


def body_name(code: str, rulebook: Rulebook) -> str:
    """Return the body's name, "" if the reference data has none."""
    known = rulebook.authorities.get(code)
    rows = rulebook.contacts.get(code, ())
    return known.name if known else next((c.name for c in rows if c.name), "")


def needed(authority: str, on: date, rulebook: Rulebook) -> dict[str, frozenset[Purpose]]:
    """Return the bodies letters of that council can name on that day, each with the purposes of those letters."""
    found: dict[str, frozenset[Purpose]] = {}
    for function in rulebook.functions.values():
        for code, purposes in _other_bodies(function, authority, on, rulebook):
            found[code] = found.get(code, frozenset()) | purposes
    return found


def _other_bodies(
    function: Function, authority: str, on: date, rulebook: Rulebook
) -> Iterator[tuple[str, frozenset[Purpose]]]:
    match responsible(function, authority, on, rulebook):
        case Theirs() | Shared() as holder:
            yield from ((code, _PURPOSES[function.regime]) for code in holder.bodies)
        case Ours(beside=beside):  # a letter only mentions them, whatever the law
            yield from ((code, frozenset({Purpose.FOI})) for code in beside)


# ── what a letter gives ──────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Named:
    """A body that a letter names, the address as the letter gives it, and how that stands on a given day."""

    code: str
    name: str
    email: str
    postal_address: str
    source: str
    purpose: Purpose  # of the contact it stands in, ANY if in none
    standing: Standing
    why: str
    outdated: bool = False  # the contact list gives another address by now

    @property
    def needs_check(self) -> bool:
        """Say whether an officer has to make sure of it before the letter goes."""
        return self.standing not in (Standing.VERIFIED, Standing.BLANK)

    @property
    def address(self) -> str:
        """Return the whole address in one line."""
        return ", ".join(filter(None, (self.email, " ".join(self.postal_address.split()))))


def named(
    bodies: Iterable[Mapping[str, object]], rulebook: Rulebook, on: date, stale_after_days: int
) -> tuple[Named, ...]:
    """Return how the contacts stand that a letter gives; `bodies` is what its template was told (docs/letters.md).

    What the letter gives is judged, not what a letter drafted today would give.
    """
    return tuple(_named(body, rulebook, on, stale_after_days) for body in bodies)


def _named(body: Mapping[str, object], rulebook: Rulebook, on: date, stale_after_days: int) -> Named:
    code, email, post = (str(body.get(key, "")) for key in ("code", "email", "postal_address"))
    wanted = contact_for(code, Purpose.EIR if body.get("eir") else Purpose.FOI, rulebook)
    listed = wanted if wanted and _gives(wanted, email, post) else None
    came_back = (c for c in rulebook.contacts.get(code, ()) if c.bounced and _came_back(c, email, post))
    stands = listed or next(came_back, None)
    if not (email or post):
        judged, reason = Standing.BLANK, "the letter gives no address" if wanted else "no address is known"
    elif stands:
        judged, reason = standing(stands, on, stale_after_days), why(stands, on, stale_after_days)
    else:
        judged = Standing.UNVERIFIED
        reason = "the contact list gives another address by now" if wanted else "the contact list no longer gives it"
    return Named(
        code=code,
        name=str(body.get("name", "")) or code,
        email=email,
        postal_address=post,
        source=stands.source if stands else "",
        purpose=stands.purpose if stands else Purpose.ANY,
        standing=judged,
        why=reason,
        outdated=wanted is not None and (listed is None or judged is Standing.BLANK),
    )


def _gives(contact: Contact, email: str, post: str) -> bool:
    """Say whether all of an address that is given stands in the contact."""
    return email.casefold() in ("", contact.email.casefold()) and post in ("", contact.postal_address)


def _came_back(contact: Contact, email: str, post: str) -> bool:
    return contact.email.casefold() == email.casefold() if email else contact.postal_address == post
