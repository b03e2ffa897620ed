"""Who is calling: access keys mapped to accounts by the sandbox itself, not by moto.

Session tokens carry their own content under a signature, so they outlive a restart without being stored.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import zlib
from typing import Any

from aws.sandbox.wire import AwsError, Call

TOOLS_ACCOUNT = "000000000000"
TOOLS_ACCESS_KEY_ID = "AKIASANDBOXTOOLS0000"
TOOLS_SECRET_ACCESS_KEY = "sandbox-only-no-real-account-has-this"
# The root user of any account of the sandbox, for setting accounts up: this prefix and the account's number.
ROOT_KEY_PREFIX = "AKIAROOT"
TOOLS_ARN = f"arn:aws:iam::{TOOLS_ACCOUNT}:user/release-gate"

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


class Vault:
    """Issues temporary credentials and recognises them again. `secret` signs the tokens."""

    def __init__(self, secret: bytes):
        self._secret = secret

    def issue(
        self, *, account: str, arn: str, policy: dict[str, Any] | None, expires: float
    ) -> dict[str, Any]:
        """{"AccessKeyId", "SecretAccessKey", "SessionToken"} of a session ending at `expires` (epoch s)."""
        key_id = "ASIA" + base64.b32encode(secrets.token_bytes(10)).decode()
        content = {"k": key_id, "a": account, "r": arn, "p": policy, "e": expires}
        packed = zlib.compress(json.dumps(content).encode(), 9)
        mark = hmac.new(self._secret, packed, hashlib.sha256).digest()
        return {
            "AccessKeyId": key_id,
            "SecretAccessKey": secrets.token_urlsafe(30),
            "SessionToken": _encode(mark + packed),
        }

    def _open(self, token: str) -> dict[str, Any] | None:
        try:
            raw = base64.urlsafe_b64decode(token.encode())
            mark, packed = raw[:32], raw[32:]
            if not hmac.compare_digest(mark, hmac.new(self._secret, packed, hashlib.sha256).digest()):
                return None
            return json.loads(zlib.decompress(packed))
        except (ValueError, zlib.error):
            return None

    def recognise(self, call: Call, now: float) -> None:
        """Fill in the call's account, caller and session policy.

        Raises InvalidClientTokenId (S3: InvalidAccessKeyId) for an unknown key or a token that does not
        belong to it, MissingAuthenticationToken for an unsigned request, ExpiredToken after the end
        (STS API reference, "Common errors").
        """
        key_id, token = _presented(call)
        if not key_id:
            raise AwsError(
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
                403,
            )
        call.access_key_id = key_id
        if key_id == TOOLS_ACCESS_KEY_ID:
            call.account, call.caller_arn = TOOLS_ACCOUNT, TOOLS_ARN
            return
        if key_id.startswith(ROOT_KEY_PREFIX) and re.fullmatch(r"\d{12}", key_id[len(ROOT_KEY_PREFIX) :]):
            call.account = key_id[len(ROOT_KEY_PREFIX) :]
            call.caller_arn = f"arn:aws:iam::{call.account}:root"
            return
        content = self._open(token) if token else None
        if content is None or content["k"] != key_id:
            code = "InvalidAccessKeyId" if call.service == "s3" else "InvalidClientTokenId"
            raise AwsError(code, "The security token included in the request is invalid.", 403)
        if content["e"] <= now:
            code = "ExpiredTokenException" if "x-amz-target" in call.headers else "ExpiredToken"
            status = 400 if call.service == "s3" else 403
            raise AwsError(code, "The security token included in the request is expired", status)
        call.account, call.caller_arn, call.policy = (
            content["a"],
            content["r"],
            content["p"],
        )


def _presented(call: Call) -> tuple[str, str]:
    found = _CREDENTIAL.search(call.headers.get("authorization", ""))
    if found:
        return found.group(1), call.headers.get("x-amz-security-token", "")
    credential = call.query.get("X-Amz-Credential", "")
    return credential.partition("/")[0], call.query.get("X-Amz-Security-Token", "")
