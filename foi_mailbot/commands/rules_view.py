"""How the rules, one explained, their check and a date's impact look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from foi_mailbot.console import shown
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.succession import day
from foi_mailbot.service.rulebook_check import Finding, Judged, next_review

TIERS: Mapping[str, str] = {
    "upper": "county council",
    "lower": "district council",
    "both": "both tiers, each its own part",
    "other-body": "no council",
}
LEVELS: Mapping[str, str] = {
    "decisive": "Names it beyond doubt (5 points)",
    "strong": "Mostly means it (3 points)",
    "weak": "Supports it, never enough alone (1 point)",
    "away": "Points away (3 points off, unless something names it beyond doubt)",
    "keeps": "What the other tier keeps (the question goes to both)",
}
HOLDERS: Mapping[str, tuple[str, str]] = {
    "ours": ("the council itself", "green"),
    "theirs": ("another body", "yellow"),
    "shared": ("the council and another body", "magenta"),
    "offered": ("whoever took its place", "red"),
    "unknown": ("a person decides", "red"),
}
COLUMNS = (36, 10, 6, 7, 0)  # widths of a function's line in the list
NAMED = 6  # function ids shown of a change that concerns many


def listed(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return the functions, area by area; an area's name stands above it."""
    parts: list[RenderableType] = []
    for area, own in groupby(rows, key=lambda row: row["area"]):
        parts.append(shown(area, "bold cyan"))
        for row in own:
            line = Table.grid(padding=(0, 2))
            for width in COLUMNS:
                line.add_column(width=width or None, no_wrap=bool(width))
            examples = f"{row['fires']} + {row['silent']}"
            line.add_row(
                shown(row["id"], "bold"), row["tier"], row["regime"], examples, row["review_by"] or "no review"
            )
            codes = f"LGSL {', '.join(row['lgsl'])}. " if row["lgsl"] else ""
            about = Text.assemble(shown(row["title"]), "\n", shown(codes + row["source"], "dim"))
            parts += [line, Padding(about, (0, 0, 0, 4))]
        parts.append(Text())
    legend = "Each: id, carried by (upper: county, lower: district), law, examples that fire + stay silent, review by."
    return Group(*parts, Text(f"{len(rows)} functions. {legend}", style="dim"))


def explained(record: Mapping[str, Any]) -> RenderableType:
    """Return one function as a lawyer reads it: what it is, who carries it, on what basis, by which words."""
    codes = ", ".join(record["lgsl"]) or "none"
    head = Text.assemble((record["title"], "bold"), f"  ({record['id']})\n")
    head.append(f"In two tiers: {TIERS[record['tier']]}   Law: {record['regime']}   LGSL: {codes}\n")
    bodies = [f"Other bodies: {'; '.join(record['other_bodies'])}"] if record["other_bodies"] else []
    parts: list[RenderableType] = [head, *_holder(record["holder"])]
    parts += _section("Legal basis", [record["basis"]], warn=_UNVERIFIED if not record["basis_verified"] else "")
    parts += _section("Source", [record["source"], *bodies], warn="" if record["source_seen"] else _UNSEEN)
    for level, heading in LEVELS.items():
        parts += _section(heading, [", ".join(record["phrases"][level])] if record["phrases"][level] else [])
    parts += _section("Must fire", [f"“{text}”" for text in record["examples"]["fires"]])
    parts += _section("Must stay silent", [f"“{text}”" for text in record["examples"]["silent"]])
    parts.append(Text(f"To be looked at again by {record['review_by'] or 'no day is set'}", style="dim"))
    return Group(*parts)


_UNVERIFIED = "Unverified: check it against legislation.gov.uk before you cite it."
_UNSEEN = "No source was seen: check before you rely on it."


def _holder(held: Mapping[str, Any]) -> list[RenderableType]:
    words, style = HOLDERS[held["holder"]]
    names = " or ".join(body["name"] for body in held["bodies"])
    heading = f"Who carries it for {held['name']} on {day(date.fromisoformat(held['on']))}"
    lines: list[Text] = [shown(f"{words}: {names}" if names else words, style), shown(f"because {held['why']}")]
    fact = held["local_fact"]
    if fact:
        checked = f"verified {fact['verified_on']} by {fact['verified_by']}" if fact["verified_on"] else "not verified"
        lines.append(shown(f"Local fact ({fact['scope']}, {checked}): {fact['source']}", "dim"))
        lines += [shown(fact["note"], "dim")] if fact["note"] else []
    lines += [shown(warning, "yellow") for warning in held["warnings"]]
    return [shown(heading, "bold"), Padding(Group(*lines), (0, 0, 1, 2))]


