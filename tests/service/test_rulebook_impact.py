"""What a date changes: holders, contacts, ends, and the letters that wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from foi_mailbot.adapters.rulebook import load
from foi_mailbot.core.case import State
from foi_mailbot.core.rulebook import Override
from foi_mailbot.ports import CaseRow
from foi_mailbot.service import records
from foi_mailbot.service.rulebook_impact import impact, touched

RULEBOOK = load([Path(__file__).parents[2] / "config"])
NOW, VESTING = date(2026, 11, 24), date(2027, 4, 1)


def case(id_: str, authority: str, *bodies: str) -> CaseRow:
    return CaseRow(
        id=id_,
        mailbox="m",
        authority=authority,
        reference="",
        state=State.DRAFTED,
        kind="request",
        outcome="redirect",
        subject="",
        applicant_name="",
        applicant_email="a@example.com",
        received=datetime(2026, 11, 23, tzinfo=UTC),
        received_on=date(2026, 11, 23),
        due=None,
        raw_sha256="",
        message_id="",
        rulebook_sha256="",
        request_json="{}",
        decision_json=records.dump({"asks": [{"bodies": list(bodies)}]}),
    )


def test_a_local_fact_that_begins_changes_its_function_and_nothing_else() -> None:
    fact = Override("parks_open_spaces", "DOV", "both", "deed", "s", start=date(2027, 1, 1))
    found = impact(replace(RULEBOOK, overrides=(*RULEBOOK.overrides, fact)), ["DOV"], NOW, VESTING)
    ((change,),) = (council["changes"] for council in found["councils"])
    assert change["functions"] == ["parks_open_spaces"]
    assert (change["before"]["holder"], change["after"]["holder"]) == ("ours", "shared")
    assert change["after"]["bodies"] == [{"code": "KEN", "name": "Kent County Council"}]


def test_a_district_whose_place_one_council_takes_is_compared_with_that_council() -> None:
    found = impact(RULEBOOK, ["WOI"], NOW, VESTING)
    changes = {f: c for council in found["councils"] for c in council["changes"] for f in c["functions"]}
    assert changes["libraries"]["before"]["bodies"][0]["code"] == "SRY"
    assert changes["libraries"]["after"]["bodies"][0]["code"] == "WSY"
    assert changes["council_tax"]["after"]["bodies"][0]["code"] == "WSY"
    assert changes["police"]["after"]["holder"] == "unknown"
    assert "nhs_services" not in changes


def test_a_county_divided_offers_its_heirs_and_its_contact_ends() -> None:
    found = impact(RULEBOOK, ["SRY"], NOW, VESTING)
    (county,) = found["councils"]
    assert {c["after"]["holder"] for c in county["changes"]} == {"offered"}
    assert "SRY" in [c["code"] for c in found["contacts"]]
    assert len(found["ends"]) == 12  # the county's own and its eleven districts'
    assert all(end["made"] and end["sources"] for end in found["ends"])


def test_nothing_happens_between_two_days_without_an_order() -> None:
    found = impact(RULEBOOK, ["ELM", "DOV"], NOW, date(2027, 3, 31))
    assert (found["councils"], found["contacts"], found["ends"]) == ([], [], [])


def test_letters_that_name_a_body_that_ends_or_whose_own_council_ends_are_touched() -> None:
    cases = [
        case("C1", "DOV", "KEN"),
        case("C2", "DOV", "SRY"),
        case("C3", "ELM"),
        replace(case("C4", "DOV"), decision_json=""),
    ]
    found = touched(cases, RULEBOOK, NOW, VESTING)
    assert [(t["case"], t["bodies"]) for t in found] == [("C2", ["SRY"]), ("C3", ["ELM"])]
    assert "divided among East Surrey Council and West Surrey Council" in found[0]["why"][0]
    assert touched(cases, RULEBOOK, NOW, date(2027, 3, 31)) == []
