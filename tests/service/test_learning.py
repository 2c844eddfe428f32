"""Officers' corrections: kept in one transaction with their entry, counted by rule, and acted upon."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from foi_mailbot.core.case import State
from foi_mailbot.core.learning import Floor, Verdict
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.errors import Parked
from foi_mailbot.ports_granting import VerdictRow
from foi_mailbot.service import records
from foi_mailbot.service.learning import Learning, RuleRecord
from foi_mailbot.service.review import Review
from tests.council import mail
from tests.service.office import KEPT, REDIRECTED, Office

LIBRARY = "How many books did your libraries lend in 2024/25?"
QUICK = Floor(0.9, 3)


class Taught(Office):
    """An office whose rules are judged after three verdicts."""

    @property
    def learning(self) -> Learning:
        return Learning(self.journal, self.assessor.rulebook, QUICK)

    @property
    def review(self) -> Review:
        return Review(self.journal, {"dover": self.council}, self.assessor, QUICK)


@pytest.fixture
def office(office: Office) -> Office:
    return Taught(office.assessor, office.council)


def asking(number: int, body: str = REDIRECTED) -> bytes:
    return mail(body, subject=f"Question FI{16750 + number}", message_id=f"<{number}@example.com>")


def verdicts(office: Office, key: str = "C000001") -> list[VerdictRow]:
    with office.store.transaction() as tx:
        return tx.verdicts.of_case(key)


def said(office: Office, key: str = "C000001") -> list[tuple[int, Verdict]]:
    return sorted({(row.ask, row.verdict) for row in verdicts(office, key)})


def record_of(office: Office, rule: str) -> RuleRecord:
    return next(one for one in office.learning.stats() if one.tally.rule == rule)


def rules_of(office: Office, key: str = "C000001") -> list[str]:
    return sorted({e["rule"] for ask in office.record(key)["asks"] for e in ask["evidence"]})


# ── what approving says ──────────────────────────────────────────────────────────────────────────
def test_a_letter_approved_as_drafted_confirms_the_rules_of_each_ask(office: Office) -> None:
    office.read(asking(1, f"1. {REDIRECTED}\n2. {LIBRARY}"))
    assert verdicts(office) == []
    office.review.approve("C000001", actor="officer", contacts_checked=["KEN"])
    assert said(office) == [(1, Verdict.RIGHT), (2, Verdict.RIGHT)]
    assert sorted(row.rule for row in verdicts(office)) == rules_of(office)
    assert {row.actor for row in verdicts(office)} == {"officer"}


def test_a_letter_an_officer_rewrote_confirms_nothing_and_one_drafted_anew_does(office: Office) -> None:
    office.read(asking(1))
    office.review.edit("C000001", actor="officer", text=office.letter().text.replace("Thank you", "Many thanks"))
    office.review.approve("C000001", actor="officer", contacts_checked=["KEN"])
    assert verdicts(office) == []
    office.review.hold("C000001", actor="officer", reason="wait")
    office.review.redraft("C000001", actor="officer")
    office.review.approve("C000001", actor="officer", contacts_checked=["KEN"])
    assert said(office) == [(1, Verdict.RIGHT)]


def test_approving_the_same_letter_again_counts_once(office: Office) -> None:
    office.read(asking(1))
    for _ in range(2):
        office.review.approve("C000001", actor="officer", contacts_checked=["KEN"])
        office.review.hold("C000001", actor="officer", reason="wait")
        office.review.release("C000001", actor="officer", reason="go on")
    assert {one.tally.verdicts for one in office.learning.stats()} == {1}


# ── what a correction says ───────────────────────────────────────────────────────────────────────
def test_a_correction_counts_against_the_rules_of_that_ask_alone_and_is_sealed_with_them(office: Office) -> None:
    office.read(asking(1, f"1. {REDIRECTED}\n2. {LIBRARY}"))
    done = office.learning.correct(
        "FI16751", by="J. Smith", verdict=Verdict.WRONG_FUNCTION, ask="2", should_be="museums_arts", reason="a museum"
    )
    assert (done.ask, {row.should_be for row in verdicts(office)}) == (2, {"museums_arts"})
    assert said(office) == [(2, Verdict.WRONG_FUNCTION)]
    with office.store.transaction() as tx:
        event = tx.audit.entries()[-1].event
    assert (event.name, event.actor, event.details["verdict"]) == ("case.corrected", "J. Smith", "wrong_function")
    assert event.details["rules"] == list(done.rules)
    assert "a museum" not in str(event.details)
    (remark,) = records.remarks(office.case())
    assert remark["text"] == "wrong function, it is museums_arts: a museum"


def test_the_officers_last_word_on_an_ask_counts_and_approving_does_not_undo_it(office: Office) -> None:
    office.read(asking(1))
    office.learning.correct("C000001", by="officer", verdict=Verdict.WRONG_BODY)
    office.review.approve("C000001", actor="officer", contacts_checked=["KEN"])
    assert said(office) == [(1, Verdict.WRONG_BODY)]
    office.learning.correct("C000001", by="officer", verdict=Verdict.RIGHT)
    assert said(office) == [(1, Verdict.RIGHT)]
    assert {one.tally.verdicts for one in office.learning.stats()} == {1}


def test_an_ask_in_which_no_rule_fired_can_be_corrected_too(office: Office) -> None:
    office.read(asking(1, "What is the airspeed of an unladen swallow?"))
    office.learning.correct("C000001", by="officer", verdict=Verdict.SHOULD_BE_REDIRECTED)
    assert record_of(office, "").tally.corrected == 1
    assert office.events()[-1] == "case.corrected"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"by": " "}, "who you are"),
        ({"by": "auto"}, "who you are"),
        ({"should_be": "no_such"}, "no function no_such"),
        ({"ask": "7"}, "there is no question 7"),
        ({"ask": ""}, r"no question named.*#1 \(“1”\), #2 \(“2”\)"),
        ({"key": "C000009"}, "no case C000009"),
    ],
)
def test_a_correction_that_cannot_be_meant_is_refused_in_words(
    office: Office, changes: dict[str, str], says: str
) -> None:
    office.read(asking(1, f"1. {REDIRECTED}\n2. {LIBRARY}"))
    given = {"key": "C000001", "by": "officer", "ask": "1"} | changes
    with pytest.raises(Parked, match=says):
        office.learning.correct(given.pop("key"), verdict=Verdict.WRONG_FUNCTION, **given)
    assert verdicts(office) == []


def test_a_case_without_a_decided_question_has_nothing_to_correct(office: Office) -> None:
    office.read(mail("I would like an internal review of your answer.", subject="Internal review"))
    with pytest.raises(Parked, match="nothing to correct"):
        office.learning.correct("C000001", by="officer", verdict=Verdict.RIGHT)


def test_a_question_can_be_named_by_its_place(office: Office) -> None:
    office.read(asking(1, f"1. {REDIRECTED}\n2. {LIBRARY}"))
    assert office.learning.correct("C000001", by="officer", verdict=Verdict.RIGHT, ask="#2").ask == 2


# ── what follows for a rule ──────────────────────────────────────────────────────────────────────
def corrected_three_times(office: Office) -> None:
    office.read(*[asking(number) for number in (1, 2, 3)])
    for number in (1, 2, 3):
        office.learning.correct(f"C00000{number}", by="officer", verdict=Verdict.WRONG_FUNCTION)


def test_a_rule_below_its_floor_is_demoted_once_and_its_asks_go_to_a_person(office: Office) -> None:
    corrected_three_times(office)
    office.read(asking(4), asking(5, KEPT))
    rules = rules_of(office)
    assert office.events().count("rule.demoted") == len(rules)
    assert all(record_of(office, rule).demoted for rule in rules)
    held = office.case("C000004")
    assert (held.state, held.outcome) == (State.HELD_FOR_OFFICER, "unsure")
    assert "officers corrected this rule 3 of 3 times" in held.note
    assert office.case("C000005").state is State.CASEWORK
    office.learning.correct("C000004", by="officer", verdict=Verdict.WRONG_FUNCTION)
    assert office.events().count("rule.demoted") == len(rules)
    with pytest.raises(Parked, match="4 of 4 times"):
        office.review.redraft("C000004", actor="officer")


def test_enough_right_verdicts_lift_a_demotion_and_that_is_sealed_once(office: Office) -> None:
    corrected_three_times(office)
    rules = rules_of(office)
    for number in (1, 2, 3):
        office.learning.correct(f"C00000{number}", by="officer", verdict=Verdict.RIGHT)
    assert office.events().count("rule.lifted") == len(rules)
    office.learning.refresh()
    assert office.events().count("rule.lifted") == len(rules)
    office.read(asking(4))
    assert office.case("C000004").state is State.DRAFTED


def test_a_rule_its_owner_rewrote_starts_anew_at_the_next_start(office: Office) -> None:
    corrected_three_times(office)
    rules = rules_of(office)
    office.assessor = replace(office.assessor, rulebook=rewritten(office.assessor.rulebook))
    office.learning.refresh()
    office.learning.refresh()
    assert office.events().count("rule.lifted") == len(rules)
    assert {record_of(office, rule).tally.verdicts for rule in rules} == {0}
    office.learning.correct("C000001", by="second", verdict=Verdict.WRONG_BODY)  # of a decision by the old wording
    assert {record_of(office, rule).tally.verdicts for rule in rules} == {0}


def rewritten(rulebook: Rulebook) -> Rulebook:
    children = rulebook.functions["childrens_social_care"]
    changed = replace(children, examples=children.examples[:-1])
    return replace(rulebook, functions={**rulebook.functions, children.id: changed})


def test_what_fired_is_counted_over_every_case(office: Office) -> None:
    office.read(asking(1), asking(2), asking(3, LIBRARY))
    assert {record_of(office, rule).fired for rule in rules_of(office)} == {2}


@pytest.mark.parametrize("ticks", [0, 1, 2])
def test_a_correction_and_its_entry_are_one_transaction(office: Office, ticks: int) -> None:
    office.read(asking(1))
    before, journal = office.events(), office.learning.journal
    told = iter([journal.clock()] * ticks)

    def stopping() -> datetime:
        for moment in told:
            return moment
        raise Parked("broken half-way")

    broken = replace(office.learning, journal=replace(journal, clock=stopping))
    with pytest.raises(Parked, match="broken"):
        broken.correct("C000001", by="officer", verdict=Verdict.WRONG_BODY)
    assert (verdicts(office), office.events(), records.remarks(office.case())) == ([], before, [])
