"""Requests and decisions as JSON: the published `triage` contract, also what the store keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from foi_mailbot.core.contacts import body_name, contact_for
from foi_mailbot.core.decision import AskDecision, Decision, Suppressed, Unsure, outcome_name
from foi_mailbot.core.kinds import SOURCES, TABLE, Kind
from foi_mailbot.core.letter import Letter, purpose_of
from foi_mailbot.core.request import Request
from foi_mailbot.core.rulebook import Purpose, Rulebook
from foi_mailbot.core.telling import Told
from foi_mailbot.ports import CaseRow


def asks_of(decision: Decision) -> tuple[AskDecision, ...]:
    """Return a decision's asks; a suppressed mail has none."""
    return () if isinstance(decision, Suppressed) else decision.asks


def bodies_of(decision: Decision) -> tuple[str, ...]:
    """Return the codes of all other bodies named, in the order of the asks, each once."""
    return tuple(dict.fromkeys(body for ask in asks_of(decision) for body in ask.bodies))


def triage_record(
    request: Request | None,
    decision: Decision,
    letter: Letter | None,
    due: date | None,
    rulebook: Rulebook,
    reasons: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the published record, see docs/triage.schema.json. Spans index `text`."""
    kind = decision.kind if isinstance(decision, Suppressed | Unsure) else Kind.REQUEST
    return {
        "references": list(dict.fromkeys(r.value for r in request.references)) if request else [],
        "kind": str(kind),
        "outcome": outcome_name(decision),
        "text": request.text if request else "",
        "asks": [_ask_record(ask) for ask in asks_of(decision)],
        "redirect_to": [
            _body_record(code, purpose_of(code, asks_of(decision)), rulebook) for code in bodies_of(decision)
        ],
        "letter": {"subject": letter.subject, "text": letter.text, "html": letter.html} if letter else None,
        "blocked": list(letter.blocked) if letter else [],
        "reasons": list(reasons),
        "warnings": list(warnings),
        "due": due.isoformat() if due else None,
        "clock": str(TABLE[kind].clock),
        "clock_source": SOURCES[TABLE[kind].clock],
        "told": _told_record(request, decision),
        "rulebook_sha256": rulebook.sha256,
    }


def _told_record(request: Request | None, decision: Decision) -> dict[str, Any]:
    if isinstance(decision, Suppressed):
        return {"rule": decision.rule, "because": decision.why, "also": None, "signs": []}
    told = request.told if request else Told(Kind.OTHER)
    return {
        "rule": told.rule,
        "because": told.because,
        "also": str(told.also) if told.also else None,
        "signs": [{"start": s.start, "end": s.end, "text": s.text, "rule": s.rule} for s in told.signs],
    }


def _ask_record(decided: AskDecision) -> dict[str, Any]:
    return {
        "label": decided.ask.label,
        "text": decided.ask.text,
        "start": decided.ask.start,
        "end": decided.ask.end,
        "outcome": str(decided.outcome),
        "functions": list(decided.functions),
        "bodies": list(decided.bodies),
        "regime": str(decided.regime),
        "evidence": [{"start": e.start, "end": e.end, "text": e.text, "rule": e.rule} for e in decided.evidence],
        "reasons": list(decided.reasons),
    }


def _body_record(code: str, purpose: Purpose, rulebook: Rulebook) -> dict[str, Any]:
    contact = contact_for(code, purpose, rulebook)
    return {
        "code": code,
        "name": body_name(code, rulebook) or code,
        "email": contact.email if contact else "",
        "postal_address": contact.postal_address if contact else "",
        "contact_verified": bool(contact and contact.verified),
    }


def dump(record: Mapping[str, Any]) -> str:
    """Return canonical JSON: sorted keys, no spaces, UTF-8 characters as they are."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def load(text: str) -> dict[str, Any]:
    """Read what `dump` wrote."""
    value: dict[str, Any] = json.loads(text or "{}")
    return value


def with_remark(case: CaseRow, *, at: datetime, actor: str, about: str, text: str) -> CaseRow:
    """Return the case with what an officer said of it added; a blank text adds nothing. Earlier remarks stay."""
    if not text.strip():
        return case
    kept = load(case.request_json)
    remark = {"at": at.isoformat(timespec="seconds"), "actor": actor, "about": about, "text": text}
    return replace(case, request_json=dump({**kept, "remarks": [*remarks(case), remark]}))


def remarks(case: CaseRow) -> list[dict[str, str]]:
    """Return every reason given and check noted by an officer, oldest first: at, actor, about and text of each."""
    found: list[dict[str, str]] = load(case.request_json).get("remarks", [])
    return found
