"""Which letters may leave without an officer: two people's grant for one function, and all a case must meet besides."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from foi_mailbot.core.contacts import STALE_AFTER_DAYS, Standing, contact_for, standing, why
from foi_mailbot.core.decision import AskDecision, AskOutcome, Decision, Redirect
from foi_mailbot.core.jurisdiction import Theirs, responsible
from foi_mailbot.core.letter import applicant_name
from foi_mailbot.core.message import Message, Origin
from foi_mailbot.core.request import Kind, Request
from foi_mailbot.core.rulebook import Purpose, Regime, Rulebook
from foi_mailbot.core.working_days import receipt_date

AUTO = "auto"
"""The actor of an approval nobody gave for this letter alone."""

WATCHED_LISTS = ("own_records_hard", "own_records_soft", "own_documents", "own_side", "products", "auto_watch")
"""The lexicon's lists of what a council may hold on any body's subject; `auto_watch` is an operator's own."""

WATCHED = (
    "grant", "funding", "partnership", "commissioned", "minutes", "correspondence", "emails", "consultation",
    "planning", "spend", "spending", "cost to the council", "councillor", "councillors", "election", "elections",
    "electoral", "returning officer", "investigation", "safeguarding concern", "complaint", "complaints", "ombudsman",
    "tribunal", "solicitor", "solicitors", "legal action", "judicial review", "court", "security",
    "counter terrorism", "terrorism", "my child", "my son", "my daughter", "my mother", "my father", "my family",
    "named", "known as", "date of birth", "address of", "neither confirm nor deny", "vexatious", "cost limit",
    "section 12", "section 14",
)  # fmt: skip
"""Subjects a person reads before "not held" is said: elections, people, security, complaints, law, own dealings."""

_TITLES = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Cllr|Councillor|Prof|Professor|Sir|Dame|Lord|Lady|Rev)\b\.? [A-Z]")
_ANSWERING = re.compile(r"\s*(?:re|aw|fw|fwd|wg)\s*:", re.IGNORECASE)


class Status(StrEnum):
    """How a grant stands on a day."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    RULE_CHANGED = "rule_changed"  # dormant: the rule is not the one it was given for
    EXPIRED = "expired"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Grant:
    """One function's letters may leave one mailbox without an officer, said by one person and confirmed by another.

    It holds on days `start` <= day < `until`, `start` being the day of the confirmation.
    """

    id: str
    mailbox: str
    authority: str  # code of the council asked
    function: str
    body: str  # code of the body the letters name
    rule_sha256: str  # `rule_sha256` of the function as it was proposed
    until: date
    reason: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    suspended_by: str = ""
    suspended_at: datetime | None = None
    suspended_for: str = ""
    used: int = 0  # letters approved under it so far

    def status(self, rulebook: Rulebook, on: date) -> Status:
        """Return how it stands on that day under that rulebook."""
        if self.suspended_at is not None:
            return Status.SUSPENDED
        if on >= self.until:
            return Status.EXPIRED
        if rule_sha256(self.function, self.authority, rulebook) != self.rule_sha256:
            return Status.RULE_CHANGED
        return Status.PROPOSED if self.confirmed_at is None else Status.ACTIVE

    def covers(self, received_on: date) -> bool:
        """Say whether mail received on that day falls into its time."""
        return self.confirmed_at is not None and receipt_date(self.confirmed_at) <= received_on < self.until


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a letter may leave without an officer: under which grants, or why a person reads it first."""

    grants: tuple[Grant, ...]
    reasons: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Say whether it may: nothing speaks against it, and a grant speaks for it."""
        return bool(self.grants) and not self.reasons


def rule_sha256(function: str, authority: str, rulebook: Rulebook) -> str:
    """Return the hash (hex) of all that makes one function's rule for one council; "" if there is no such function.

    Its own content, the local facts about it, and the word lists every rule shares. Other functions are not in it:
    they can only take an ask away from this one.
    """
    known = rulebook.functions.get(function)
    if known is None:
        return ""
    asked = rulebook.authorities.get(authority)
    places = {authority, asked.parent if asked else authority} - {""}
    local = [asdict(o) for o in rulebook.overrides if o.function == function and {o.authority, o.county} & places]
    content = {"function": asdict(known), "local": local, "words": dict(rulebook.lexicon)}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def same_person(one: str, other: str) -> bool:
    """Say whether two names may be one person's: case, spaces, dots and other signs do not count."""
    return _letters(one) == _letters(other)


def is_name(name: str) -> bool:
    """Say whether this names a person: not blank, and not the service itself."""
    return _letters(name) not in {"", "system", AUTO}


