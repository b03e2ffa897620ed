"""Stacks in tests: templates, and the steps of a change set."""

import io
import json
import time
import zipfile

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    },
}


def parameter(value="one", **more):
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value, **more}}


def template(**resources):
    return json.dumps({"Resources": resources, "Outputs": {}})


def with_output(**resources):
    first = next(iter(resources))
    return json.dumps({"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": first}}}})


def bundle(text="def handler(event, context): return 1"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", text)
    return buffer.getvalue()


def plan(client, stack, name, body, kind="UPDATE", **more):
    """Create a change set and describe it once it is ready."""
    arguments = {"Capabilities": ["CAPABILITY_IAM"], "TemplateBody": body, **more}
    client.create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType=kind, **arguments)
    return ready(client, stack, name)


def ready(client, stack, name, **more):
    for _ in range(200):
        found = client.describe_change_set(StackName=stack, ChangeSetName=name, **more)
        if found["Status"] not in ("CREATE_IN_PROGRESS", "CREATE_PENDING"):
            return found
        time.sleep(0.02)
    raise AssertionError("the change set never became ready")


def shown(change_set):
    """[(action, logical id, replacement)] of a change set."""
    changes = [change["ResourceChange"] for change in change_set["Changes"]]
    return [(item["Action"], item["LogicalResourceId"], item.get("Replacement")) for item in changes]


def settled(client, stack):
    for _ in range(600):
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found
        time.sleep(0.02)
    raise AssertionError("the stack never settled")


def carry_out(client, stack, name, body, kind="UPDATE", token="token-1", **more):
    """Create and execute a change set; returns the settled stack."""
    plan(client, stack, name, body, kind, **more)
    client.execute_change_set(StackName=stack, ChangeSetName=name, ClientRequestToken=token)
    return settled(client, stack)


def events(client, stack):
    """[(logical id, status)] oldest first."""
    found = client.describe_stack_events(StackName=stack)["StackEvents"]
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(found)]
