"""A target kind that lacks one of its places is an error before anything starts."""

import pytest
from django.core.checks import registry

from aws import policies
from deployments import checks, executors
from pipelines import targets


def test_the_check_is_registered_and_content():
    assert checks.target_kinds in registry.registry.get_checks()
    assert checks.target_kinds(None) == []


@pytest.mark.parametrize(
    ("place", "name", "added"),
    [
        (targets.KINDS, "pipelines.targets.KINDS", {"ecs-service": {}}),
        (executors.REGISTRY, "deployments.executors.REGISTRY", {"ecs-service": object()}),
    ],
)
def test_a_kind_that_stands_in_one_place_only_is_named_with_the_others(monkeypatch, place, name, added):
    for kind, value in added.items():
        monkeypatch.setitem(place, kind, value)
    found = {error.msg.split(" ")[0] for error in checks.target_kinds(None)}
    assert found == {"pipelines.targets.KINDS", "deployments.executors.REGISTRY", "aws.policies.KINDS"} - {
        name
    }
    assert all("ecs-service" in error.msg for error in checks.target_kinds(None))


def test_a_kind_without_an_executor_is_named(monkeypatch):
    monkeypatch.delitem(executors.REGISTRY, "s3-site")
    assert [error.msg for error in checks.target_kinds(None)] == [
        "deployments.executors.REGISTRY does not know the target kind s3-site."
    ]


def test_a_kind_without_session_policies_is_named(monkeypatch):
    monkeypatch.setattr(policies, "KINDS", (policies.S3_SITE,))
    assert [error.msg for error in checks.target_kinds(None)] == [
        "aws.policies.KINDS does not know the target kind cloudformation-stack."
    ]


def test_each_executor_answers_to_its_own_name():
    assert {name: executor.kind for name, executor in executors.REGISTRY.items()} == {
        name: name for name in executors.REGISTRY
    }
