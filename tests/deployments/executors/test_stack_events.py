"""What CloudFormation's events say about one execution."""

import pytest

from deployments.executor import Done, Failed, Poll, Unknown
from deployments.executors.stack_events import outcome_of

TOKEN = "rg-1-exec"
STACK = "arn:aws:cloudformation:eu-west-1:1:stack/payments/1"


def event(status, number=1, *, token=TOKEN, physical=STACK, logical="payments", reason=""):
    return {
        "EventId": f"e{number}",
        "StackId": STACK,
        "PhysicalResourceId": physical,
        "LogicalResourceId": logical,
        "ResourceType": "AWS::CloudFormation::Stack" if physical == STACK else "AWS::SNS::Topic",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "ClientRequestToken": token,
    }


def test_events_of_another_execution_say_nothing_about_ours():
    assert outcome_of([event("UPDATE_COMPLETE", token="somebody-elses")], TOKEN) is None
    assert outcome_of([], TOKEN) is None


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE"])
def test_the_stacks_own_newest_event_decides(status):
    newest_first = [
        event(status, 3),
        event("CREATE_COMPLETE", 2, physical="topic", logical="Events"),
        event("X_IN_PROGRESS"),
    ]
    found = outcome_of(newest_first, TOKEN)
    assert isinstance(found, Done)
    assert len(found.log) == 3


def test_a_resource_that_is_complete_does_not_complete_the_stack():
    found = outcome_of([event("CREATE_COMPLETE", 2, physical="topic"), event("UPDATE_IN_PROGRESS")], TOKEN)
    assert isinstance(found, Poll)


def test_an_undone_update_names_the_first_failure():
    events = [
        event("UPDATE_ROLLBACK_COMPLETE", 4),
        event("UPDATE_FAILED", 3, physical="b", logical="B", reason="cancelled"),
        event("CREATE_FAILED", 2, physical="a", logical="A", reason="Limit exceeded"),
    ]
    found = outcome_of(events, TOKEN)
    assert isinstance(found, Failed)
    assert (found.undone, found.nothing_left) == (True, False)
    assert "A: Limit exceeded" in found.detail


def test_a_first_creation_that_failed_left_nothing():
    found = outcome_of([event("ROLLBACK_COMPLETE")], TOKEN)
    assert (found.nothing_left, found.undone) == (True, False)
    assert "AWS gave no reason." in found.detail


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_FAILED", "SOMETHING_NEW"])
def test_what_nobody_can_settle_by_reading_is_unknown(status):
    assert isinstance(outcome_of([event(status)], TOKEN), Unknown)


def test_lines_that_were_logged_are_not_logged_again():
    found = outcome_of([event("UPDATE_IN_PROGRESS", 2), event("UPDATE_IN_PROGRESS", 1)], TOKEN, ("e1",))
    assert len(found.log) == 1
    assert found.data == {"logged": ["e1", "e2"]}
