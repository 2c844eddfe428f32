"""The other bodies' contacts: what letters need of them, who made sure of them, and the check before an approval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from foi_mailbot.core.case import State
from foi_mailbot.core.contacts import (
    STALE_AFTER_DAYS,
    Named,
    Standing,
    body_name,
    contact_for,
    named,
    needed,
    row_sha256,
    standing,
    why,
)
from foi_mailbot.core.outgoing import sendable_address
from foi_mailbot.core.rulebook import Contact, How, Purpose, Rulebook
from foi_mailbot.core.working_days import receipt_date
from foi_mailbot.errors import Fatal, Parked
from foi_mailbot.ports import CaseRow, ContactList
from foi_mailbot.service import records
from foi_mailbot.service.journal import Journal

UNAPPROVED = (State.DRAFTED, State.HELD_FOR_OFFICER)
"""States in which a letter may still wait for its approval."""

_TOLD: Mapping[How, str] = {
    How.LIVE: "its own answer",
    How.PHONE: "told by telephone",
    How.LETTER: "its own letter",
    How.CLIENT: "this council's own knowledge",
}
"""What stands for the source of an address that somebody gave. A page has an address of its own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One contact in the list. `lacks`: what a letter of this council needs and the contact does not have."""

    contact: Contact
    standing: Standing
    why: str
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class ContactBook:
    """The contacts as they stand today. What `verify` and `bounced` write counts from the next start on."""

    journal: Journal
    rulebook: Rulebook
    own: ContactList
    authorities: Sequence[str] = ()  # the councils whose letters go out
    stale_after_days: int = STALE_AFTER_DAYS

    def today(self) -> date:
        """Return the day in the UK."""
        return receipt_date(self.journal.clock())

    # ── looking ──────────────────────────────────────────────────────────────────────────────────
    def lines(self, *, body: str = "", needed_only: bool = False) -> tuple[Line, ...]:
        """Return the contacts by code and purpose, those of one body if it is given.

        `needed_only`: only those that letters of these councils can give and that are not verified or lack something.
        Raises Fatal if nobody knows the body.
        """
        if body:
            self._name(body)
        if needed_only:
            found = [line for code, purposes in self._needed().items() for line in self._wanting(code, purposes)]
        else:
            codes = {body} if body else set(self.rulebook.contacts)
            found = [self._line(c) for code in codes for c in self.rulebook.contacts.get(code) or (self._blank(code),)]
        found = [line for line in found if body in ("", line.contact.code)]
        return tuple(sorted(found, key=lambda line: (line.contact.code, line.contact.purpose)))

    def named(self, case: CaseRow) -> tuple[Named, ...]:
        """Return how the contacts stand that the case's letter gives; () if no letter of it may still be approved."""
        if case.state not in UNAPPROVED:
            return ()
        return named_in(case, self.rulebook, self.today(), self.stale_after_days)

    def to_check(self, case: CaseRow) -> list[str]:
        """Return the bodies whose contact somebody must check before the case's letter is approved."""
        return [contact.code for contact in self.named(case) if contact.needs_check]

    # ── writing ──────────────────────────────────────────────────────────────────────────────────
    def verify(
        self,
        code: str,
        *,
        actor: str,
        how: How,
        email: str | None = None,
        post: str | None = None,
        purpose: Purpose | None = None,
        source: str = "",
    ) -> Contact:
        """Write that `actor` made sure of a contact today, and seal it; what is None stays as it is.

        Without a purpose it is the body's only contact, or the one for any request. Raises Parked if there is no
        address or no source, Fatal if nobody knows the body or the list cannot be written.
        """
        known = self._asked(code, purpose)
        changed = replace(
            known,
            email=known.email if email is None else email.strip(),
            postal_address=known.postal_address if post is None else post.strip(),
        )
        moved = (changed.email, changed.postal_address) != (known.email, known.postal_address)
        was_seen = known.source if known.email or known.postal_address else ""  # a page without it is no source of it
        verified = replace(
            changed,
            source=source.strip() or (_TOLD.get(how, "") if moved else "") or was_seen or _TOLD.get(how, ""),
            confidence="high",
            verified_on=self.today(),
            verified_by=actor,
            verified_how=how,
            bounced_on=None,
            bounced_why="",
        )
        _refuse_unusable(verified)
        self._write(verified, "contact.verified", actor, also=self._unbounced(verified), how=str(how))
        return verified

    def bounced(self, code: str, *, actor: str, reason: str, purpose: Purpose | None = None) -> Contact:
        """Write that what was sent to a contact came back today, and seal it: no letter gives it until it is verified.

        Raises Parked if no reason is given or the contact is blank, Fatal as `verify` does.
        """
        known = self._asked(code, purpose)
        if not " ".join(reason.split()):
            raise Parked("Say what came back: the reason is kept with the contact.")
        if not (known.email or known.postal_address):
            raise Parked(f"The contact of {known.name} has no address that could have bounced. Nothing was changed.")
        bounced = replace(
            known,
            confidence="low",
            verified_on=None,
            verified_by="",
            verified_how=None,
            bounced_on=self.today(),
            bounced_why=" ".join(reason.split()),
        )
        self._write(bounced, "contact.bounced", actor)
        return bounced

    # ── parts ────────────────────────────────────────────────────────────────────────────────────
    def _write(self, contact: Contact, event: str, actor: str, *, also: Sequence[Contact] = (), how: str = "") -> None:
        # The store lets one writer in at a time, so two officers' rows never overwrite each other's.
        with self.journal.step() as step:
            purpose = str(contact.purpose) or "any"
            digest = row_sha256(contact)
            step.record(event, actor=actor, code=contact.code, purpose=purpose, how=how, contact_sha256=digest)
            self.own.put((contact, *also))

    def _unbounced(self, contact: Contact) -> list[Contact]:
        """Return the body's other contacts with the same e-mail, no longer bounced, nor verified by that."""
        rows = self.rulebook.contacts.get(contact.code, ())
        same = (c for c in rows if c.purpose != contact.purpose and c.email.casefold() == contact.email.casefold())
        return [replace(c, bounced_on=None, bounced_why="") for c in same if c.email and c.bounced]

    def _asked(self, code: str, purpose: Purpose | None) -> Contact:
        name = self._name(code)
        rows = {c.purpose: c for c in self.rulebook.contacts.get(code, ())}
        if purpose is None and len(rows) > 1 and Purpose.ANY not in rows:
            raise Fatal(f"{code} has contacts for {' and '.join(sorted(rows))}. Say which one: --purpose.")
        chosen = purpose if purpose is not None else next(iter(rows)) if len(rows) == 1 else Purpose.ANY
        there = rows.get(chosen) or contact_for(code, chosen, self.rulebook) or self._blank(code)
        return replace(there, purpose=chosen, name=there.name or name)

    def _name(self, code: str) -> str:
        name = body_name(code, self.rulebook)
        if not name:
            raise Fatal(
                f"The rulebook knows no body {code}. `foi-mailbot contacts list` shows the contacts; "
                "codes stand in config/data/authorities.csv."
            )
        return name

    def _blank(self, code: str) -> Contact:
        return Contact(code, body_name(code, self.rulebook) or code, "", "", "", "not found", None, "")

    def _line(self, contact: Contact, lacks: str = "") -> Line:
        day, after = self.today(), self.stale_after_days
        return Line(contact, standing(contact, day, after), why(contact, day, after), lacks)

    def _needed(self) -> dict[str, frozenset[Purpose]]:
        found: dict[str, frozenset[Purpose]] = {}
        for authority in dict.fromkeys(self.authorities):
            for code, purposes in needed(authority, self.today(), self.rulebook).items():
                found[code] = found.get(code, frozenset()) | purposes
        return found

    def _wanting(self, code: str, purposes: frozenset[Purpose]) -> Iterable[Line]:
        given = {p: contact_for(code, p, self.rulebook) for p in sorted(purposes)}
        rows = {c: "" for c in given.values() if c}
        if None in given.values():
            rows |= dict.fromkeys(self.rulebook.contacts.get(code) or (self._blank(code),), "")
        for_eir = given.get(Purpose.EIR)
        if for_eir and not for_eir.postal_address:
            rows[for_eir] = "no postal address: no letter under the EIR can go"
        lines = (self._line(contact, lacks) for contact, lacks in rows.items())
        return [line for line in lines if line.lacks or line.standing is not Standing.VERIFIED]


