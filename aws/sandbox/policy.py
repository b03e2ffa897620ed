"""IAM documents evaluated: role trust policies and session policies, as far as the product relies on them."""

import json
import re
from typing import Any

from aws.sandbox.wire import AwsError, Call


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _like(pattern: str, text: str) -> bool:
    """IAM wildcards: * is any run of characters, ? is one (IAM User Guide, "Policy elements: Resource")."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def parse_policy(text: str, *, limit: int = 2048) -> dict[str, Any]:
    """A session policy document. Raises as AssumeRole does: ValidationError, MalformedPolicyDocument.

    STS API reference, AssumeRole, "Policy": the plaintext can't exceed 2,048 characters.
    """
    if len(text) > limit:
        raise AwsError(
            "ValidationError",
            f"'policy' must have length less than or equal to {limit}",
        )
    try:
        document = json.loads(text)
        statements = _listed(document["Statement"])
        sound = all(item["Effect"] in ("Allow", "Deny") for item in statements)
    except (ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise AwsError(
            "MalformedPolicyDocument",
            "This policy contains invalid Json or syntax errors",
        )
    return document


def _principal_matches(principal: Any, caller_arn: str, caller_account: str) -> bool:
    """Whether a trust policy's Principal names the caller (IAM JSON policy elements: Principal)."""
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    role = re.fullmatch(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.+", caller_arn)
    names = {caller_arn, caller_account, f"arn:aws:iam::{caller_account}:root"}
    if role:
        names.add(f"arn:{role[1]}:iam::{role[2]}:role/{role[3]}")
    return any(name == "*" or name in names for name in _listed(principal.get("AWS")))


def _conditions_hold(conditions: dict[str, Any], context: dict[str, str]) -> bool:
    """StringEquals, StringLike and their …IfExists and Not forms; any other operator fails closed."""
    for operator, keys in conditions.items():
        name = operator.removesuffix("IfExists")
        for key, wanted in keys.items():
            have = context.get(key.lower())
            if have is None:
                if operator.endswith("IfExists") or name.startswith("StringNot"):
                    continue
                return False
            if not _holds(name, have, [str(item) for item in _listed(wanted)]):
                return False
    return True


def _holds(operator: str, have: str, wanted: list[str]) -> bool:
    if operator in ("StringEquals", "ArnEquals"):
        return have in wanted
    if operator in ("StringLike", "ArnLike"):
        return any(_like(pattern, have) for pattern in wanted)
    if operator == "StringNotEquals":
        return have not in wanted
    if operator == "StringEqualsIgnoreCase":
        return have.lower() in [item.lower() for item in wanted]
    return False


def trust_allows(document: Any, *, caller_arn: str, caller_account: str, context: dict[str, str]) -> bool:
    """Whether a role's trust policy lets the caller assume it.

    `context` holds lower-case condition keys such as sts:externalid. IAM User Guide, "Policy evaluation
    logic": an explicit Deny wins, and without an Allow the answer is no. A missing external id leaves
    the key absent, and StringEquals on an absent key is false ("IAM JSON policy elements: Condition").
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return False
    allowed = False
    for item in _listed(document.get("Statement") if isinstance(document, dict) else None):
        fits = (
            any(_like(str(action), "sts:AssumeRole") for action in _listed(item.get("Action")))
            and _principal_matches(item.get("Principal"), caller_arn, caller_account)
            and _conditions_hold(item.get("Condition") or {}, context)
        )
        if fits and item.get("Effect") == "Deny":
            return False
        allowed = allowed or (fits and item.get("Effect") == "Allow")
    return allowed


# The IAM action that allows an API call, where the names differ (Service Authorization Reference, S3).
_S3_ACTIONS = {
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "ListBuckets": "ListAllMyBuckets",
}


def _resource_of(call: Call) -> str | None:
    if call.service != "s3":
        return None
    path = call.path.strip("/")
    return f"arn:aws:s3:::{path}" if path else "*"


def _action_of(call: Call) -> str:
    if call.service != "s3":
        return f"{call.service}:{call.action}"
    name = _S3_ACTIONS.get(call.action, call.action)
    if name == "GetObject" and "versionId" in call.query:
        name = "GetObjectVersion"
    return f"s3:{name}"


def session_allows(call: Call) -> bool:
    """Whether the session policy of the caller, if it has one, allows this call.

    Resources are compared for S3 only; elsewhere the action decides. Rights that CloudFormation uses on
    the caller's behalf (aws:CalledVia) are not re-checked, and never open a direct call.
    """
    if call.policy is None or call.service == "sts":
        return True
    action, resource, allowed = _action_of(call), _resource_of(call), False
    for item in _listed(call.policy["Statement"]):
        fits = any(_like(str(name).lower(), action.lower()) for name in _listed(item.get("Action")))
        if fits and resource is not None:
            fits = any(_like(str(name), resource) for name in _listed(item.get("Resource")))
        if not fits or not _conditions_hold(item.get("Condition") or {}, {}):
            continue
        if item["Effect"] == "Deny":
            return False
        allowed = True
    return allowed
