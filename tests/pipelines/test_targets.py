"""The kinds of target and what their settings look like."""

import pytest
from jsonschema import Draft202012Validator

from pipelines.targets import KINDS

STACK = {"stack": "payments-dev", "template": "template"}
SITE = {"bucket": "site-bucket", "artifact": "site"}


def _is_valid(kind: str, settings: dict) -> bool:
    return Draft202012Validator(KINDS[kind]).is_valid(settings)


def test_every_schema_is_a_schema():
    assert set(KINDS) == {"cloudformation-stack", "s3-site"}
    for schema in KINDS.values():
        Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False


def test_the_examples_of_the_documentation_are_valid():
    assert _is_valid("cloudformation-stack", STACK)
    assert _is_valid(
        "cloudformation-stack",
        {**STACK, "parameters": {"Stage": "dev"}, "capabilities": ["CAPABILITY_IAM"]},
    )
    assert _is_valid("s3-site", {**SITE, "entry": "index.html"})


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("cloudformation-stack", {"stack": "x"}),
        ("cloudformation-stack", {**STACK, "stack": "9-begins-with-a-digit"}),
        ("cloudformation-stack", {**STACK, "parameters": {"Stage": 1}}),
        ("cloudformation-stack", {**STACK, "capabilities": ["CAPABILITY_EVERYTHING"]}),
        ("cloudformation-stack", {**STACK, "role": "admin"}),
        ("s3-site", {"bucket": "site-bucket"}),
        ("s3-site", {**SITE, "bucket": "Upper_Case"}),
        ("s3-site", {**SITE, "entry": "/index.html"}),
    ],
)
def test_wrong_settings_are_not_valid(kind, settings):
    assert not _is_valid(kind, settings)
