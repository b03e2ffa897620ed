"""Session policies: each fits AssumeRole's limit and opens no more than its purpose needs."""

import json

import pytest
from botocore.exceptions import ClientError

from aws import policies

DOCUMENTS = {
    "plan stack": policies.plan_only("cloudformation_stack"),
    "plan site": policies.plan_only("s3_site"),
    "deploy stack": policies.deploy("cloudformation_stack"),
    "deploy site": policies.deploy("s3_site"),
    "tests": policies.test_run(),
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_document_is_small_enough_for_assume_role(document):
    assert document["Version"] == "2012-10-17"
    assert len(json.dumps(document, separators=(",", ":"))) <= 2048


@pytest.mark.parametrize("make", [policies.plan_only, policies.deploy])
def test_unknown_kind_is_refused(make):
    with pytest.raises(ValueError, match="No session policy for target kind 'nonsense'"):
        make("nonsense")


def denied(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def test_planning_session_cannot_execute(sessions, target, control):
    plan = sessions.assume(target, session_name="rg", policy=policies.plan_only("cloudformation_stack"))
    cloudformation = plan.client("cloudformation")
    assert denied(cloudformation.execute_change_set, StackName="s", ChangeSetName="c")
    assert denied(cloudformation.update_stack, StackName="s", UsePreviousTemplate=True)
    assert denied(cloudformation.create_stack, StackName="s", TemplateBody="{}")
    assert control.counts() == {}


def test_planning_session_writes_no_bucket_but_staging(sessions, target, staging):
    plan = sessions.assume(target, session_name="rg", policy=policies.plan_only("cloudformation_stack"))
    s3 = plan.client("s3")
    s3.put_object(Bucket=staging, Key="template.json", Body=b"{}")
    assert denied(s3.put_object, Bucket=f"rg-site-{target.account_id}-{target.region}", Key="k", Body=b"")
    assert denied(s3.delete_object, Bucket=staging, Key="template.json")


def test_deploying_session_changes_resources_only_through_cloudformation(sessions, target):
    deploy = sessions.assume(target, session_name="rg", policy=policies.deploy("cloudformation_stack"))
    assert denied(deploy.client("ssm").put_parameter, Name="/x", Value="1", Type="String")
    assert denied(deploy.client("iam").create_role, RoleName="r", AssumeRolePolicyDocument="{}")


@pytest.mark.parametrize(
    ("document", "uses"),
    [("plan site", ["kms:Decrypt"]), ("deploy site", ["kms:Decrypt", "kms:GenerateDataKey"])],
)
def test_the_keys_of_an_encrypted_site_are_used_through_s3_alone(document, uses):
    keys = [s for s in DOCUMENTS[document]["Statement"] if any("kms" in action for action in s["Action"])]
    assert [(s["Action"], s["Condition"]) for s in keys] == [
        (uses, {"StringLike": {"kms:ViaService": "s3.*"}})
    ]


def test_testing_session_starts_builds_and_nothing_else(sessions, target):
    testing = sessions.assume(target, session_name="rg", policy=policies.test_run())
    build = testing.client("codebuild").start_build(projectName="releasegate-tests")["build"]
    assert build["buildStatus"] == "IN_PROGRESS"
    assert denied(testing.client("cloudformation").execute_change_set, StackName="s", ChangeSetName="c")
