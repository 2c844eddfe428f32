"""The measuring of judgement itself: each measure sees what is wrong when something is."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.console import Console

from bench.judgement import __main__ as bench
from bench.judgement import baselines, kinds, metamorphic, speed, tables, terms
from bench.judgement.cases import Labelled, load, ours
from bench.judgement.composition import singles
from foi_mailbot.adapters.rulebook import load as load_rulebook
from foi_mailbot.core.scoring import Result, rates
from tests.service.office import KEPT, REDIRECTED

pytestmark = pytest.mark.slow

RULEBOOK = load_rulebook([Path(__file__).parents[2] / "config"])
GRITTING = "How many miles of road were gritted last winter?"
ROWS: tuple[dict[str, Any], ...] = (
    {"id": "theirs", "authority": "BRW", "text": f"Hello\n\n{REDIRECTED}", "outcome": "redirect", "bodies": ["ESS"]},
    {"id": "bins", "authority": "BRW", "text": KEPT, "outcome": "held", "lookalike": True},
    {"id": "tax", "authority": "CAT", "text": "How much council tax was written off?", "outcome": "held"},
    {
        "id": "both",
        "authority": "CAT",
        "text": f"1. {REDIRECTED}\n2. {KEPT}",
        "outcome": "part_redirect",
        "bodies": ["SRY"],
        "asks": {"1": "other", "2": "held"},
    },
    {"id": "apart", "authority": "BRW", "text": "x", "outcome": "held", "scored": False},
)


def corpus(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "set.jsonl"
    lines = [json.dumps({"authority_type": "district", **row}) for row in rows or ROWS]
    file.write_text("\n".join(lines), "utf-8")
    return file


@pytest.fixture
def cases(tmp_path: Path) -> list[Labelled]:
    return load(corpus(tmp_path))


def test_requests_set_apart_are_left_out_and_lines_that_cannot_be_used_are_all_named(tmp_path: Path) -> None:
    assert [case.past.id for case in load(corpus(tmp_path))] == ["theirs", "bins", "tax", "both"]
    with pytest.raises(ValueError, match=r"set.jsonl, line 1: outcome.*\nset.jsonl, line 2: text") as wrong:
        load(corpus(tmp_path, {"id": "a", "text": "x", "outcome": "won"}, {"id": "b", "outcome": "held"}))
    assert str(wrong.value).count("\n") == 1


def test_our_own_decisions_are_scored_by_their_labels(cases: list[Labelled]) -> None:
    found = rates([ours(case, RULEBOOK) for case in cases])
    assert found["wrong_redirects"].count == 0
    assert (found["redirects_right"].count, found["parts_right"].count) == (1, 1)


def test_a_false_label_shows_as_a_wrong_redirect(tmp_path: Path) -> None:
    (case,) = load(corpus(tmp_path, {**ROWS[0], "outcome": "held", "bodies": []}))
    assert rates([ours(case, RULEBOOK)])["wrong_redirects"].count == 1
    (case,) = load(corpus(tmp_path, {**ROWS[0], "bodies": ["KEN"]}))
    assert rates([ours(case, RULEBOOK)])["redirects_right"].count == 0


def test_title_words_follow_a_title_and_nothing_else(tmp_path: Path) -> None:
    rows = [
        {**ROWS[0], "text": "How is child protection organised?"},
        {**ROWS[1], "id": "misled", "text": "How many of our refuse bins stand beside schools under child protection?"},
        {**ROWS[1], "id": "blank", "text": "How many unicorns?"},
    ]
    found = baselines.keywords(load(corpus(tmp_path, *rows)), RULEBOOK)
    assert [(r.outcome, r.bodies) for r in found] == [("redirect", ("ESS",)), ("redirect", ("ESS",)), ("held", ())]
    assert rates(found)["wrong_redirects"].count == 1


def test_learned_baselines_leave_the_request_itself_out_or_say_that_they_were_not_measured(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "id": str(n), "text": f"{GRITTING} {'again ' * n}"} for n in range(4)]
    rows += [{**ROWS[1], "id": f"b{n}", "text": f"{KEPT} {'again ' * n}"} for n in range(4)]
    rows[3] |= {"outcome": "held", "bodies": []}  # its neighbours, all redirects, decide for it
    cases = load(corpus(tmp_path, *rows))
    if find_spec("sklearn") is None:
        with pytest.raises(baselines.NotMeasured, match="sklearn is not installed"):
            baselines.statistics(cases, RULEBOOK, balanced=True)
        return
    found = baselines.statistics(cases, RULEBOOK, balanced=True)
    assert (found[0].outcome, found[0].bodies, found[-1].outcome) == ("redirect", ("ESS",), "held")
    assert rates(found)["wrong_redirects"].count == 1


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(baselines.NotMeasured, match="no_such_package is not installed"):
        baselines._load("no_such_package")


def test_single_asks_are_bare_questions_whose_label_holds_everywhere(tmp_path: Path) -> None:
    rows = [
        {**ROWS[0], "id": "core", "core": GRITTING, "text": "Dear all,\n\nThank you.\n\n" + GRITTING},
        ROWS[1],
        {**ROWS[1], "id": "points back", "text": "How many of these were late?"},
        {
            **ROWS[1],
            "id": "local",
            "text": "x",
            "core": "How many street lights do you own?",
            "functions": ["street_lighting"],
        },
        {**ROWS[1], "id": "local too", "text": "How many street lights were repaired in 2024?"},
        {**ROWS[3], "id": "first of two"},
    ]
    found = singles(load(corpus(tmp_path, *rows)), RULEBOOK)["district"]
    assert [(s.id, s.outcome) for s in found] == [
        ("core", "other_body"),
        ("bins", "held"),
        ("first of two", "other_body"),
    ]
    assert [s.text for s in found] == [GRITTING, KEPT, REDIRECTED]


def outcome(name: str, expected: str = "held") -> Result:
    return Result("x", expected, name)


def test_a_change_is_counted_for_what_it_is_and_only_a_wrong_redirect_is_a_failure() -> None:
    tally = metamorphic.Tally()
    tally.count(outcome("held"), outcome("held"))
    tally.count(outcome("held"), outcome("unsure"))
    tally.count(outcome("unsure"), outcome("held"))
    tally.count(outcome("held"), outcome("redirect"))
    tally.count(outcome("unsure", "redirect"), outcome("redirect", "redirect"))
    counts = (tally.requests, tally.same, tally.to_unsure, tally.other, tally.turned_right, tally.turned_wrong)
    assert counts == (5, 1, 1, 1, 1, 1)
    assert tally.examples == ("x",)


def test_every_disturbance_changes_the_text_and_keeps_the_question() -> None:
    text = (
        f"1. {KEPT}\n2. {GRITTING}\n3. How many parks have toilets, and how many of 11 are open all year round?\n" * 9
    )
    for name, disturb in metamorphic.DISTURBANCES.items():
        changed = disturb(text, Random(1))
        assert changed == disturb(text, Random(1))
        if name != "asks reordered":
            assert changed != text
    assert KEPT in metamorphic.footer(KEPT, Random(1))


def test_asks_are_put_in_another_order_only_if_none_points_to_another() -> None:
    text = f"Dear all\n\n1. {KEPT}\n2. {GRITTING}\n3. How many parks have toilets?\n\nThanks"
    orders = {metamorphic.reordered(text, Random(seed)) for seed in range(20)}
    assert len(orders) == 6
    for order in orders:
        assert order.startswith("Dear all\n1. ")
        assert all(question in order for question in (KEPT, GRITTING, "How many parks have toilets?"))
    pointing = text.replace("How many parks", "How many of these")
    assert metamorphic.reordered(pointing, Random(1)) == pointing


def test_a_disturbed_request_that_becomes_a_redirect_fails_the_run(
    cases: list[Labelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(metamorphic.DISTURBANCES, "thanks", lambda text, random: REDIRECTED)
    found = metamorphic.measure(cases, RULEBOOK, seed=1)
    assert (found["thanks"].turned_wrong, found["thanks"].same) == (3, 1)
    assert found["WhatDoTheyKnow footer"].turned_wrong == found[metamorphic.THREAD].turned_wrong == 0
    report: dict[str, Any] = {"corpora": {"x": {"composition": {"failures": []}, "metamorphic": {}}}}
    assert not bench.failed(report)
    report["corpora"]["x"]["metamorphic"]["thanks"] = {"turned_wrong": 1}
    assert bench.failed(report)
    report["corpora"]["x"] = {"composition": {"failures": [1]}, "metamorphic": {}}
    assert bench.failed(report)


def functions(folder: Path, *rows: tuple[str, str]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([("function_id", "tier", "requester_terms"), *(("x", *row) for row in rows)])
    (folder / "functions.csv").write_text(text.getvalue(), "utf-8")
    return folder / "functions.csv"


def test_terms_are_right_where_their_tier_says_and_grave_where_ours_go_away(tmp_path: Path) -> None:
    rows = [("upper", "child protection plans|unicorns"), ("lower", "refuse bins|child protection plans"), ("both", "")]
    found = terms.measure(functions(tmp_path, *rows), RULEBOOK)
    assert (found["upper"].right, found["upper"].missed) == (3, 3)
    assert (found["lower"].right, found["lower"].away, len(found["lower"].examples)) == (3, 3, 3)
    assert found["both"].asked == 0
    (tmp_path / "x.csv").write_text("a,b\n")
    with pytest.raises(ValueError, match="no column requester_terms and tier"):
        terms.measure(tmp_path / "x.csv", RULEBOOK)


def test_a_plain_district_is_one_that_no_local_fact_is_known_of() -> None:
    assert RULEBOOK.authorities[terms.plain_district(RULEBOOK)].type == "district"
    assert terms.plain_district(RULEBOOK) not in {o.authority for o in RULEBOOK.overrides}


def test_kinds_are_counted_with_what_would_be_lost_or_answered_by_mistake(tmp_path: Path) -> None:
    person = {"From": "A <a@example.com>", "To": kinds.OWN, "Subject": "Question", "Message-ID": "<1@example.com>"}
    robot = {**person, "Auto-Submitted": "auto-replied"}
    rows: list[dict[str, Any]] = [
        {"id": "asked", "kind": "request", "headers": person, "body": KEPT},
        {"id": "robot", "kind": "auto_reply", "headers": robot, "body": "I am away.", "lookalike": True},
        {"id": "lost", "kind": "request", "headers": robot, "body": KEPT},
        {"id": "answered", "kind": "bounce", "headers": person, "body": KEPT},
    ]
    found = kinds.measure(corpus(tmp_path, *rows))
    assert (found["request"].right, found["request"].suppressed, found["request"].wrong) == (1, 1, ["lost: auto_reply"])
    assert (found["auto_reply"].right, found["auto_reply"].lookalikes_right) == (1, 1)
    assert (found["bounce"].right, found["bounce"].as_request) == (0, 1)


def test_a_kind_told_in_doubt_is_counted_apart_and_no_letter_goes_out(tmp_path: Path) -> None:
    person = {"From": "A <a@example.com>", "To": kinds.OWN, "Subject": "Question", "Message-ID": "<1@example.com>"}
    body = f"I want to complain about the bins.\n\nUnder the Freedom of Information Act: {KEPT}"
    tally = kinds.measure(corpus(tmp_path, {"id": "both", "kind": "complaint", "headers": person, "body": body}))
    both = tally["complaint"]
    assert (both.right, both.doubted, both.as_request) == (0, 1, 0)
    assert both.wrong == ["both: request or complaint"]


@pytest.mark.parametrize(("named", "right"), [(False, 1), (True, 0)])
def test_a_machines_receipt_counts_as_an_acknowledgement_where_a_set_has_no_other_name_for_it(
    tmp_path: Path, named: bool, right: int
) -> None:
    robot = {"From": "A <a@example.com>", "To": kinds.OWN, "Subject": "Received", "Auto-Submitted": "auto-replied"}
    rows = [{"id": "one", "kind": "acknowledgement", "headers": robot, "body": "We have your mail."}]
    rows += [{**rows[0], "id": "named", "kind": "auto_reply"}] if named else []
    assert kinds.measure(corpus(tmp_path, *rows))["acknowledgement"].right == right


def test_more_rules_and_more_authorities_decide_the_same() -> None:
    more, wider = speed.more_rules(RULEBOOK, 4), speed.more_authorities(RULEBOOK, 10)
    assert len(more.functions) == 4 * len(RULEBOOK.functions)
    assert len(wider.authorities) == 10 * len(RULEBOOK.authorities)
    assert all(len(speed.request(size)) == size for size in (400, 1_500, 20_000))
    found = speed.measure(RULEBOOK, sizes=(400, 800), repeats=1)
    assert set(found) == {"median_ms", "decide_ms", "growth", "authorities_x10", "rules_x4"}


def test_a_file_that_cannot_be_used_is_named_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert bench.main(["--corpus", str(corpus(tmp_path, {"id": "a", "text": "x"}))]) == 2
    assert "error: set.jsonl, line 1: outcome is missing" in capsys.readouterr().err
    assert bench.main(["--terms", str(tmp_path / "absent.csv")]) == 2


def test_everything_measured_is_printed_side_by_side(tmp_path: Path) -> None:
    path = corpus(tmp_path, *ROWS, {**ROWS[0], "id": "wrong", "text": GRITTING, "outcome": "held", "bodies": []})
    asked = bench._parser().parse_args(["--stitched", "20"])
    found = bench._corpus(path.name, load(path), RULEBOOK, asked)
    found["judges"]["nearest embedding"] = {"not_measured": "x is not installed"}
    report = {
        "rulebook_sha256": RULEBOOK.sha256,
        "corpora": {path.name: found},
        "kinds": {"open": {"request": asdict(kinds.Tally(mails=1))}},
        "terms": {"lower": asdict(terms.Tally(away=1, examples=["bins"]))},
        "speed": speed.measure(RULEBOOK, sizes=(400,), repeats=1),
    }
    json.dumps(report)
    printed = io.StringIO()
    Console(width=140, file=printed).print(tables.view(report))
    assert found["judges"]["foi_mailbot"]["wrong_redirects"] == ["wrong"]
    for words in ("not measured: x is not installed", "Stitched from single asks", "scanner's noise", "bins", "Speed"):
        assert words in printed.getvalue()
