"""Faults told apart: what may be tried again, what must not, and no secret in any message."""

import pytest
from botocore import exceptions as boto

from aws.errors import Fault, FaultKind, classify, without_secrets


def client_error(code, status, message="no", request_id="req-1"):
    return boto.ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": request_id},
        },
        "DoSomething",
    )


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("Throttling", 400, FaultKind.RETRYABLE),
        ("ThrottlingException", 400, FaultKind.RETRYABLE),
        ("SlowDown", 503, FaultKind.RETRYABLE),
        ("TooManyRequestsException", 429, FaultKind.RETRYABLE),
        ("Whatever", 429, FaultKind.RETRYABLE),
        ("ValidationError", 400, FaultKind.REFUSED),
        ("AccessDenied", 403, FaultKind.REFUSED),
        ("AlreadyExistsException", 400, FaultKind.REFUSED),
        ("PreconditionFailed", 412, FaultKind.REFUSED),
        ("InternalFailure", 500, FaultKind.AMBIGUOUS),
        ("ServiceUnavailable", 503, FaultKind.AMBIGUOUS),
        ("ExpiredToken", 403, FaultKind.EXPIRED),
        ("ExpiredTokenException", 400, FaultKind.EXPIRED),
        ("RequestExpired", 400, FaultKind.EXPIRED),
        ("NoSuchKey", 404, FaultKind.GONE),
        ("404", 404, FaultKind.GONE),
        ("ChangeSetNotFound", 404, FaultKind.GONE),
    ],
)
def test_answers_of_aws_are_told_apart(code, status, kind):
    fault = classify(client_error(code, status))
    assert (fault.kind, fault.code, fault.request_id) == (kind, code, "req-1")


def test_unknown_stack_is_gone_although_aws_calls_it_a_validation_error():
    assert (
        classify(client_error("ValidationError", 400, "Stack with id x does not exist")).kind
        is FaultKind.GONE
    )
    assert classify(client_error("ValidationError", 400, "Template is bad")).kind is FaultKind.REFUSED


@pytest.mark.parametrize(
    ("exc", "kind"),
    [
        (boto.ReadTimeoutError(endpoint_url="http://x"), FaultKind.AMBIGUOUS),
        (boto.ConnectionClosedError(endpoint_url="http://x"), FaultKind.AMBIGUOUS),
        (boto.EndpointConnectionError(endpoint_url="http://x"), FaultKind.RETRYABLE),
        (boto.ConnectTimeoutError(endpoint_url="http://x"), FaultKind.RETRYABLE),
        (boto.NoCredentialsError(), FaultKind.REFUSED),
        (boto.ParamValidationError(report="bad"), FaultKind.REFUSED),
        (ValueError("anything else"), FaultKind.AMBIGUOUS),
    ],
)
def test_failures_without_an_answer_are_told_apart_by_whether_they_were_sent(exc, kind):
    assert classify(exc).kind is kind


def test_message_has_no_secret():
    text = "key AKIAIOSFODNN7EXAMPLE X-Amz-Security-Token=abc123&x=1 "
    text += "secret wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx"
    shown = without_secrets(text)
    assert shown == "key [removed] [removed]&x=1 secret [removed]"
    assert classify(client_error("AccessDenied", 403, text)).message == shown


def test_message_is_cut():
    assert len(classify(client_error("X", 400, "word " * 1000)).message) == 500


def test_answer_without_body_is_still_a_fault():
    fault = classify(boto.ClientError({}, "DoSomething"))
    assert fault == Fault(FaultKind.AMBIGUOUS, "Unknown", "", None)
