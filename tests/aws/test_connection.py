"""The connection test: what is open is named, what is not asked is unknown."""

import json
from dataclasses import replace

from aws.connection import test_connection as check_connection
from aws.sandbox.seed import root_clients

NAMES = ["assume_role", "identity", "external_id_required", "staging_bucket"]


def states(result):
    assert [check["name"] for check in result["checks"]] == NAMES
    return [check["state"] for check in result["checks"]]


def test_prepared_account_passes_all_checks_and_nothing_is_changed(sessions, target, control):
    result = check_connection(sessions, target)
    assert states(result) == ["pass", "pass", "pass", "pass"]
    assert result["ok"] is True
    assert result["arn"] == (
        f"arn:aws:sts::{target.account_id}:assumed-role/ReleaseGateDeploy/rg-connection-test"
    )
    assert control.counts() == {}


def test_wrong_external_id_names_every_possible_cause(sessions, target):
    result = check_connection(sessions, replace(target, external_id="wrong-id"))
    assert states(result) == ["fail", "unknown", "unknown", "unknown"]
    assert (result["ok"], result["arn"]) == (False, None)
    detail = result["checks"][0]["detail"]
    assert "does not exist" in detail
    assert "trust policy" in detail
    assert "external id" in detail


def test_missing_role_fails_in_the_same_words(sessions, target):
    missing = replace(target, role_arn=f"arn:aws:iam::{target.account_id}:role/Nobody")
    result = check_connection(sessions, missing)
    assert states(result) == ["fail", "unknown", "unknown", "unknown"]
    assert "role/Nobody does not exist" in result["checks"][0]["detail"]


def test_role_that_asks_for_no_external_id_fails(sessions, target, sandbox):
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = root_clients(sandbox.endpoint_url)("iam", target.account_id, "us-east-1")
    iam.update_assume_role_policy(RoleName="ReleaseGateDeploy", PolicyDocument=json.dumps(trust))
    result = check_connection(sessions, target)
    assert states(result) == ["pass", "pass", "fail", "pass"]
    assert result["ok"] is False


def test_role_of_another_account_fails_the_identity(sessions, target, new_target):
    other = new_target()
    result = check_connection(sessions, replace(target, role_arn=other.role_arn))
    assert states(result)[:3] == ["pass", "fail", "pass"]
    assert other.account_id in result["checks"][1]["detail"]


def test_missing_staging_bucket_fails(sessions, target, session, staging):
    session.client("s3").delete_bucket(Bucket=staging)
    result = check_connection(sessions, target)
    assert states(result) == ["pass", "pass", "pass", "fail"]
    assert result["checks"][3]["detail"] == f"The bucket {staging} does not exist"


def test_aws_that_does_not_answer_is_unknown_and_never_a_pass(sessions, target, control):
    control.fault("sts", "AssumeRole", "server_error")
    assert states(check_connection(sessions, target)) == ["unknown"] * 4
    control.fault("s3", "ListObjectsV2", "server_error", times=20)
    assert states(check_connection(sessions, target)) == ["pass", "pass", "pass", "unknown"]
    control.fault("sts", "AssumeRole", "lost_before")
    assert states(check_connection(sessions, target))[0] == "unknown"
