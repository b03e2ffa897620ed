"""STS: AssumeRole that reads the role's trust policy, and GetCallerIdentity."""

import re
from typing import Any, Protocol

from aws.sandbox import policy
from aws.sandbox.identity import Vault
from aws.sandbox.wire import Answer, AwsError, Call, parse_query_body, stamp, xml_answer

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/(?:[\w+=,.@/-]*/)?([\w+=,.@-]{1,64})")
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)  # RoleSessionName and SourceIdentity
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_TAG = re.compile(r"[\w\s.:/=+@-]*")  # letters and digits of every script
MOST_TAGS = 50


class Roles(Protocol):
    """Where the trust policies of all accounts are found."""

    def trust_policy(self, account: str, role_name: str) -> str | None:
        """The role's AssumeRolePolicyDocument, or None if there is no such role."""


class Sts:
    """STS of all accounts. `now` gives epoch seconds, offset included."""

    def __init__(self, vault: Vault, roles: Roles, now: Any):
        self._vault, self._roles, self._now = vault, roles, now

    def handle(self, call: Call) -> Answer:
        """Serve one STS call; raises AwsError as the STS API reference documents."""
        if call.action == "GetCallerIdentity":
            return xml_answer(call, NAMESPACE, self._identity(call))
        if call.action == "AssumeRole":
            return xml_answer(call, NAMESPACE, self._assume(call, parse_query_body(call.body)))
        raise AwsError("InvalidAction", f"The sandbox's STS has no {call.action}", 400)

    def _identity(self, call: Call) -> dict[str, Any]:
        user = "AIDASANDBOXTOOLS00000" if ":user/" in call.caller_arn else "AROA" + call.access_key_id[4:]
        return {"Arn": call.caller_arn, "UserId": user, "Account": call.account}

    def _assume(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        role_arn, name = params.get("RoleArn", ""), params.get("RoleSessionName", "")
        duration = self._checked(role_arn, name, params, call)
        partition, account, role_name = _ROLE_ARN.fullmatch(role_arn).groups()
        call.target = role_arn
        context = {
            "aws:principalarn": call.caller_arn,
            "aws:principalaccount": call.account,
        }
        if "ExternalId" in params:
            context["sts:externalid"] = params["ExternalId"]
        if "SourceIdentity" in params:
            context["sts:sourceidentity"] = params["SourceIdentity"]
        trust = self._roles.trust_policy(account, role_name)
        if trust is None or not policy.trust_allows(
            trust,
            caller_arn=call.caller_arn,
            caller_account=call.account,
            context=context,
        ):
            text = f"User: {call.caller_arn} is not authorized to perform: sts:AssumeRole on"
            text += f" resource: {role_arn}"
            raise AwsError("AccessDenied", text, 403)
        session = policy.parse_policy(params["Policy"]) if params.get("Policy") else None
        arn = f"arn:{partition}:sts::{account}:assumed-role/{role_name}/{name}"
        expires = self._now() + duration
        credentials = self._vault.issue(account=account, arn=arn, policy=session, expires=expires)
        assumed = {
            "AssumedRoleId": f"AROA{credentials['AccessKeyId'][4:]}:{name}",
            "Arn": arn,
        }
        answer = {
            "Credentials": {**credentials, "Expiration": stamp(expires)},
            "AssumedRoleUser": assumed,
        }
        return {**answer, "SourceIdentity": params.get("SourceIdentity")}

    def _checked(self, role_arn: str, name: str, params: dict[str, Any], call: Call) -> int:
        """The duration in seconds; raises ValidationError by the limits of the STS API reference."""
        if not _ROLE_ARN.fullmatch(role_arn):
            raise AwsError("ValidationError", f"{role_arn} is invalid")
        if not _NAME.fullmatch(name):
            text = f"Value '{name}' at 'roleSessionName' failed to satisfy constraint: [\\w+=,.@-]*, 2 to 64"
            raise AwsError("ValidationError", text)
        if "ExternalId" in params and not _EXTERNAL_ID.fullmatch(params["ExternalId"]):
            raise AwsError(
                "ValidationError",
                "'externalId' must have 2 to 1224 characters of [\\w+=,.@:/-]",
            )
        _check_identity(params)
        raw = params.get("DurationSeconds", "3600")
        if not raw.isdigit() or not 900 <= int(raw) <= 43200:
            raise AwsError(
                "ValidationError",
                f"Value '{raw}' at 'durationSeconds' must be 900 to 43200",
            )
        if ":assumed-role/" in call.caller_arn and int(raw) > 3600:
            text = "The requested DurationSeconds exceeds the 1 hour session limit"
            text += " for roles assumed by role chaining"
            raise AwsError("ValidationError", text)
        return int(raw)


def _check_identity(params: dict[str, Any]) -> None:
    """SourceIdentity and session tags, by the limits of the STS API reference (AssumeRole, Tag)."""
    if "SourceIdentity" in params and not _NAME.fullmatch(params["SourceIdentity"]):
        text = f"Value '{params['SourceIdentity']}' at 'sourceIdentity' failed to satisfy constraint:"
        raise AwsError("ValidationError", text + " [\\w+=,.@-]*, 2 to 64")
    tags = params.get("Tags", [])
    if len(tags) > MOST_TAGS:
        raise AwsError("ValidationError", f"'tags' has {len(tags)} members; at most {MOST_TAGS} are taken")
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        good = 1 <= len(key) <= 128 and len(value) <= 256 and _TAG.fullmatch(key) and _TAG.fullmatch(value)
        if not good:
            raise AwsError("ValidationError", f"The session tag '{key}' failed to satisfy constraint")
