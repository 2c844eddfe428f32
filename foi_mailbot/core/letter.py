"""A Decision becomes a Letter: which template, what it is told, and what each regime's letter must contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from foi_mailbot.core.contacts import body_name, contact_for
from foi_mailbot.core.decision import AskDecision, AskOutcome, PartRedirect, Redirect
from foi_mailbot.core.letter_elements import check_elements
from foi_mailbot.core.letter_phrases import listed, long_date, names_of, question_phrase, reply_subject
from foi_mailbot.core.message import Message
from foi_mailbot.core.outgoing import compose, content_sha256, sendable_address
from foi_mailbot.core.request import Request
from foi_mailbot.core.rulebook import Function, Purpose, Regime, Rulebook

__all__ = [
    "Letter",
    "LetterIdentity",
    "Regulator",
    "acknowledge",
    "applicant_name",
    "blocked_reasons",
    "check_elements",
    "compose",
    "content_sha256",
    "draft",
    "letter_context",
    "long_date",
    "purpose_of",
    "reply_subject",
    "template_name",
    "thread",
    "warnings",
]

Render = Callable[[str, dict[str, object]], tuple[str, str, str]]
"""The port `ports.Render`, spelt here because the core may not import ports."""

ACKNOWLEDGEMENT = "acknowledgement"


@dataclass(frozen=True, slots=True)
class Letter:
    """A drafted reply. `blocked` lists, in plain English, what stops it from being approved (empty: nothing)."""

    recipient: str  # exactly one address: the one that wrote
    subject: str
    text: str
    html: str
    template: str
    in_reply_to: str
    references: tuple[str, ...]
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Regulator:
    """Who hears complaints. Settings, never template text: its name and address are changing."""

    name: str
    address: str = ""
    phone: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class LetterIdentity:
    """In whose name a letter goes out and where its reader can turn; blank where the council gave nothing."""

    authority_name: str
    team: str = ""
    signature: str = ""
    email: str = ""
    postal_address: str = ""
    review_how: str = ""
    review_email: str = ""
    review_address: str = ""
    accessibility: str = ""
    privacy_url: str = ""


BESIDE = "beside"
"""The letter that refuses nothing: this council answers it all, and another body may hold some of it too."""


# ── which letter ─────────────────────────────────────────────────────────────────────────────────
def template_name(decision: Redirect | PartRedirect, regime: Regime | None = None) -> str:
    """Return the template's name: `redirect` or `part`, then `foia`, `eir` or `mixed`; `beside` if nothing is refused.

    Without `regime`, that of the redirected asks counts: each part is answered under its own law. An ask whose regime
    is unsure is drafted under FOIA and blocked, so a person settles it.
    """
    kind = "redirect" if isinstance(decision, Redirect) else "part"
    if not _sent_on(decision):
        return BESIDE
    regimes = {regime} if regime else {ask.regime for ask in _sent_on(decision)}
    if Regime.EIR not in regimes:
        return f"{kind}_foia"
    return f"{kind}_eir" if regimes == {Regime.EIR} else f"{kind}_mixed"


def _sent_on(decision: Redirect | PartRedirect) -> tuple[AskDecision, ...]:
    return tuple(a for a in decision.asks if a.outcome is AskOutcome.OTHER_BODY)


def _kept(decision: Redirect | PartRedirect) -> tuple[AskDecision, ...]:
    return tuple(a for a in decision.asks if a.outcome is not AskOutcome.OTHER_BODY)


# ── what the template is told ────────────────────────────────────────────────────────────────────
def letter_context(
    request: Request,
    decision: Redirect | PartRedirect,
    rulebook: Rulebook,
    authority: str,
    identity: LetterIdentity,
    regulator: Regulator,
    *,
    reference: str,
    received_on: date,
    due: date,
    applicant_name: str,
    subject: str = "",
    checks: Sequence[str] = (),
) -> dict[str, object]:
    """Return a letter's variables, plain JSON values only; docs/letters.md names each.

    `checks` are searches somebody made, in the officer's words; none by default, for a rule is a reason, not a search.
    """
    names = names_of(decision.asks)
    groups = _groups(_sent_on(decision), rulebook, names)
    bodies = [_body(code, purpose_of(code, decision.asks), rulebook) for code in _bodies(decision.asks)]
    also = _groups((a for a in decision.asks if a.outcome is AskOutcome.BOTH), rulebook, names)
    return {
        "authority": authority,
        "council": _record(identity),
        "regulator": _record(regulator),
        "reference": reference,
        "received": long_date(received_on),
        "due": long_date(due),
        "applicant_name": applicant_name,
        "subject": reply_subject(subject, reference),
        "rulebook_sha256": rulebook.sha256,
        "groups": groups,
        "foia_groups": [g for g in groups if g["regime"] != Regime.EIR],
        "eir_groups": [g for g in groups if g["regime"] == Regime.EIR],
        "foia_questions": question_phrase((a for a in _sent_on(decision) if a.regime is not Regime.EIR), names),
        "eir_questions": question_phrase((a for a in _sent_on(decision) if a.regime is Regime.EIR), names),
        "redirected": question_phrase(_sent_on(decision), names),
        "kept": question_phrase(_kept(decision), names),
        "kept_count": len(_kept(decision)),
        "turn_to": _turn_to(_sent_on(decision), rulebook, names),
        "also": also,
        "bodies": bodies,
        "contact_verified": all(b["verified"] for b in bodies),
        "checks": list(checks),
        "quoted": [_quotation(request, a, names) for a in decision.asks],
    }


def _record(value: LetterIdentity | Regulator) -> dict[str, str]:
    return {f.name: str(getattr(value, f.name)) for f in fields(value)}


def _bodies(asks: Iterable[AskDecision]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for ask in asks for code in ask.bodies))


def purpose_of(code: str, asks: Iterable[AskDecision]) -> Purpose:
    """Return which contact of that body the letter gives: its EIR one if anything sent on to it is under the EIR."""
    sent_on = (a for a in asks if a.outcome is AskOutcome.OTHER_BODY and code in a.bodies)
    return Purpose.EIR if any(a.regime is Regime.EIR for a in sent_on) else Purpose.FOI


def _body(code: str, purpose: Purpose, rulebook: Rulebook) -> dict[str, object]:
    contact = contact_for(code, purpose, rulebook)
    return {
        "code": code,
        "name": body_name(code, rulebook),
        "email": contact.email if contact else "",
        "postal_address": contact.postal_address if contact else "",
        "verified": bool(contact and contact.verified),
        "eir": purpose is Purpose.EIR,
    }


def _groups(asks: Iterable[AskDecision], rulebook: Rulebook, names: dict[int, str]) -> list[dict[str, object]]:
    """Gather asks that share bodies and regime: one reason is written for each such group."""
    gathered: dict[tuple[tuple[str, ...], Regime], list[AskDecision]] = {}
    for ask in asks:
        gathered.setdefault((ask.bodies, ask.regime), []).append(ask)
    return [_group(members, rulebook, names) for members in gathered.values()]


def _group(asks: list[AskDecision], rulebook: Rulebook, names: dict[int, str]) -> dict[str, object]:
    known = [rulebook.functions[f] for f in _functions(asks) if f in rulebook.functions]
    bodies = [body_name(code, rulebook) for code in asks[0].bodies]
    return {
        "questions": question_phrase(asks, names),
        "regime": str(asks[0].regime),
        "functions": listed(_unique(f.phrase for f in known), "or"),
        "role": _shared_role(known) if len(bodies) == 1 else "",
        "bodies": listed(bodies, "and"),
        "body_count": len(bodies),
        "basis": list(_unique(f.basis for f in known)),
    }


def _turn_to(asks: Iterable[AskDecision], rulebook: Rulebook, names: dict[int, str]) -> list[dict[str, str]]:
    """Say for each set of bodies which questions they may answer, whatever the regime."""
    gathered: dict[tuple[str, ...], list[AskDecision]] = {}
    for ask in asks:
        gathered.setdefault(ask.bodies, []).append(ask)
    return [
        {
            "bodies": listed([body_name(code, rulebook) for code in bodies], "and"),
            "questions": question_phrase(members, names),
        }
        for bodies, members in gathered.items()
    ]


def _functions(asks: Iterable[AskDecision]) -> tuple[str, ...]:
    return _unique(f for ask in asks for f in ask.functions)


def _shared_role(functions: Sequence[Function]) -> str:
    roles = _unique(f.role for f in functions)
    return roles[0] if len(roles) == 1 and all(f.role for f in functions) else ""


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v for v in values if v))


def _quotation(request: Request, decided: AskDecision, names: dict[int, str]) -> dict[str, object]:
    name = names[decided.ask.start]
    text = request.text[decided.ask.start : decided.ask.end].strip() or decided.ask.text.strip()
    return {
        "name": f"Question {name}" if name else "",
        "numbered": bool(name) and bool(re.match(rf"\W*(?:q(?:uestion)?\W*)?{re.escape(name)}\b", text, re.IGNORECASE)),
        "text": text,
        "kept": decided.outcome is not AskOutcome.OTHER_BODY,
    }


# ── whom to greet ────────────────────────────────────────────────────────────────────────────────
def applicant_name(message: Message | None) -> str:
    """Return the name to greet, from the From header: "" if it gives none that could be a person's name."""
    name = " ".join(message.sender.name.split()) if message and message.sender else ""
    if not name or len(name) > 80 or re.search(r"[@<>{}\[\]\\/]|https?:|www\.", name):
        return ""
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma and "," not in given else name


