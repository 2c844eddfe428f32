"""Finds the reference data, rules and letters that ship with the program."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from foi_mailbot.errors import Fatal


def config_dir() -> Path:
    """Return the shipped config/ folder; raises Fatal if the installation lacks it."""
    return _shipped("config")


def templates_dir() -> Path:
    """Return the shipped templates/ folder; raises Fatal if the installation lacks it."""
    return _shipped("templates")


def _shipped(name: str) -> Path:
    """Return the folder inside an installed wheel or, in a source tree, beside the package."""
    package = Path(str(files("foi_mailbot")))
    places = (package / "shipped" / name, package.parent / name)
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise Fatal(f"The installation is incomplete: {places[0]} is missing. Install foi-mailbot again.")
    return found
