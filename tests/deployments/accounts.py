"""An account of the sandbox that nobody used before, registered as the product knows it."""

import itertools
import json

from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from aws.sandbox.seed import Seeder, role_arn, root_clients
from pipelines.models import Account
from tests.pipelines import places

CHECKS = ["assume_role", "identity", "external_id_required", "staging_bucket"]
_numbers = itertools.count(700000000001)


def reach_sandbox(settings, sandbox) -> None:
    """This process's way into AWS, with the tools account's keys."""
    settings.AWS_ENDPOINT_URL = sandbox.endpoint_url
    settings.AWS_ACCESS_KEY_ID = TOOLS_ACCESS_KEY_ID
    settings.AWS_SECRET_ACCESS_KEY = TOOLS_SECRET_ACCESS_KEY


def prepared_account(sandbox, *, pool: str = "main") -> Account:
    """Ready to be entered, with its role, its external id and its staging bucket."""
    number = str(next(_numbers))
    Seeder(root_clients(sandbox.endpoint_url)).prepare_account(number, places.REGION, "ours")
    return places.account(
        f"a{number}", account_id=number, deploy_role_arn=role_arn(number), external_id="ours", pool=pool
    )


def open_the_role(sandbox, number: str) -> None:
    """Its trust policy no longer asks for an external id."""
    tools = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [tools]})
    iam = root_clients(sandbox.endpoint_url)("iam", number, "us-east-1")
    iam.update_assume_role_policy(RoleName="ReleaseGateDeploy", PolicyDocument=trust)


def states(answer: dict) -> list[str]:
    assert [check["name"] for check in answer["checks"]] == CHECKS
    return [check["state"] for check in answer["checks"]]
