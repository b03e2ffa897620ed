"""The pipeline, its parameters, the account or the environment changed after the keys were given: they open no more."""

import pytest

from approvals.models import ApprovalRequest, Vote
from deployments.states import State
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.models import Account, Environment
from pipelines.queries import current_pipeline
from tests.deployments.world import SYSTEM, pipeline_source
from tests.teams.callers import as_person
from tests.teams.events import events

pytestmark = pytest.mark.django_db


def saves(world, **stage) -> None:
    stages = {**world.stages, "prod": stage}
    version = current_pipeline(world.application).number
    source = pipeline_source(world.application, stages)
    save_pipeline(actor=SYSTEM, application=world.application, source=source, version=version)


def another_parameter(world) -> None:
    saves(world, parameters={"Size": "huge"})


def a_longer_bake(world) -> None:
    saves(world, bake=60)


def another_key(world) -> None:
    saves(world, slots=[{"group": "release-managers", "count": 1}])


def another_role(world) -> None:
    Account.objects.filter(alias="prod").update(deploy_role_arn="arn:aws:iam::333333333333:role/other")


def another_region(world) -> None:
    Environment.objects.filter(pk="prod").update(region="us-east-1")


CHANGES = {
    another_parameter: {"pipeline_version", "parameters"},
    a_longer_bake: {"pipeline_version"},
    another_key: {"pipeline_version"},
    another_role: {"role_arn"},
    another_region: {"region"},
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_it_does_not_start_and_both_votes_are_void_naming_what_changed(world, change):
    asked = world.approved()
    before = asked.approval.content_hash
    change(world)
    row = world.start(asked)
    assert row.state != State.RUNNING
    assert events("deployment.running") == []
    world.settle(asked)
    approval = ApprovalRequest.objects.get(pk=asked.approval_id)
    assert (approval.state, approval.consumed_at) == ("void", None)
    assert approval.content_hash != before
    votes = Vote.objects.filter(request=approval)
    assert [vote.void for vote in votes] == [True, True]
    assert all(set(vote.changed_fields) >= CHANGES[change] for vote in votes), votes[0].changed_fields


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_vote_on_the_old_content_is_refused_afterwards(world, change):
    asked = world.asked()
    old = asked.approval.content_hash
    change(world)
    world.settle(asked)
    path = f"/approvals/{asked.approval_id}/votes"
    answer = as_person("rita").post(path, {"decision": "approve", "content_hash": old})
    assert (answer.status_code, answer.json()["code"]) == (409, "content_changed")
    assert not Vote.objects.exists()


def test_changed_and_changed_back_is_the_old_content_under_another_version(world):
    """Put back, the parameters are the same again; the pipeline's version is not, and the votes stay void."""
    asked = world.approved()
    another_parameter(world)
    saves(world)
    row = world.start(asked)
    assert row.state != State.RUNNING
    world.settle(asked)
    assert {v.void for v in Vote.objects.filter(request=asked.approval_id)} == {True}
