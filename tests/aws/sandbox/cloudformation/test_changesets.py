"""Point 5: change sets as the CloudFormation User Guide ("Update stacks using change sets") has them."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.aws.sandbox.cloudformation import stacks


@pytest.fixture
def client(session):
    return session.client("cloudformation")


def code_of(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def test_creation_makes_a_stack_in_review_and_no_resource(client, session):
    body = stacks.with_output(P=stacks.parameter(Name="/review"))
    found = stacks.plan(client, "s", "c", body, "CREATE")
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert stacks.shown(found) == [("Add", "P", None)]
    assert client.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert session.client("ssm").describe_parameters()["Parameters"] == []


def test_executed_creation_has_outputs_and_events_with_the_token(client, session):
    body = stacks.with_output(P=stacks.parameter("v", Name="/made"))
    stack = stacks.carry_out(client, "s", "c", body, "CREATE", token="rg-1-1")
    assert (stack["StackStatus"], stack["Outputs"][0]["OutputValue"]) == ("CREATE_COMPLETE", "/made")
    assert session.client("ssm").get_parameter(Name="/made")["Parameter"]["Value"] == "v"
    found = client.describe_stack_events(StackName="s")["StackEvents"]
    assert {event.get("ClientRequestToken") for event in found[:-1]} == {"rg-1-1"}
    assert stacks.events(client, "s") == [
        ("s", "REVIEW_IN_PROGRESS"),
        ("s", "CREATE_IN_PROGRESS"),
        ("P", "CREATE_IN_PROGRESS"),
        ("P", "CREATE_COMPLETE"),
        ("s", "CREATE_COMPLETE"),
    ]


def test_empty_change_set_fails_in_the_words_of_aws_and_lists_no_change(client):
    body = stacks.template(P=stacks.parameter(Name="/same"), R=stacks.ROLE)
    stacks.carry_out(client, "s", "c", body, "CREATE")
    found = stacks.plan(client, "s", "again", body)
    assert (found["Status"], found["ExecutionStatus"], found["Changes"]) == ("FAILED", "UNAVAILABLE", [])
    assert found["StatusReason"] == (
        "The submitted information didn't contain changes. "
        "Submit different information to create a change set."
    )
    code, _ = code_of(client.execute_change_set, StackName="s", ChangeSetName="again")
    assert code == "InvalidChangeSetStatus"


def test_changes_name_addition_modification_replacement_and_removal(client):
    old = stacks.template(
        Same=stacks.parameter(Name="/same"),
        Changed=stacks.parameter("one", Name="/changed"),
        Renamed=stacks.parameter(Name="/old-name"),
        Gone=stacks.parameter(Name="/gone"),
    )
    new = stacks.template(
        Same=stacks.parameter(Name="/same"),
        Changed=stacks.parameter("two", Name="/changed"),
        Renamed=stacks.parameter(Name="/new-name"),
        Fresh=stacks.parameter(Name="/fresh"),
        Follows=stacks.parameter({"Ref": "Renamed"}, Name="/follows"),
    )
    stacks.carry_out(client, "s", "c", old, "CREATE")
    assert stacks.shown(stacks.plan(client, "s", "d", new)) == [
        ("Modify", "Changed", "False"),
        ("Modify", "Renamed", "True"),
        ("Add", "Fresh", None),
        ("Add", "Follows", None),
        ("Remove", "Gone", None),
    ]


def test_name_taken_from_a_replaced_resource_is_replaced_conditionally(client):
    def body(name):
        second = stacks.parameter(Name={"Fn::Sub": "${First}-second"})
        return stacks.template(First=stacks.parameter(Name=name), Second=second)

    stacks.carry_out(client, "s", "c", body("/one"), "CREATE")
    assert stacks.shown(stacks.plan(client, "s", "d", body("/two"))) == [
        ("Modify", "First", "True"),
        ("Modify", "Second", "Conditional"),
    ]


def test_details_show_before_and_after_only_when_asked_and_never_secrets(client):
    body = json.dumps(
        {
            "Parameters": {"Secret": {"Type": "String", "NoEcho": True}, "Plain": {"Type": "String"}},
            "Resources": {
                "S": stacks.parameter({"Ref": "Secret"}, Name="/secret"),
                "P": stacks.parameter({"Ref": "Plain"}, Name="/plain"),
            },
        }
    )

    def given(number):
        return [
            {"ParameterKey": "Secret", "ParameterValue": f"hush-{number}"},
            {"ParameterKey": "Plain", "ParameterValue": f"open-{number}"},
        ]

    stacks.carry_out(client, "s", "c", body, "CREATE", Parameters=given(1))
    short = stacks.plan(client, "s", "d", body, Parameters=given(2))
    target = short["Changes"][1]["ResourceChange"]["Details"][0]["Target"]
    assert target == {"Attribute": "Properties", "Name": "Value", "RequiresRecreation": "Never"}
    full = stacks.ready(client, "s", "d", IncludePropertyValues=True)
    plain = full["Changes"][1]["ResourceChange"]["Details"][0]
    assert (plain["Target"]["BeforeValue"], plain["Target"]["AfterValue"]) == ("open-1", "open-2")
    assert (plain["ChangeSource"], plain["CausingEntity"]) == ("ParameterReference", "Plain")
    assert "hush" not in json.dumps(full, default=str)


def test_same_token_gives_the_same_change_set_and_is_counted_without_effect(client, control):
    body = stacks.template(P=stacks.parameter(Name="/t"))
    arguments = {"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": body}
    first = client.create_change_set(**arguments, ClientToken="one")
    assert client.create_change_set(**arguments, ClientToken="one")["Id"] == first["Id"]
    code, _ = code_of(client.create_change_set, **arguments, ClientToken="two")
    assert code == "AlreadyExistsException"
    assert control.count("cloudformation", "CreateChangeSet") == 1
    assert [entry["effective"] for entry in control.mutations()] == [True, False]
    assert [entry["token"] for entry in control.mutations()] == ["one", "one"]


def test_same_token_executes_once_and_another_is_refused(client, control):
    stacks.plan(client, "s", "c", stacks.template(P=stacks.parameter(Name="/x")), "CREATE")
    for _ in range(2):
        client.execute_change_set(StackName="s", ChangeSetName="c", ClientRequestToken="one")
    code, _ = code_of(client.execute_change_set, StackName="s", ChangeSetName="c", ClientRequestToken="two")
    assert code == "InvalidChangeSetStatus"
    stacks.settled(client, "s")
    assert control.count("cloudformation", "ExecuteChangeSet") == 1
    assert stacks.events(client, "s").count(("P", "CREATE_COMPLETE")) == 1


def test_execution_deletes_the_other_change_sets(client):
    stacks.plan(client, "s", "a", stacks.template(P=stacks.parameter(Name="/a")), "CREATE")
    stacks.carry_out(client, "s", "b", stacks.template(P=stacks.parameter(Name="/b")), "CREATE")
    code, _ = code_of(client.describe_change_set, StackName="s", ChangeSetName="a")
    assert code == "ChangeSetNotFound"
    assert stacks.ready(client, "s", "b")["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_deleted_change_set_is_gone_and_deleting_again_changes_nothing(client, control):
    stacks.plan(client, "s", "c", stacks.template(P=stacks.parameter()), "CREATE")
    client.delete_change_set(StackName="s", ChangeSetName="c")
    client.delete_change_set(StackName="s", ChangeSetName="c")
    assert control.count("cloudformation", "DeleteChangeSet") == 1
    client.delete_stack(StackName="s")
    code, message = code_of(client.describe_stacks, StackName="s")
    assert (code, message) == ("ValidationError", "Stack with id s does not exist")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{not json", "JSON not well-formed"),
        ("a: [b", "YAML not well-formed"),
        ("just text", "unsupported structure"),
        ("{}", "At least one Resources member"),
        ('{"Resources": {}}', "At least one Resources member"),
        ('{"Resources": {"A": {}}}', "must contain a Type member"),
        ('{"Resources": {"A": {"Type": "AWS::No::Such"}}}', "Unrecognized resource types: [AWS::No::Such]"),
        ('{"Resources": {"a-b": {"Type": "AWS::SNS::Topic"}}}', "non alphanumeric"),
        ('{"Surprise": 1, "Resources": {"A": {"Type": "AWS::SNS::Topic"}}}', "Invalid template property"),
        (stacks.template(A=stacks.parameter({"Ref": "Nobody"})), "Unresolved resource dependencies [Nobody]"),
        (
            stacks.template(A=stacks.parameter({"Ref": "B"}), B=stacks.parameter({"Ref": "A"})),
            "Circular dependency between resources: [A, B]",
        ),
    ],
)
def test_malformed_template_is_a_validation_error_and_leaves_no_stack(client, control, body, says):
    code, message = code_of(
        client.create_change_set, StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body
    )
    assert code == "ValidationError"
    assert says in message
    assert client.list_stacks()["StackSummaries"] == []
    assert control.counts() == {}


def test_iam_resources_need_the_capability(client):
    arguments = {"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE"}
    body = stacks.template(R=stacks.ROLE)
    code, message = code_of(client.create_change_set, TemplateBody=body, **arguments)
    assert (code, message) == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_IAM]",
    )
    named = {**stacks.ROLE, "Properties": {**stacks.ROLE["Properties"], "RoleName": "mine"}}
    code, message = code_of(
        client.create_change_set,
        TemplateBody=stacks.template(R=named),
        Capabilities=["CAPABILITY_IAM"],
        **arguments,
    )
    assert message == "Requires capabilities : [CAPABILITY_NAMED_IAM]"


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"Nobody": "x", "Size": "small"}, "Parameters: [Nobody] do not exist in the template"),
        ({}, "Parameters: [Size] must have values"),
        ({"Size": "huge"}, "must be one of AllowedValues"),
    ],
)
def test_parameters_that_do_not_fit_are_validation_errors(client, parameters, says):
    declared = {"Size": {"Type": "String", "AllowedValues": ["small", "large"]}}
    body = json.dumps({"Parameters": declared, "Resources": {"P": stacks.parameter({"Ref": "Size"})}})
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    code, message = code_of(
        client.create_change_set,
        StackName="s",
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody=body,
        Parameters=given,
    )
    assert code == "ValidationError"
    assert says in message


def test_type_must_fit_the_stack(client):
    body = stacks.template(P=stacks.parameter(Name="/x"))
    code, message = code_of(client.create_change_set, StackName="s", ChangeSetName="c", TemplateBody=body)
    assert (code, message) == ("ValidationError", "Stack [s] does not exist")
    stacks.carry_out(client, "s", "c", body, "CREATE")
    code, message = code_of(
        client.create_change_set, StackName="s", ChangeSetName="d", ChangeSetType="CREATE", TemplateBody=body
    )
    assert code == "ValidationError"
    assert "already exists and cannot be created again" in message


def test_template_url_is_read_with_the_callers_account(client, session, staging, new_target, sessions):
    """CloudFormation API reference, CreateChangeSet, "TemplateURL"."""
    body = stacks.template(P=stacks.parameter(Name="/from-url"))
    session.client("s3").put_object(Bucket=staging, Key="t/template.json", Body=body.encode())
    url = f"https://{staging}.s3.eu-west-1.amazonaws.com/t/template.json"
    client.create_change_set(StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateURL=url)
    assert stacks.shown(stacks.ready(client, "s", "c")) == [("Add", "P", None)]
    other = sessions.assume(new_target(), session_name="rg-test").client("cloudformation")
    code, message = code_of(
        other.create_change_set, StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateURL=url
    )
    assert code == "ValidationError"
    assert "S3 error" in message


def test_change_set_can_be_hidden_for_a_while(client, control):
    """CloudFormation is eventually consistent: a new change set may not be seen at once."""
    control.fault("cloudformation", "DescribeChangeSet", "hidden", seconds=0.6)
    client.create_change_set(
        StackName="s",
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody=stacks.template(P=stacks.parameter()),
    )
    code, _ = code_of(client.describe_change_set, StackName="s", ChangeSetName="c")
    assert code == "ChangeSetNotFound"
    control.clear()
    assert stacks.ready(client, "s", "c")["Status"] == "CREATE_COMPLETE"
