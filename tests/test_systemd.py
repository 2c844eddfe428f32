"""The shipped unit is one systemd accepts, and it is locked down."""

from __future__ import annotations

import configparser
import json
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parent.parent / "systemd" / "foi-mailbot.service"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(UNIT, encoding="utf-8")
    return unit["Service"]


def test_systemd_finds_nothing_wrong_in_the_unit(tmp_path: Path) -> None:
    installed = tmp_path / UNIT.name
    text = UNIT.read_text("utf-8")
    installed.write_text(text.replace("/opt/foi-mailbot/bin/foi-mailbot run", "/bin/true run"), "utf-8")
    result = run("systemd-analyze", "verify", "--man=no", str(installed))
    complaints = [line for line in result.stderr.splitlines() if UNIT.name in line]  # a misspelt key only warns
    assert (result.returncode, complaints) == (0, [])


def test_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    broken = tmp_path / UNIT.name
    broken.write_text("[Service]\nExecStart=/bin/true\nProtectSystm=strict\n", "utf-8")
    assert "ProtectSystm" in run("systemd-analyze", "verify", "--man=no", str(broken)).stderr


def test_the_unit_exposes_at_most_one_and_a_half_points_of_ten() -> None:
    result = run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT))
    assert result.returncode == 0, result.stdout + result.stderr
    parts = json.loads(
        run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--json=short", str(UNIT)).stdout
    )
    assert len(parts) > 50


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("ExecStart", "/opt/foi-mailbot/bin/foi-mailbot run --config /etc/foi-mailbot/foi_mailbot.toml"),
        ("StateDirectory", "foi-mailbot"),
        ("LoadCredential", "secrets:/etc/foi-mailbot/secrets"),
        ("UMask", "0077"),
    ],
)
def test_the_unit_says_what_the_documentation_promises(key: str, value: str) -> None:
    assert service()[key] == value


def test_the_watchdog_waits_longer_than_a_slow_server_takes() -> None:
    assert int(service()["WatchdogSec"]) >= 60
