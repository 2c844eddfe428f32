from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.case import GRANT_ONLY, PERSON_ONLY, TRANSITIONS, Action, State, advance, allowed
from foi_mailbot.errors import IllegalMove, Parked


def reachable(start: State, without: Sequence[Action] | frozenset[Action] = ()) -> set[State]:
    """Every state some path of one move or more leads to, none of its moves among `without`."""
    found: set[State] = set()
    edge = [start]
    while edge:
        state = edge.pop()
        for (source, action), target in TRANSITIONS.items():
            if source is state and action not in without and target not in found:
                found.add(target)
                edge.append(target)
    return found


@pytest.mark.parametrize(
    ("state", "action", "target"),
    [
        (State.RECEIVED, Action.DRAFT, State.DRAFTED),
        (State.RECEIVED, Action.SUPPRESS, State.SUPPRESSED),
        (State.RECEIVED, Action.HOLD, State.HELD_FOR_OFFICER),
        (State.RECEIVED, Action.KEEP, State.CASEWORK),
        (State.DRAFTED, Action.APPROVE, State.APPROVED),
        (State.APPROVED, Action.REVOKE_APPROVAL, State.DRAFTED),
        (State.APPROVED, Action.EDIT, State.DRAFTED),
        (State.APPROVED, Action.CLAIM, State.SENDING),
        (State.SENDING, Action.ACCEPT, State.SENT),
        (State.SENDING, Action.DOUBT, State.UNCERTAIN),
        (State.SENDING, Action.REFUSE, State.FAILED),
        (State.SENDING, Action.RETRY, State.APPROVED),
        (State.UNCERTAIN, Action.RESOLVE_SENT, State.SENT),
        (State.UNCERTAIN, Action.RESOLVE_UNSENT, State.APPROVED),
        (State.SENT, Action.BOUNCE, State.BOUNCED),
        (State.SUPPRESSED, Action.RELEASE, State.HELD_FOR_OFFICER),
        (State.HELD_FOR_OFFICER, Action.RELEASE, State.DRAFTED),
    ],
)
def test_each_step_of_a_case_leads_where_the_design_says(state: State, action: Action, target: State) -> None:
    assert advance(state, action) is target


@given(st.sampled_from(State), st.sampled_from(Action))
def test_a_move_is_either_in_the_table_or_refused_with_the_moves_that_are(state: State, action: Action) -> None:
    if (state, action) in TRANSITIONS:
        assert advance(state, action) is TRANSITIONS[state, action]
        return
    with pytest.raises(IllegalMove) as refused:
        advance(state, action)
    message = str(refused.value)
    assert f"'{state}'" in message
    assert f"'{action}'" in message
    for name in allowed(state):
        assert name in message


def test_a_finished_case_says_so() -> None:
    with pytest.raises(Parked, match="the case is finished"):
        advance(State.CLOSED, Action.DRAFT)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[State.CLOSED, Action.CLAIM] = State.SENDING  # type: ignore[index]


def test_every_state_can_be_reached_and_every_action_used() -> None:
    assert reachable(State.RECEIVED) | {State.RECEIVED} == set(State)
    assert {action for _, action in TRANSITIONS} == set(Action)


def test_every_case_can_be_closed_in_the_end() -> None:
    assert all(State.CLOSED in reachable(state) for state in State if state is not State.CLOSED)


def test_only_an_approved_letter_is_claimed_and_only_a_claim_leads_to_sending() -> None:
    assert {move for move, target in TRANSITIONS.items() if target is State.SENDING} == {(State.APPROVED, Action.CLAIM)}


def test_only_a_persons_word_a_grant_or_a_sure_non_acceptance_makes_a_letter_approved() -> None:
    assert {move for move, target in TRANSITIONS.items() if target is State.APPROVED} == {
        (State.RECEIVED, Action.APPROVE_BY_GRANT),
        (State.DRAFTED, Action.APPROVE),
        (State.UNCERTAIN, Action.RESOLVE_UNSENT),
        (State.SENDING, Action.RETRY),
    }
    assert {Action.APPROVE, Action.RESOLVE_UNSENT} <= PERSON_ONLY


@pytest.mark.parametrize("state", [State.SENT, State.UNCERTAIN, State.FAILED, State.BOUNCED])
def test_a_letter_handed_over_is_never_sent_again_without_a_person(state: State) -> None:
    assert State.SENDING not in reachable(state, without=PERSON_ONLY)


def test_a_letter_being_sent_is_sent_again_without_a_person_only_if_it_surely_was_not_taken() -> None:
    assert State.SENDING not in reachable(State.SENDING, without=PERSON_ONLY | {Action.RETRY})


def test_no_case_reaches_sending_without_a_person_now_or_two_people_beforehand() -> None:
    assert State.SENDING not in reachable(State.RECEIVED, without=PERSON_ONLY | GRANT_ONLY)


@pytest.mark.parametrize("state", [state for state in State if state is not State.RECEIVED])
def test_a_grant_approves_a_new_case_and_never_one_that_was_met_before(state: State) -> None:
    assert GRANT_ONLY.isdisjoint(allowed(state))


@pytest.mark.parametrize("state", [State.SUPPRESSED, State.REJECTED])
def test_a_suppressed_or_rejected_case_leaves_only_by_a_persons_release(state: State) -> None:
    assert State.SENDING not in reachable(state, without=[Action.RELEASE])
    assert reachable(state, without=[Action.RELEASE]) == {State.CLOSED}


@given(st.lists(st.sampled_from(Action), max_size=40))
def test_no_run_of_the_machine_sends_twice_without_a_person_between(actions: list[Action]) -> None:
    state, handed_over = State.RECEIVED, False
    for action in actions:
        if action not in allowed(state):
            continue
        state = advance(state, action)
        if action is Action.CLAIM:
            assert not handed_over, "sent twice by guess"
            handed_over = True
        elif action is Action.RETRY or action in PERSON_ONLY:
            handed_over = False


@given(st.data())
def test_the_machine_alone_never_sends_along_any_walk_of_legal_moves(data: st.DataObject) -> None:
    state = State.RECEIVED
    for _ in range(30):
        choices = [action for action in allowed(state) if action not in PERSON_ONLY | GRANT_ONLY]
        if not choices:
            break
        state = advance(state, data.draw(st.sampled_from(choices)))
        assert state not in {State.APPROVED, State.SENDING, State.SENT}
