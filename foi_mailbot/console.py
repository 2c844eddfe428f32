"""How cases, letters, evidence and the log look in a terminal; the same words without colour when there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from foi_mailbot.core.audit import Entry
from foi_mailbot.core.case import State
from foi_mailbot.ports import CaseRow, LetterRow

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


def when_due(due: date | None, today: date) -> Text:
    """Say a due date in words; overdue is said, not only coloured."""
    if due is None:
        return Text("-")
    days = (due - today).days
    words = f"{due:%a} {due.day} {due:%b %Y}"
    if days < 0:
        return Text(f"{words} (overdue)", style="bold red")
    return Text(words, style="yellow" if days <= 7 else "")


def queue_table(cases: Sequence[CaseRow], today: date) -> RenderableType:
    """Return the queue, by due date."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Case", "Reference", "Due", "State", "Outcome", "Subject"):
        table.add_column(title, no_wrap=title != "Subject", overflow="ellipsis")
    for case in cases:
        state = Text(case.state.replace("_", " "), style=STATE_STYLE.get(case.state, ""))
        outcome = case.outcome.replace("_", " ")
        table.add_row(case.id, case.reference or "-", when_due(case.due, today), state, outcome, Text(case.subject))
    return table


def highlighted(record: Mapping[str, Any]) -> Text:
    """Return the request's text with the words that counted marked."""
    text = Text(record.get("text", ""))
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
            ask["label"] or "-",
            Text(question if len(question) <= QUESTION else question[: QUESTION - 1] + "…"),
            who,
            ask["regime"],
            Text(because or "; ".join(ask["reasons"])),
        )
    return table


def letter_panel(letter: LetterRow) -> RenderableType:
    """Return the letter as it will be read, with what blocks it above."""
    head = Text.assemble(("To: ", "bold"), letter.recipient, "\n", ("Subject: ", "bold"), letter.subject, "\n")
    parts: list[RenderableType] = [head, Text(letter.text)]
    title = f"Letter, version {letter.version}, by {letter.author}"
    if letter.blocked:
        lines = "\n".join(f"- {reason}" for reason in letter.blocked)
        parts.insert(0, Text(f"Cannot be approved yet:\n{lines}\n", style="bold red"))
    return Panel(Group(*parts), title=title, subtitle=f"hash {letter.content_sha256[:12]}", title_align="left")


def case_view(case: CaseRow, record: Mapping[str, Any], letter: LetterRow | None, today: date) -> RenderableType:
    """Return everything an officer needs to decide: facts, request, asks, letter."""
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
        ("State", case.state.replace("_", " ")),
        ("Outcome", OUTCOMES.get(case.outcome, case.outcome)),
        ("Note", case.note),
    ):
        if value:
            facts.add_row(label, Text(value))
    facts.add_row("Due", when_due(case.due, today))
    parts: list[RenderableType] = [facts]
    if record.get("text"):
        parts.append(Panel(highlighted(record), title="Request (words that counted are marked)", title_align="left"))
    if record.get("asks"):
        parts.append(Padding(asks_table(record), (0, 0, 1, 0)))
    if letter:
        parts.append(letter_panel(letter))
    return Group(*parts)


def log_table(entries: Iterable[Entry]) -> Table:
    """Return the sealed log, one line an entry."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Time (UTC)", no_wrap=True)
    table.add_column("Event", no_wrap=True)
    table.add_column("Case", no_wrap=True)
    table.add_column("Actor", no_wrap=True)
    table.add_column("Details", overflow="fold")
    for entry in entries:
        details = " ".join(f"{key}={_short(value)}" for key, value in sorted(entry.event.details.items()))
        event = entry.event
        table.add_row(
            str(entry.seq), entry.at[:19].replace("T", " "), event.name, event.case, event.actor, Text(details)
        )
    return table


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


def triage_view(record: Mapping[str, Any]) -> RenderableType:
    """Return a triage record for people."""
    references = ", ".join(record["references"]) or "none"
    head = Text.assemble(
        (OUTCOMES[record["outcome"]], "bold"), f"\nKind: {record['kind'].replace('_', ' ')}   Reference: {references}"
    )
    head.append(f"   Due: {record['due']}\n")
    parts: list[RenderableType] = [head]
    if record["text"]:
        parts.append(Panel(highlighted(record), title="Request (words that counted are marked)", title_align="left"))
    if record["asks"]:
        parts.append(asks_table(record))
    parts += [Text(f"- {reason}") for reason in record["reasons"]]
    parts += [Text(f"Cannot be approved yet: {reason}", style="bold red") for reason in record["blocked"]]
    if record["letter"]:
        letter = record["letter"]
        parts.append(Panel(Text(letter["text"]), title=f"Letter: {letter['subject']}", title_align="left"))
    return Group(*parts)
