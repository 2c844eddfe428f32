"""Finds the shipped reference data, rules and letters, and the council's own folders laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

from foi_mailbot.errors import Fatal

Overlaid = Literal["data", "rules", "templates"]


def config_dir() -> Path:
    """Return the shipped config/ folder; raises Fatal if the installation lacks it."""
    return _shipped("config")


def templates_dir() -> Path:
    """Return the shipped templates/ folder; raises Fatal if the installation lacks it."""
    return _shipped("templates")


def overlay(kind: Overlaid, rules_dirs: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Return the folders to read for `kind`, the shipped one first; a later folder adds to or replaces the earlier.

    `rules_dirs` are the settings' own folders; those without a sub-folder of that name are left out.
    Raises Fatal if the shipped folder is missing.
    """
    shipped = templates_dir() if kind == "templates" else config_dir() / kind
    if not shipped.is_dir():
        raise Fatal(f"The installation is incomplete: {shipped} is missing. Install foi-mailbot again.")
    return (shipped, *(folder / kind for folder in rules_dirs if (folder / kind).is_dir()))


def _shipped(name: str) -> Path:
    """Return the folder inside an installed wheel or, in a source tree, beside the package."""
    package = Path(str(files("foi_mailbot")))
    places = (package / "shipped" / name, package.parent / name)
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise Fatal(f"The installation is incomplete: {places[0]} is missing. Install foi-mailbot again.")
    return found
