"""The desk: a request is named by its signature, action, method and path."""

import io

from aws.sandbox.desk import read_call


def environ(method="GET", path="/", body=b"", query="", **headers):
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **headers,
    }


def signed(service, region="eu-west-1"):
    return f"AWS4-HMAC-SHA256 Credential=AKIAX/20260101/{region}/{service}/aws4_request, Signature=x"


def test_query_request_is_named_by_its_action():
    call = read_call(
        environ(
            "POST",
            body=b"Version=2011-06-15&Action=AssumeRole&RoleArn=x",
            HTTP_AUTHORIZATION=signed("sts"),
            CONTENT_TYPE="application/x-www-form-urlencoded; charset=utf-8",
        )
    )
    assert (call.service, call.region, call.action) == ("sts", "eu-west-1", "AssumeRole")


def test_json_request_is_named_by_its_target():
    call = read_call(
        environ(
            "POST",
            body=b"{}",
            HTTP_AUTHORIZATION=signed("codebuild", "us-east-2"),
            HTTP_X_AMZ_TARGET="CodeBuild_20161006.StartBuild",
        )
    )
    assert (call.service, call.region, call.action) == ("codebuild", "us-east-2", "StartBuild")


def test_rest_request_is_named_by_method_and_path_and_its_target_is_the_object():
    call = read_call(environ("PUT", "/bucket/a/b", b"x", HTTP_AUTHORIZATION=signed("s3")))
    assert (call.action, call.target, call.body) == ("PutObject", "bucket/a/b", b"x")


def test_presigned_request_is_named_by_its_query():
    query = "X-Amz-Credential=AKIAX%2F20260101%2Feu-west-1%2Fs3%2Faws4_request"
    call = read_call(environ("GET", "/bucket/key", query=query))
    assert (call.service, call.region, call.action) == ("s3", "eu-west-1", "GetObject")


def test_body_is_read_as_far_as_its_length_says():
    given = environ("PUT", "/bucket/k", b"12345", HTTP_AUTHORIZATION=signed("s3"))
    assert read_call({**given, "CONTENT_LENGTH": "3"}).body == b"123"
    assert read_call({**given, "CONTENT_LENGTH": "nonsense"}).body == b""


def test_action_that_no_model_knows_is_unknown():
    assert read_call(environ("PATCH", "/x", HTTP_AUTHORIZATION=signed("s3"))).action == "Unknown"


def test_service_that_moto_cannot_serve_answers_an_error_of_aws_and_no_traceback(session):
    client = session.client("signer")
    try:
        client.list_signing_jobs()
    except client.exceptions.ClientError as exc:
        assert exc.response["ResponseMetadata"]["HTTPStatusCode"] >= 400
        assert "Traceback" not in str(exc)
