"""`foi-mailbot rules …` as a rule owner and a lawyer call it; reorganisation and an operator's own rule in `triage`."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foi_mailbot import bootstrap
from foi_mailbot.cli import main
from foi_mailbot.resources import config_dir
from tests.council import council, mail
from tests.service.office import REDIRECTED
from tests.test_cli import Terminal
from tests.test_rulebook import RULE

pytestmark = pytest.mark.slow

FUNICULARS = RULE.replace(
    'fires = ["How many funiculars?", "The funicular timetable"]', 'fires = ["How many funiculars?", "A funicular"]'
)
ASKED = "How many funiculars ran up the cliff in 2024?"


def call(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert (ended.value.code or 0) == code, said
    return " ".join((said.out + (said.err if code else "")).split())


def record(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json"])
    said = capsys.readouterr()
    assert (ended.value.code or 0) == code, said
    return json.loads(said.out)


def own_rules(folder: Path, **files: str) -> str:
    """Write an operator's own files and the settings that name them; return the settings file."""
    own = folder / "own"
    for name, text in files.items():
        path = own / name.replace("__", "/").replace("_toml", ".toml").replace("_csv", ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return str(council(folder, imap_port=1, smtp_port=1, password="x", rules=(own,)).settings)


@pytest.fixture
def asked(tmp_path: Path) -> str:
    path = tmp_path / "request.txt"
    path.write_text(REDIRECTED, "utf-8")
    return str(path)


# ── list ─────────────────────────────────────────────────────────────────────────────────────────
def test_the_list_shows_every_function_and_an_area_only_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    rows = record(capsys, "rules", "list")
    assert len(rows) > 120
    assert all(row["source"] and row["review_by"] and row["fires"] >= 2 and row["silent"] >= 2 for row in rows)
    children = record(capsys, "rules", "list", "--area", "children")
    assert {row["area"] for row in children} == {"children"}
    said = call(capsys, "rules", "list", "--area", "children")
    assert "childrens_social_care upper FOIA" in said
    assert f"{len(children)} functions." in said
    assert "libraries" not in said


def test_an_area_that_does_not_exist_is_answered_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    said = call(capsys, "rules", "list", "--area", "childcare", code=2)
    assert "There is no area childcare in the rules. They have: adults, children" in said


# ── explain ──────────────────────────────────────────────────────────────────────────────────────
def test_a_function_is_explained_with_who_carries_it_and_what_is_unverified(capsys: pytest.CaptureFixture[str]) -> None:
    said = call(capsys, "rules", "explain", "childrens_social_care", "--authority", "ELM", "--on", "2027-03-31")
    for words in (
        "In two tiers: county council",
        "Who carries it for Elmbridge Borough Council on 31 March 2027 another body: Surrey County Council",
        "Elmbridge Borough Council ends on 1 April 2027: the order is made",
        "Unverified: check it against legislation.gov.uk",
        "Names it beyond doubt (5 points)",
        "Points away",
        "Must fire",
        "Must stay silent",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("function", "authority", "on", "holder", "bodies", "why"),
    [
        ("childrens_social_care", "ELM", "2027-03-31", "theirs", ["SRY"], "county council's function"),
        ("childrens_social_care", "ELM", "2027-04-01", "offered", ["ESY"], "its place was taken by East Surrey"),
        (
            "childrens_social_care",
            "SRY",
            "2027-04-01",
            "offered",
            ["ESY", "WSY"],
            "divided among East Surrey Council and",
        ),
        ("childrens_social_care", "WSY", "2027-04-01", "ours", [], "only tier"),
        ("street_lighting", "DOV", "2026-11-24", "shared", ["KEN"], "owns some street lights"),
        ("police", "EDH", "2026-11-24", "unknown", [], "belongs to the Police Service of Scotland"),
    ],
)
def test_who_carries_it_depends_on_the_council_and_the_day(
    capsys: pytest.CaptureFixture[str], function: str, authority: str, on: str, holder: str, bodies: list[str], why: str
) -> None:
    held = record(capsys, "rules", "explain", function, "--authority", authority, "--on", on)["holder"]
    assert (held["holder"], [body["code"] for body in held["bodies"]]) == (holder, bodies)
    assert why in held["why"]


def test_a_local_fact_is_named_with_its_source_and_whether_it_is_verified(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fact = (
        '[[override]]\nfunction = "parks_open_spaces"\ncounty = "KEN"\nholder = "both"\nbasis = "the deed"\n'
        'source = "deed 7"\nnote = "ask Estates"\nverified_on = 2026-11-01\nverified_by = "J. Officer"\n'
    )
    given = ("--config", own_rules(tmp_path, overrides_toml=fact))
    said = call(capsys, "rules", "explain", "parks_open_spaces", "--authority", "CAT", *given)
    assert "the council and another body: Kent County Council because the deed" in said
    assert "Local fact (all districts of KEN, verified 2026-11-01 by J. Officer): deed 7 ask Estates" in said
    assert "Local fact (DOV, not verified)" in call(capsys, "rules", "explain", "street_lighting")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("librarys",), "The rules have no function librarys. Did you mean libraries?"),
        (("parking",), "Did you mean on_street_parking or"),
        (("xyzzy",), "The rules have no function xyzzy. `foi-mailbot rules list` prints every one."),
        (("libraries", "--authority", "Kent"), "The rulebook knows no authority Kent. Did you mean KEN?"),
        (("libraries", "--authority", "ZZZ"), "The codes stand in config/data/authorities.csv"),
        (("libraries", "--on", "tomorrow"), "Invalid value for '--on'"),
    ],
)
def test_what_was_misspelt_is_answered_with_what_was_meant(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert words in call(capsys, "rules", "explain", *arguments, code=2)


# ── check ────────────────────────────────────────────────────────────────────────────────────────
def test_every_shipped_example_comes_out_as_it_says_and_no_phrase_is_contested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["rules", "check", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["wrong"] == 0
    assert found["examples"] > 500
    assert not [f for f in found["findings"] if f["kind"] in ("example", "overlap", "unreachable")]


def test_what_is_wrong_with_a_rule_is_named_and_a_person_has_to_look(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rule = FUNICULARS.replace(
        '["funicular"]', '["funicular", "public library"]\nweak = ["funiculars"]\nreview_by = 2020-01-01'
    )
    given = ("--config", own_rules(tmp_path, rules__own_toml=rule.replace('"Bins"', '"Is the funicular full?"')))
    found = record(capsys, "rules", "check", *given, code=1)
    said = {(f["kind"], f["where"]): f["what"] for f in found["findings"]}
    assert "“Is the funicular full?” fires, and must not" in said["example", "funiculars"]
    assert "decisive (“funicular”), weak (“funiculars”)" in said["two levels", "funiculars"]
    assert said["stale", "funiculars"] == "was to be looked at again by 2020-01-01"
    assert found["wrong"] == 1
    assert "findings: a person has to look." in call(capsys, "rules", "check", *given, code=1)


def test_examples_are_decided_for_a_district_and_for_nobody_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert "KEN is no district council in being" in call(capsys, "rules", "check", "--authority", "KEN", code=2)
    with pytest.raises(SystemExit):
        main(["rules", "check", "--authority", "SHE", "--json"])
    assert json.loads(capsys.readouterr().out)["authority"] == "SHE"


# ── impact ───────────────────────────────────────────────────────────────────────────────────────
def test_a_date_that_changes_nothing_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    days = ("--from", "2026-11-24", "--on", "2027-04-01")
    assert "Nobody's responsibilities change. No letters were looked at." in call(capsys, "rules", "impact", *days)


def test_an_order_that_was_made_is_told_function_by_function(capsys: pytest.CaptureFixture[str]) -> None:
    days = ("--from", "2026-11-24", "--on", "2027-04-01", "--authority", "ELM")
    found = record(capsys, "rules", "impact", *days, code=1)
    (elmbridge,) = found["councils"]
    changes = {(c["before"]["holder"], c["after"]["holder"]): c["functions"] for c in elmbridge["changes"]}
    assert "childrens_social_care" in changes["theirs", "theirs"]
    assert "council_tax" in changes["ours", "theirs"]
    assert [c["code"] for c in found["contacts"]] == ["SRY"]
    assert [(end["code"], end["made"]) for end in found["ends"]] == [("ELM", True), ("SRY", True)]
    assert "Surrey County Council → East Surrey Council" in call(capsys, "rules", "impact", *days, code=1)


def test_an_end_that_is_only_announced_changes_nothing_and_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    days = ("--from", "2026-11-24", "--on", "2028-04-01")
    found = record(capsys, "rules", "impact", *days, code=1)
    assert (found["councils"], found["contacts"]) == ([], [])
    assert [(end["code"], end["made"]) for end in found["ends"]] == [("DOV", False), ("KEN", False)]
    assert "Announced only: nothing changes yet" in call(capsys, "rules", "impact", *days, code=1)


def test_all_councils_are_compared_and_only_surreys_change(capsys: pytest.CaptureFixture[str]) -> None:
    found = record(capsys, "rules", "impact", "--from", "2026-11-24", "--on", "2027-04-01", "--all", code=1)
    touched = {c["code"] for c in found["councils"]}
    assert touched == {"ESY", "WSY", "SRY", "ELM", "EPS", "MOL", "REI", "TAN", "GRT", "RUN", "SPE", "SUR", "WAE", "WOI"}
    assert found["looked_at"] > 480


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--on", "2020-01-01"), "--on 2020-01-01 is not after"),
        (("--on", "2099-01-01", "--all", "--authority", "DOV"), "--authority and --all exclude each other"),
        ((), "Missing option '--on'"),
    ],
)
def test_days_and_councils_that_make_no_sense_are_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert words in call(capsys, "rules", "impact", *arguments, code=2)


@pytest.fixture
def elmbridge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Terminal]:
    monkeypatch.setenv("FOI_MAILBOT_ACTOR", "officer")
    settings = council(tmp_path, imap_port=1, smtp_port=1, password="x").settings
    settings.write_text(settings.read_text("utf-8").replace('"DOV"', '"ELM"'), "utf-8")
    yield Terminal(settings, capsys)
    for handler in [h for h in logging.getLogger().handlers if h.get_name() == "foi_mailbot"]:
        logging.getLogger().removeHandler(handler)
        handler.close()


