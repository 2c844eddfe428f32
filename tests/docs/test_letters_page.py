"""docs/letters.md names every template, part and value there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from foi_mailbot.core.letter_elements import ELEMENTS
from tests.letter_cases import TEMPLATES, context

PAGE = (Path(__file__).parents[2] / "docs" / "letters.md").read_text("utf-8")


def test_the_page_names_every_template_and_part_and_no_other() -> None:
    there = {file.name for file in TEMPLATES.rglob("*.txt")}
    assert set(re.findall(r"\b[a-z_]+\.txt\b", PAGE)) == there


def test_every_part_is_included_by_a_letter() -> None:
    sources = [file.read_text("utf-8") for file in TEMPLATES.rglob("*.txt")]
    used = {name for source in sources for name in re.findall(r'include "parts/([a-z_]+\.txt)"', source)}
    assert used == {file.name for file in (TEMPLATES / "parts").iterdir()}


def test_the_page_names_every_value_a_template_is_told() -> None:
    told: dict[str, Any] = context("part_mixed")
    inner = {
        key
        for value in told.values()
        for row in (value if isinstance(value, list) else [value])
        if isinstance(row, dict)
        for key in row
    }
    values = PAGE.split("## Values")[1].split("## What must stay in")[0]
    named = set(re.findall(r"`\.?([a-z0-9_]+)`", values)) - {"acknowledgement"}
    assert named == set(told) | inner


def test_the_page_counts_as_many_elements_as_are_checked() -> None:
    must = PAGE.split("## What must stay in")[1]
    for word in ("section 16", "regulation 9", "12(4)(a)", "public interest", "40 working days", "forward", "format"):
        assert word in must
    assert {e.regimes for e in ELEMENTS} == {"every", "refusal", "foia", "eir", "part"}
