"""What an approval is bound to, computed from what would be done now."""

import pytest

from approvals.binding import FIELDS_V1, content_hash
from deployments.binding import subject_of
from pipelines.queries import stage_of
from tests.deployments.company import World, fresh

pytestmark = pytest.mark.django_db


def bound(world, deployment, gate_version=1) -> dict:
    stage = stage_of(world.pipeline, "prod")
    return subject_of(deployment, stage=stage, pipeline=world.pipeline, gate_version=gate_version)


def test_the_subject_holds_every_published_field_and_nothing_else():
    world = World()
    deployment, request = world.waiting()
    subject = bound(world, fresh(deployment))
    assert set(subject) == {"schema", *FIELDS_V1}
    assert content_hash(subject) == request.content_hash


CHANGES = {
    "version": lambda d: setattr(d.release, "version", "9.9.9"),
    "environment": lambda d: setattr(d.environment, "name", "elsewhere"),
    "account": lambda d: setattr(d.environment.account, "account_id", "999999999999"),
    "region": lambda d: setattr(d.environment, "region", "us-east-1"),
    "role_arn": lambda d: setattr(d.environment.account, "deploy_role_arn", "arn:aws:iam::1:role/other"),
    "parameters": lambda d: setattr(d, "parameters", {"Stage": "blue"}),
    "plan_digest": lambda d: setattr(d, "plan_digest", "sha256:" + "8" * 64),
    "test_specs": lambda d: d.release.build.test_spec.update(digest="sha256:" + "1" * 64),
    "artifacts": lambda d: setattr(d.release.build.artifacts.all()[0], "digest", "sha256:" + "2" * 64),
}


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_a_change_of_a_bound_field_changes_the_hash(field):
    world = World()
    deployment = fresh(world.waiting()[0])
    before = bound(world, deployment)
    CHANGES[field](deployment)
    after = bound(world, deployment)
    assert {name for name in before if before[name] != after[name]} == {field}
    assert content_hash(before) != content_hash(after)


def test_what_is_not_bound_does_not_change_it():
    world = World()
    deployment = fresh(world.waiting()[0])
    before = bound(world, deployment)
    deployment.reason = "another title"
    deployment.release.build.commits = [{"sha": "c" * 40, "message": "x"}]
    assert bound(world, deployment) == before


def test_the_gates_version_is_bound():
    world = World()
    deployment = fresh(world.waiting()[0])
    assert content_hash(bound(world, deployment)) != content_hash(bound(world, deployment, gate_version=2))
