"""Points 1 and 2: the trust policy decides who comes in, and accounts are kept apart."""

import json
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ClientError

from aws.sandbox.seed import root_clients
from tests.aws.conftest import REGION


def code_of(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


@pytest.mark.parametrize("external_id", ["", "wrong-id", "external-id-of-this-accoun"])
def test_role_with_external_id_refuses_a_missing_or_wrong_one(sessions, target, external_id):
    """STS API reference, AssumeRole; IAM User Guide, "Access to AWS accounts owned by third parties"."""
    asked = replace(target, external_id=external_id)
    assert code_of(sessions.assume, target=asked, session_name="rg-test") == "AccessDenied"


def test_role_without_condition_is_assumed_without_external_id(sessions, target, sandbox):
    statement = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    iam = root_clients(sandbox.endpoint_url)("iam", target.account_id, REGION)
    iam.create_role(RoleName="Open", AssumeRolePolicyDocument=json.dumps({"Statement": [statement]}))
    arn = f"arn:aws:iam::{target.account_id}:role/Open"
    opened = sessions.assume(replace(target, role_arn=arn, external_id=""), session_name="rg-test")
    assert opened.identity()["account"] == target.account_id


def test_role_that_trusts_somebody_else_refuses_us(sessions, target, sandbox):
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "sts:AssumeRole",
    }
    iam = root_clients(sandbox.endpoint_url)("iam", target.account_id, REGION)
    iam.create_role(RoleName="Foreign", AssumeRolePolicyDocument=json.dumps({"Statement": [statement]}))
    arn = f"arn:aws:iam::{target.account_id}:role/Foreign"
    assert code_of(sessions.assume, target=replace(target, role_arn=arn), session_name="rg") == "AccessDenied"


@pytest.mark.parametrize(
    "change",
    [{"session_name": "x"}, {"session_name": "a b"}, {"duration": 899}, {"duration": 43201}],
)
def test_arguments_outside_the_documented_limits_are_validation_errors(sessions, target, change):
    arguments = {"session_name": "rg-test", "duration": 900, **change}
    try:
        sessions.assume(target, **arguments)
    except ClientError as exc:
        assert exc.response["Error"]["Code"] == "ValidationError"
    except Exception as exc:
        assert "Invalid" in str(exc)
    else:
        pytest.fail("it was accepted")


@pytest.mark.parametrize(
    "change",
    [
        {"source_identity": "application:payments"},
        {"source_identity": "zoë"},
        {"source_identity": "n" * 65},
        {"tags": {"a*b": "x"}},
        {"tags": {"a": "x;y"}},
        {"tags": {"a": "v" * 257}},
        {"tags": {str(n): "x" for n in range(51)}},
    ],
)
def test_identity_and_tags_outside_the_documented_patterns_are_validation_errors(sessions, target, change):
    """STS API reference: AssumeRole, SourceIdentity; Tag."""
    assert code_of(sessions.assume, target=target, session_name="rg-test", **change) == "ValidationError"


def test_session_policy_over_2048_characters_is_refused(sessions, target):
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ["x" * 2048]}]}
    assert code_of(sessions.assume, target=target, session_name="rg", policy=policy) == "ValidationError"


def test_session_policy_that_is_none_is_malformed(sessions, target):
    code = code_of(
        sessions.assume, target=target, session_name="rg", policy={"Statement": [{"Effect": "Maybe"}]}
    )
    assert code == "MalformedPolicyDocument"


def test_session_is_refused_after_its_end(session, control):
    session.identity()
    control.set_clock_offset(901)
    assert code_of(session.client("sts").get_caller_identity) == "ExpiredToken"
    assert code_of(session.client("s3").list_buckets) == "ExpiredToken"


@pytest.mark.parametrize(("service", "method", "code"), [
    ("sts", "get_caller_identity", "InvalidClientTokenId"),
    ("s3", "list_buckets", "InvalidAccessKeyId"),
    ("cloudformation", "describe_stacks", "InvalidClientTokenId"),
])  # fmt: skip
def test_unknown_key_is_refused(sandbox, control, service, method, code):
    client = boto3.client(
        service,
        endpoint_url=sandbox.endpoint_url,
        region_name=REGION,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x",
    )
    assert code_of(getattr(client, method)) == code


def test_token_of_another_key_is_refused(sandbox, session):
    own = session.client("sts")._request_signer._credentials
    client = boto3.client(
        "sts",
        endpoint_url=sandbox.endpoint_url,
        region_name=REGION,
        aws_access_key_id="ASIA" + "B" * 16,
        aws_secret_access_key="x",
        aws_session_token=own.token,
    )
    assert code_of(client.get_caller_identity) == "InvalidClientTokenId"


def test_header_of_moto_does_not_jump_into_another_account(session, target, new_target):
    other = new_target()
    client = session._boto.client("s3", endpoint_url=session._endpoint_url)
    client.meta.events.register(
        "before-send.s3",
        lambda request, **_: request.headers.__setitem__("x-moto-account-id", other.account_id),
    )
    names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    assert names
    assert all(target.account_id in name for name in names)


def test_objects_of_one_account_are_closed_to_the_others(sessions, new_target):
    one, two = new_target(), new_target()
    inside, outside = (sessions.assume(each, session_name="rg-test").client("s3") for each in (one, two))
    bucket = f"rg-staging-{one.account_id}-{REGION}"
    inside.put_object(Bucket=bucket, Key="k", Body=b"secret")
    assert code_of(outside.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    assert code_of(outside.put_object, Bucket=bucket, Key="k", Body=b"changed") == "AccessDenied"
    assert code_of(outside.list_objects_v2, Bucket=bucket) == "AccessDenied"
    assert bucket not in [entry["Name"] for entry in outside.list_buckets()["Buckets"]]
    assert inside.get_object(Bucket=bucket, Key="k")["Body"].read() == b"secret"


def test_functions_parameters_and_stacks_of_one_account_are_not_seen_by_the_others(sessions, new_target):
    one, two = (sessions.assume(new_target(), session_name="rg-test") for _ in range(2))
    one.client("ssm").put_parameter(Name="/mine", Value="1", Type="String")
    assert code_of(two.client("ssm").get_parameter, Name="/mine") == "ParameterNotFound"
    assert two.client("cloudformation").describe_stacks()["Stacks"] == []
