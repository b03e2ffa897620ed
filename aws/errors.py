"""Faults of AWS, told apart by what the caller may do next."""

import enum
import re
from dataclasses import dataclass

from botocore import exceptions as boto


class FaultKind(enum.StrEnum):
    """What a failed call means for the one who made it."""

    RETRYABLE = "retryable"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"
    EXPIRED = "expired"
    GONE = "gone"


@dataclass(frozen=True)
class Fault:
    """One failed call: its kind, AWS's code, a message without secrets, and AWS's request id if any."""

    kind: FaultKind
    code: str
    message: str
    request_id: str | None = None


# AWS SDKs and Tools Reference Guide, "Retry behavior": the codes that mean "not executed, slow down".
_THROTTLES = frozenset(
    [
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    ]
)
_EXPIRED = frozenset(["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"])
_GONE = frozenset(
    [
        "404",
        "NoSuchKey",
        "NoSuchBucket",
        "NoSuchVersion",
        "NoSuchEntity",
        "NotFound",
        "NotFoundException",
        "ResourceNotFoundException",
        "ChangeSetNotFound",
        "ChangeSetNotFoundException",
        "ParameterNotFound",
        "StackNotFoundException",
    ]
)
# What boto3 raises when a call fails, whatever the reason: for callers that may not import botocore.
READING_FAULTS = (boto.BotoCoreError, boto.ClientError)
_NOT_SENT = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.ParamValidationError,
    boto.NoRegionError,
)
_SECRETS = (
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"),
    re.compile(r"(?i)\b(?:x-amz-security-token|sessiontoken|secretaccesskey|signature|credential)=[^&\s,]+"),
    re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40,}={0,2}(?![A-Za-z0-9/+=])"),
)
_MESSAGE_LIMIT = 500


def without_secrets(text: str) -> str:
    """The text with access keys, tokens, signatures and long base64 runs replaced by [removed]."""
    for pattern in _SECRETS:
        text = pattern.sub("[removed]", text)
    return text[:_MESSAGE_LIMIT]


def _client_error(error: boto.ClientError) -> Fault:
    body = error.response.get("Error", {})
    meta = error.response.get("ResponseMetadata", {})
    code = str(body.get("Code") or "Unknown")
    message = str(body.get("Message") or "")
    kind = _kind_of(code, message, int(meta.get("HTTPStatusCode") or 0))
    return Fault(kind, code, without_secrets(message), meta.get("RequestId"))


def _kind_of(code: str, message: str, status: int) -> FaultKind:
    if code in _THROTTLES or status == 429:
        return FaultKind.RETRYABLE
    if code in _EXPIRED:
        return FaultKind.EXPIRED
    # CloudFormation answers DescribeStacks for an unknown stack with a ValidationError (API reference).
    if code in _GONE or (code == "ValidationError" and message.endswith("does not exist")):
        return FaultKind.GONE
    if status >= 500 or status == 0:
        return FaultKind.AMBIGUOUS
    return FaultKind.REFUSED


def classify(exc: BaseException) -> Fault:
    """What a botocore exception means: RETRYABLE, REFUSED, AMBIGUOUS, EXPIRED or GONE.

    RETRYABLE, REFUSED, EXPIRED and GONE say that nothing was changed. AMBIGUOUS says that the request
    may have been executed: a time-out or a lost connection after it was sent, or a 5xx answer. An
    address that could not be reached was never sent to, hence RETRYABLE. Anything that is not
    botocore's is AMBIGUOUS, because nothing is known about it.
    """
    if isinstance(exc, boto.ClientError):
        return _client_error(exc)
    code = type(exc).__name__
    if isinstance(exc, (boto.EndpointConnectionError, boto.ConnectTimeoutError)):
        return Fault(FaultKind.RETRYABLE, code, without_secrets(str(exc)))
    if isinstance(exc, _NOT_SENT):
        return Fault(FaultKind.REFUSED, code, without_secrets(str(exc)))
    return Fault(FaultKind.AMBIGUOUS, code, without_secrets(str(exc)))
