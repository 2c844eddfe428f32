"""Shipped files are found in a source tree and in an installed wheel."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from foi_mailbot.resources import config_dir, templates_dir

ROOT = Path(__file__).parent.parent


def run(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_shipped_settings_file_is_in_the_config_folder() -> None:
    assert (config_dir() / "foi_mailbot.toml").is_file()


def test_the_shipped_letters_are_in_the_templates_folder() -> None:
    assert (templates_dir() / "redirect_foia.txt").is_file()


def test_a_wheel_carries_settings_rules_data_and_letters(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    asked = "from foi_mailbot.resources import config_dir, templates_dir; print(config_dir()); print(templates_dir())"
    config, templates = (Path(line) for line in run(sys.executable, "-c", asked, cwd=installed).splitlines())
    for shipped, source in ((config, ROOT / "config"), (templates, ROOT / "templates")):
        assert shipped.is_relative_to(installed)
        wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
        assert {path.relative_to(shipped) for path in shipped.rglob("*") if path.is_file()} >= wanted


def test_an_installation_without_its_files_stops_with_a_sentence(tmp_path: Path) -> None:
    for name in ("__init__", "resources", "errors"):
        (tmp_path / "foi_mailbot").mkdir(exist_ok=True)
        (tmp_path / "foi_mailbot" / f"{name}.py").write_bytes((ROOT / "foi_mailbot" / f"{name}.py").read_bytes())
    asked = """
from foi_mailbot.errors import Fatal
from foi_mailbot.resources import config_dir
try:
    config_dir()
except Fatal as error:
    print(error)
"""
    assert "Install foi-mailbot again." in run(sys.executable, "-c", asked, cwd=tmp_path)
