"""The table of steps: every state has a row, can be reached and can end; nothing leaves an end."""

import pytest

from deployments.actions.resolve import OUTCOMES
from deployments.models import Deployment
from deployments.rules import ENDS
from deployments.states import HOLDS_LANE, NEXT, PENDING, TERMINAL, State
from deployments.transition import APPROVAL_ENDS


def reachable(start: State) -> set[State]:
    found, todo = set(), [start]
    while todo:
        for state in NEXT[todo.pop()]:
            if state not in found:
                found.add(state)
                todo.append(state)
    return found


def test_every_state_has_a_row_and_every_step_leads_to_a_state():
    assert set(NEXT) == set(State)
    assert all(following <= set(State) for following in NEXT.values())


def test_the_states_are_those_of_the_wire():
    names = (
        "requested planning needs_approval waiting running verifying rolling_back uncertain needs_human succeeded "
        "failed rolled_back rollback_failed cancelled rejected expired superseded withdrawn"
    )
    assert [str(state) for state in State] == names.split()


def test_the_ends_are_exactly_those_of_the_product():
    assert {str(state) for state in TERMINAL} == {
        "succeeded",
        "failed",
        "rolled_back",
        "rollback_failed",
        "cancelled",
        "rejected",
        "expired",
        "superseded",
        "withdrawn",
    }


def test_every_state_is_reached_from_a_request():
    assert reachable(State.REQUESTED) | {State.REQUESTED} == set(State)


@pytest.mark.parametrize("state", sorted(set(State) - TERMINAL))
def test_from_every_open_state_an_end_is_reached(state):
    assert reachable(state) & TERMINAL


def test_a_deployment_is_pending_or_holds_the_lane_or_has_ended():
    assert set(State) == PENDING | HOLDS_LANE | TERMINAL
    assert not PENDING & HOLDS_LANE and not PENDING & TERMINAL and not HOLDS_LANE & TERMINAL


def test_what_has_started_never_waits_for_people_again():
    for state in HOLDS_LANE:
        assert not NEXT[state] & PENDING


def test_nothing_succeeds_that_was_not_verified_or_settled_by_a_person():
    assert {state for state, following in NEXT.items() if State.SUCCEEDED in following} == {
        State.VERIFYING,
        State.NEEDS_HUMAN,
    }


def test_what_runs_is_not_superseded_expired_rejected_or_withdrawn():
    never = {State.SUPERSEDED, State.EXPIRED, State.REJECTED, State.WITHDRAWN}
    assert all(not NEXT[state] & never for state in HOLDS_LANE)


def test_every_pending_state_may_be_cancelled_and_started():
    assert all({State.CANCELLED, State.RUNNING} <= NEXT[state] for state in PENDING)


def test_a_person_settles_with_ends_only():
    assert set(OUTCOMES) <= TERMINAL
    assert set(ENDS.values()) | set(APPROVAL_ENDS) <= TERMINAL


def test_the_lane_constraint_names_exactly_the_states_that_hold_it():
    lane, one_open = Deployment._meta.constraints
    assert set(dict(lane.condition.children)["state__in"]) == HOLDS_LANE
    assert set(dict(one_open.condition.children)["state__in"]) == TERMINAL
    assert one_open.condition.negated is True