def _section(heading: str, lines: Sequence[str], *, warn: str = "") -> list[RenderableType]:
    if not lines:
        return []
    body = [*map(shown, lines), *([shown(warn, "bold yellow")] if warn else [])]
    return [Text(heading, style="bold"), Padding(Group(*body), (0, 0, 1, 2))]


def check_record(
    rulebook: Rulebook, authority: str, judged: Sequence[Judged], findings: Sequence[Finding]
) -> dict[str, Any]:
    """Return the check's result as JSON-ready values."""
    review = next_review(rulebook)
    return {
        "authority": authority,
        "functions": len(rulebook.functions),
        "examples": len(judged),
        "to_a_person": sum(j.unsure and not j.fault for j in judged),
        "wrong": sum(bool(j.fault) for j in judged),
        "next_review": review.isoformat() if review else None,
        "findings": [{"kind": str(f.kind), "where": f.where, "what": f.what, "do": f.do} for f in findings],
        "rulebook_sha256": rulebook.sha256,
    }


def checked(record: Mapping[str, Any]) -> RenderableType:
    """Return the check's result: how many examples came out as they say, and each finding with what to do."""
    right = record["examples"] - record["wrong"]
    count = Text(f"{right} of {record['examples']} examples of {record['functions']} functions come out as they say")
    count.append(f" ({record['to_a_person']} of them to a person), decided for {record['authority']}.\n")
    parts: list[RenderableType] = [count]
    for kind, own in groupby(record["findings"], key=lambda finding: finding["kind"]):
        found = list(own)
        table = Table(box=None, pad_edge=False, show_header=False, expand=True)
        table.add_column(no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for finding in found:
            table.add_row(shown(finding["where"]), shown(finding["what"]))
        todo = "; or ".join(dict.fromkeys(finding["do"] for finding in found))
        parts += [shown(f"{kind} ({len(found)}): {todo}", "bold red"), Padding(table, (0, 0, 1, 2))]
    if record["findings"]:
        parts.append(Text(f"{len(record['findings'])} findings: a person has to look.", style="bold red"))
    else:
        parts.append(Text(f"Nothing to mend. Next review by {record['next_review'] or 'no day set'}.", style="green"))
    return Group(*parts)


def impact(record: Mapping[str, Any]) -> RenderableType:
    """Return what a date changes, council by council, then contacts, ends and letters that wait."""
    days = " to ".join(day(date.fromisoformat(record[key])) for key in ("from", "on"))
    parts: list[RenderableType] = [Text(f"{days}, {record['looked_at']} council(s) compared.\n", style="bold")]
    for council in record["councils"]:
        lines = [_change(change) for change in council["changes"]]
        parts += [shown(council["name"], "bold cyan"), Padding(Group(*lines), (0, 0, 1, 2))]
    if not record["councils"]:
        parts.append(Text("Nobody's responsibilities change.\n", style="green"))
    parts += _lines("Contacts that end", (f"{c['name']}: {c['why']}" for c in record["contacts"]), "yellow")
    parts += _lines("Ordered", (end["says"] for end in record["ends"] if end["made"]), "yellow")
    announced = [end["says"] for end in record["ends"] if not end["made"]]
    parts += _lines("Announced only: nothing changes yet", announced, "yellow")
    if record["cases"] is None:
        parts.append(Text("No letters were looked at.", style="dim"))
    else:
        parts += _lines("Letters that wait and are touched", map(_case, record["cases"]), "red")
        parts += [] if record["cases"] else [Text("No letter that waits is touched.", style="green")]
    return Group(*parts)


def _change(change: Mapping[str, Any]) -> Text:
    ids = change["functions"]
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    line = Text.assemble(
        (f"{len(ids)} function{'s' if len(ids) > 1 else ''}: ", "bold"), _side(change["before"]), " → "
    )
    line.append_text(_side(change["after"]))
    return line.append(f"\n  {', '.join(ids[:NAMED])}{more}", style="dim")


def _side(side: Mapping[str, Any]) -> Text:
    words, style = HOLDERS[side["holder"]]
    names = " or ".join(body["name"] for body in side["bodies"])
    return shown({"theirs": names, "offered": f"a person chooses: {names}"}.get(side["holder"], words), style)


def _case(case: Mapping[str, Any]) -> str:
    name = f"{case['case']} {case['reference']}".strip()
    state = case["state"].replace("_", " ")
    return f"{name}, {state}, received {case['received_on']}: {'; '.join(case['why'])}. Send it before, or edit it."


def _lines(heading: str, lines: Iterable[str], style: str) -> list[RenderableType]:
    body = [shown(line, style) for line in lines]
    return [Text(heading, style="bold"), Padding(Group(*body), (0, 0, 1, 2))] if body else []