def _letters(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def grantable(function: str, authority: str, rulebook: Rulebook, on: date) -> tuple[str, str]:
    """Return (code of the body its letters name, ""), or ("", why no grant can be given for this function here)."""
    known = rulebook.functions.get(function)
    if known is None:
        return "", f"The rulebook has no function {function}."
    if known.regime is not Regime.FOIA:
        return "", f"{known.title} is under {known.regime}: letters under the EIR always need an officer."
    holder = responsible(known, authority, on, rulebook)
    if not isinstance(holder, Theirs):
        return "", f"{known.title} is not wholly another body's where {authority} is asked: {holder.why}."
    if holder.also:
        return "", f"{known.title} is several bodies' where {authority} is asked, each for its own area: {holder.why}."
    return holder.body, ""


def rule_on(
    decision: Decision,
    request: Request | None,
    message: Message | None,
    *,
    blocked: Sequence[str],
    warnings: Sequence[str],
    grants: Sequence[Grant],
    rulebook: Rulebook,
    received_on: date,
    on: date,
    contacts_stale_after_days: int = STALE_AFTER_DAYS,
) -> Ruling:
    """Rule on one drafted letter. `grants` are its mailbox's; `received_on` and `on` (today) both count.

    Allowed only for a new request that is a Redirect throughout, every function of every ask granted, and nothing that
    a person should look at.
    """
    if not isinstance(decision, Redirect) or request is None or message is None or not decision.asks:
        return Ruling((), ("not every question is another body's",))
    in_force = {
        grant.function: grant
        for grant in grants
        if grant.covers(received_on) and grant.status(rulebook, on) is Status.ACTIVE
    }
    used: dict[str, Grant] = {}
    reasons = [*_of_request(request, rulebook), *_of_message(message)]
    reasons += [f"the letter is blocked: {why}" for why in blocked]
    reasons += [f"the officer is warned: {why}" for why in warnings]
    for ask in decision.asks:
        found = [in_force[function] for function in ask.functions if function in in_force]
        used |= {grant.id: grant for grant in found}
        reasons += _of_ask(ask, found)
    for code in dict.fromkeys(code for ask in decision.asks for code in ask.bodies):
        reasons += _of_contact(code, rulebook, on, contacts_stale_after_days)
    return Ruling(tuple(used.values()), tuple(dict.fromkeys(reasons)))


def _of_ask(ask: AskDecision, found: Sequence[Grant]) -> Iterator[str]:
    what = f"question {ask.ask.label}" if ask.ask.label else "the question"
    if ask.outcome is not AskOutcome.OTHER_BODY or not ask.functions or not ask.bodies:
        yield f"{what} is not wholly another body's"
    for function in ask.functions:
        if function not in {grant.function for grant in found}:
            yield f"no grant in force for {function}"
    if set(ask.bodies) != {grant.body for grant in found}:
        yield f"{what} names another body than the grant does"
    if ask.regime is not Regime.FOIA:
        yield f"{what} is not under FOIA alone"


def _of_contact(code: str, rulebook: Rulebook, on: date, stale_after_days: int) -> Iterator[str]:
    """Nobody is there to tick that it was checked: only what counts as verified today will do."""
    contact = contact_for(code, Purpose.FOI, rulebook)
    if contact is None or not contact.verified:
        yield f"nobody verified the contact of {code}"
    elif standing(contact, on, stale_after_days) is not Standing.VERIFIED:
        yield f"the contact of {code} must be checked: {why(contact, on, stale_after_days)}"


def _of_request(request: Request, rulebook: Rulebook) -> Iterator[str]:
    if request.kind is not Kind.REQUEST:
        yield f"it is not a new request but: {request.kind.replace('_', ' ')}"
    yield from (f"not everything could be read: {problem}" for problem in request.problems)
    words = (*WATCHED, *(phrase for name in WATCHED_LISTS for phrase in rulebook.lexicon.get(name, ())))
    said = _first(words, request.text)
    if said:
        yield f"it says “{said}”, which a person reads first"
    if _TITLES.search(request.text):
        yield "it names a person"


def _of_message(message: Message) -> Iterator[str]:
    sender = message.sender
    if message.in_reply_to or message.references or _ANSWERING.match(message.subject):
        yield "it answers or hands on an earlier mail"
    if any(passage.origin is Origin.FORWARDED for passage in message.passages):
        yield "it was forwarded"
    if sender is None or not applicant_name(message):
        yield "the applicant gives no name"
    elif any(address.email.lower() != sender.email.lower() for address in message.reply_to):
        yield "it asks for an answer to another address"


def _first(phrases: Iterable[str], text: str) -> str:
    longest_first = sorted({p.casefold() for p in phrases if p.strip()}, key=lambda p: (-len(p), p))
    pattern = "|".join(re.escape(p).replace(r"\ ", r"\s+") for p in longest_first)
    found = re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text.casefold()) if pattern else None
    return found[0] if found else ""


def sampled(case_id: str, earlier: int, *, percent: int, first: int) -> bool:
    """Say whether an officer must look at an automatically sent case, the `earlier`-th + 1 of its grant.

    The grant's first ones always; after that `percent` of them by the hash of the case's id, so that nobody chooses.
    """
    return earlier < first or int(hashlib.sha256(case_id.encode()).hexdigest()[:8], 16) % 100 < percent
