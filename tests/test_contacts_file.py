"""data/contacts.csv: what a row may say, each fault told, and the operator's own file changed whole or not at all."""

from __future__ import annotations

import os
import resource
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foi_mailbot.adapters.contacts_file import ContactsFile
from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.contacts import COLUMNS, contact_for
from foi_mailbot.core.rulebook import Contact, How, Purpose, Rulebook
from foi_mailbot.errors import Fatal

CONFIG = Path(__file__).parents[1] / "config"
HEADER = ",".join(COLUMNS)
OLD_HEADER = "code,name,email,postal_address,source,confidence,verified_on,verified_by"
KENT = Contact(
    "KEN", "Kent County Council", "foi@kent.example", "County Hall,\nMaidstone", "told by telephone", "high",
    date(2026, 11, 24), "B. Officer", Purpose.EIR, How.PHONE,
)  # fmt: skip


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "data" / "contacts.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((header, *lines, "")), "utf-8")
    return path


def read(folder: Path) -> Rulebook:
    return load([CONFIG, folder])


# ── what a row may say ───────────────────────────────────────────────────────────────────────────
def test_a_body_may_have_one_contact_a_purpose_beside_the_shipped_one(tmp_path: Path) -> None:
    written(tmp_path, "KEN,Kent,eir,eir@kent.example,Hall,s,high,2026-11-01,me,page,,")
    rules = read(tmp_path)
    assert [c.purpose for c in rules.contacts["KEN"]] == [Purpose.ANY, Purpose.EIR]
    found = contact_for("KEN", Purpose.EIR, rules)
    assert found is not None
    assert (found.email, found.verified_how) == ("eir@kent.example", How.PAGE)


def test_a_file_without_the_newer_columns_still_counts_and_replaces_the_shipped_row(tmp_path: Path) -> None:
    written(tmp_path, "KEN,Kent,foi@kent.example,,s,high,2026-11-01,me", header=OLD_HEADER)
    (contact,) = read(tmp_path).contacts["KEN"]
    assert (contact.email, contact.verified, contact.verified_how) == ("foi@kent.example", True, None)


def test_what_bounced_in_the_operators_row_bounced_in_the_shipped_one_with_the_same_email(tmp_path: Path) -> None:
    written(tmp_path, "KEN,Kent,foi,freedomofinformation@kent.gov.uk,,s,high,,,,2026-11-02,550")
    assert all(c.bounced for c in read(tmp_path).contacts["KEN"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",Kent,,,,,high,,,,,", "line 2, code: is empty; write the body's code"),
        ("KEN,K,gdpr,,,,high,,,,,", "line 2, purpose: is “gdpr”; write foi, eir or sar, or nothing"),
        ("KEN,K,,kent,,,high,,,,,", "line 2, email: “kent” is no address"),
        ("KEN,K,,,,,high,2026-11-01,,,,", "line 2: is half verified; write verified_on, verified_by"),
        ("KEN,K,,,,,high,,me,,,", "line 2: is half verified"),
        ("KEN,K,,,,,high,,,page,,", "line 2: is half verified"),
        ("KEN,K,,,,,high,2026-11-01,me,email,,", "verified_how: is “email”; write one of live, page, phone, letter"),
        ("KEN,K,,,,,high,1.11.2026,me,,,", "verified_on: “1.11.2026” is not a date; write YYYY-MM-DD"),
        ("KEN,K,,,,,high,,,,soon,", "bounced_on: “soon” is not a date"),
        ("KEN,K,,,,,high,,,,,550", "bounced_on: has no date"),
        ("KEN,K,,,Hall, Maidstone,s,high,,,,,", "line 2: has more cells than line 1; write"),
        ("KEN,K,foi,,,,high,,,,,\nKEN,K,foi,,,,high,,,,,", "line 3: KEN stands in line 2 already; write one row"),
    ],
)
def test_each_fault_of_a_row_is_told_with_its_line_and_what_to_write(tmp_path: Path, line: str, said: str) -> None:
    written(tmp_path, line)
    with pytest.raises(Fatal) as raised:
        read(tmp_path)
    assert said in str(raised.value)


# ── writing the operator's own file ──────────────────────────────────────────────────────────────
def test_a_first_contact_makes_folder_and_file_readable_for_the_service(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        ContactsFile([tmp_path / "etc"]).put([KENT])
    finally:
        os.umask(before)
    path = tmp_path / "etc/data/contacts.csv"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o644, 0o755)
    assert read(tmp_path / "etc").contacts["KEN"][1] == KENT


def test_other_rows_columns_and_the_headers_order_stay(tmp_path: Path) -> None:
    header = f"note,{OLD_HEADER}"
    path = written(tmp_path, 'mine,ESS,Essex,,"Hall, Street",s,low,,', "ours,KEN,Kent,,,s,low,,", header=header)
    path.chmod(0o640)
    ContactsFile([tmp_path]).put([replace(KENT, purpose=Purpose.ANY), KENT])
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == f"{header},purpose,verified_how,bounced_on,bounced_why"
    assert lines[1] == 'mine,ESS,Essex,,"Hall, Street",s,low,,,,,,'
    assert lines[2].startswith("ours,KEN,Kent County Council,foi@kent.example,")
    assert [c.purpose for c in read(tmp_path).contacts["KEN"]] == [Purpose.ANY, Purpose.EIR]
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in path.parent.iterdir()] == ["contacts.csv"]


def test_a_link_into_a_checkout_stays_a_link(tmp_path: Path) -> None:
    target = written(tmp_path / "checkout")
    (tmp_path / "etc/data").mkdir(parents=True)
    link = tmp_path / "etc/data/contacts.csv"
    link.symlink_to(target)
    ContactsFile([tmp_path / "etc"]).put([KENT])
    assert link.is_symlink()
    assert "foi@kent.example" in target.read_text("utf-8")


def test_without_a_rules_folder_there_is_no_place_to_write_and_it_says_what_to_set() -> None:
    with pytest.raises(Fatal, match=r'Write rules_dirs = \["/etc/foi-mailbot"\]'):
        ContactsFile([]).put([KENT])


def test_a_place_that_cannot_be_written_is_named_and_nothing_changes(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder belongs", "utf-8")
    with pytest.raises(Fatal, match=r"data/contacts.csv cannot be written: .* Nothing was changed"):
        ContactsFile([tmp_path]).put([KENT])
    assert (tmp_path / "data").read_text("utf-8") == "a file where the folder belongs"


def test_a_failure_on_the_way_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = written(tmp_path, "ESS,Essex,,,,,low,,,,,")
    before = path.read_bytes()
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, allowed[1]))  # the kernel's own refusal, half-way
    try:
        with pytest.raises(Fatal, match="File too large"):
            ContactsFile([tmp_path]).put([KENT])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["contacts.csv"]


def test_a_row_that_a_later_folder_holds_is_not_written_where_it_would_not_count(tmp_path: Path) -> None:
    written(tmp_path / "second", "KEN,Kent,eir,,,,low,,,,,")
    with pytest.raises(Fatal, match=r"second/data/contacts\.csv has a row of its own for KEN"):
        ContactsFile([tmp_path / "first", tmp_path / "second"]).put([KENT])
    ContactsFile([tmp_path / "first", tmp_path / "second"]).put([replace(KENT, purpose=Purpose.FOI)])
