"""Sessions: the role is assumed with the external id, and clients do not retry unless told."""

import datetime
import threading

import pytest
from botocore.exceptions import ClientError

from aws.session import AwsTarget


def test_tools_session_is_the_tools_account(sessions):
    assert sessions.tools().identity() == {
        "account": "000000000000",
        "arn": "arn:aws:iam::000000000000:user/release-gate",
    }
    assert sessions.tools().expires_at is None


def test_tools_session_is_made_once(sessions):
    assert sessions.tools() is sessions.tools()
    assert sessions.tools("us-east-1") is not sessions.tools()


def test_assumed_session_is_the_target_account_under_the_given_name(sessions, target):
    session = sessions.assume(target, session_name="rg-dep-1", source_identity="rita", tags={"rg": "1"})
    assert session.identity() == {
        "account": target.account_id,
        "arn": f"arn:aws:sts::{target.account_id}:assumed-role/ReleaseGateDeploy/rg-dep-1",
    }


def test_session_ends_after_the_asked_seconds(sessions, target):
    before = datetime.datetime.now(datetime.UTC)
    session = sessions.assume(target, session_name="rg-test", duration=1800)
    length = (session.expires_at - before).total_seconds()
    assert 1795 <= length <= 1805


def test_wrong_external_id_is_refused_and_gives_no_session(sessions, target):
    wrong = AwsTarget(target.account_id, target.region, target.role_arn, "another-id")
    with pytest.raises(ClientError) as refused:
        sessions.assume(wrong, session_name="rg-test")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_client_is_made_once_per_service_and_retry_mode(session):
    assert session.client("s3") is session.client("s3")
    assert session.client("s3") is not session.client("s3", retries=True)


def test_clients_are_made_safely_by_many_threads_at_once(session):
    made, start = [], threading.Barrier(8)

    def make():
        start.wait()
        made.append(session.client("cloudformation"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len({id(client) for client in made}) == 1


def test_client_does_not_retry_a_throttled_call(session, control):
    control.fault("s3", "ListBuckets", "throttle")
    with pytest.raises(ClientError, match="SlowDown"):
        session.client("s3").list_buckets()
    assert len(control.calls(action="ListBuckets")) == 1


def test_client_with_retries_tries_again(session, control):
    control.fault("s3", "ListBuckets", "throttle")
    assert session.client("s3", retries=True).list_buckets()["Buckets"]
    assert [call["status"] for call in control.calls(action="ListBuckets")] == [503, 200]


def test_client_has_short_timeouts_and_one_attempt(session):
    config = session.client("cloudformation").meta.config
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries == {"total_max_attempts": 1, "mode": "legacy"} or (
        config.retries["total_max_attempts"] == 1
    )


def test_s3_is_addressed_by_path_at_an_address_of_our_own(session, staging):
    url = session.client("s3").generate_presigned_url("get_object", Params={"Bucket": staging, "Key": "k"})
    assert f"/{staging}/k?" in url


def test_session_policy_narrows_the_session(sessions, target, staging):
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
    }
    session = sessions.assume(target, session_name="rg-test", policy=policy)
    assert session.client("s3").list_objects_v2(Bucket=staging)["KeyCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("s3").put_object(Bucket=staging, Key="k", Body=b"x")
    assert session.client("s3").list_objects_v2(Bucket=staging)["KeyCount"] == 0


def test_profile_of_whoever_started_us_does_not_matter_when_keys_are_given(sessions, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-this-profile")
    assert sessions.tools("eu-north-1").identity()["account"] == "000000000000"
