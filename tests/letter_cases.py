"""A small council, a small rulebook and decisions of every sort, for the tests of letters; all names are invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from foi_mailbot.adapters.templates import TemplateLetters
from foi_mailbot.core.decision import AskDecision, AskOutcome, PartRedirect, Redirect
from foi_mailbot.core.letter import Letter, LetterIdentity, Regulator, draft, letter_context
from foi_mailbot.core.message import Address, Message
from foi_mailbot.core.request import Ask, Kind, Request
from foi_mailbot.core.rulebook import Authority, Contact, Function, Regime, Rulebook, Tier

TEMPLATES = Path(__file__).parents[1] / "templates"
RECEIVED, DUE = date(2026, 3, 3), date(2026, 3, 31)
REFERENCE = "FI16751"

IDENTITY = LetterIdentity(
    authority_name="Seaside District Council",
    team="Information team",
    signature="A. Clerk",
    email="foi@seaside.example",
    postal_address="Town Hall\nSeaside\nZZ1 1AA",
    review_how="Tell us which part of our answer you disagree with.",
    review_email="review@seaside.example",
    review_address="The Monitoring Officer, Town Hall, Seaside ZZ1 1AA",
    privacy_url="https://seaside.example/privacy",
)
REGULATOR = Regulator("The Regulator", "1 Regulator Street, Someplace ZZ9 9ZZ", "01632 960000", "https://reg.example")
COUNTY_ADDRESS = "County Hall\nCounty Town\nZZ2 2BB"


def function(id: str, phrase: str, role: str, regime: Regime) -> Function:
    """Return a function without vocabulary: letters need only its words."""
    return Function(id, phrase, phrase, Tier.UPPER, regime, (), (), (), (), (), (), (), "", "", role)


def rulebook(
    *, email: str = "foi@county.example", address: str = COUNTY_ADDRESS, verified: bool = True, name: str = "Big County"
) -> Rulebook:
    """Return a rulebook with a county, a police force, and two functions of the county's."""
    seen = date(2026, 1, 5) if verified else None
    contacts = [
        Contact("CTY", name, email, address, "its website", "high", seen, "A. Clerk" if verified else ""),
        Contact("POL", "Big Police", "foi@police.example", "Police House, ZZ3 3CC", "its website", "high", seen, "me"),
    ]
    functions = [
        function("children", "children's services", "children's services authority", Regime.FOIA),
        function("drainage", "highway drainage", "highway authority", Regime.EIR),
        function("schools", "school places", "", Regime.FOIA),
    ]
    return Rulebook(
        {
            "CTY": Authority("CTY", name, "county", "England", ""),
            "SEA": Authority("SEA", "Seaside", "district", "", ""),
        },
        {f.id: f for f in functions},
        {c.code: (c,) for c in contacts},
        (),
        {},
        "ab" * 32,
    )


Plan = tuple[str, AskOutcome, Regime, tuple[str, ...]]
CHILDREN: Plan = ("children", AskOutcome.OTHER_BODY, Regime.FOIA, ("CTY",))
DRAINS: Plan = ("drainage", AskOutcome.OTHER_BODY, Regime.EIR, ("CTY",))
OURS: Plan = ("", AskOutcome.HELD, Regime.FOIA, ())
BOTH: Plan = ("children", AskOutcome.BOTH, Regime.FOIA, ("CTY",))

PLANS: dict[str, tuple[Plan, ...]] = {
    "redirect_foia": (CHILDREN, CHILDREN, CHILDREN),
    "redirect_eir": (DRAINS, DRAINS, DRAINS),
    "redirect_mixed": (CHILDREN, DRAINS, DRAINS),
    "part_foia": (CHILDREN, CHILDREN, OURS, BOTH),
    "part_eir": (DRAINS, DRAINS, OURS),
    "part_mixed": (CHILDREN, DRAINS, DRAINS, OURS, BOTH),
    "beside": (BOTH, OURS, BOTH),
}


def case(
    plans: Sequence[Plan], texts: Sequence[str] = (), labels: Sequence[str] = ()
) -> tuple[Request, Redirect | PartRedirect]:
    """Return a request with one ask a plan, and its decision."""
    shown = texts or [f"{i}) How many of the things numbered {i} were there?" for i in range(1, len(plans) + 1)]
    named = labels or [str(i) for i in range(1, len(plans) + 1)]
    text, asks = "", []
    for (duty, outcome, regime, bodies), label, words in zip(plans, named, shown, strict=True):
        ask = Ask(label, len(text), len(text) + len(words), words)
        asks.append(AskDecision(ask, outcome, (duty,) if duty else (), bodies, regime, (), ()))
        text += words + "\n\n"
    whole = all(a.outcome is AskOutcome.OTHER_BODY for a in asks)
    request = Request(text, (), Kind.REQUEST, tuple(a.ask for a in asks), ())
    return request, (Redirect if whole else PartRedirect)(tuple(asks))


def message(subject: str = "Some questions", name: str = "Jo Bloggs", email: str = "jo@home.example") -> Message:
    """Return a request mail's headers; its text is given to `case`."""
    return Message(
        "<q1@home.example>", subject, Address(email, name), (), (), (), None, "", (), (), "text/plain", "", (), ()
    )


def told(
    request: Request,
    decision: Redirect | PartRedirect,
    book: Rulebook | None = None,
    *,
    name: str = "Jo Bloggs",
    subject: str = "Some questions",
    checks: Sequence[str] = (),
) -> dict[str, object]:
    """Return what a template is told about a case."""
    return letter_context(
        request,
        decision,
        book or rulebook(),
        "SEA",
        IDENTITY,
        REGULATOR,
        reference=REFERENCE,
        received_on=RECEIVED,
        due=DUE,
        applicant_name=name,
        subject=subject,
        checks=checks,
    )


def context(name: str, book: Rulebook | None = None, checks: Sequence[str] = ()) -> dict[str, object]:
    """Return the context of a template's own case."""
    return told(*case(PLANS[name]), book, checks=checks)


def drafted(
    request: Request,
    decision: Redirect | PartRedirect,
    *,
    book: Rulebook | None = None,
    identity: LetterIdentity = IDENTITY,
    regulator: Regulator = REGULATOR,
    mail: Message | None = None,
    reference: str = REFERENCE,
    checks: Sequence[str] = (),
    templates: Sequence[Path] = (TEMPLATES,),
) -> Letter:
    """Draft with the shipped templates, or with others laid over them."""
    return draft(
        request,
        decision,
        book or rulebook(),
        "SEA",
        identity,
        regulator,
        TemplateLetters(templates).render,
        reference=reference,
        received_on=RECEIVED,
        due=DUE,
        message=mail or message(),
        checks=checks,
    )
