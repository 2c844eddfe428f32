"""Each broken settings file in bad_configs/ gives exactly the problems written beside it, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from foi_mailbot.config import ConfigError, loads

FOLDER = Path(__file__).parent / "bad_configs"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_a_broken_settings_file_gives_exactly_the_expected_problems(path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        loads(path.read_text("utf-8"), {}, file=path.name)
    assert str(refused.value).splitlines() == path.with_suffix(".expected").read_text("utf-8").splitlines()


def test_every_expected_file_has_its_settings_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.expected")} == {path.stem for path in FOLDER.glob("*.toml")}
