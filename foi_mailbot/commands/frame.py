"""What every command stands in: the same options, exit codes, an opened App that is closed again."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from foi_mailbot import bootstrap, resources
from foi_mailbot.bootstrap import App
from foi_mailbot.config import Settings
from foi_mailbot.core.granting import is_name
from foi_mailbot.errors import Fatal
from foi_mailbot.service.lookup import Dossier, dossier

OK, PERSON, USAGE, LATER = 0, 1, 2, 75
DEFAULT_CONFIG = Path("/etc/foi-mailbot/foi_mailbot.toml")

Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="FOI_MAILBOT_CONFIG", help="The settings file.", show_default=True),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]


def settings_or_shipped(config: Path | None) -> Settings:
    """Return the settings of that file, else the default one, else the shipped example: for what needs no store."""
    return bootstrap.load_settings(
        config or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else resources.config_dir() / "foi_mailbot.toml")
    )


@contextmanager
def opened(config: Path, *, service: bool = False) -> Iterator[App]:
    """Yield the App those settings describe. Raises Fatal, in plain English, on whatever has to be mended first."""
    app = bootstrap.build(bootstrap.load_settings(config), service=service)
    try:
        yield app
    finally:
        app.store.close()


def found(app: App, key: str) -> Dossier:
    """Return all about the case of that id or reference. Raises Parked if it is not exactly one."""
    with app.journal.step() as step:
        return dossier(step.tx, key)


def today() -> date:
    """Return the date in England: the clock the law counts by."""
    return bootstrap.now().astimezone(ZoneInfo("Europe/London")).date()


def print_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print one JSON value for a program to read."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def actor_named(name: str) -> str:
    """Return who does this: as given, else who called sudo (officers work as the service's account), else the login."""
    try:
        actor = (name or os.environ.get("SUDO_USER", "") or getpass.getuser()).strip()
    except (KeyError, OSError):  # an account without a name, as in a container
        actor = ""
    if not is_name(actor):
        raise Fatal("Say who you are: --actor NAME (--by NAME), or the environment variable FOI_MAILBOT_ACTOR.")
    return actor
