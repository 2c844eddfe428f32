"""How cases, letters, evidence and the log look in a terminal; the same words without colour when there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from foi_mailbot.core.audit import Entry
from foi_mailbot.core.case import State
from foi_mailbot.core.contacts import Named, Standing
from foi_mailbot.core.kinds import SOURCES, TABLE, Kind, Route
from foi_mailbot.ports import CaseRow, LetterRow, OutboxRow
from foi_mailbot.service import records
from foi_mailbot.service.lookup import Dossier

_UNSAFE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")
QUESTION = 110  # characters of an ask shown in its table

OUTCOMES: Mapping[str, str] = {
    "redirect": "All questions: another body may hold this",
    "part_redirect": "Some questions: another body may hold these",
    "held": "This council's own: casework",
    "unsure": "A person decides",
    "suppressed": "Never answered",
}
ASK_WORDS: Mapping[str, tuple[str, str]] = {
    "other_body": ("another body", "yellow"),
    "held": ("this council", "green"),
    "both": ("both bodies", "magenta"),
    "unsure": ("a person decides", "red"),
}
STATE_STYLE: Mapping[str, str] = {
    State.DRAFTED: "yellow",
    State.APPROVED: "cyan",
    State.SENT: "green",
    State.UNCERTAIN: "bold red",
    State.FAILED: "bold red",
    State.HELD_FOR_OFFICER: "magenta",
}


def stdout() -> Console:
    """Return the console of standard output; at least 80 columns wide when it is not a terminal."""
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, 100))


def plain(text: str) -> str:
    """Return the text with whatever could command a terminal, or turn the reading order, made visible.

    Each such character becomes one other, so that spans still fit.
    """
    return _UNSAFE.sub("�", text)


def shown(text: str, style: str = "") -> Text:
    """Return words that somebody else wrote, to be shown exactly: no markup in them counts."""
    return Text(plain(text), style=style)


def when_due(due: date | None, today: date) -> Text:
    """Say a due date in words; overdue is said, not only coloured."""
    if due is None:
        return Text("-")
    days = (due - today).days
    words = f"{due:%a} {due.day} {due:%b %Y}"
    if days < 0:
        return Text(f"{words} (overdue)", style="bold red")
    return Text(words, style="yellow" if days <= 7 else "")


def urgency(case: CaseRow) -> bool:
    """Sort key: what must be read at once comes before all else; the rest keeps its order."""
    return TABLE[Kind(case.kind)].route is not Route.AT_ONCE


def queue_table(
    cases: Sequence[CaseRow], today: date, to_check: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> RenderableType:
    """Return the queue, by due date; `to_check`: by case id, the bodies whose contact is to be checked first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    checks = ("Check",) if any(to_check.values()) else ()
    for title in ("Case", "Reference", "Due", "State", "Outcome", *checks, "Subject"):
        table.add_column(title, no_wrap=title != "Subject", overflow="ellipsis")
    for case in cases:
        state = Text(case.state.replace("_", " "), style=STATE_STYLE.get(case.state, ""))
        outcome = (case.outcome if case.kind == Kind.REQUEST else case.kind).replace("_", " ")
        subject = shown(" ".join(case.subject.split()))
        check = [Text(", ".join(to_check.get(case.id, ())), style="yellow")] if checks else []
        due = when_due(case.due, today)
        table.add_row(case.id, shown(case.reference or "-"), due, state, outcome, *check, subject)
    return table


def highlighted(record: Mapping[str, Any]) -> Text:
    """Return the request's text with the words that counted marked: for its kind underlined, for its questions lit."""
    text = shown(record.get("text", ""))
    for sign in record.get("told", {}).get("signs", ()):
        text.stylize("underline", sign["start"], sign["end"])
    for ask in record.get("asks", ()):
        for evidence in ask["evidence"]:
            text.stylize("bold black on yellow", evidence["start"], evidence["end"])
    return text