def _refuse_unusable(contact: Contact) -> None:
    if not (contact.email or contact.postal_address):
        raise Parked(f"No address of {contact.name} is known, so there is none to verify: give --email or --post.")
    if contact.email and not sendable_address(contact.email):
        raise Fatal(f"“{contact.email}” is not one e-mail address. Write it as name@example.org.")
    if any(ord(c) < 32 and c != "\n" for c in contact.postal_address) or any(ord(c) < 32 for c in contact.source):
        raise Fatal("The address or its source holds characters that no letter can show. Write it in plain text.")
    if not contact.source:
        raise Parked(f"Say where the contact of {contact.name} stands: --source with the page's address.")


# ── the check before an approval ─────────────────────────────────────────────────────────────────
def named_in(case: CaseRow, rulebook: Rulebook, on: date, stale_after_days: int) -> tuple[Named, ...]:
    """Return how the contacts stand, on that day, that the case's letter gives; () if it has no letter."""
    context = records.load(case.request_json).get("context", {})
    return named(context.get("bodies", ()), rulebook, on, stale_after_days)


def checked(case: CaseRow, contacts: Sequence[Named], ticked: Sequence[str]) -> tuple[Named, ...]:
    """Return those contacts that an officer says were checked for this letter.

    Raises Parked if one is left that nobody made sure of, if it bounced (no tick helps then), or if a tick names a
    body the letter does not.
    """
    codes = {contact.code for contact in contacts}
    strangers = [code for code in ticked if code not in codes]
    if strangers:
        there = ", ".join(sorted(codes)) or "none"
        raise Parked(
            f"The letter of case {case.id} does not name {', '.join(strangers)}. Bodies it names: {there}. "
            "Nothing was approved."
        )
    left = [c for c in contacts if c.needs_check and (c.code not in ticked or c.standing is Standing.BOUNCED)]
    if left:
        lines = "\n".join(_to_do(case, contact) for contact in left)
        raise Parked(f"The letter of case {case.id} gives a contact to check first. Nothing was approved.\n{lines}")
    return tuple(contact for contact in contacts if contact.code in ticked)


def _to_do(case: CaseRow, contact: Named) -> str:
    purpose = f" --purpose {contact.purpose}" if contact.purpose else ""
    verify = f"foi-mailbot contacts verify {contact.code}{purpose} --how page"
    lines = [
        f"  - {contact.code}, {contact.name}: {contact.address}",
        f"    Why: {contact.why}.",
        f"    Where it was seen: {contact.source or 'not noted'}",
    ]
    if contact.standing is Standing.BOUNCED:
        lines.append(f"    Find the right one: `{verify} --email ADDRESS`, then `foi-mailbot redraft {case.id}`.")
        return "\n".join(lines)
    if contact.outdated:
        lines.append(f"    `foi-mailbot redraft {case.id}` takes over what the list gives now.")
    lines.append(f"    Check it, then approve again with --contact-checked {contact.code}; or once for all letters:")
    lines.append(f"    `{verify}`.")
    return "\n".join(lines)
