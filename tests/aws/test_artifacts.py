"""Artifacts read where they lie: hashed by us, bounded, with missing and forbidden told apart."""

import hashlib

import pytest

from aws import artifacts


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://bucket/key", ("bucket", "key", None)),
        ("s3://my.bucket-1/a/b c.zip", ("my.bucket-1", "a/b c.zip", None)),
        ("s3://bucket/key?versionId=abc.123", ("bucket", "key", "abc.123")),
        ("s3://bucket/what?is=this", ("bucket", "what?is=this", None)),
    ],
)
def test_address_is_taken_apart(uri, parts):
    assert artifacts.parse_s3_uri(uri) == parts


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "s3://",
        "s3://bucket",
        "s3://bucket/",
        "s3:///key",
        "s3://Bucket/key",
        "s3://a/key",
        "s3://bu..cket/key",
        "s3://bucket/a\nb",
        "s3://bucket/" + "k" * 1025,
        "s3://bucket/key?versionId=",
        "https://bucket.s3.amazonaws.com/key",
        "file:///etc/passwd",
        None,
        7,
    ],
)
def test_anything_else_is_no_address(uri):
    with pytest.raises(artifacts.ArtifactUriInvalid) as refused:
        artifacts.parse_s3_uri(uri)
    assert refused.value.code == "artifact_uri_invalid"


def test_hash_and_size_are_of_the_bytes_that_lie_there(session, staging):
    body = b"release" * 500_000
    session.client("s3").put_object(Bucket=staging, Key="a.zip", Body=body)
    assert artifacts.hash_object(session, staging, "a.zip", None, limit_bytes=10_000_000) == (
        "sha256:" + hashlib.sha256(body).hexdigest(),
        3_500_000,
    )


def test_version_that_is_named_is_the_one_that_is_read(session, staging):
    s3 = session.client("s3")
    first = s3.put_object(Bucket=staging, Key="a", Body=b"one")["VersionId"]
    s3.put_object(Bucket=staging, Key="a", Body=b"two")
    assert artifacts.read_object(session, staging, "a", first, limit_bytes=10) == b"one"
    assert artifacts.read_object(session, staging, "a", None, limit_bytes=10) == b"two"


def test_empty_object_is_read(session, staging):
    session.client("s3").put_object(Bucket=staging, Key="empty", Body=b"")
    assert artifacts.read_object(session, staging, "empty", None, limit_bytes=0) == b""


@pytest.mark.parametrize(("bucket", "key"), [("", "no-such-key"), ("rg-no-such-bucket-anywhere", "k")])
def test_missing_key_or_bucket_is_missing(session, staging, bucket, key):
    with pytest.raises(artifacts.ArtifactMissing) as refused:
        artifacts.hash_object(session, bucket or staging, key, None, limit_bytes=10)
    assert refused.value.code == "artifact_missing"


def test_missing_version_is_missing(session, staging):
    session.client("s3").put_object(Bucket=staging, Key="a", Body=b"one")
    with pytest.raises(artifacts.ArtifactMissing):
        artifacts.read_object(session, staging, "a", "00000000-0000-4000-8000-000000000000", limit_bytes=10)


def test_bucket_of_another_account_is_forbidden_not_missing(session, new_target, sessions):
    other = new_target()
    bucket = f"rg-staging-{other.account_id}-{other.region}"
    inside = sessions.assume(other, session_name="rg-test")
    inside.client("s3").put_object(Bucket=bucket, Key="a", Body=b"one")
    with pytest.raises(artifacts.ArtifactAccessDenied) as refused:
        artifacts.read_object(session, bucket, "a", None, limit_bytes=10)
    assert refused.value.code == "artifact_access_denied"


def test_object_over_the_limit_is_refused(session, staging):
    session.client("s3").put_object(Bucket=staging, Key="big", Body=b"x" * 11)
    with pytest.raises(artifacts.ArtifactTooLarge) as refused:
        artifacts.read_object(session, staging, "big", None, limit_bytes=10)
    assert str(refused.value) == f"s3://{staging}/big has 11 bytes; 10 are allowed"


def test_other_failures_are_neither_missing_nor_forbidden(session, staging, control):
    session.client("s3").put_object(Bucket=staging, Key="a", Body=b"one")
    control.fault("s3", "GetObject", "server_error", times=20)
    with pytest.raises(artifacts.ArtifactError) as failed:
        artifacts.read_object(session, staging, "a", None, limit_bytes=10)
    assert type(failed.value) is artifacts.ArtifactError
    assert failed.value.fault.code == "InternalError"
