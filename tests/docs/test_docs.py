"""What the documentation says exists: every key, command, option, link and event, and its examples load."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import get_args

import pytest
import typer.main
from pydantic import BaseModel
from typer.core import TyperGroup

from foi_mailbot.adapters import rulebook
from foi_mailbot.cli import cli
from foi_mailbot.config import Settings
from foi_mailbot.core.audit import EVENTS
from foi_mailbot.resources import config_dir

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = typer.main.get_command(cli)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def keys(table: type[BaseModel] = Settings, header: str = "") -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for name, info in table.model_fields.items():
        key = info.alias or name
        found.add((header, key))
        for inner in (info.annotation, *get_args(info.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found |= keys(inner, f"{header}.{key}" if header else key)
    return found


def command_lines(text: str) -> list[list[str]]:
    """Return every `foi-mailbot …` on the page, in code spans and blocks, split into words."""
    blocks = re.findall(r"^ *```[a-z]*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()] + spans
    asked = re.compile(r"(?:^|[\s/])(?<!-[ugo] )foi-mailbot ([a-z-][^|;&)#]*)$")
    found = [asked.search(line.split("  #")[0].strip()) for line in lines]
    return [shlex.split(match[1]) for match in found if match]


@pages
def test_every_settings_key_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`\[\[?([a-z.]+)\]\]? ([a-z_]+)`", page.read_text("utf-8"))
    assert set(named) <= keys()


@pages
def test_every_table_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`\[\[?((?:mailbox|regulator)[a-z.]*)\]\]?[` ]", page.read_text("utf-8"))
    assert set(named) <= {header for header, _ in keys()}


@pages
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


@pages
def test_every_command_and_option_a_page_shows_exists(page: Path) -> None:
    for words in command_lines(page.read_text("utf-8")):
        command = COMMANDS
        while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
            assert words[0] in command.commands, f"{page.name}: foi-mailbot {' '.join(words)}"
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        asked = {word.partition("=")[0] for word in words if word.startswith("-") and len(word) > 1}
        assert asked <= known | {"--help", "-h"}, f"{page.name}: {command.name} {words}"


def test_commands_are_found_in_blocks_spans_and_behind_sudo() -> None:
    text = (
        "`foi-mailbot queue --all`\n```\nsudo -u x /opt/foi-mailbot/bin/foi-mailbot check  # look\n```\nfoi-mailbot no"
    )
    assert command_lines(text) == [["check"], ["queue", "--all"]]


def test_the_audit_page_lists_every_event_and_no_other() -> None:
    text = (ROOT / "docs" / "audit.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", text, re.MULTILINE))
    assert listed == set(EVENTS)


@pages
def test_every_toml_example_is_toml(page: Path) -> None:
    for block in re.findall(r"^ *```toml\n(.*?)^ *```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        tomllib.loads(block)


def test_the_rule_and_the_local_fact_of_the_rule_page_load(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "write-a-rule.md").read_text("utf-8")
    function, override = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.toml").write_text(function, "utf-8")
    (tmp_path / "overrides.toml").write_text(override, "utf-8")
    loaded = rulebook.load([config_dir(), tmp_path])
    assert loaded.functions["off_street_car_parks"].phrase == "car parks"
    assert any(o.function == "off_street_car_parks" and o.holder == "self" for o in loaded.overrides)
