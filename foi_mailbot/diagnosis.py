"""`foi-mailbot check`: settings, rules, letters and each server, every result in plain words; nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from foi_mailbot import bootstrap
from foi_mailbot.adapters import imap, smtp
from foi_mailbot.config import ConfigError, Mailbox, Settings
from foi_mailbot.errors import FoiMailbotError


@dataclass(frozen=True, slots=True)
class Result:
    """One thing examined."""

    what: str
    ok: bool
    detail: str


def examine(path: Path) -> list[Result]:
    """Examine everything; settings problems come all at once and end it, servers are tried each by itself."""
    try:
        settings = bootstrap.load_settings(path)
    except ConfigError as fault:
        return [Result("settings", False, str(problem)) for problem in fault.problems]
    found = [Result("settings", True, f"{path}: {len(settings.mailboxes)} mailbox(es)")]
    found += [Result("settings", False, warning) for warning in settings.warnings]
    found += _rules(settings)
    for mailbox in settings.mailboxes:
        found += _servers(mailbox)
    return found


def _rules(settings: Settings) -> Iterator[Result]:
    try:
        assessor = bootstrap.build_assessor(settings.rules_dirs)
        for mailbox in settings.mailboxes:
            council = bootstrap.build_council(mailbox, settings, assessor)
            yield Result(f"{mailbox.name}: authority", True, council.identity.authority_name)
    except FoiMailbotError as fault:
        yield Result("rules", False, str(fault))
        return
    rulebook = assessor.rulebook
    yield Result("rules", True, f"{len(rulebook.functions)} functions, rulebook {rulebook.sha256[:12]}")


def _servers(mailbox: Mailbox) -> Iterator[Result]:
    way_in, way_out = mailbox.imap, mailbox.smtp
    steps = imap.probe(
        host=way_in.host,
        port=way_in.port,
        tls=way_in.tls.value,
        user=way_in.user,
        password=way_in.password.read,
        ca_file=way_in.ca_path,
        timeout=way_in.timeout_seconds,
        folders=mailbox.folders,
    )
    yield from (Result(f"{mailbox.name}: IMAP {step.name}", step.ok, step.detail) for step in steps)
    steps = asyncio.run(
        smtp.probe(
            host=way_out.host,
            port=way_out.port,
            tls=way_out.tls.value,
            user=way_out.user,
            password=way_out.password.read if way_out.user else None,
            ca_file=way_out.ca_path,
            timeout=way_out.timeout_seconds,
        )
    )
    yield from (Result(f"{mailbox.name}: SMTP {step.name}", step.ok, step.detail) for step in steps)


def table(results: list[Result]) -> Table:
    """Return the results for a terminal."""
    view = Table(box=None, pad_edge=False, show_header=False)
    view.add_column(no_wrap=True)
    view.add_column(no_wrap=True)
    view.add_column(overflow="fold")
    for result in results:
        mark = Text("ok", style="green") if result.ok else Text("PROBLEM", style="bold red")
        view.add_row(mark, result.what, Text(result.detail))
    return view