def asks_table(record: Mapping[str, Any]) -> Table:
    """Return one row an ask: who may hold it, under which law, and the words that counted."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("Ask", no_wrap=True)
    table.add_column("Question", ratio=3)
    table.add_column("Who", no_wrap=True)
    table.add_column("Law", no_wrap=True)
    table.add_column("Because of", ratio=2)
    for ask in record.get("asks", ()):
        words, style = ASK_WORDS[ask["outcome"]]
        who = Text(f"{words} {', '.join(ask['bodies'])}".strip(), style=style)
        because = ", ".join(dict.fromkeys(f"“{' '.join(e['text'].split())}”" for e in ask["evidence"]))
        question = " ".join(ask["text"].split())
        table.add_row(
            shown(ask["label"] or "-"),
            shown(question if len(question) <= QUESTION else question[: QUESTION - 1] + "…"),
            who,
            ask["regime"],
            shown(because or "; ".join(ask["reasons"])),
        )
    return table


def letter_panel(letter: LetterRow) -> RenderableType:
    """Return the letter as it will be read, with what blocks it above."""
    bold = "bold"
    head = Text.assemble(
        ("To: ", bold), plain(letter.recipient), "\n", ("Subject: ", bold), plain(letter.subject), "\n"
    )
    parts: list[RenderableType] = [head, shown(letter.text)]
    if letter.blocked:
        lines = "\n".join(f"- {reason}" for reason in letter.blocked)
        parts.insert(0, shown(f"Cannot be approved yet:\n{lines}\n", style="bold red"))
    title = shown(f"Letter, version {letter.version}, by {letter.author}")
    return Panel(Group(*parts), title=title, subtitle=f"hash {letter.content_sha256[:12]}", title_align="left")


def case_view(
    dossier: Dossier, record: Mapping[str, Any], today: date, contacts: Sequence[Named] = ()
) -> RenderableType:
    """Return everything an officer needs to decide: facts, request, asks, warnings, letter, what became of it.

    `contacts`: those the letter gives, as they stand today.
    """
    parts: list[RenderableType] = [_facts(dossier.case, today)]
    if record.get("text"):
        parts.append(Panel(highlighted(record), title="Request (words that counted are marked)", title_align="left"))
    if record.get("asks"):
        parts.append(Padding(asks_table(record), (0, 0, 1, 0)))
    parts += _remarks(dossier.case)
    parts += _warnings(record)
    parts += _contact_lines(contacts)
    if dossier.letter:
        parts.append(letter_panel(dossier.letter))
    parts += _sending("The letter", dossier.outbox)
    parts += _sending("The automatic acknowledgement", dossier.acknowledgement)
    return Group(*parts)


def _facts(case: CaseRow, today: date) -> Table:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold")
    facts.add_column()
    sender = f"{case.applicant_name} <{case.applicant_email}>" if case.applicant_name else case.applicant_email
    for label, value in (
        ("Case", case.id),
        ("Reference", case.reference or "none"),
        ("Subject", case.subject),
        ("From", sender),
        ("Received", case.received_on.isoformat()),
        ("Kind", case.kind.replace("_", " ")),
        ("State", case.state.replace("_", " ")),
        ("Outcome", OUTCOMES.get(case.outcome, case.outcome)),
        ("Note", case.note),
    ):
        if value:
            facts.add_row(label, shown(value))
    facts.add_row("Due", when_due(case.due, today))
    if source := SOURCES[TABLE[Kind(case.kind)].clock]:
        facts.add_row("Clock", shown(source, "dim"))
    return facts


def _remarks(case: CaseRow) -> list[Text]:
    lines = [
        f"{r['at'][:16].replace('T', ' ')}  {r['actor']}, {r['about']}: {r['text']}" for r in records.remarks(case)
    ]
    return [Text("What officers noted (times in UTC)", style="bold"), *map(shown, lines), Text()] if lines else []


def _warnings(record: Mapping[str, Any]) -> list[Text]:
    return [shown(f"Before you approve: {warning}", style="yellow") for warning in record.get("warnings", ())]


def _contact_lines(contacts: Sequence[Named]) -> Iterator[Text]:
    """Say how the contacts in the letter stand; of those it gives no address of, together."""
    yield from (_contact_line(contact) for contact in contacts if contact.address)
    for why in dict.fromkeys(contact.why for contact in contacts if not contact.address):
        names = [contact.name for contact in contacts if contact.why == why and not contact.address]
        yield shown(f"Contact: {', '.join(names)}: {why}.")


def _contact_line(contact: Named) -> Text:
    """Say how a contact in the letter stands, and what approving it takes."""
    where = f"{contact.name}, {contact.address}"
    if not contact.needs_check:
        return shown(f"Contact: {where}: {contact.why}.", style="green")
    seen = f" Seen at {contact.source}." if contact.source else ""
    tick = "" if contact.standing is Standing.BOUNCED else f" Then approve with --contact-checked {contact.code}."
    return shown(f"Before you approve: check the contact of {where}: {contact.why}.{seen}{tick}", style="yellow")


def _sending(what: str, row: OutboxRow | None) -> list[Text]:
    """Say where a mail on its way stands and every answer of the server, oldest first."""
    if row is None:
        return []
    tries = f", tried {row.attempts} times" if row.attempts > 1 else ""
    waits = f", again after {row.not_before:%H:%M} UTC" if row.not_before and row.state is State.APPROVED else ""
    head = f"{what}: {row.state.replace('_', ' ')}{tries}{waits}. Message-ID {row.message_id}"
    answers = [shown(f"  the server answered: {answer}") for answer in row.reply.splitlines()]
    return [shown(head, style=STATE_STYLE.get(row.state, "")), *answers]


LOG_HEADING = f"{'#':>5}  {'Time (UTC)':<19}  {'Event':<16}  {'Case':<8}  Actor"


def log_table(entries: Iterable[Entry]) -> RenderableType:
    """Return the sealed log: when, what, which case and who on one line, the details below it."""
    lines: list[RenderableType] = [Text(LOG_HEADING, style="bold")]
    for entry in entries:
        event, moment = entry.event, entry.at[:19].replace("T", " ")
        lines.append(shown(f"{entry.seq:>5}  {moment}  {event.name:<16}  {event.case:<8}  {event.actor}"))
        details = "  ".join(f"{key}={_short(value)}" for key, value in sorted(event.details.items()))
        if details:
            lines.append(Padding(shown(details, "dim"), (0, 0, 0, 7)))
    return Group(*lines)


def _short(value: object) -> str:
    words = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return words[:12] + "…" if len(words) == 64 else words


def entry_record(entry: Entry) -> dict[str, Any]:
    """Return a log entry as JSON-ready values."""
    event = entry.event
    return {
        "seq": entry.seq,
        "at": entry.at,
        "event": event.name,
        "case": event.case,
        "actor": event.actor,
        "details": dict(event.details),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def case_record(case: CaseRow) -> dict[str, Any]:
    """Return a case's row as JSON-ready values, without the request's text."""
    return {
        "id": case.id,
        "mailbox": case.mailbox,
        "authority": case.authority,
        "reference": case.reference,
        "state": str(case.state),
        "kind": case.kind,
        "outcome": case.outcome,
        "subject": case.subject,
        "applicant": {"name": case.applicant_name, "email": case.applicant_email},
        "received_on": case.received_on.isoformat(),
        "due": case.due.isoformat() if case.due else None,
        "note": case.note,
    }


def case_detail(dossier: Dossier) -> dict[str, Any]:
    """Return everything about a case as JSON-ready values; `current_letter` is what an approval would send."""
    case = dossier.case
    return {
        **case_record(case),
        "remarks": records.remarks(case),
        "triage": records.load(case.decision_json),
        "current_letter": _letter_record(dossier.letter) if dossier.letter else None,
        "sending": _sending_record(dossier.outbox) if dossier.outbox else None,
        "acknowledgement": _sending_record(dossier.acknowledgement) if dossier.acknowledgement else None,
    }


def named_record(contact: Named) -> dict[str, Any]:
    """Return a contact that a letter gives as JSON-ready values."""
    return {
        "code": contact.code,
        "name": contact.name,
        "email": contact.email,
        "postal_address": contact.postal_address,
        "source": contact.source,
        "state": str(contact.standing),
        "why": contact.why,
        "needs_check": contact.needs_check,
    }


def _letter_record(letter: LetterRow) -> dict[str, Any]:
    return {
        "version": letter.version,
        "author": letter.author,
        "recipient": letter.recipient,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "blocked": list(letter.blocked),
        "content_sha256": letter.content_sha256,
    }


def _sending_record(row: OutboxRow) -> dict[str, Any]:
    return {
        "state": str(row.state),
        "recipient": row.recipient,
        "message_id": row.message_id,
        "content_sha256": row.content_sha256,
        "attempts": row.attempts,
        "not_before": row.not_before.isoformat() if row.not_before else None,
        "answers": row.reply.splitlines(),
    }


def triage_view(record: Mapping[str, Any]) -> RenderableType:
    """Return a triage record for people."""
    references = ", ".join(record["references"]) or "none"
    kind = record["kind"].replace("_", " ")
    head = Text.assemble((OUTCOMES[record["outcome"]], "bold"), plain(f"\nKind: {kind}   Reference: {references}"))
    head.append(f"   Due: {record['due'] or 'no date'}\n")
    if record["clock_source"]:
        head.append(f"Clock: {record['clock_source']}\n", style="dim")
    if rule := record["told"]["rule"]:
        words = ", ".join(f"“{' '.join(sign['text'].split())}”" for sign in record["told"]["signs"])
        head.append(plain(f"Told by: {rule}{f' ({words})' if words else ''}\n"), style="dim")
    parts: list[RenderableType] = [head]
    if record["text"]:
        parts.append(Panel(highlighted(record), title="Request (words that counted are marked)", title_align="left"))
    if record["asks"]:
        parts.append(asks_table(record))
    parts += [shown(f"- {reason}") for reason in record["reasons"]]
    parts += _warnings(record)
    parts += [shown(f"Cannot be approved yet: {reason}", style="bold red") for reason in record["blocked"]]
    if record["letter"]:
        letter = record["letter"]
        parts.append(Panel(shown(letter["text"]), title=shown(f"Letter: {letter['subject']}"), title_align="left"))
    return Group(*parts)
