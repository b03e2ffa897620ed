"""Point 5: what fails is rolled back with a reason; slow stacks take their time; stacks are deleted."""

import time

import pytest

from tests.aws.sandbox.cloudformation import stacks


@pytest.fixture
def client(session):
    return session.client("cloudformation")


def reasons(client, stack):
    found = client.describe_stack_events(StackName=stack)["StackEvents"]
    return {
        (event["LogicalResourceId"], event["ResourceStatus"]): event.get("ResourceStatusReason")
        for event in found
    }


def value(session, name):
    return session.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]


def names(session):
    return sorted(entry["Name"] for entry in session.client("ssm").describe_parameters()["Parameters"])


def test_failed_creation_rolls_back_with_reason_and_leaves_nothing(client, session):
    """CloudFormation User Guide, "Stack failure options": a failed creation ends in ROLLBACK_COMPLETE."""
    body = stacks.template(
        A=stacks.parameter(Name="/a"), B=stacks.parameter({"Ref": "A"}, Name="/b", Type="No")
    )
    stack = stacks.carry_out(client, "s", "c", body, "CREATE", token="t")
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stack["StackStatusReason"] == (
        "The following resource(s) failed to create: [B]. Rollback requested by user."
    )
    assert "No is not a valid enum value" in reasons(client, "s")[("B", "CREATE_FAILED")]
    assert names(session) == []
    assert client.list_stack_resources(StackName="s")["StackResourceSummaries"] == []


def test_failed_update_rolls_back_and_the_old_resources_are_back(client, session):
    old = stacks.with_output(A=stacks.parameter("old", Name="/a"), B=stacks.parameter("old", Name="/b"))
    new = stacks.with_output(
        A=stacks.parameter("new", Name="/a"),
        Fresh=stacks.parameter("new", Name="/fresh"),
        B=stacks.parameter({"Fn::Sub": "${A}${Fresh}"}, Name="/b", Type="No"),
    )
    before = stacks.carry_out(client, "s", "c", old, "CREATE")
    after = stacks.carry_out(client, "s", "d", new, token="t2")
    assert after["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert after["StackStatusReason"] == "The following resource(s) failed to update: [B]. "
    assert (value(session, "/a"), value(session, "/b")) == ("old", "old")
    assert names(session) == ["/a", "/b"]
    assert after["Outputs"] == before["Outputs"]
    assert client.get_template(StackName="s")["TemplateBody"]["Resources"].keys() == {"A", "B"}
    assert (
        stacks.carry_out(client, "s", "e", new.replace('"No"', '"String"'))["StackStatus"]
        == "UPDATE_COMPLETE"
    )


def test_resource_told_to_fail_fails(client, control, session):
    control.fault("cloudformation", "*", "fail_resource", resource="P", reason="because we say so")
    body = stacks.template(P=stacks.parameter(Name="/p"))
    assert stacks.carry_out(client, "s", "c", body, "CREATE")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reasons(client, "s")[("P", "CREATE_FAILED")] == "because we say so"
    assert names(session) == []


def test_function_whose_code_is_missing_fails_the_stack(client, session, staging):
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["R", "Arn"]},
            "Code": {"S3Bucket": staging, "S3Key": "code.zip"},
        },
    }
    body = stacks.template(R=stacks.ROLE, F=function)
    assert stacks.carry_out(client, "s", "c", body, "CREATE")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "S3 Error Code: NoSuchKey" in reasons(client, "s")[("F", "CREATE_FAILED")]
    session.client("s3").put_object(Bucket=staging, Key="code.zip", Body=stacks.bundle())
    client.delete_stack(StackName="s")
    client.get_waiter("stack_delete_complete").wait(
        StackName="s", WaiterConfig={"Delay": 0.05, "MaxAttempts": 600}
    )
    assert stacks.carry_out(client, "s", "c", body, "CREATE")["StackStatus"] == "CREATE_COMPLETE"
    assert len(session.client("lambda").list_functions()["Functions"]) == 1


