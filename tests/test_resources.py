"""Shipped files are found, and a council's own folders come after them."""

from __future__ import annotations

from pathlib import Path

from foi_mailbot.resources import config_dir, overlay, templates_dir


def test_the_shipped_settings_file_is_in_the_config_folder() -> None:
    assert (config_dir() / "foi_mailbot.toml").is_file()


def test_the_templates_folder_exists() -> None:
    assert templates_dir().is_dir()


def test_the_councils_own_folders_come_after_the_shipped_one_in_the_settings_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    (first / "rules").mkdir(parents=True)
    (second / "rules").mkdir(parents=True)
    assert overlay("rules", (first, second)) == (config_dir() / "rules", first / "rules", second / "rules")


def test_a_folder_without_that_kind_is_left_out(tmp_path: Path) -> None:
    assert overlay("templates", (tmp_path, tmp_path / "absent")) == (templates_dir(),)
