"""IAM documents: a deny wins, no allow is a no, and what is not understood never opens."""

import json

import pytest

from aws.sandbox.policy import parse_policy, session_allows, trust_allows
from aws.sandbox.wire import AwsError, Call

CALLER = "arn:aws:iam::000000000000:user/release-gate"
ROOT = "arn:aws:iam::000000000000:root"


def statement(**change):
    return {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole", **change}


def trusted(*statements, external_id=None, caller=CALLER):
    context = {"sts:externalid": external_id} if external_id is not None else {}
    document = {"Statement": list(statements)}
    return trust_allows(document, caller_arn=caller, caller_account="000000000000", context=context)


ASKS = {"Condition": {"StringEquals": {"sts:ExternalId": "right"}}}


@pytest.mark.parametrize(("given", "open_"), [("right", True), ("wrong", False), ("", False), (None, False)])
def test_external_id_must_be_the_one_that_is_asked_for(given, open_):
    assert trusted(statement(**ASKS), external_id=given) is open_


def test_any_of_several_external_ids_will_do():
    condition = {"StringEquals": {"sts:ExternalId": ["one", "two"]}}
    assert trusted(statement(Condition=condition), external_id="two")
    assert not trusted(statement(Condition=condition), external_id="three")


@pytest.mark.parametrize("principal", [ROOT, "000000000000", CALLER, [ROOT, "x"], "*"])
def test_principal_that_names_the_caller_opens(principal):
    assert trusted(statement(Principal={"AWS": principal}))


@pytest.mark.parametrize(
    "principal",
    [{"AWS": "arn:aws:iam::999999999999:root"}, {"Service": "lambda.amazonaws.com"}, {}, "nonsense", None],
)
def test_principal_that_names_somebody_else_does_not(principal):
    assert not trusted(statement(Principal=principal))


def test_role_session_is_named_by_its_role():
    caller = "arn:aws:sts::000000000000:assumed-role/Gate/session-1"
    named = statement(Principal={"AWS": "arn:aws:iam::000000000000:role/Gate"})
    assert trusted(named, caller=caller)
    assert not trusted(statement(Principal={"AWS": "arn:aws:iam::000000000000:role/Other"}), caller=caller)


def test_deny_wins_over_allow_in_any_order():
    deny = statement(Effect="Deny")
    assert not trusted(statement(), deny)
    assert not trusted(deny, statement())


def test_condition_that_is_not_understood_never_opens():
    assert not trusted(statement(Condition={"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}))


@pytest.mark.parametrize("document", ["not json", None, [], {}, {"Statement": []}])
def test_document_that_says_nothing_opens_nothing(document):
    assert not trust_allows(document, caller_arn=CALLER, caller_account="000000000000", context={})


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"Statement": [{"Action": "*"}]}'])
def test_malformed_session_policy_is_refused(text):
    with pytest.raises(AwsError) as refused:
        parse_policy(text)
    assert refused.value.code == "MalformedPolicyDocument"


def may(policy, service, action, path="/", query=None):
    call = Call(service, "eu-west-1", action, "GET", path, query or {}, {}, b"", {}, 0.0)
    call.policy = policy and parse_policy(json.dumps(policy))
    return session_allows(call)


def allow(action, resource="*"):
    return {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}


def test_session_without_policy_may_do_what_its_role_may():
    assert may(None, "s3", "PutObject", "/b/k")


def test_session_policy_names_actions_with_wildcards():
    assert may(allow("cloudformation:Describe*"), "cloudformation", "DescribeStacks")
    assert not may(allow("cloudformation:Describe*"), "cloudformation", "ExecuteChangeSet")


def test_s3_calls_are_judged_by_the_action_that_allows_them_and_by_their_object():
    read = allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::mine", "arn:aws:s3:::mine/*"])
    assert may(read, "s3", "HeadObject", "/mine/k")
    assert may(read, "s3", "ListObjectsV2", "/mine")
    assert not may(read, "s3", "GetObject", "/other/k")
    assert not may(read, "s3", "PutObject", "/mine/k")
    assert not may(read, "s3", "GetObject", "/mine/k", {"versionId": "1"})


def test_rights_lent_to_cloudformation_open_no_direct_call():
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}
    policy = {"Statement": [{**allow("*")["Statement"], "Condition": via}]}
    assert not may(policy, "ssm", "PutParameter")
