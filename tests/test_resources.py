"""Shipped files are found in a source tree and in an installed wheel."""

from __future__ import annotations

from foi_mailbot.resources import config_dir, templates_dir


def test_the_shipped_settings_file_is_in_the_config_folder() -> None:
    assert (config_dir() / "foi_mailbot.toml").is_file()


def test_the_shipped_letters_are_in_the_templates_folder() -> None:
    assert (templates_dir() / "redirect_foia.txt").is_file()