def test_slow_stack_is_in_progress_for_its_seconds_and_then_complete(client, control):
    control.fault("cloudformation", "*", "slow_stack", seconds=1.0, match="slow")
    stacks.plan(client, "slow", "c", stacks.template(P=stacks.parameter(Name="/slow")), "CREATE")
    started = time.monotonic()
    client.execute_change_set(StackName="slow", ChangeSetName="c")
    # What a busy machine may not turn round: nothing else is seen before its seconds are over.
    while (
        found := client.describe_stacks(StackName="slow")["Stacks"][0]["StackStatus"]
    ) == "CREATE_IN_PROGRESS":
        time.sleep(0.05)
    assert time.monotonic() - started >= 1.0
    assert found == "CREATE_COMPLETE"


def test_slow_stack_told_to_fail_fails(client, control, session):
    control.fault("cloudformation", "*", "slow_stack", seconds=0.2, outcome="failed", reason="told to")
    body = stacks.template(P=stacks.parameter(Name="/slow"))
    assert stacks.carry_out(client, "s", "c", body, "CREATE")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reasons(client, "s")[("P", "CREATE_FAILED")] == "told to"
    assert names(session) == []


def test_lost_answer_of_an_execution_is_executed_once(client, control):
    stacks.plan(client, "s", "c", stacks.template(P=stacks.parameter(Name="/l")), "CREATE")
    control.fault("cloudformation", "ExecuteChangeSet", "lost_after")
    with pytest.raises(Exception, match="Connection was closed"):
        client.execute_change_set(StackName="s", ChangeSetName="c", ClientRequestToken="t")
    assert stacks.settled(client, "s")["StackStatus"] == "CREATE_COMPLETE"
    client.execute_change_set(StackName="s", ChangeSetName="c", ClientRequestToken="t")
    assert control.count("cloudformation", "ExecuteChangeSet") == 1


def test_replaced_resource_is_made_anew_and_the_old_one_removed(client, session):
    stacks.carry_out(client, "s", "c", stacks.template(P=stacks.parameter("v", Name="/old")), "CREATE")
    stack = stacks.carry_out(client, "s", "d", stacks.template(P=stacks.parameter("v", Name="/new")))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert names(session) == ["/new"]


def test_deleted_stack_takes_its_resources_but_the_retained(client, session, control):
    """CloudFormation "Template reference", DeletionPolicy."""
    kept = {**stacks.parameter(Name="/kept"), "DeletionPolicy": "Retain"}
    body = stacks.template(A=stacks.parameter(Name="/a"), K=kept)
    stack = stacks.carry_out(client, "s", "c", body, "CREATE")
    client.delete_stack(StackName="s", ClientRequestToken="d")
    for _ in range(100):
        if (
            client.describe_stacks(StackName=stack["StackId"])["Stacks"][0]["StackStatus"]
            == "DELETE_COMPLETE"
        ):
            break
        time.sleep(0.02)
    assert names(session) == ["/kept"]
    client.delete_stack(StackName="s")
    assert control.count("cloudformation", "DeleteStack") == 1


def test_bucket_with_objects_fails_the_deletion(client, session):
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}
    stacks.carry_out(client, "s", "c", stacks.template(B=bucket), "CREATE")
    name = client.list_stack_resources(StackName="s")["StackResourceSummaries"][0]["PhysicalResourceId"]
    session.client("s3").put_object(Bucket=name, Key="k", Body=b"x")
    client.delete_stack(StackName="s")
    stack = stacks.settled(client, "s")
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert "not empty" in reasons(client, "s")[("B", "DELETE_FAILED")]


@pytest.mark.parametrize(
    "resource",
    [
        {"Type": "AWS::SNS::Topic"},
        {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}},
        {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
        {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
        {"Type": "AWS::S3::Bucket"},
        {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}},
        {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 day)"}},
    ],
    ids=lambda resource: resource["Type"],
)
def test_resource_types_are_made_and_removed(client, resource):
    stack = stacks.carry_out(client, "s", "c", stacks.with_output(X=resource), "CREATE")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"]
    client.delete_stack(StackName="s")
    for _ in range(100):
        status = client.describe_stacks(StackName=stack["StackId"])["Stacks"][0]["StackStatus"]
        if status.startswith("DELETE_") and status != "DELETE_IN_PROGRESS":
            break
        time.sleep(0.02)
    assert status == "DELETE_COMPLETE"
