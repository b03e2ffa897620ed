import json

import pytest

from releases.templates import (
    LIMIT_BYTES,
    ResourceChange,
    TemplateUnreadable,
    compare,
    other_sections,
    read_template,
)

YAML = b"""
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      Name: !Sub "${Stage}-role"
      Arn: !GetAtt Other.Arn
      Bucket: !Ref Bucket
      Parts: !Join [",", [a, !Ref b]]
      Pick: !If [IsProd, 1, 2]
"""


def template(**resources):
    return {"Resources": resources}


def test_yaml_short_forms_become_the_long_ones():
    properties = read_template(YAML)["Resources"]["Role"]["Properties"]
    assert properties == {
        "Name": {"Fn::Sub": "${Stage}-role"},
        "Arn": {"Fn::GetAtt": ["Other", "Arn"]},
        "Bucket": {"Ref": "Bucket"},
        "Parts": {"Fn::Join": [",", ["a", {"Ref": "b"}]]},
        "Pick": {"Fn::If": ["IsProd", 1, 2]},
    }


def test_a_date_stays_the_text_it_was():
    assert read_template(YAML)["AWSTemplateFormatVersion"] == "2010-09-09"


def test_json_is_read_with_or_without_a_byte_order_mark():
    body = template(Bucket={"Type": "AWS::S3::Bucket"})
    assert read_template(json.dumps(body).encode()) == body
    assert read_template(b"\xef\xbb\xbf" + json.dumps(body).encode()) == body


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"Resources": {', "line 1, column"),
        (b"Resources:\n  A: [1,\n", "line 3"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "object Resources"),
        (b"", "object Resources"),
        (b'{"Resources": []}', "object Resources"),
        (b'{"Resources": {"A": 1}}', "object Resources"),
        (b"Resources: &a {}\nOther: *a\n", "line 2: CloudFormation takes no YAML aliases"),
        (b"Resources: !!python/object/apply:os.system [id]\n", "could not determine a constructor"),
        (b"Resources: {A: {? [x] : 1}}\n", "unhashable"),
        (b"[" * 5000, "nested too deeply"),
        (b'{"Resources": ' + b'{"a":' * 5000, "nested too deeply"),
        (b'{"Resources": {"A": ' + b'{"a":' * 150 + b"1" + b"}" * 152, "nested too deeply"),
        (b'{"Resources": {}, "a": ' + b"1" * 6000 + b"}", "cannot be written"),
        (b'{"Resources": {}, "a": "\\ud800"}', "cannot be written"),
        (b" " * (LIMIT_BYTES + 1), "bytes; CloudFormation takes"),
    ],
)
def test_what_is_no_template_is_refused_with_the_reason(data, said):
    with pytest.raises(TemplateUnreadable) as refused:
        read_template(data)
    assert said in str(refused.value)


def test_added_removed_changed_and_replaced_resources_are_told_apart():
    before = template(
        Gone={"Type": "AWS::SNS::Topic"},
        Same={"Type": "AWS::SQS::Queue"},
        Edited={"Type": "AWS::Lambda::Function", "Properties": {"Code": "a", "Memory": 128}},
        Other={"Type": "AWS::S3::Bucket"},
    )
    after = template(
        Same={"Type": "AWS::SQS::Queue"},
        Edited={
            "Type": "AWS::Lambda::Function",
            "Properties": {"Code": "b", "Memory": 128},
            "DependsOn": "Same",
        },
        Other={"Type": "AWS::S3::BucketPolicy"},
        New={"Type": "AWS::SNS::Topic"},
    )
    assert compare(before, after) == [
        ResourceChange("changed", "Edited", "AWS::Lambda::Function", ("DependsOn", "Properties.Code")),
        ResourceChange("removed", "Gone", "AWS::SNS::Topic"),
        ResourceChange("added", "New", "AWS::SNS::Topic"),
        ResourceChange("replaced", "Other", "AWS::S3::BucketPolicy", ("Type",)),
    ]


def test_without_a_template_before_everything_is_added():
    after = template(A={"Type": "AWS::SNS::Topic"})
    assert [change.as_dict() for change in compare(None, after)] == [
        {"action": "added", "logical_id": "A", "type": "AWS::SNS::Topic", "fields": []}
    ]


def test_equal_templates_do_not_differ():
    assert compare(template(A={"Type": "X"}), template(A={"Type": "X"})) == []
    assert other_sections(template(), template()) == []


def test_properties_that_are_no_object_differ_as_a_whole():
    before, after = template(A={"Properties": "x"}), template(A={"Properties": {"a": 1}})
    assert compare(before, after)[0].fields == ("Properties",)


def test_other_sections_that_differ_are_named():
    before = {"Resources": {}, "Parameters": {"a": 1}, "Outputs": {}}
    after = {"Resources": {"A": {}}, "Parameters": {"a": 2}, "Outputs": {}, "Mappings": {}}
    assert other_sections(before, after) == ["Mappings", "Parameters"]