# ── what stops a letter, and what an officer should know ─────────────────────────────────────────
def blocked_reasons(
    decision: Redirect | PartRedirect,
    rulebook: Rulebook,
    identity: LetterIdentity,
    regulator: Regulator,
    *,
    recipient: str = "",
) -> tuple[str, ...]:
    """Return, in plain English, what must be settled before this letter may be approved."""
    asks = _sent_on(decision)
    return (
        *_blocked_recipient(recipient),
        *_blocked_asks(decision, rulebook),
        *(reason for code in _bodies(asks) for reason in _blocked_body(code, decision, rulebook)),
        *_blocked_identity(identity, regulator),
    )


def _blocked_recipient(recipient: str) -> Iterable[str]:
    if not sendable_address(recipient):
        yield "There is no usable address to answer: the mail's From gives none."


def _blocked_asks(decision: Redirect | PartRedirect, rulebook: Rulebook) -> Iterable[str]:
    names = names_of(decision.asks)
    for ask in decision.asks:
        question = question_phrase((ask,), names).capitalize()
        if ask.outcome is AskOutcome.UNSURE:
            yield f"{question}: it is not settled who may hold this."
        elif ask.outcome is AskOutcome.OTHER_BODY and ask.regime is Regime.UNSURE:
            yield f"{question}: decide whether this is environmental information (EIR) or not (FOIA)."
        if ask.outcome is AskOutcome.OTHER_BODY and not any(f in rulebook.functions for f in ask.functions):
            yield f"{question}: no council responsibility was matched, so the letter cannot say why."
        if ask.outcome is AskOutcome.OTHER_BODY and not ask.bodies:
            yield f"{question}: no other body is named."


