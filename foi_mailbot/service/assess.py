"""One mail's bytes to its assessment: read, screened, decided, drafted; no store, no server, nothing sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypedDict

from foi_mailbot.core import decision as deciding
from foi_mailbot.core import letter as letters
from foi_mailbot.core.decision import Decision, PartRedirect, Redirect, Suppressed, Unsure
from foi_mailbot.core.kinds import TABLE, Kind, Route, due_by
from foi_mailbot.core.learning import Tally, doubted
from foi_mailbot.core.letter import Letter, LetterIdentity, Regulator
from foi_mailbot.core.message import Address, ExtractText, Message, parse, with_texts
from foi_mailbot.core.reference import ReferencePattern
from foi_mailbot.core.request import Request, read_request, read_text, told_anew
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.screening import Suppress, screen, settle
from foi_mailbot.core.succession import coming_ends, why_not_in_being
from foi_mailbot.core.working_days import Calendar, receipt_date
from foi_mailbot.ports import Render
from foi_mailbot.service import records


@dataclass(frozen=True, slots=True)
class SendingIdentity:
    """In whose name a mailbox's letters leave."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Council:
    """One mailbox's council: whose requests these are, and in whose name letters go out."""

    mailbox: str
    authority: str
    patterns: Sequence[ReferencePattern]
    own_addresses: Collection[str]
    identity: LetterIdentity
    regulator: Regulator
    sending: SendingIdentity
    acknowledge: bool = False  # whether new requests get an automatic acknowledgement


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything worked out about one mail before anyone acts. `letter` is drafted by `Assessor.draft`."""

    message: Message | None  # None for plain-text input
    request: Request | None  # None if screened out before reading
    decision: Decision
    received_on: date
    due: date | None  # None where mail of this kind starts no clock
    reasons: tuple[str, ...]

    @property
    def reference(self) -> str:
        """Return our first reference in it, or ""."""
        return self.request.references[0].value if self.request and self.request.references else ""

    def joining(self, case_id: str, standing: str, case_due: date | None) -> Assessment:
        """Return it as mail on a case we have: a person reads it and no letter is drafted.

        What reads like a request follows that case up, and may be a new one too. `standing` says how late that case
        is; `case_due` (None: nothing is due there any more) is this mail's due date too unless its own comes first.
        """
        if self.request is None:
            return self
        told = self.request.told.in_thread()
        kept = told.kind is self.request.kind or Kind.REQUEST in told.kinds
        why = f"It belongs to case {case_id}, so a person reads it and it never gets a redirect. {standing}{told.why}"
        asks = records.asks_of(self.decision) if Kind.REQUEST in told.kinds else ()
        days = [day for day in (self.due if kept else None, case_due) if day]
        return replace(
            self,
            request=told_anew(self.request, told),
            decision=Unsure(asks, why, told.kind),
            reasons=(why,),
            due=min(days, default=None),
        )

    def alone(self) -> Assessment:
        """Return mail that speaks of a case where we find none: a person looks for that case, which may be lost."""
        decision, request = self.decision, self.request
        if request is None or not isinstance(decision, Unsure) or TABLE[request.kind].route is not Route.JOINS_CASE:
            return self
        why = f"It speaks of a request, and no case here matches it: find that request, or log it. {decision.why}"
        return replace(self, decision=replace(decision, why=why), reasons=(why,))

    def doubted(self, demoted: Mapping[str, Tally]) -> Assessment:
        """Return it with what relies on a demoted rule left to a person."""
        decision = doubted(self.decision, demoted)
        if decision is self.decision or not isinstance(decision, Unsure):
            return self
        return replace(self, decision=decision, reasons=(decision.why,))


class Dated(TypedDict):
    """A letter's reference and dates."""

    reference: str
    received_on: date
    due: date


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted letter, what its template was told, what blocks it whatever its wording, and what to warn of."""

    letter: Letter
    context: Mapping[str, object]
    standing: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def bodies(self) -> Sequence[Mapping[str, object]]:
        """Return the bodies the letter names, as its template was told of them."""
        bodies = self.context["bodies"]
        assert isinstance(bodies, list)
        return bodies

    def kept(self) -> str:
        """Return, as JSON, what a later edit of this letter is checked against."""
        return records.dump({"context": self.context, "standing": self.standing})


@dataclass(frozen=True, slots=True)
class Assessor:
    """Holds what every assessment needs: the rulebook, the clock's calendar, and the two hands it borrows."""

    rulebook: Rulebook
    calendar: Calendar
    render: Render
    extract: ExtractText

    def mail(self, raw: bytes, council: Council, received: datetime) -> Assessment:
        """Assess one mail. `received` is the server's time of receipt (FOIA s.10: not when it was opened)."""
        message = parse(raw)
        received_on = receipt_date(received)
        verdict = screen(message, own_addresses=council.own_addresses)
        if not isinstance(verdict, Suppress):
            message = with_texts(message, self.extract)
        request = read_request(message, council.patterns, self.rulebook.kinds)
        found = settle(verdict, request.told)
        if isinstance(found, Suppress):
            suppressed = Suppressed(found.kind, found.rule, found.why)
            return self._assessment(message, None, suppressed, received_on, (found.why,))
        return self._decide(message, told_anew(request, found), council, received_on)

    def text(self, text: str, council: Council, received_on: date) -> Assessment:
        """Assess plain text taken as a mail's body."""
        return self._decide(None, read_text(text, council.patterns, self.rulebook.kinds), council, received_on)

    def _decide(self, message: Message | None, request: Request, council: Council, received_on: date) -> Assessment:
        decision = deciding.decide(request, self.rulebook, council.authority, received_on)
        gone = self._gone(council.authority, received_on)
        if gone and isinstance(decision, Unsure) and decision.kind is Kind.REQUEST:
            decision = replace(decision, why=gone)
        reasons = (decision.why,) if isinstance(decision, Unsure) else ()
        return self._assessment(message, request, decision, received_on, reasons)

    def _gone(self, authority: str, on: date) -> str:
        """Say who took a council's place that is no longer there, "" for one in being: a person reads such mail."""
        asked = self.rulebook.authorities.get(authority)
        why = why_not_in_being(asked, on, self.rulebook) if asked else ""
        return f"{why}. Whoever reads this mailbox now answers; put its own code in the settings" if why else ""

    def _assessment(
        self,
        message: Message | None,
        request: Request | None,
        decision: Decision,
        received_on: date,
        reasons: tuple[str, ...],
    ) -> Assessment:
        kinds = request.told.kinds if request else (Kind.OTHER,)
        return Assessment(message, request, decision, received_on, due_by(kinds, received_on, self.calendar), reasons)

    def record(self, assessment: Assessment, draft: Draft | None) -> dict[str, Any]:
        """Return the published record (docs/triage.schema.json)."""
        return records.triage_record(
            assessment.request,
            assessment.decision,
            draft.letter if draft else None,
            assessment.due,
            self.rulebook,
            assessment.reasons,
            draft.warnings if draft else (),
        )

    def acknowledgement(self, assessment: Assessment, council: Council, reference: str) -> Letter | None:
        """Draft the automatic acknowledgement of a new request, or None where none is wanted or none may go.

        Mail that is only perhaps a request gets none: it may come from a robot (RFC 3834 section 2).
        """
        told = assessment.request.told if assessment.request else None
        new = told is not None and told.kinds == (Kind.REQUEST,)
        if not council.acknowledge or not new or assessment.message is None or assessment.due is None:
            return None
        letter = letters.acknowledge(
            council.identity,
            self.render,
            reference=reference,
            received_on=assessment.received_on,
            due=assessment.due,
            message=assessment.message,
        )
        return None if letter.blocked else letter

    def draft(self, assessment: Assessment, council: Council, reference: str) -> Draft | None:
        """Draft the letter a redirect needs, or None. Raises Fatal if a template is at fault."""
        decision, request, message = assessment.decision, assessment.request, assessment.message
        if not isinstance(decision, Redirect | PartRedirect) or request is None or assessment.due is None:
            return None
        known = (request, decision, self.rulebook, council.authority, council.identity, council.regulator)
        dated: Dated = {"reference": reference, "received_on": assessment.received_on, "due": assessment.due}
        letter = letters.draft(*known, self.render, message=message, **dated)
        context = letters.letter_context(
            *known,
            applicant_name=letters.applicant_name(message),
            subject=message.subject if message else "",
            **dated,
        )
        standing = letters.blocked_reasons(
            decision,
            self.rulebook,
            council.identity,
            council.regulator,
            recipient=letter.recipient,
        )
        bodies = records.bodies_of(decision)
        ends = (end for body in bodies for end in coming_ends(body, assessment.received_on, self.rulebook))
        return Draft(letter, context, standing, (*letters.warnings(decision), *ends))


def applicant(message: Message | None) -> Address:
    """Return who wrote: the From address, exactly; WhatDoTheyKnow's per-request address stands there too."""
    return message.sender if message and message.sender else Address("")
