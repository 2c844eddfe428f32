"""`foi-mailbot backtest` proves the rules on past requests: what it prints and refuses, its exit codes, its page."""

from __future__ import annotations

import html.parser
import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from foi_mailbot.adapters import disclosure_log
from foi_mailbot.adapters.report_page import backtest_page
from foi_mailbot.cli import main
from foi_mailbot.errors import Fatal
from tests.council import mail
from tests.service.office import KEPT, REDIRECTED

pytestmark = pytest.mark.slow

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "backtest.schema.json").read_text("utf-8"))
BOTH = f"1. {REDIRECTED}\n2. {KEPT}\n"
GRITTING = "How many miles of road did you grit last winter?"
OURS: dict[str, Any] = {"id": "ours", "text": KEPT, "outcome": "held"}
THEIRS: dict[str, Any] = {"id": "theirs", "text": REDIRECTED, "outcome": "redirect", "bodies": ["KEN"]}
SHARED: dict[str, Any] = {
    "id": "shared",
    "text": BOTH,
    "outcome": "part_redirect",
    "bodies": ["Kent County Council"],
    "asks": {"1": "other", "2": "held"},
}
WRONG: dict[str, Any] = {"id": "wrong", "text": f"<script>alert(1)</script> {GRITTING}", "outcome": "held"}


def lines(folder: Path, *rows: object) -> Path:
    file = folder / "cases.jsonl"
    file.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), "utf-8")
    return file


def call(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["backtest", *arguments])
    said = capsys.readouterr()
    assert (ended.value.code or 0) == code, said
    return said.out + (said.err if code else "")


def report(capsys: pytest.CaptureFixture[str], file: Path, *options: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call(capsys, str(file), "--json", *options, code=code))
    jsonschema.validate(found, SCHEMA)
    return found


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {case["id"]: case["outcome"] for case in found["per_case"]}


def problems(*rows: object, folder: Path) -> list[tuple[str, str]]:
    return [(p.where, p.what) for p in disclosure_log.read(lines(folder, OURS, *rows)).problems]


