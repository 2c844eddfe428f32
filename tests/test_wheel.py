"""The wheel carries the shipped settings, rules, data and letters, and decides without the source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_a_wheel_decides_the_founding_request_without_the_source_tree(tmp_path: Path) -> None:
    built = tmp_path / "dist"
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = built.glob("*.whl")
    unpacked = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "foi_mailbot", "triage", "--json", "--authority", "DOV"),
            *("--received", "2026-11-23", str(ROOT / "tests" / "scenarios" / "fi16751" / "request.txt")),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["outcome"] == "redirect"
    assert (unpacked / "foi_mailbot" / "shipped" / "templates").is_dir()
    assert (unpacked / "foi_mailbot" / "adapters" / "pages" / "backtest.html").is_file()
