"""The shipped rulebook says what it claims, and a broken one is told to the operator at once."""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.matching import ENOUGH, compile_rulebook, scores
from foi_mailbot.core.rulebook import Function, Regime, Tier
from foi_mailbot.errors import Fatal

CONFIG = Path(__file__).parents[1] / "config"
RULEBOOK = load([CONFIG])
MATCHER = compile_rulebook(RULEBOOK)

RULE = """
[function.ferries]
title = "Ferries"
phrase = "ferries"
role = "ferry authority"
tier = "upper"
regime = "FOIA"
decisive = ["ferry"]
basis = "none recorded"
source = "test"
fires = ["How many ferries?", "The ferry timetable"]
silent = ["Bins", "Parks"]
"""


def overlay(tmp_path: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [CONFIG, tmp_path]


@pytest.mark.parametrize("function", RULEBOOK.functions.values(), ids=lambda f: f.id)
def test_every_example_of_a_rule_fires_or_stays_silent_as_it_says(function: Function) -> None:
    assert sum(e.fires for e in function.examples) >= 2
    assert sum(not e.fires for e in function.examples) >= 2
    for example in function.examples:
        points = scores(MATCHER.find(example.text)).get(function.id, 0)
        assert (points >= ENOUGH) == example.fires, example.text


def test_every_rule_names_its_source_and_every_county_rule_the_countys_role() -> None:
    for function in RULEBOOK.functions.values():
        assert function.source
        assert function.basis
        assert function.role or function.tier is not Tier.UPPER
        assert set(function.decisive).isdisjoint(function.strong)


def test_the_data_files_are_exactly_those_described_and_none_is_past_its_review() -> None:
    described = {s["file"]: s for s in tomllib.loads((CONFIG / "data/SOURCES.toml").read_text("utf-8"))["source"]}
    for path in (CONFIG / "data").glob("*.csv"):
        if path.name in ("authorities.csv", "county_bodies.csv", "successions.csv", "contacts.csv"):
            source = described[path.name]
            assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest(), path.name
            assert source["origin"]
            assert source["licence"]
            assert isinstance(source["date"], date)
            assert source["review_by"] > source["date"]


def test_no_contact_ships_as_verified_and_no_address_is_guessed() -> None:
    assert not any(c.verified for c in RULEBOOK.contacts.values())
    assert not any(c.postal_address for c in RULEBOOK.contacts.values())
    assert RULEBOOK.contacts["KEN"].email == "freedomofinformation@kent.gov.uk"
    assert RULEBOOK.contacts["WSX"].email == ""


def test_the_hash_identifies_the_content_not_the_place(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(CONFIG, copy)
    assert load([copy]).sha256 == RULEBOOK.sha256
    assert re.fullmatch(r"[0-9a-f]{64}", RULEBOOK.sha256)
    assert load(overlay(tmp_path / "more", rules__x_toml=RULE)).sha256 == RULEBOOK.sha256  # not a .toml file
    (tmp_path / "more/rules/x.toml").write_text(RULE, encoding="utf-8")
    assert load([CONFIG, tmp_path / "more"]).sha256 != RULEBOOK.sha256


def test_a_later_directory_adds_and_replaces_by_id(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "ferries.toml").write_text(RULE + RULE.replace("ferries]", "libraries]"), encoding="utf-8")
    (tmp_path / "lexicon.toml").write_text('anaphora = ["ditto"]', encoding="utf-8")
    (tmp_path / "kinds.toml").write_text(
        '[words]\nvery = ["ever so"]\n[rule.business]\nkind = "other"\npoints = 0\nsays = []\nwhy = "off"\n',
        encoding="utf-8",
    )
    (tmp_path / "overrides.toml").write_text(
        '[[override]]\nfunction = "ferries"\nauthority = "DOV"\nholder = "self"\n'
        'basis = "b"\nsource = "s"\nstart = 2026-01-01\n',
        encoding="utf-8",
    )
    data = tmp_path / "data"
    data.mkdir()
    (data / "contacts.csv").write_text(
        "code,name,email,postal_address,source,confidence,verified_on,verified_by\n"
        "KEN,Kent County Council,foi@example.org,1 Hall,seen,high,2026-05-01,J. Officer\n",
        encoding="utf-8",
    )
    book = load([CONFIG, tmp_path])
    assert book.functions["ferries"].regime is Regime.FOIA
    assert book.functions["libraries"].title == "Ferries"
    assert book.lexicon["anaphora"] == ("ditto",)
    assert book.kinds.lists["very"] == ("ever so",)
    assert {rule.id: rule.points for rule in book.kinds.rules}["business"] == 0
    assert len(book.kinds.rules) == len(RULEBOOK.kinds.rules)
    assert book.overrides[-1].start == date(2026, 1, 1)
    assert book.contacts["KEN"].verified
    assert "ESS" in book.contacts


BROKEN = {
    "rules/a.toml": "[function.ferries\n",
    "rules/b.toml": "function = 3\n",
    "rules/c.toml": "[function]\nferries = 3\n",
    "rules/d.toml": RULE.replace('"upper"', '"county"').replace('role = "ferry authority"\n', "colour = 1\n"),
    "rules/e.toml": RULE.replace('role = "ferry authority"\n', "").replace('["ferry"]', '["ferry", "ferry"]'),
    "rules/f.toml": RULE.replace('["Bins", "Parks"]', '"Bins"').replace('title = "Ferries"', 'title = ""'),
    "lexicon.toml": 'anaphora = "these"\n',
    "kinds.toml": 'colour = 1\n[words]\ncross = "angry"\ndeep = ["so @cross"]\n'
    '[rule.flat]\nkind = "letter"\npoints = 9\nwhere = "footer"\nsays = "bin"\nsay = 1\n'
    '[rule.odd]\nkind = "complaint"\npoints = 3\nsays = ["... bin", "so @glad"]\nwhy = "it is cross"\n',
    "overrides.toml": '[[override]]\nfunction = "x"\nauthority = "YYY"\nholder = "self"\nbasis = "b"\nsource = "s"\n'
    '[[override]]\nfunction = ""\nend = "soon"\n',
    "data/authorities.csv": "code,name,type,nation,parent,start,end,aliases\n"
    ",No code,district,England,,,,\nAAA,A,district,England,BBB,2026-13-01,,\n"
    "CCC,C,district,England,,2026-04-01,2026-03-01,\n",
    "data/county_bodies.csv": "county,police,fire\n,police:kent,fire:kent\n",
    "data/successions.csv": "predecessor,successor,on,status,extent\nDOV,ESY,,ORDER MADE,whole\n",
    "data/contacts.csv": "code,name\nKEN,Kent\n",
}

SAID = {
    "kinds.toml": [
        "colour: is not a known table",
        "words.cross: is not a list of phrases",
        "words.deep: “so @cross” names a list",
        "rule.flat.kind: is “letter”; write one of request, follow_up",
        "rule.flat.points: is not a number from 0 to 3",
        "rule.flat.where: is “footer”",
        "rule.flat.say: is not a known key",
        "rule.flat.why: is missing or empty",
        "rule.flat.says: is not a list of phrases",
        "rule.odd.says: “... bin” begins with a gap",
        "rule.odd.says: “so @glad” names the unknown list @glad",
    ],
    "rules/a.toml": ["is not TOML"],
    "rules/b.toml": ["function: is not a table"],
    "rules/c.toml": ["function.ferries: is not a table"],
    "rules/d.toml": ["tier: is “county”", "colour: is not a known key"],
    "rules/e.toml": ["role: is missing", "names ferry twice"],
    "rules/f.toml": ["title: is missing", "silent: is not a list", "silent: has fewer than two"],
    "lexicon.toml": ["anaphora: is not a list"],
    "overrides.toml": [
        "function x is unknown",
        "authority YYY is unknown",
        "function: is missing",
        "end: is not a date",
    ],
    "data/authorities.csv": ["line 2: lacks code", "“2026-13-01” is not a date", "ends before it starts", "parent BBB"],
    "data/county_bodies.csv": ["county: is empty"],
    "data/successions.csv": ["has no date"],
    "data/contacts.csv": ["lacks email"],
}


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    for name, text in BROKEN.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with pytest.raises(Fatal) as raised:
        load([CONFIG, tmp_path])
    message = str(raised.value)
    for name, sayings in SAID.items():
        lines = [line for line in message.splitlines() if name in line]
        for saying in sayings:
            assert any(saying in line and "; write " in line for line in lines), (name, saying)


def test_half_verified_contacts_wrong_addresses_and_broken_encodings_are_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "contacts.csv").write_text(
        "code,name,email,postal_address,source,confidence,verified_on,verified_by\nKEN,Kent,kent,,s,high,2026-05-01,\n",
        encoding="utf-8",
    )
    (data / "successions.csv").write_bytes(b"predecessor,successor,on,status,extent\n\xff\xfe,B,2026-01-01,x,y\n")
    (tmp_path / "overrides.toml").write_text("override = 3\n", encoding="utf-8")
    with pytest.raises(Fatal) as raised:
        load([CONFIG, tmp_path])
    for saying in ("is half verified", "“kent” is no address", "is not CSV", "is not a list of tables"):
        assert saying in str(raised.value)


def test_a_directory_without_rules_is_no_rulebook(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="no function is defined"):
        load([tmp_path])
    with pytest.raises(Fatal, match="no function is defined"):
        load([])
