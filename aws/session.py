"""Sessions in other AWS accounts: AssumeRole with an external id, and clients that never retry unasked."""

import json
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 10

_building = threading.RLock()
_loader = None


@dataclass(frozen=True)
class AwsTarget:
    """One AWS account as seen from the tools account: where it is and the role that lets us in."""

    account_id: str
    region: str
    role_arn: str
    external_id: str
    partition: str = "aws"


@dataclass(frozen=True)
class AwsConfig:
    """How to reach AWS. None for keys means boto's own chain; None for the address means AWS itself."""

    endpoint_url: str | None = None
    region: str = "eu-west-1"
    access_key_id: str | None = None
    secret_access_key: str | None = None


def _core_session(region: str, alone: bool) -> botocore.session.Session:
    """A botocore session that shares one loader: service models are read from disk once per process.

    `alone` leaves AWS_PROFILE and ~/.aws of whoever started us out of it: keys given by hand are all.
    """
    global _loader
    nobody = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
    core = botocore.session.Session(session_vars=nobody if alone else None)
    if _loader is None:
        _loader = core.get_component("data_loader")
    core.register_component("data_loader", _loader)
    core.set_config_variable("region", region)
    return core


class AwsSession:
    """Credentials of one account, with its clients made once each. Safe to share between threads."""

    def __init__(self, config: AwsConfig, region: str, credentials: dict[str, Any] | None):
        self.region = region
        self.expires_at: datetime | None = credentials["Expiration"] if credentials else None
        self._endpoint_url = config.endpoint_url
        self._clients: dict[tuple[str, bool], Any] = {}
        with _building:
            self._boto = boto3.session.Session(
                aws_access_key_id=credentials["AccessKeyId"] if credentials else config.access_key_id,
                aws_secret_access_key=(
                    credentials["SecretAccessKey"] if credentials else config.secret_access_key
                ),
                aws_session_token=credentials["SessionToken"] if credentials else None,
                region_name=region,
                botocore_session=_core_session(region, alone=config.access_key_id is not None),
            )

    def client(self, service: str, *, retries: bool = False) -> Any:
        """A boto3 client: connects within 3 s, reads within 10 s, one attempt unless `retries`.

        A retry by the SDK turns a lost answer into a second mutation, so it is asked for by name and
        only for calls that read. `service` is boto's name for it ("s3", "cloudformation", …).
        """
        key = (service, retries)
        with _building:
            if key not in self._clients:
                self._clients[key] = self._boto.client(
                    service,
                    endpoint_url=self._endpoint_url,
                    config=self._config(retries),
                )
            return self._clients[key]

    def _config(self, retries: bool) -> Config:
        options: dict[str, Any] = {
            "connect_timeout": CONNECT_TIMEOUT_S,
            "read_timeout": READ_TIMEOUT_S,
            "retries": (
                {"total_max_attempts": 4, "mode": "standard"} if retries else {"total_max_attempts": 1}
            ),
        }
        if self._endpoint_url:
            options["s3"] = {"addressing_style": "path"}
        return Config(**options)

    def identity(self) -> dict[str, str]:
        """Who AWS says we are: {"account": 12 digits, "arn": …}, by STS GetCallerIdentity."""
        answer = self.client("sts", retries=True).get_caller_identity()
        return {"account": answer["Account"], "arn": answer["Arn"]}


class Sessions:
    """Makes sessions: the tools account's own, and those of target accounts by AssumeRole."""

    def __init__(self, config: AwsConfig):
        self.config = config
        self._tools: dict[str, AwsSession] = {}

    def tools(self, region: str | None = None) -> AwsSession:
        """The session of the tools account, with the credentials this process was given."""
        name = region or self.config.region
        with _building:
            if name not in self._tools:
                self._tools[name] = AwsSession(self.config, name, None)
            return self._tools[name]

    def assume(
        self,
        target: AwsTarget,
        *,
        session_name: str,
        duration: int = 900,
        policy: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
        source_identity: str | None = None,
    ) -> AwsSession:
        """A session in the target account, by STS AssumeRole with the target's external id.

        `duration` in seconds (AWS: 900 to 43200); `policy` narrows the session to the intersection of
        the role's rights and the document. Raises botocore's ClientError as AWS answers; see errors.py.
        """
        request: dict[str, Any] = {
            "RoleArn": target.role_arn,
            "RoleSessionName": session_name,
            "DurationSeconds": duration,
        }
        if target.external_id:
            request["ExternalId"] = target.external_id
        if policy is not None:
            request["Policy"] = json.dumps(policy, separators=(",", ":"))
        if tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        if source_identity:
            request["SourceIdentity"] = source_identity
        answer = self.tools(target.region).client("sts").assume_role(**request)
        return AwsSession(self.config, target.region, answer["Credentials"])
