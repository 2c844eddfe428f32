"""`foi-mailbot check`: settings, rules, letters and each server, every result in plain words; nothing is sent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from foi_mailbot import bootstrap
from foi_mailbot.adapters import imap, smtp
from foi_mailbot.config import ConfigError, Mailbox, Settings
from foi_mailbot.console import shown
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
    found += _places(settings)
    found += _rules(settings)
    for mailbox in settings.mailboxes:
        found += _servers(mailbox)
    return found


def _places(settings: Settings) -> Iterator[Result]:
    """Say whether what the service writes can be written; nothing is made or opened for it."""
    folder = settings.state_dir
    if not folder.exists():
        yield Result("state_dir", True, f"{folder} is not there yet: the first start makes it.")
    elif not folder.is_dir():
        yield Result("state_dir", False, f"{folder} is not a folder. Name one.")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Result("state_dir", False, f"This account may not write in {folder}. Check as the service's own account.")
    else:
        yield Result("state_dir", True, f"{folder} can be written.")
    if settings.log_file:
        log = Path(settings.log_file)
        place = log if log.exists() else log.parent
        good = (os.access(place, os.W_OK) and not log.is_dir()) or (log.parent == folder and not folder.exists())
        words = f"{log} can be written." if good else f"{log} cannot be written. Make its folder, or name another file."
        yield Result("log_file", good, words)


def _rules(settings: Settings) -> Iterator[Result]:
    for folder in settings.rules_dirs:
        if not folder.is_dir():
            yield Result("rules_dirs", True, f"{folder} is not there: the shipped rules and letters alone count.")
    try:
        assessor = bootstrap.build_assessor(settings.rules_dirs)
    except FoiMailbotError as fault:
        yield Result("rules", False, str(fault))
        return
    for mailbox in settings.mailboxes:
        try:
            council = bootstrap.build_council(mailbox, settings, assessor)
            yield Result(f"{mailbox.name}: authority", True, council.identity.authority_name)
        except FoiMailbotError as fault:
            yield Result(f"{mailbox.name}: authority", False, str(fault))
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
        destinations=(mailbox.filed_folder,) if mailbox.filed_folder else (),
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
        view.add_row(mark, shown(result.what), shown(result.detail))
    return view
