"""The states of a request and the decisions of a vote, as published."""

from approvals.models import ApprovalRequest
from approvals.states import TAKES_VOTES, ApprovalState, Decision


def test_the_states_are_those_of_the_wire():
    assert [str(state) for state in ApprovalState] == [
        "open",
        "satisfied",
        "void",
        "rejected",
        "expired",
        "consumed",
        "closed",
    ]
    assert [str(decision) for decision in Decision] == ["approve", "reject", "withdraw"]


def test_votes_are_taken_by_exactly_the_states_that_the_table_keeps_unique():
    (constraint,) = ApprovalRequest._meta.constraints
    assert dict(constraint.condition.children)["state__in"] == ["open", "satisfied", "void"]
    assert {"open", "satisfied", "void"} == TAKES_VOTES