@pytest.mark.slow
def test_letters_that_wait_and_name_a_body_that_ends_are_listed(elmbridge: Terminal) -> None:
    elmbridge.read(mail(REDIRECTED, subject="Children FI16751"))
    days = ("--from", "2026-11-24", "--on", "2027-04-01")
    found = elmbridge.json("rules", "impact", *days, code=1)
    (case,) = found["cases"]
    assert (case["case"], case["reference"], case["state"]) == ("C000001", "FI16751", "drafted")
    assert case["bodies"] == ["ELM", "SRY"]
    said = " ".join(elmbridge.call("rules", "impact", *days, code=1).split())
    assert "C000001 FI16751, drafted, received 2026-11-23: Elmbridge Borough Council ended on 1 April 2027" in said
    assert elmbridge.json("rules", "impact", *days, "--no-queue", code=1)["cases"] is None
    sooner = elmbridge.json("rules", "impact", "--from", "2026-11-24", "--on", "2027-03-31", code=0)
    assert sooner["cases"] == []


# ── what triage makes of it ──────────────────────────────────────────────────────────────────────
def test_surreys_districts_send_childrens_services_to_the_county_until_its_last_day(
    capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    found = record(capsys, "triage", asked, "--authority", "ELM", "--received", "2027-03-31")
    assert (found["outcome"], [b["code"] for b in found["redirect_to"]]) == ("redirect", ["SRY"])
    assert any(w.startswith("Surrey County Council ends on 1 April 2027: the order is made") for w in found["warnings"])


def test_from_the_next_day_the_old_mailbox_goes_to_a_person_and_the_successor_keeps_it(
    capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    for district, heir, name in (("ELM", "ESY", "East Surrey Council"), ("WOI", "WSY", "West Surrey Council")):
        old = record(capsys, "triage", asked, "--authority", district, "--received", "2027-04-01")
        assert (old["outcome"], old["letter"]) == ("unsure", None)
        assert f"ended on 1 April 2027; its place was taken by {name}" in old["reasons"][0]
        new = record(capsys, "triage", asked, "--authority", heir, "--received", "2027-04-01")
        assert (new["outcome"], new["redirect_to"]) == ("held", [])
        early = record(capsys, "triage", asked, "--authority", heir, "--received", "2027-03-31")
        assert "does not exist before 1 April 2027" in early["reasons"][0]


def test_an_announced_end_within_a_year_is_warned_of_on_the_letter(
    capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    soon = record(capsys, "triage", asked, "--authority", "DOV", "--received", "2027-05-01")
    late = record(capsys, "triage", asked, "--authority", "DOV", "--received", "2026-11-24")
    assert (soon["outcome"], late["outcome"]) == ("redirect", "redirect")
    assert any("Kent County Council may end on 1 April 2028: CONSULTED" in warning for warning in soon["warnings"])
    assert not any("may end" in warning for warning in late["warnings"])


def test_no_letter_is_drafted_outside_england(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "request.txt"
    for text in ("How many firefighters are on call?", "How many library branches closed in 2024?", REDIRECTED):
        path.write_text(text, "utf-8")
        for authority in ("EDH", "CRF", "ABC"):
            found = record(capsys, "triage", str(path), "--authority", authority)
            assert (found["letter"], found["redirect_to"]) == (None, [])
            assert found["outcome"] in ("held", "unsure")


def test_a_function_added_to_the_operators_own_rules_takes_effect(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = own_rules(tmp_path)
    path = tmp_path / "request.txt"
    path.write_text(ASKED, "utf-8")
    assert record(capsys, "triage", str(path), "--config", settings)["outcome"] == "held"
    rules = tmp_path / "own" / "rules"
    rules.mkdir(parents=True)
    (rules / "funiculars.toml").write_text(FUNICULARS, "utf-8")
    found = record(capsys, "triage", str(path), "--config", settings)
    assert (found["outcome"], [b["code"] for b in found["redirect_to"]]) == ("redirect", ["KEN"])
    assert found["asks"][0]["functions"] == ["funiculars"]
    assert record(capsys, "rules", "list", "--area", "funiculars", "--config", settings)[0]["id"] == "funiculars"


def test_facts_that_clash_are_refused_with_both_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fact = '[[override]]\nfunction = "libraries"\nauthority = "DOV"\nholder = "{}"\nbasis = "b"\nsource = "{}"\n'
    settings = own_rules(tmp_path, overrides_toml=fact.format("self", "page one") + fact.format("both", "page two"))
    said = call(capsys, "rules", "list", "--config", settings, code=2)
    assert "libraries/DOV: is held by self (always; page one) and by both (always; page two) on the same days" in said


def test_an_operators_order_replaces_what_was_only_announced(tmp_path: Path) -> None:
    head = (config_dir() / "data/authorities.csv").read_text("utf-8").splitlines()[0]
    settings = own_rules(
        tmp_path,
        data__authorities_csv=f"{head}\nKEN,Kent County Council,county,England,,,2028-04-01,Kent\n"
        "EKC,East Kent Council,unitary,England,,2028-04-01,,\n",
        data__successions_csv="predecessor,successor,name,on,status,extent,source\n"
        "KEN,EKC,,2028-04-01,ORDER MADE,whole,the order\n",
    )
    rulebook = bootstrap.build_assessor(bootstrap.load_settings(Path(settings)).rules_dirs).rulebook
    assert [row.successor for row in rulebook.successions if row.predecessor == "KEN"] == ["EKC"]
