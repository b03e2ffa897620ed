"""The seed of an account: made once, found again, and changed only where it has to be."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from aws.connection import test_connection as check_connection
from aws.sandbox.seed import role_arn, site_bucket, staging_bucket


def test_second_preparation_changes_nothing_but_the_trust_it_sets_again(seeder, target, control):
    before = control.listings()[target.account_id]
    made = seeder.prepare_account(target.account_id, target.region, target.external_id)
    assert made == {
        "role_arn": role_arn(target.account_id),
        "staging_bucket": staging_bucket(target.account_id, target.region),
        "site_bucket": site_bucket(target.account_id, target.region),
        "test_project": "releasegate-tests",
    }
    assert control.listings()[target.account_id] == before
    assert {key[2] for key in control.counts()} == {"UpdateAssumeRolePolicy"}


def test_role_follows_a_new_external_id_and_forgets_the_old_one(seeder, target, sessions):
    assert seeder.ensure_role(target.account_id, "the-new-external-id") == target.role_arn
    assert check_connection(sessions, replace(target, external_id="the-new-external-id"))["ok"] is True
    with pytest.raises(ClientError, match="AccessDenied"):
        sessions.assume(target, session_name="rg-test")


def test_buckets_are_versioned_and_objects_stay(seeder, target, session):
    bucket = staging_bucket(target.account_id, target.region)
    s3 = session.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert seeder.ensure_bucket(target.account_id, target.region, bucket) == bucket
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_bucket_of_another_account_is_not_taken(seeder, target, new_target):
    other = new_target()
    with pytest.raises(ClientError, match="403"):
        seeder.ensure_bucket(other.account_id, other.region, staging_bucket(target.account_id, target.region))


def test_tools_account_gets_its_versioned_bucket(seeder, sessions):
    bucket = seeder.prepare_tools("eu-west-1", "rg-artifacts-of-this-test")
    assert bucket == seeder.prepare_tools("eu-west-1", "rg-artifacts-of-this-test")
    assert sessions.tools().client("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
