"""What an account needs before Release Gate can deploy into it, made through the AWS API. Idempotent."""

import json
from typing import Any

from botocore.exceptions import ClientError

from aws.sandbox.identity import ROOT_KEY_PREFIX, TOOLS_ACCOUNT
from aws.session import AwsConfig, Sessions

ROLE_NAME = "ReleaseGateDeploy"
TEST_PROJECT = "releasegate-tests"
TEST_ROLE = "ReleaseGateTests"
DEMO_ACCOUNTS = ("111111111111", "222222222222", "333333333333")


def root_clients(endpoint_url: str) -> Any:
    """client(service, account, region) with the root credentials of any account of the sandbox there."""

    def client(service: str, account: str, region: str) -> Any:
        config = AwsConfig(endpoint_url, region, ROOT_KEY_PREFIX + account, "not-checked")
        return Sessions(config).tools().client(service)

    return client


def role_arn(account: str) -> str:
    """The deploy role of an account."""
    return f"arn:aws:iam::{account}:role/{ROLE_NAME}"


def staging_bucket(account: str, region: str) -> str:
    """The staging bucket of an account in a region."""
    return f"rg-staging-{account}-{region}"


def site_bucket(account: str, region: str, name: str = "site") -> str:
    """A site bucket of an account in a region."""
    return f"rg-{name}-{account}-{region}"


def _trust(external_id: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{TOOLS_ACCOUNT}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _role(iam: Any, name: str, trust: str) -> None:
    try:
        iam.get_role(RoleName=name)
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "NoSuchEntity":
            raise
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    else:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)


class Seeder:
    """Prepares accounts of a running sandbox. `client(service, account, region)` gives a client that acts
    in that account: `Sandbox.client` in its process, `root_clients(endpoint_url)` anywhere."""

    def __init__(self, client: Any):
        self._client = client

    def ensure_role(self, account: str, external_id: str) -> str:
        """The deploy role, to be assumed by the tools account with this external id; returns its ARN."""
        _role(self._client("iam", account, "us-east-1"), ROLE_NAME, _trust(external_id))
        return role_arn(account)

    def ensure_bucket(self, account: str, region: str, name: str, *, versioned: bool = True) -> str:
        """A bucket of that name in the account, versioned unless told; returns its name."""
        s3 = self._client("s3", account, region)
        try:
            s3.head_bucket(Bucket=name)
        except ClientError as exc:
            if exc.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else where))
        if versioned and s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def ensure_test_project(self, account: str, region: str) -> str:
        """The CodeBuild project that runs the teams' tests, with a role of its own; returns its name."""
        service = {
            "Effect": "Allow",
            "Principal": {"Service": "codebuild.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [service]})
        _role(self._client("iam", account, "us-east-1"), TEST_ROLE, trust)
        codebuild = self._client("codebuild", account, region)
        if codebuild.batch_get_projects(names=[TEST_PROJECT])["projectsNotFound"]:
            codebuild.create_project(
                name=TEST_PROJECT,
                source={
                    "type": "NO_SOURCE",
                    "buildspec": "version: 0.2\nphases: {build: {commands: ['true']}}\n",
                },
                artifacts={"type": "NO_ARTIFACTS"},
                environment={
                    "type": "LINUX_CONTAINER",
                    "image": "aws/codebuild/standard:7.0",
                    "computeType": "BUILD_GENERAL1_SMALL",
                },
                serviceRole=f"arn:aws:iam::{account}:role/{TEST_ROLE}",
            )
        return TEST_PROJECT

    def prepare_account(self, account: str, region: str, external_id: str) -> dict[str, str]:
        """All of the above: {"role_arn", "staging_bucket", "site_bucket", "test_project"}."""
        return {
            "role_arn": self.ensure_role(account, external_id),
            "staging_bucket": self.ensure_bucket(account, region, staging_bucket(account, region)),
            "site_bucket": self.ensure_bucket(account, region, site_bucket(account, region)),
            "test_project": self.ensure_test_project(account, region),
        }

    def prepare_tools(self, region: str, bucket: str = "rg-artifacts") -> str:
        """The tools account's versioned artifact bucket; returns its name."""
        return self.ensure_bucket(TOOLS_ACCOUNT, region, bucket)
