"""When a letter may leave without an officer: only if every ask is granted, and nothing else speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot.core.decision import AskDecision, AskOutcome, Decision, Evidence, Held, PartRedirect, Redirect, Unsure
from foi_mailbot.core.granting import (
    WATCHED,
    Grant,
    Ruling,
    Status,
    grantable,
    is_name,
    rule_on,
    rule_sha256,
    same_person,
    sampled,
)
from foi_mailbot.core.message import Address, Message, Origin, Passage
from foi_mailbot.core.request import Ask, Kind, Request
from foi_mailbot.core.rulebook import Authority, Override, Regime, Rulebook, Tier
from tests.letter_cases import rulebook

RECEIVED, TODAY, UNTIL = date(2026, 3, 3), date(2026, 3, 4), date(2026, 6, 1)
CONFIRMED = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = rulebook()
TEXT = "How many places were there in 2025?"
REQUEST = Request(TEXT, (), Kind.REQUEST, (), ())
MESSAGE = Message(
    message_id="<one@example.com>",
    subject="Request",
    sender=Address("a.resident@example.com", "A Resident"),
    reply_to=(),
    to=(Address("foi@seaside.example"),),
    cc=(),
    date=None,
    in_reply_to="",
    references=(),
    headers=(),
    content_type="text/plain",
    report_type="",
    passages=(Passage(Origin.BODY, TEXT),),
    attachments=(),
)


def grant(function: str = "children", body: str = "CTY", rules: Rulebook = RULES, **changes: object) -> Grant:
    given_ = Grant(
        id=f"G-{function}-{body}",
        mailbox="seaside",
        authority="SEA",
        function=function,
        body=body,
        rule_sha256=rule_sha256(function, "SEA", rules),
        until=UNTIL,
        reason="always right",
        proposed_by="Jo Smith",
        proposed_at=CONFIRMED - timedelta(days=1),
        confirmed_by="Sam Patel",
        confirmed_at=CONFIRMED,
    )
    return replace(given_, **changes)  # type: ignore[arg-type]


def asked(
    functions: tuple[str, ...] = ("children",),
    bodies: tuple[str, ...] = ("CTY",),
    outcome: AskOutcome = AskOutcome.OTHER_BODY,
    regime: Regime = Regime.FOIA,
    label: str = "1",
) -> AskDecision:
    evidence = tuple(Evidence(0, 3, TEXT[:3], f"{function}/strong") for function in functions)
    return AskDecision(
        Ask(label=label, start=0, end=len(TEXT), text=TEXT), outcome, functions, bodies, regime, evidence, ("because",)
    )


def ruled(
    decision: Decision | None = None,
    grants: Sequence[Grant] = (grant(),),
    *,
    request: Request | None = REQUEST,
    message: Message | None = MESSAGE,
    rules: Rulebook = RULES,
    received_on: date = RECEIVED,
    on: date = TODAY,
    blocked: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Ruling:
    return rule_on(
        decision or Redirect((asked(),)),
        request,
        message,
        blocked=blocked,
        warnings=warnings,
        grants=grants,
        rulebook=rules,
        received_on=received_on,
        on=on,
    )


def test_a_new_request_wholly_granted_may_leave_and_says_under_which_grant() -> None:
    assert ruled() == Ruling((grant(),), ())
    assert ruled().allowed


# ── no door around the officer ───────────────────────────────────────────────────────────────────
FUNCTIONS, BODIES = ("children", "schools", "drainage"), ("CTY", "POL")
ASKS = st.builds(
    asked,
    functions=st.lists(st.sampled_from(FUNCTIONS), max_size=3, unique=True).map(tuple),
    bodies=st.lists(st.sampled_from(BODIES), max_size=2, unique=True).map(tuple),
    outcome=st.sampled_from(AskOutcome),
    regime=st.sampled_from(Regime),
    label=st.sampled_from(["", "1", "2"]),
)
GRANTS = st.builds(
    grant,
    function=st.sampled_from(FUNCTIONS),
    body=st.sampled_from(BODIES),
    until=st.sampled_from([RECEIVED, TODAY, UNTIL]),
    confirmed_at=st.sampled_from([None, CONFIRMED, CONFIRMED + timedelta(days=3)]),
    suspended_at=st.sampled_from([None, CONFIRMED]),
    rule_sha256=st.sampled_from(["0" * 64, *(rule_sha256(f, "SEA", RULES) for f in FUNCTIONS)]),
)


def in_force(one: Grant) -> bool:
    """Say it once more in other words: confirmed by the day of receipt, not ended, the rule as it was."""
    return (
        one.confirmed_at is not None
        and one.confirmed_at.date() <= RECEIVED
        and max(RECEIVED, TODAY) < one.until
        and one.suspended_at is None
        and one.rule_sha256 == rule_sha256(one.function, "SEA", RULES)
    )


def is_granted(ask: AskDecision, grants: Sequence[Grant]) -> bool:
    named = [[g.body for g in grants if g.function == f and in_force(g)] for f in ask.functions]
    return (
        ask.outcome is AskOutcome.OTHER_BODY
        and ask.regime is Regime.FOIA
        and bool(named)
        and all(named)
        and set(ask.bodies) <= {body for bodies in named for body in bodies}
        and bool(ask.bodies)
    )


@settings(max_examples=300)
@given(asks=st.lists(ASKS, min_size=1, max_size=4).map(tuple), grants=st.lists(GRANTS, max_size=5))
def test_a_decision_with_one_ask_that_is_not_granted_is_never_approved_automatically(
    asks: tuple[AskDecision, ...], grants: list[Grant]
) -> None:
    ruling = ruled(Redirect(asks), grants)
    if not all(is_granted(ask, grants) for ask in asks):
        assert not ruling.allowed
        assert ruling.reasons
    if ruling.allowed:
        assert {f for ask in asks for f in ask.functions} == {g.function for g in ruling.grants}
        assert all(in_force(g) for g in ruling.grants)
    for other in (PartRedirect(asks), Held(asks), Unsure(asks, "doubt")):
        assert not ruled(other, grants).allowed


@given(allowed=st.lists(st.sampled_from(FUNCTIONS[:2]), min_size=1, max_size=2, unique=True).map(tuple), ask=ASKS)
def test_one_more_ask_never_makes_a_letter_leave_that_would_not(allowed: tuple[str, ...], ask: AskDecision) -> None:
    grants = [grant(function) for function in allowed]
    first = asked(allowed)
    assert ruled(Redirect((first,)), grants).allowed
    if not is_granted(ask, grants):
        assert not ruled(Redirect((first, ask)), grants).allowed
        assert not ruled(Redirect((ask, first)), grants).allowed


@pytest.mark.parametrize(
    ("received_on", "on", "allowed"),
    [
        (CONFIRMED.date() - timedelta(days=1), TODAY, False),
        (CONFIRMED.date(), TODAY, True),
        (UNTIL - timedelta(days=1), UNTIL - timedelta(days=1), True),
        (UNTIL - timedelta(days=1), UNTIL, False),
        (UNTIL, UNTIL, False),
        (UNTIL, TODAY, False),
    ],
)
def test_a_grant_holds_from_its_confirmation_to_before_its_end_by_receipt_and_by_approval(
    received_on: date, on: date, allowed: bool
) -> None:
    assert ruled(received_on=received_on, on=on).allowed is allowed


# ── what else keeps a letter for a person ────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("ruling", "says"),
    [
        (ruled(request=None), "not every question"),
        (ruled(message=None), "not every question"),
        (ruled(Redirect(())), "not every question"),
        (ruled(request=replace(REQUEST, kind=Kind.FOLLOW_UP)), "not a new request but: follow up"),
        (ruled(request=replace(REQUEST, problems=("plan.pdf could not be read",))), "plan.pdf could not be read"),
        (ruled(blocked=("no signature",)), "blocked: no signature"),
        (ruled(warnings=("look here",)), "warned: look here"),
        (ruled(rules=rulebook(verified=False)), "nobody verified the contact of CTY"),
        (ruled(grants=()), "no grant in force for children"),
        (ruled(Redirect((asked(bodies=("POL",)),))), "another body than the grant"),
        (ruled(Redirect((asked(regime=Regime.UNSURE),))), "not under FOIA alone"),
        (ruled(Redirect((asked(outcome=AskOutcome.BOTH),))), "not wholly another body's"),
        (ruled(message=replace(MESSAGE, in_reply_to="<x@y.example>")), "earlier mail"),
        (ruled(message=replace(MESSAGE, references=("<x@y.example>",))), "earlier mail"),
        (ruled(message=replace(MESSAGE, subject="FW: Request")), "earlier mail"),
        (ruled(message=replace(MESSAGE, passages=(Passage(Origin.FORWARDED, TEXT),))), "forwarded"),
        (ruled(message=replace(MESSAGE, sender=Address("a@example.com"))), "gives no name"),
        (ruled(message=replace(MESSAGE, sender=None)), "gives no name"),
        (ruled(message=replace(MESSAGE, reply_to=(Address("b@example.com"),))), "another address"),
        (ruled(request=replace(REQUEST, text="What did Mrs Jones do?")), "names a person"),
        (ruled(request=replace(REQUEST, text="What has the\nReturning  Officer said?")), "returning"),
        (ruled(rules=replace(RULES, lexicon={"auto_watch": ("places",)}), grants=()), "“places”"),
    ],
)
def test_whatever_a_person_should_look_at_is_a_reason(ruling: Ruling, says: str) -> None:
    assert not ruling.allowed
    assert any(says in reason for reason in ruling.reasons), ruling.reasons


@pytest.mark.parametrize("word", WATCHED)
def test_each_watched_word_keeps_a_letter_and_a_longer_word_around_it_does_not(word: str) -> None:
    assert not ruled(request=replace(REQUEST, text=f"How many? {word.upper()}.")).allowed
    assert ruled(request=replace(REQUEST, text=f"How many x{word}x?")).allowed


def test_an_answer_asked_for_at_the_same_address_is_no_reason() -> None:
    same = (Address("A.Resident@Example.com", "A"),)
    assert ruled(message=replace(MESSAGE, reply_to=same)).allowed


# ── the rule it was given for ────────────────────────────────────────────────────────────────────
def test_a_grant_is_dormant_once_its_rule_its_local_facts_or_the_shared_words_change() -> None:
    children = replace(RULES.functions["children"], strong=("nursery",))
    fact = Override("children", "SEA", "CTY", "an agreement", "its website")
    for changed in (
        replace(RULES, functions={**RULES.functions, "children": children}),
        replace(RULES, functions={k: v for k, v in RULES.functions.items() if k != "children"}),
        replace(RULES, overrides=(fact,)),
        replace(RULES, lexicon={"carriers": ("number",)}),
    ):
        assert grant().status(changed, TODAY) is Status.RULE_CHANGED
        assert not ruled(rules=changed).allowed


def test_another_functions_rule_another_councils_fact_and_a_contact_leave_it_in_force() -> None:
    schools = replace(RULES.functions["schools"], strong=("school",))
    fact = Override("children", "OTHER", "CTY", "an agreement", "its website")
    for changed in (
        replace(RULES, functions={**RULES.functions, "schools": schools}),
        replace(RULES, overrides=(fact,)),
        rulebook(email="new@county.example"),
    ):
        assert grant().status(changed, TODAY) is Status.ACTIVE
        assert ruled(rules=changed).allowed


@pytest.mark.parametrize(
    ("function", "body", "why"),
    [
        ("children", "CTY", ""),
        ("drainage", "", "always need an officer"),
        ("no_such", "", "no function no_such"),
        ("ours", "", "not wholly another body's"),
    ],
)
def test_a_grant_can_be_given_only_for_what_is_wholly_another_bodys_under_foia(
    function: str, body: str, why: str
) -> None:
    ours = replace(RULES.functions["children"], id="ours", tier=Tier.LOWER)
    seaside = Authority("SEA", "Seaside", "district", "England", "CTY")
    rules = replace(
        RULES, functions={**RULES.functions, "ours": ours}, authorities={**RULES.authorities, "SEA": seaside}
    )
    named, refused = grantable(function, "SEA", rules, TODAY)
    assert named == body
    assert why in refused
    assert bool(named) is not bool(refused)


# ── names and samples ────────────────────────────────────────────────────────────────────────────
@given(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), st.data())
def test_one_name_in_other_capitals_and_spaces_is_one_person(name: str, data: st.DataObject) -> None:
    spelt = "".join(
        data.draw(st.sampled_from([c.lower(), c.upper()])) + data.draw(st.sampled_from(["", " ", ". ", "\u00a0"]))
        for c in name
    )
    assert same_person(name, spelt)


def test_two_names_are_two_people_and_nobody_is_none() -> None:
    assert not same_person("Jo Smith", "Jo Smyth")
    assert is_name("Jo Smith")
    assert not any(map(is_name, ("", " .", "SYSTEM", "Auto")))


def test_the_sample_takes_the_first_ones_and_about_its_share_of_the_rest_the_same_each_time() -> None:
    cases = [f"C{number:06d}" for number in range(2000)]
    assert all(sampled(case, earlier, percent=1, first=5) for earlier, case in enumerate(cases[:5]))
    chosen = [case for case in cases if sampled(case, 9, percent=10, first=5)]
    assert 140 < len(chosen) < 260
    assert chosen == [case for case in cases if sampled(case, 9, percent=10, first=5)]
    assert all(sampled(case, 9, percent=100, first=0) for case in cases)
