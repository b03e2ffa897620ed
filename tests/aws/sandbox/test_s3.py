"""S3 where moto is too kind: claimed checksums are compared with the bytes."""

import base64
import hashlib

import pytest

from aws.sandbox.s3 import check
from aws.sandbox.wire import AwsError, Call


def upload(body=b"bytes", action="PutObject", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call("s3", "eu-west-1", action, "PUT", "/b/k", {}, named, body, {}, 0.0)


def encoded(name, body=b"bytes"):
    return base64.b64encode(hashlib.new(name, body).digest()).decode()


def test_right_checksum_and_no_checksum_pass():
    check(upload())
    check(upload(x_amz_checksum_sha256=encoded("sha256"), content_md5=encoded("md5")))


@pytest.mark.parametrize(("header", "name"), [("x_amz_checksum_sha256", "sha256"), ("content_md5", "md5")])
def test_wrong_checksum_is_a_bad_digest(header, name):
    with pytest.raises(AwsError) as refused:
        check(upload(**{header: encoded(name, b"others")}))
    assert (refused.value.code, refused.value.status) == ("BadDigest", 400)


def test_checksum_that_is_no_base64_is_an_invalid_request():
    with pytest.raises(AwsError) as refused:
        check(upload(x_amz_checksum_sha256="%%%"))
    assert refused.value.code == "InvalidRequest"


def test_part_of_an_upload_is_compared_too():
    with pytest.raises(AwsError, match="BadDigest"):
        check(upload(action="UploadPart", x_amz_checksum_sha256=encoded("sha256", b"others")))


@pytest.mark.parametrize(("algorithm", "plain"), [("AES256", True), ("aws:kms", False)])
def test_an_etag_under_a_kms_key_is_not_the_md5_of_the_bytes(session, staging, algorithm, plain):
    client = session.client("s3")
    put = client.put_object(Bucket=staging, Key="k", Body=b"bytes", ServerSideEncryption=algorithm)
    head = client.head_object(Bucket=staging, Key="k")
    (listed,) = client.list_objects_v2(Bucket=staging)["Contents"]
    assert put["ETag"] == head["ETag"] == listed["ETag"]
    assert (put["ETag"].strip('"') == hashlib.md5(b"bytes").hexdigest()) is plain
    assert head["ServerSideEncryption"] == algorithm
