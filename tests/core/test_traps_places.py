"""A district's own land, staff, grants and letters in the words of another body's service are never sent away."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.decision import Held, Unsure, decide
from foi_mailbot.core.request import read_text

RULEBOOK = load([Path(__file__).parents[2] / "config"])
OURS = tomllib.loads(Path(__file__).with_name("traps_places.toml").read_text(encoding="utf-8"))["ours"]


@pytest.mark.parametrize("text", OURS)
def test_what_a_district_has_beside_anothers_service_is_never_sent_away(text: str) -> None:
    decision = decide(read_text(text, []), RULEBOOK, "CAT", date(2026, 5, 1))
    assert isinstance(decision, Held | Unsure)
