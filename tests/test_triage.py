"""`foi-mailbot triage` decides whatever file it is given, by its published contract, and says plainly what is wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import docx
import jsonschema
import pytest

from foi_mailbot.cli import main
from tests.council import council, mail
from tests.service.office import REDIRECTED

pytestmark = pytest.mark.slow

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "triage.schema.json").read_text("utf-8"))


def call(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["triage", *arguments])
    said = capsys.readouterr()
    assert (ended.value.code or 0) == code, said
    return said.out + said.err


def record(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call(capsys, *arguments, "--json"))
    jsonschema.validate(found, SCHEMA)
    return found


def word_file() -> bytes:
    document, file = docx.Document(), io.BytesIO()
    document.add_paragraph(REDIRECTED)
    document.save(file)
    return file.getvalue()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return council(tmp_path, imap_port=1, smtp_port=1, password="x").settings


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.txt", b"", "it is empty"),
        ("blank.txt", b" \r\n\t\n", "it is empty"),
        ("noise.bin", bytes(range(256)) * 9, "neither a mail nor plain text"),
        ("request.pdf", b"%PDF-1.7\nHow many bins?\n", "neither a mail nor plain text"),
        ("request.docx", word_file(), "neither a mail nor plain text"),
        ("empty.eml", b"", "no readable sender"),
        ("noise.eml", bytes(range(256)) * 9, "no readable sender"),
    ],
)
def test_what_is_no_request_goes_to_a_person_and_says_why(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    found = record(capsys, str(tmp_path / name))
    assert (found["outcome"], found["letter"]) == ("unsure", None)
    assert reason in " ".join(found["reasons"])
    assert reason in " ".join(call(capsys, str(tmp_path / name)).split())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_file_is_read_in_the_encodings_files_have(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "request.txt").write_bytes((REDIRECTED + " – since “2020”, in £?").encode(encoding))
    found = record(capsys, str(tmp_path / "request.txt"))
    assert found["outcome"] == "redirect"
    assert "– since “2020”, in £?" in found["text"]


def test_standard_input_is_read_and_an_empty_one_is_no_request(settings: Path) -> None:
    command = [sys.executable, "-m", "foi_mailbot", "triage", "-", "--json", "--config", str(settings)]
    for given, outcome in ((mail(REDIRECTED), "redirect"), (b"", "unsure")):
        done = subprocess.run(command, input=given, capture_output=True, timeout=60, check=True)
        assert json.loads(done.stdout)["outcome"] == outcome
    closed = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *command], capture_output=True, timeout=60, check=True)
    assert json.loads(closed.stdout)["outcome"] == "unsure"


def test_a_file_that_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "There is no file" in call(capsys, str(tmp_path / "absent"), code=2)
    assert "cannot be read: Is a directory" in call(capsys, str(tmp_path), code=2)


def test_an_unknown_council_is_refused_with_where_the_codes_stand(capsys: pytest.CaptureFixture[str]) -> None:
    assert "data/authorities.csv" in call(capsys, "-", "--authority", "ZZZ", code=2)


def test_a_date_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Invalid value for '--received'" in call(capsys, "-", "--received", "2026-13-40", code=2)


def test_nobody_signs_in_another_councils_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, settings: Path
) -> None:
    (tmp_path / "request.txt").write_text(REDIRECTED, "utf-8")
    given = [str(tmp_path / "request.txt"), "--config", str(settings)]
    ours, theirs = record(capsys, *given), record(capsys, *given, "--authority", "CAT")
    assert "review@dover.example" in ours["letter"]["text"]
    assert "dover" not in theirs["letter"]["text"].lower()
    assert any("internal review" in reason for reason in theirs["blocked"])
