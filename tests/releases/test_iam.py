import pytest

from releases.iam import Grant, wide_grants, widened


def role(*statements, **properties):
    policies = [{"PolicyDocument": {"Statement": list(statements)}}] if statements else []
    return {
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies, **properties}}}
    }


def allow(**parts):
    return {"Effect": "Allow", **parts}


def grants(template):
    return sorted((grant.what, grant.value) for grant in wide_grants(template))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (allow(Action="*", Resource="arn:x"), [("action", "*")]),
        (allow(Action=["s3:GetObject", "s3:*"], Resource="arn:x"), [("action", "s3:*")]),
        (allow(Action="s3:GetObject", Resource="*"), [("resource", "*")]),
        (allow(NotAction="iam:*", Resource="arn:x"), [("not_action", "NotAction iam:*")]),
        (allow(Action="s3:GetObject", NotResource="arn:x"), [("not_resource", "NotResource arn:x")]),
        (allow(Action="sts:AssumeRole", Principal="*"), [("principal", "*")]),
        (allow(Action="sts:AssumeRole", Principal={"AWS": ["*"]}), [("principal", "*")]),
        (allow(Action={"Ref": "Which"}, Resource="arn:x"), [("unreadable", "Action")]),
        ({"Action": "*", "Resource": "*"}, [("unreadable", "Effect")]),
        ({"Fn::If": ["c", {}, {}]}, [("unreadable", "Statement")]),
        ("*", [("unreadable", "Statement")]),
    ],
)
def test_a_wide_right_is_found(statement, found):
    assert grants(role(statement)) == found


@pytest.mark.parametrize(
    "statement",
    [
        allow(Action="s3:GetObject", Resource="arn:aws:s3:::bucket/*"),
        allow(Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"}),
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
    ],
)
def test_a_narrow_right_and_a_denial_are_not_found(statement):
    assert grants(role(statement)) == []


def test_one_statement_that_is_not_in_a_list_is_read_too():
    document = {"PolicyDocument": {"Statement": allow(Action="*", Resource="arn:x")}}
    template = {"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": document}}}
    assert wide_grants(template) == {Grant("P", "AWS::IAM::Policy", "action", "*")}


def test_rights_are_found_in_resources_that_are_not_iam():
    document = {"PolicyDocument": {"Statement": [allow(Action="s3:GetObject", Principal="*", Resource="x")]}}
    template = {"Resources": {"B": {"Type": "AWS::S3::BucketPolicy", "Properties": document}}}
    assert grants(template) == [("principal", "*")]


def test_broad_managed_policies_are_found_in_any_form():
    arns = [
        "arn:aws:iam::aws:policy/AdministratorAccess",
        {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/PowerUserAccess"},
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
    ]
    assert grants(role(ManagedPolicyArns=arns)) == [
        ("managed_policy", "AdministratorAccess"),
        ("managed_policy", "PowerUserAccess"),
    ]


def test_what_only_aws_can_work_out_is_unreadable_and_never_nothing():
    assert grants(role(AssumeRolePolicyDocument={"Fn::Transform": {}})) == [
        ("unreadable", "AssumeRolePolicyDocument")
    ]
    assert grants(role(**{"Fn::Transform": {"Name": "AWS::Include"}})) == [("unreadable", "Fn::Transform")]


def test_only_new_rights_widen():
    before = role(allow(Action="s3:*", Resource="arn:x"))
    after = role(allow(Action=["s3:*", "ec2:*"], Resource="arn:x"))
    assert widened(before, after) == [Grant("Role", "AWS::IAM::Role", "action", "ec2:*")]
    assert widened(after, before) == []


def test_in_a_new_stack_every_wide_right_is_new():
    after = role(allow(Action="s3:*", Resource="*"))
    assert [grant.what for grant in widened(None, after)] == ["action", "resource"]


def test_a_resource_without_properties_gives_nothing():
    assert wide_grants({"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}) == frozenset()
