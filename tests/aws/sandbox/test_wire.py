"""AWS on the wire: parameters nested as the query protocol says, answers in the protocol of the request."""

import json

import pytest

from aws.sandbox import wire
from aws.sandbox.wire import AwsError, Call


def call(service="sts", action="Do", method="POST", headers=None):
    return Call(service, "eu-west-1", action, method, "/", {}, headers or {}, b"", {}, 0.0)


def test_query_parameters_are_nested_and_lists_are_in_order():
    body = b"Action=X&P.member.2.K=b&P.member.1.K=a&P.member.10.K=j&C.member.1=one&Name=a%20b&Empty="
    assert wire.parse_query_body(body) == {
        "Action": "X",
        "P": [{"K": "a"}, {"K": "b"}, {"K": "j"}],
        "C": ["one"],
        "Name": "a b",
        "Empty": "",
    }


@pytest.mark.parametrize("body", [b"A=1&A.member.1=2", b"A.member.x=1"])
def test_parameters_that_contradict_each_other_are_malformed(body):
    with pytest.raises(AwsError) as refused:
        wire.parse_query_body(body)
    assert refused.value.code == "MalformedQueryString"


def test_xml_answer_escapes_and_leaves_out_what_is_none():
    text = wire.xml_answer(
        call(), "ns", {"A": "<&>\x00", "B": None, "C": [1, True], "D": {"E": "f"}}
    ).body.decode()
    assert "<A>&lt;&amp;&gt;?</A>" in text
    assert "<B>" not in text
    assert "<C><member>1</member><member>true</member></C><D><E>f</E></D>" in text


def test_json_answer_is_json():
    answer = wire.json_answer(call(), {"a": [1]})
    assert (answer.status, json.loads(answer.body)) == (200, {"a": [1]})


def test_error_is_in_the_protocol_of_the_request():
    error = AwsError("Bad", "it is <bad>", 403)
    query = wire.error_answer(call(), error)
    assert (query.status, b"<Code>Bad</Code><Message>it is &lt;bad&gt;</Message>" in query.body) == (
        403,
        True,
    )
    s3 = wire.error_answer(call("s3"), error)
    assert s3.body.startswith(b'<?xml version="1.0"?><Error><Code>Bad</Code>')
    assert wire.error_answer(call("s3", method="HEAD"), error).body == b""
    coded = wire.error_answer(call("codebuild", headers={"x-amz-target": "X.Y"}), error)
    assert json.loads(coded.body)["__type"] == "Bad"
    rest = wire.error_answer(call("lambda"), error)
    assert ("x-amzn-ErrorType", "Bad") in rest.headers


def test_times_are_written_as_aws_writes_them():
    assert wire.stamp(0.25) == "1970-01-01T00:00:00.250Z"
