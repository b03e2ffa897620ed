"""Reading an execution's outcome from events: only ours count, the first failure is the cause."""

import pytest

from deployments.executor import Done, Failed, Poll, Unknown
from deployments.executors.stack_events import outcome_of

STACK = "arn:aws:cloudformation:eu-west-1:111111111111:stack/s/1"


def event(number, status, resource="s", token="ours", reason=None):
    found = {
        "EventId": str(number),
        "StackId": STACK,
        "PhysicalResourceId": STACK if resource == "s" else "physical",
        "LogicalResourceId": resource,
        "ResourceType": "AWS::Any::Thing",
        "ResourceStatus": status,
        "ClientRequestToken": token,
    }
    return found | ({"ResourceStatusReason": reason} if reason else {})


def newest_first(*events):
    return list(reversed(events))


@pytest.mark.parametrize("events", [[], [event(1, "UPDATE_COMPLETE", token="theirs")]])
def test_without_an_event_of_ours_nothing_is_known(events):
    assert outcome_of(events, "ours") is None


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"])
def test_complete_stack_is_done_and_a_complete_resource_is_not(status):
    assert isinstance(outcome_of([event(1, status)], "ours"), Done)
    assert isinstance(outcome_of([event(1, status, "Function")], "ours"), Poll)


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_stack_under_way_is_waited_for(status):
    assert outcome_of([event(1, status)], "ours").detail == f"The stack is {status}."


@pytest.mark.parametrize(
    ("status", "code", "undone", "nothing_left"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "aws_rolled_back", True, False),
        ("ROLLBACK_COMPLETE", "creation_failed", False, True),
        ("DELETE_COMPLETE", "creation_failed", False, True),
    ],
)
def test_failure_names_its_first_cause(status, code, undone, nothing_left):
    found = outcome_of(
        newest_first(
            event(1, "UPDATE_IN_PROGRESS"),
            event(2, "UPDATE_FAILED", "Queue", reason="no room left"),
            event(3, "UPDATE_FAILED", "Table", reason="Resource update cancelled"),
            event(4, status),
        ),
        "ours",
    )
    assert isinstance(found, Failed)
    assert (found.code, found.undone, found.nothing_left) == (code, undone, nothing_left)
    assert found.detail.endswith("Queue: no room left")


def test_failure_without_a_reason_says_so():
    assert outcome_of([event(1, "ROLLBACK_COMPLETE")], "ours").detail.endswith("AWS gave no reason.")


def test_state_that_nobody_can_end_is_unknown():
    assert isinstance(outcome_of([event(1, "UPDATE_ROLLBACK_FAILED")], "ours"), Unknown)


def test_each_event_is_logged_once():
    first = outcome_of([event(1, "UPDATE_IN_PROGRESS")], "ours")
    assert first.log == ("UPDATE_IN_PROGRESS AWS::Any::Thing s",)
    events = newest_first(event(1, "UPDATE_IN_PROGRESS"), event(2, "UPDATE_COMPLETE", reason="well"))
    second = outcome_of(events, "ours", first.data["logged"])
    assert second.log == ("UPDATE_COMPLETE AWS::Any::Thing s well",)
