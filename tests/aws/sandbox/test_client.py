"""The control client: what it says of a running sandbox, and what it refuses."""

import pytest

from aws.sandbox.client import SandboxControl, SandboxControlError


def test_health_is_true_when_the_sandbox_answers(control):
    assert control.health() is True


def test_sandbox_that_is_not_there_is_an_error_and_not_a_false():
    with pytest.raises(OSError, match="refused"):
        SandboxControl("http://127.0.0.1:1", timeout=1).health()


def test_count_adds_accounts_up_unless_one_is_named(control, sessions, new_target):
    targets = [new_target(), new_target()]
    for target in targets:
        session = sessions.assume(target, session_name="rg-test")
        session.client("ssm").put_parameter(Name="/x", Value="1", Type="String")
    assert control.count("ssm", "PutParameter") == 2
    assert control.count("ssm", "PutParameter", account=targets[0].account_id) == 1
    assert control.count("ssm", "DeleteParameter") == 0


def test_calls_can_be_asked_for_by_action(control, session):
    session.identity()
    assert {call["action"] for call in control.calls()} == {"AssumeRole", "GetCallerIdentity"}
    assert [call["action"] for call in control.calls(action="AssumeRole")] == ["AssumeRole"]


def test_unknown_kind_of_fault_is_refused_with_the_known_ones(control):
    with pytest.raises(SandboxControlError, match="lost_after"):
        control.fault("s3", "PutObject", "explode")
