"""Roles as STS finds them: by account and name, wherever they were made."""

import json

from aws.sandbox.iam import RoleBook
from tests.aws.sandbox.cloudformation import stacks


def test_trust_policy_is_the_one_that_was_given(target):
    trust = json.loads(RoleBook().trust_policy(target.account_id, "ReleaseGateDeploy"))
    condition = trust["Statement"][0]["Condition"]
    assert condition == {"StringEquals": {"sts:ExternalId": target.external_id}}


def test_role_of_another_name_or_account_is_none(target):
    assert RoleBook().trust_policy(target.account_id, "releasegatedeploy") is None
    assert RoleBook().trust_policy("123412341234", "ReleaseGateDeploy") is None


def test_role_made_by_a_stack_is_found(session, target):
    client = session.client("cloudformation")
    stack = stacks.carry_out(client, "s", "c", stacks.with_output(R=stacks.ROLE), "CREATE")
    name = stack["Outputs"][0]["OutputValue"]
    assert "lambda.amazonaws.com" in RoleBook().trust_policy(target.account_id, name)