def test_right_decisions_are_counted_and_end_well(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = report(capsys, lines(tmp_path, OURS, THEIRS, SHARED), "--authority", "DOV", "--minutes", "30")
    assert outcomes(found) == {"ours": "held", "theirs": "redirect", "shared": "part_redirect"}
    assert found["confusion"]["held"] == {"redirect": 0, "part_redirect": 0, "held": 1, "unsure": 0, "suppressed": 0}
    assert [found["rates"][name]["count"] for name in ("redirects_right", "parts_right")] == [1, 1]
    assert all(
        found[name] == [] for name in ("wrong_redirects", "wrong_asks", "held_as_part", "missed", "wrong_bodies")
    )
    assert found["time_saved"] == {"letters": 2, "minutes_a_letter": 30, "hours": 1.0}
    assert found["auto"] == {"eligible": 1, "labelled": 1, "wrong": []}
    assert found["names"]["KEN"] == "Kent County Council"
    children = next(f for f in found["functions"] if f["function"] == "childrens_social_care")
    assert (children["right"], children["precision"]["share"], children["recall"]["share"]) == (2, 1, 1)


def test_a_wrong_redirect_ends_with_one_and_shows_what_misled(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = lines(tmp_path, THEIRS, WRONG)
    found = report(capsys, file, "--authority", "DOV", code=1)
    (wrong,) = found["wrong_redirects"]
    (ask,) = wrong["asks"]
    assert (wrong["id"], wrong["bodies"], ask["expected"]) == ("wrong", ["KEN"], "held")
    assert ask["evidence"]
    assert all(wrong["text"][e["start"] : e["end"]] == e["text"] for e in ask["evidence"])
    printed = call(capsys, str(file), code=1)
    first, others = printed.index("Wrong redirects"), printed.index("Missed")
    assert first < printed.index("winter_service/") < others


def test_what_is_wrong_in_lesser_ways_is_listed_and_ends_well(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [
        {**SHARED, "id": "sent-away", "asks": {"1": "both", "2": "held"}},
        {**SHARED, "id": "part", "text": BOTH + " ", "outcome": "held", "bodies": [], "asks": {}},
        {**THEIRS, "id": "body", "bodies": ["ESS"]},
        {**OURS, "id": "missed", "outcome": "redirect", "bodies": ["KEN"]},
    ]
    found = report(capsys, lines(tmp_path, *rows), "--authority", "DOV")
    listed = {name: [f["id"] for f in found[name]] for name in ("wrong_asks", "held_as_part", "wrong_bodies", "missed")}
    assert listed["wrong_asks"] == ["sent-away", "part"]
    assert listed["held_as_part"] == ["part"]
    assert listed["wrong_bodies"] == ["body"]
    assert listed["missed"] == ["missed"]
    assert found["missed"][0]["asks"][0]["reasons"]


def test_a_request_set_apart_is_decided_and_counts_in_no_figure(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = report(capsys, lines(tmp_path, OURS, {**WRONG, "scored": False}), "--authority", "DOV")
    assert (found["cases"], found["labelled"], found["unscored"]) == (2, 1, 1)
    assert found["wrong_redirects"] == []
    assert outcomes(found)["wrong"] == "redirect"


def test_each_case_is_asked_of_its_own_council_on_its_own_day(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [
        {**THEIRS, "id": "essex", "authority": "BRW", "bodies": ["ESS"]},
        {**THEIRS, "id": "single", "authority": "MDW", "outcome": "held", "bodies": []},
        {**THEIRS, "id": "given"},
        {**THEIRS, "id": "unknown", "authority": "ZZZ"},
        {**THEIRS, "id": "long-ago", "received": "1999-01-04"},
    ]
    found = report(capsys, lines(tmp_path, *rows), "--authority", "CAT", code=1)
    assert [case["authority"] for case in found["per_case"]] == ["BRW", "MDW", "CAT"]
    assert found["missed"] == found["wrong_bodies"] == []
    assert [p["where"] for p in found["problems"]] == ["unknown", "long-ago"]
    assert "data/authorities.csv" in found["problems"][0]["what"]


def test_a_bad_line_is_named_with_what_to_write_and_stops_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = lines(tmp_path, "{", THEIRS, "", "[]", {**OURS, "outcome": "answered"}, OURS, OURS, {**OURS, "text": BOTH})
    found = report(capsys, file, "--authority", "DOV", code=1)
    assert outcomes(found) == {"theirs": "redirect", "ours": "held", "ours (2)": "part_redirect"}
    assert [p["where"] for p in found["problems"]] == ["line 1", "line 4", "line 5", "line 7"]
    wanted = ["write one object", "write one on each line", "write redirect", "the same request as in line 6"]
    assert all(want in p["what"] for want, p in zip(wanted, found["problems"], strict=True))
    assert "line 5: outcome" in call(capsys, str(file), code=1)


def test_a_line_separator_within_a_text_parts_no_line(tmp_path: Path) -> None:
    row = json.dumps({**THEIRS, "text": "a\u2028b"}, ensure_ascii=False)
    assert problems(row, folder=tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cases.jsonl", b"", "no request in it that can be decided"),
        ("cases.jsonl", b"{}\n{}\n", "line 2: id is missing"),
        ("cases.xlsx", b"PK\0\3", "is no text. Give lines of JSON"),
        ("cases.csv", b"\xef\xbb\xbf,,\n", "no column id and text (or request) and outcome. Its columns are: none"),
        ("cases.csv", b"Ref,Question,Outcome\n1,x,held\n", "Its columns are: Ref, Question, Outcome"),
        ("cases.csv", b"id,request,outcome\n", "no request in it that can be decided"),
    ],
)
def test_a_file_without_a_usable_request_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Fatal, match=re.escape(said)):
        disclosure_log.read(tmp_path / name)


def test_what_is_not_there_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "absent", "no file or folder"), (tmp_path, "no request in it")):
        with pytest.raises(Fatal, match=said):
            disclosure_log.read(path)


def test_an_unknown_council_or_none_that_can_be_decided_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "knows no authority ZZZ" in call(capsys, str(lines(tmp_path, OURS)), "--authority", "ZZZ", code=2)
    assert "None of the requests" in call(capsys, str(lines(tmp_path, {**OURS, "authority": "ZZZ"})), code=2)
    nowhere = str(tmp_path / "absent" / "r.html")
    assert "cannot be written" in call(capsys, str(lines(tmp_path, OURS)), "--html", nowhere, code=2)


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8-sig", ","), ("cp1252", ";"), ("utf-8", "\t")])
def test_an_export_is_read_by_its_column_names_in_the_forms_spreadsheets_write(
    tmp_path: Path, encoding: str, mark: str
) -> None:
    header = mark.join(["Bodies", " ID", "Request", "Outcome", "Received", "Asks"])
    body = mark.join(["KEN", "FI1", f'"“Why”{mark}\r\n{REDIRECTED} £"', "Redirect", "31/05/2026", "x"])
    bad = mark.join(["", "FI2", "How many bins?", "", "", ""])
    (tmp_path / "log.csv").write_bytes("\r\n".join([header, body, "", bad, ""]).encode(encoding))
    log = disclosure_log.read(tmp_path / "log.csv")
    (case,) = log.cases
    assert (case.id, case.outcome, case.bodies, case.received_on) == ("FI1", "redirect", ("KEN",), date(2026, 5, 31))
    assert case.text == f"“Why”{mark}\n{REDIRECTED} £"
    assert [(p.where, p.what[:18]) for p in log.problems] == [("line 5", "outcome is missing")]


def test_a_folder_of_mails_is_decided_with_and_without_labels(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.eml").write_bytes(mail(REDIRECTED))
    (tmp_path / "b.eml").write_bytes(mail(KEPT, Auto_Submitted="auto-replied"))
    (tmp_path / "notes.txt").write_text("nothing")
    found = report(capsys, tmp_path, "--authority", "DOV")
    assert (found["labelled"], outcomes(found)) == (0, {"a": "redirect", "b": "suppressed"})
    assert "None says what became of it" in call(capsys, str(tmp_path), "--authority", "DOV")
    (tmp_path / "labels.csv").write_text("file,outcome,bodies\na.eml,redirect,KEN\nc.eml,held,\n")
    found = report(capsys, tmp_path, "--authority", "DOV", code=1)
    assert (found["labelled"], found["rates"]["redirects_right"]["count"]) == (1, 1)
    assert found["problems"] == [{"where": "labels.csv, line 3", "what": "there is no file c.eml beside it"}]


class Reader(html.parser.HTMLParser):
    """Reads a page as a browser would: tags opened and closed, and the text between."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_needs_nothing_else_and_escapes_what_requesters_wrote(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    file = lines(tmp_path, {**WRONG, "id": "<b>id</b>"}, THEIRS, SHARED, "<i>bad</i>")
    assert f"The report is in {page}" in " ".join(call(capsys, str(file), "--html", str(page), code=1).split())
    assert page.stat().st_mode & 0o077 == 0
    text = page.read_text("utf-8")
    read = Reader()
    read.feed(text)
    assert read.open == []
    tags = {tag for tag, _ in read.seen}
    assert not tags & {"script", "link", "img", "iframe", "object", "form"}
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\(|@import|https?://""", text)
    assert "<script>alert(1)</script>" in read.text
    assert "<b>id</b>" in read.text
    ids = [attributes["id"] for _, attributes in read.seen if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in read.seen if "aria-labelledby" in a} <= set(ids)
    assert all("scope" in attributes for tag, attributes in read.seen if tag == "th")
    assert all("aria-label" in attributes for tag, attributes in read.seen if tag == "svg")


def test_the_page_says_so_where_nothing_is_wrong_and_where_nothing_is_labelled(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    right = report(capsys, lines(tmp_path, OURS, THEIRS), "--authority", "DOV")
    page = backtest_page(right, source="log", made_on=date(2026, 11, 3))
    assert "No wrong redirect" in page
    assert "up to 97.5 % (95 % bound)" in page
    assert "3 November 2026" in page
    nothing = {**right, "labelled": 0}
    assert "Nothing to compare with" in backtest_page(nothing, source="log", made_on=date(2026, 11, 3))
