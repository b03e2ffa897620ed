"""Points 3 and 4: every kind of fault does what it says, and executed mutations are counted once."""

import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from aws.errors import FaultKind, classify
from aws.sandbox.client import SandboxControlError


def put(session, staging, key="k"):
    return session.client("s3").put_object(Bucket=staging, Key=key, Body=b"x")


def keys(session, staging):
    found = session.client("s3").list_objects_v2(Bucket=staging)
    return [entry["Key"] for entry in found.get("Contents", [])]


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("throttle", FaultKind.RETRYABLE),
        ("server_error", FaultKind.AMBIGUOUS),
        ("access_denied", FaultKind.REFUSED),
    ],
)
def test_refusing_faults_execute_nothing_and_are_used_up(session, staging, control, kind, fault):
    control.fault("s3", "PutObject", kind, times=2)
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            put(session, staging)
        assert classify(refused.value).kind is fault
    assert keys(session, staging) == []
    assert control.counts() == {}
    put(session, staging)
    assert control.count("s3", "PutObject") == 1


def test_lost_before_is_not_executed(session, staging, control):
    control.fault("s3", "PutObject", "lost_before")
    with pytest.raises(ConnectionClosedError) as lost:
        put(session, staging)
    assert classify(lost.value).kind is FaultKind.AMBIGUOUS
    assert keys(session, staging) == []
    assert control.count("s3", "PutObject") == 0


def test_lost_after_is_executed_once(session, staging, control, target):
    control.fault("s3", "PutObject", "lost_after")
    with pytest.raises(ConnectionClosedError):
        put(session, staging)
    assert keys(session, staging) == ["k"]
    assert control.counts() == {(target.account_id, "s3", "PutObject"): 1}


def test_late_is_executed_after_its_seconds(session, staging, control):
    control.fault("s3", "PutObject", "late", seconds=0.5)
    with pytest.raises(ConnectionClosedError):
        put(session, staging)
    assert keys(session, staging) == []
    time.sleep(0.9)
    assert keys(session, staging) == ["k"]
    assert control.count("s3", "PutObject") == 1


def test_fault_hits_only_the_named_account_and_matching_requests(session, staging, control, target):
    control.fault("s3", "PutObject", "throttle", account="123123123123")
    control.fault("s3", "PutObject", "throttle", account=target.account_id, match="special")
    put(session, staging, "plain")
    with pytest.raises(ClientError, match="SlowDown"):
        put(session, staging, "special")
    assert keys(session, staging) == ["plain"]


def test_clear_takes_all_faults_away(session, staging, control):
    control.fault("s3", "*", "server_error", times=100)
    control.clear()
    assert control.faults() == []
    put(session, staging)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "nonsense"}, "kind must be one of"),
        ({"kind": "throttle", "times": 0}, "times must be"),
        ({"kind": "throttle", "times": "many"}, "times must be"),
        ({"kind": "late"}, "seconds is required"),
        ({"kind": "throttle", "seconds": -1}, "seconds must be"),
        ({"kind": "hidden"}, "hidden is for cloudformation"),
        ({"kind": "fail_resource"}, "resource is required"),
        ({"kind": "slow_stack", "outcome": "maybe"}, "outcome must be"),
        ({"kind": "throttle", "colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_fault_that_makes_no_sense_is_refused_and_not_in_force(control, fields, message):
    with pytest.raises(SandboxControlError, match=message):
        control.fault("s3", "PutObject", **fields)
    assert control.faults() == []


def test_reads_are_logged_but_not_counted(session, staging, control):
    session.client("s3").list_objects_v2(Bucket=staging)
    assert control.counts() == {}
    assert [call["status"] for call in control.calls(action="ListObjectsV2")] == [200]


def test_refused_mutation_is_not_counted(session, staging, control):
    put(session, staging)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        session.client("s3").put_object(Bucket=staging, Key="k", Body=b"y", IfNoneMatch="*")
    assert control.count("s3", "PutObject") == 1
    assert session.client("s3").get_object(Bucket=staging, Key="k")["Body"].read() == b"x"


def test_mutation_names_account_action_target_and_time(session, staging, control, target):
    before = time.time()
    put(session, staging, "a/b c")
    (entry,) = control.mutations()
    assert (entry["account"], entry["service"], entry["action"]) == (target.account_id, "s3", "PutObject")
    assert (entry["target"], entry["effective"]) == (f"{staging}/a/b c", True)
    assert before <= entry["at"] <= time.time()


def test_call_log_has_the_time_of_the_first_assume_role(sessions, target, control):
    before = time.time_ns()
    sessions.assume(target, session_name="rg-test")
    (call,) = control.calls(action="AssumeRole")
    assert before <= call["ns"] <= time.time_ns()
    assert call["target"] == target.role_arn


def test_reset_forgets_counts_and_keeps_objects(session, staging, control):
    put(session, staging)
    control.reset_counts()
    assert control.mutations() == []
    assert keys(session, staging) == ["k"]


def test_wrong_checksum_is_a_bad_digest(session, staging):
    """Amazon S3 User Guide, "Checking object integrity"."""
    with pytest.raises(ClientError, match="BadDigest"):
        session.client("s3").put_object(
            Bucket=staging, Key="k", Body=b"x", ChecksumSHA256="uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="
        )
    assert keys(session, staging) == []
