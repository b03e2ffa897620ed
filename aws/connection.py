"""The connection test of an account: can we get in, and only the way we are meant to?"""

from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws.errors import FaultKind, classify
from aws.session import AwsSession, AwsTarget, Sessions

CHECKS = ("assume_role", "identity", "external_id_required", "staging_bucket")
_SESSION_NAME = "rg-connection-test"
_NO_ENTRY = (
    "AWS refused. It does not say which: the role {role} does not exist, its trust policy does not name "
    "our tools account, or it asks for another external id"
)


def staging_bucket(target: AwsTarget) -> str:
    """The name of an account's staging bucket: rg-staging-<account>-<region>."""
    return f"rg-staging-{target.account_id}-{target.region}"


def _check(name: str, state: str, detail: str) -> dict[str, str]:
    return {"name": name, "state": state, "detail": detail}


def _assume(sessions: Sessions, target: AwsTarget) -> tuple[AwsSession | None, dict[str, str]]:
    name = "assume_role"
    try:
        session = sessions.assume(target, session_name=_SESSION_NAME)
    except (ClientError, BotoCoreError) as exc:
        fault = classify(exc)
        if fault.code == "AccessDenied":
            return None, _check(name, "fail", _NO_ENTRY.format(role=target.role_arn))
        state = "fail" if fault.kind is FaultKind.REFUSED else "unknown"
        return None, _check(name, state, f"AssumeRole was not answered with a session: {fault.code}")
    return session, _check(name, "pass", f"{target.role_arn} let us in")


def _identity(session: AwsSession, target: AwsTarget) -> tuple[str | None, dict[str, str]]:
    try:
        found = session.identity()
    except (ClientError, BotoCoreError) as exc:
        return None, _check("identity", "unknown", f"GetCallerIdentity failed: {classify(exc).code}")
    if found["account"] != target.account_id:
        detail = f"The role leads into account {found['account']}, not {target.account_id}"
        return found["arn"], _check("identity", "fail", detail)
    return found["arn"], _check("identity", "pass", f"We are in account {target.account_id}")


def _external_id(sessions: Sessions, target: AwsTarget) -> dict[str, str]:
    name = "external_id_required"
    try:
        sessions.assume(replace(target, external_id=""), session_name=_SESSION_NAME)
    except (ClientError, BotoCoreError) as exc:
        fault = classify(exc)
        if fault.code == "AccessDenied":
            return _check(name, "pass", "Without the external id AWS refuses, as it should")
        return _check(name, "unknown", f"AWS could not be asked: {fault.code}")
    return _check(
        name,
        "fail",
        "The role can be assumed without the external id: add the condition",
    )


def _staging(session: AwsSession, target: AwsTarget) -> dict[str, str]:
    name, bucket = "staging_bucket", staging_bucket(target)
    try:
        session.client("s3", retries=True).list_objects_v2(Bucket=bucket, MaxKeys=1)
    except (ClientError, BotoCoreError) as exc:
        fault = classify(exc)
        if fault.kind is FaultKind.GONE:
            return _check(name, "fail", f"The bucket {bucket} does not exist")
        state = "fail" if fault.kind is FaultKind.REFUSED else "unknown"
        return _check(name, state, f"The bucket {bucket} cannot be read: {fault.code}")
    return _check(name, "pass", f"The bucket {bucket} can be read")


def test_connection(sessions: Sessions, target: AwsTarget) -> dict[str, Any]:
    """Four checks of the way into an account; changes nothing.

    Returns {"ok": bool, "arn": str | None, "checks": [{"name", "state", "detail"}]} with the names in
    CHECKS, and the states pass, fail and unknown; what could not be asked is unknown, never pass. `ok` is
    true when all four pass.
    """
    session, entered = _assume(sessions, target)
    checks, arn = [entered], None
    if session is None:
        checks += [_check(name, "unknown", "Not asked: the role could not be assumed") for name in CHECKS[1:]]
    else:
        arn, identity = _identity(session, target)
        checks += [identity, _external_id(sessions, target), _staging(session, target)]
    return {
        "ok": all(check["state"] == "pass" for check in checks),
        "arn": arn,
        "checks": checks,
    }


# pytest would collect a function of that name from any module that imports it.
test_connection.__test__ = False
