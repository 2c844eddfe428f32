"""Every folder of tests/scenarios is one behaviour: a request as it came, and what the published record must say."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from foi_mailbot import bootstrap, resources
from foi_mailbot.service.assess import Assessor
from foi_mailbot.service.triage import triage
from tests.council import council

HERE = Path(__file__).parent
SCENARIOS = sorted(path.parent for path in (HERE / "scenarios").glob("*/expected.json"))
SCHEMA = json.loads((HERE.parent / "docs" / "triage.schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return bootstrap.build_assessor()


def _record(folder: Path, assessor: Assessor, office: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    (source,) = folder.glob("request.*")
    settings = bootstrap.load_settings(council(office, imap_port=1, smtp_port=1, password="x").settings)
    body = bootstrap.build_asked_council(settings, assessor, wanted.get("authority", "DOV"))
    return triage(source.read_bytes(), source.suffix, assessor, body, date.fromisoformat(wanted["received"]))


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda folder: folder.name)
def test_scenario(folder: Path, assessor: Assessor, tmp_path: Path) -> None:
    wanted = json.loads((folder / "expected.json").read_text("utf-8"))
    record = _record(folder, assessor, tmp_path, wanted)
    jsonschema.validate(record, SCHEMA, format_checker=jsonschema.FormatChecker())
    for key, value in wanted["record"].items():
        assert record[key] == value, key
    for key, value in wanted.get("asks", {}).items():
        assert [ask[key] for ask in record["asks"]] == value, key
    letter = record["letter"]["text"] if record["letter"] else ""
    for words in wanted.get("letter_has", []):
        assert words in " ".join(letter.split()), words
    for words in wanted.get("letter_lacks", []):
        assert words not in " ".join(letter.split()), words
    for start, end, text in [(e["start"], e["end"], e["text"]) for a in record["asks"] for e in a["evidence"]]:
        assert record["text"][start:end] == text


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 3


def test_the_shipped_settings_serve_triage_as_they_are(assessor: Assessor) -> None:
    settings = bootstrap.load_settings(resources.config_dir() / "foi_mailbot.toml")
    assert bootstrap.build_asked_council(settings, assessor, "CAN").identity.authority_name
