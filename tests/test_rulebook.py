"""The shipped rulebook says what it claims, and a broken one is told to the operator at once."""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
from collections import Counter
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
[function.funiculars]
title = "Ferries"
phrase = "funiculars"
role = "funicular authority"
tier = "upper"
regime = "FOIA"
decisive = ["funicular"]
basis = "none recorded"
source = "test"
fires = ["How many funiculars?", "The funicular timetable"]
silent = ["Bins", "Parks"]
"""


def overlay(tmp_path: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [CONFIG, tmp_path]


@pytest.mark.slow
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
        assert described[path.name]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest(), path.name
    for source in described.values():
        assert source["origin"]
        assert source["licence"]
        assert isinstance(source["date"], date)
        assert source["review_by"] > source["date"]
    assert set(RULEBOOK.sources) == set(described)


def test_no_contact_ships_as_verified_and_no_address_is_guessed() -> None:
    shipped = [contact for rows in RULEBOOK.contacts.values() for contact in rows]
    assert not any(c.verified or c.postal_address for c in shipped)
    assert RULEBOOK.contacts["KEN"][0].email == "freedomofinformation@kent.gov.uk"
    assert RULEBOOK.contacts["WSX"][0].email == ""


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
    (rules / "funiculars.toml").write_text(RULE + RULE.replace("funiculars]", "libraries]"), encoding="utf-8")
    (tmp_path / "lexicon.toml").write_text('anaphora = ["ditto"]', encoding="utf-8")
    (tmp_path / "kinds.toml").write_text(
        '[words]\nvery = ["ever so"]\n[rule.business]\nkind = "other"\npoints = 0\nsays = []\nwhy = "off"\n',
        encoding="utf-8",
    )
    (tmp_path / "overrides.toml").write_text(
        '[[override]]\nfunction = "funiculars"\nauthority = "DOV"\nholder = "self"\n'
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
    assert book.functions["funiculars"].regime is Regime.FOIA
    assert book.functions["libraries"].title == "Ferries"
    assert book.lexicon["anaphora"] == ("ditto",)
    assert book.kinds.lists["very"] == ("ever so",)
    assert {rule.id: rule.points for rule in book.kinds.rules}["business"] == 0
    assert len(book.kinds.rules) == len(RULEBOOK.kinds.rules)
    assert book.overrides[-1].start == date(2026, 1, 1)
    assert [(c.email, c.verified) for c in book.contacts["KEN"]] == [("foi@example.org", True)]
    assert "ESS" in book.contacts


BROKEN = {
    "rules/a.toml": "[function.funiculars\n",
    "rules/b.toml": "function = 3\n",
    "rules/c.toml": "[function]\nfuniculars = 3\n",
    "rules/d.toml": RULE.replace('"upper"', '"county"').replace('role = "funicular authority"\n', "colour = 1\n"),
    "rules/e.toml": RULE.replace('role = "funicular authority"\n', "").replace(
        '["funicular"]', '["funicular", "funicular"]'
    ),
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
    "data/successions.csv": "predecessor,successor,name,on,status,extent,source\nDOV,ESY,,,ORDER MADE,whole,s\n",
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
    "rules/c.toml": ["function.funiculars: is not a table"],
    "rules/d.toml": ["tier: is “county”", "colour: is not a known key"],
    "rules/e.toml": ["role: is missing", "names funicular twice"],
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
    (data / "successions.csv").write_bytes(b"predecessor,successor,name,on,status,extent,source\n\xff")
    (tmp_path / "overrides.toml").write_text("override = 3\n", encoding="utf-8")
    with pytest.raises(Fatal) as raised:
        load([CONFIG, tmp_path])
    for saying in ("is half verified", "“kent” is no address", "is not CSV", "is not a list of tables"):
        assert saying in str(raised.value)


GOOD_FACT = '[[override]]\nfunction = "libraries"\nauthority = "DOV"\nholder = "self"\nbasis = "b"\nsource = "s"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[overide]]\nfunction = 1\n", "overide: is not a known table; write [[override]]"),
        ("override = [3]\n", "override 1: is not a table; write [[override]]"),
        (GOOD_FACT.replace('basis = "b"', "basis = 3"), "override 1.basis: is not text"),
        (GOOD_FACT.replace("basis", "bases"), "override 1.bases: is not a known key; write one of authority, basis,"),
        (GOOD_FACT + 'county = "KEN"\n', "override 1.authority: or county, one of them, must say where it holds"),
        (GOOD_FACT.replace('authority = "DOV"\n', ""), 'write authority = "DOV" or county = "KEN"'),
        (GOOD_FACT + 'parts = "permits"\n', "override 1.parts: is not a list of words"),
        (GOOD_FACT + "start = 2026-04-01T00:00:00\n", "override 1.start: is not a date; write start = 2026-04-01"),
        (GOOD_FACT + "start = 2026-04-01\nend = 2026-04-01\n", "override 1.end: 2026-04-01 is not after the start"),
        (GOOD_FACT + "verified_on = 2026-04-01\n", "override 1.verified_by: and verified_on go together"),
    ],
)
def test_a_local_fact_that_is_not_whole_is_told_with_what_to_write(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "overrides.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Fatal) as raised:
        load([CONFIG, tmp_path])
    assert words in str(raised.value)


def test_a_later_directorys_facts_on_a_function_in_one_place_replace_the_earlier_ones(tmp_path: Path) -> None:
    later = GOOD_FACT.replace("libraries", "on_street_parking").replace('"self"', '"KEN"')
    (tmp_path / "overrides.toml").write_text(f"{later}start = 2026-05-01\n", encoding="utf-8")
    facts = {(o.function, o.authority): o for o in load([CONFIG, tmp_path]).overrides}
    assert facts["on_street_parking", "DOV"].holder == "KEN"
    assert facts["street_lighting", "DOV"].holder == "both"


def test_the_examples_of_local_facts_are_facts_once_the_signs_are_gone(tmp_path: Path) -> None:
    lines = (CONFIG / "overrides.toml").read_text(encoding="utf-8").splitlines()
    starts = [at for at, line in enumerate(lines) if line == "# [[override]]"]
    assert len(starts) >= 4
    examples = [line.removeprefix("# ") for at in starts for line in _paragraph(lines[at:])]
    (tmp_path / "overrides.toml").write_text("\n".join(examples).replace('"…"', '"BRW"'), encoding="utf-8")
    assert len(load([CONFIG, tmp_path]).overrides) == len(RULEBOOK.overrides) + len(starts)


def _paragraph(lines: list[str]) -> list[str]:
    return lines[: lines.index("")] if "" in lines else lines


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("nation_bodies.csv", "nation,function,body,source\nWales,libraries,,s\n", "lacks a nation, function, body or"),
        ("nation_bodies.csv", "nation,function,body,source\nKent,libraries,b,s\n", "nation Kent is unknown"),
        ("SOURCES.toml", '[[source]]\nfile = "x.csv"\n', "source 1: lacks file, origin or review_by"),
        ("SOURCES.toml", "source = 3\n", "source 1: lacks file, origin or review_by"),
    ],
)
def test_a_table_that_lacks_something_is_told(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_text(text, encoding="utf-8")
    with pytest.raises(Fatal) as raised:
        load([CONFIG, tmp_path])
    assert words in str(raised.value)


def test_a_rule_may_have_its_own_review_and_stays_in_its_area_when_it_is_replaced(tmp_path: Path) -> None:
    rule = RULE.replace("funiculars]", "libraries]") + "review_by = 2026-12-01\n"
    path = tmp_path / "rules" / "own.toml"
    path.parent.mkdir()
    path.write_text(rule, encoding="utf-8")
    replaced = load([CONFIG, tmp_path]).functions["libraries"]
    assert (replaced.area, replaced.review_by) == ("culture", date(2026, 12, 1))
    path.write_text(rule.replace("2026-12-01", '"soon"'), encoding="utf-8")
    with pytest.raises(Fatal, match="review_by: is not a date"):
        load([CONFIG, tmp_path])


KINDS = {
    "district": 204, "county": 27, "unitary": 67, "metropolitan_district": 36, "london_borough": 32,
    "city_corporation": 1, "welsh_council": 22, "scottish_council": 32, "ni_district": 36, "police_force": 45,
    "fire": 30, "combined_authority": 14, "national_park_authority": 11, "waste_disposal_authority": 6,
    "transport_authority": 5, "strategic_regional_authority": 1, "regional_park_authority": 1,
}  # fmt: skip
"""The bodies of the origin, by kind: 570 of them."""


def test_every_body_of_the_origin_is_there_with_its_county_dates_and_other_names() -> None:
    bodies = RULEBOOK.authorities.values()
    assert Counter(a.type for a in bodies) == KINDS
    assert sum(KINDS.values()) == 570
    assert all(RULEBOOK.authorities[a.parent].type == "county" for a in bodies if a.type == "district")
    assert RULEBOOK.authorities["DOV"].parent == "KEN"
    assert "Kent" in RULEBOOK.authorities["KEN"].aliases
    assert sum(a.end is not None for a in bodies) == 74 + 12
    for code in ("ESY", "WSY"):
        assert (RULEBOOK.authorities[code].type, RULEBOOK.authorities[code].start) == ("unitary", date(2027, 4, 1))
    assert all("\ufffd" not in alias and "Ã" not in alias and "ï¿½" not in alias for a in bodies for alias in a.aliases)


def test_a_directory_without_rules_is_no_rulebook(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="no function is defined"):
        load([tmp_path])
    with pytest.raises(Fatal, match="no function is defined"):
        load([])