def _blocked_body(code: str, decision: Redirect | PartRedirect, rulebook: Rulebook) -> Iterable[str]:
    body = _body(code, purpose_of(code, decision.asks), rulebook)
    name = body["name"] or code
    if not body["name"]:
        yield f"The body {code} has no name in the reference data."
    if body["eir"]:
        if not body["postal_address"]:
            yield f"The postal address of {name} is missing: a letter under the EIR must give it (regulation 10)."
    elif not body["email"] and not body["postal_address"]:
        yield f"Neither an e-mail nor a postal address of {name} is known."


def _blocked_identity(identity: LetterIdentity, regulator: Regulator) -> Iterable[str]:
    if not identity.authority_name:
        yield "The settings do not give this council's name."
    if not (identity.team or identity.signature):
        yield "The settings do not say which officer or team signs."
    if not (identity.review_how or identity.review_email or identity.review_address):
        yield "The settings do not say how to ask for an internal review."
    if not regulator.name or not (regulator.address or regulator.phone or regulator.website):
        yield "The settings do not give the regulator's name and contact details."


def warnings(decision: Redirect | PartRedirect) -> tuple[str, ...]:
    """Return what the approving officer should know though it stops nothing."""
    names = names_of(decision.asks)
    both = [a for a in decision.asks if a.outcome is AskOutcome.BOTH]
    if not both:
        return ()
    return (f"Both this council and another body may hold what {question_phrase(both, names)} asks for.",)


# ── the letter itself ────────────────────────────────────────────────────────────────────────────
def draft(
    request: Request,
    decision: Redirect | PartRedirect,
    rulebook: Rulebook,
    authority: str,
    identity: LetterIdentity,
    regulator: Regulator,
    render: Render,
    *,
    reference: str,
    received_on: date,
    due: date,
    message: Message | None,
    checks: Sequence[str] = (),
) -> Letter:
    """Draft the reply to `message` (None: plain text, nobody to write to). Raises Fatal on a template fault."""
    recipient = message.sender.email if message and message.sender else ""
    name = template_name(decision)
    context = letter_context(
        request,
        decision,
        rulebook,
        authority,
        identity,
        regulator,
        reference=reference,
        received_on=received_on,
        due=due,
        applicant_name=applicant_name(message),
        subject=message.subject if message else "",
        checks=checks,
    )
    blocked = blocked_reasons(decision, rulebook, identity, regulator, recipient=recipient)
    subject, text, html = render(name, context)
    if not blocked:
        blocked = tuple(f"The letter lacks {element}." for element in check_elements(text, name, context))
    return Letter(recipient, subject, text, html, name, *thread(message), blocked)


def acknowledge(
    identity: LetterIdentity, render: Render, *, reference: str, received_on: date, due: date, message: Message
) -> Letter:
    """Draft the automatic acknowledgement (off by default). Raises Fatal on a template fault."""
    context: dict[str, object] = {
        "council": _record(identity),
        "reference": reference,
        "received": long_date(received_on),
        "due": long_date(due),
        "applicant_name": applicant_name(message),
        "subject": reply_subject(message.subject, reference),
    }
    recipient = message.sender.email if message.sender else ""
    subject, text, html = render(ACKNOWLEDGEMENT, context)
    blocked = tuple(_blocked_recipient(recipient))
    return Letter(recipient, subject, text, html, ACKNOWLEDGEMENT, *thread(message), blocked)


def thread(message: Message | None) -> tuple[str, tuple[str, ...]]:
    """Return In-Reply-To and References of a reply (RFC 5322 section 3.6.4): ("", ()) if the mail has no Message-ID."""
    if message is None or not message.message_id:
        return "", ()
    earlier = message.references or ((message.in_reply_to,) if message.in_reply_to else ())
    return message.message_id, tuple(
        dict.fromkeys((*(r for r in earlier if r != message.message_id), message.message_id))
    )
