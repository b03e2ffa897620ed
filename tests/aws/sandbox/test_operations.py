"""Operations: the request's name by AWS's own models, and what counts as a mutation."""

import pytest

from aws.sandbox.operations import is_mutation, rest_action


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "action"),
    [
        ("GET", "/", {}, {}, "ListBuckets"),
        ("PUT", "/b", {}, {}, "CreateBucket"),
        ("HEAD", "/b", {}, {}, "HeadBucket"),
        ("PUT", "/b", {"versioning": ""}, {}, "PutBucketVersioning"),
        ("GET", "/b", {"list-type": "2"}, {}, "ListObjectsV2"),
        ("GET", "/b", {"versions": ""}, {}, "ListObjectVersions"),
        ("GET", "/b/a/b c", {}, {}, "GetObject"),
        ("GET", "/b/k", {"versionId": "1"}, {}, "GetObject"),
        ("HEAD", "/b/k", {}, {}, "HeadObject"),
        ("PUT", "/b/k", {}, {}, "PutObject"),
        ("PUT", "/b/k", {}, {"x-amz-copy-source": "b/j"}, "CopyObject"),
        ("PUT", "/b/k", {"partNumber": "1", "uploadId": "u"}, {}, "UploadPart"),
        ("POST", "/b/k", {"uploads": ""}, {}, "CreateMultipartUpload"),
        ("DELETE", "/b/k", {}, {}, "DeleteObject"),
        ("POST", "/b", {"delete": ""}, {}, "DeleteObjects"),
    ],
)
def test_s3_requests_are_named(method, path, query, headers, action):
    assert rest_action("s3", method, path, query, headers) == action


def test_lambda_requests_are_named():
    base = "/2015-03-31/functions"
    assert rest_action("lambda", "POST", base, {}, {}) == "CreateFunction"
    assert rest_action("lambda", "PUT", f"{base}/f/code", {}, {}) == "UpdateFunctionCode"
    assert rest_action("lambda", "GET", f"{base}/f", {}, {}) == "GetFunction"


@pytest.mark.parametrize(
    ("service", "method", "path"), [("s3", "PATCH", "/b"), ("no-such-service", "GET", "/")]
)
def test_request_that_no_model_knows_has_no_name(service, method, path):
    assert rest_action(service, method, path, {}, {}) == ""


@pytest.mark.parametrize("action", ["GetObject", "ListBuckets", "DescribeStacks", "BatchGetBuilds"])
def test_reading_is_no_mutation(action):
    assert not is_mutation("any", action)


@pytest.mark.parametrize("action", ["PutObject", "CreateChangeSet", "StartBuild", "DeleteStack", "Unknown"])
def test_what_is_not_known_to_read_is_a_mutation(action):
    assert is_mutation("any", action)


def test_assuming_a_role_is_no_mutation():
    assert not is_mutation("sts", "AssumeRole")
