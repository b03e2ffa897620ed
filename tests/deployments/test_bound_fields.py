"""Each bound field, changed alone between the last vote and the start: nothing starts, votes are void, it is named."""

import pytest

from approvals.binding import FIELDS_V1
from approvals.models import ApprovalRequest, Vote
from builds.models import Artifact, Build
from deployments.actions.cast_vote import cast_vote
from deployments.models import Deployment
from kernel.clock import now
from kernel.ids import new_env
from kernel.refusals import Refusal
from pipelines.models import Account, Environment, PipelineVersion
from releases.models import Release
from teams.actions.set_group_members import set_group_members
from teams.models import Application
from tests.deployments.world import SYSTEM, TEST_SPEC

pytestmark = pytest.mark.django_db
OTHER = "sha256:" + "5" * 64


def _artifacts(row):
    Artifact.objects.filter(pk=row.release.build.artifacts.first().pk).update(digest=OTHER)


def _target_kind(row):
    version = PipelineVersion.objects.get(pk=row.pipeline_version_id)
    next(s for s in version.spec["stages"] if s["environment"] == "prod")["target"]["kind"] = "other-kind"
    PipelineVersion.objects.filter(pk=version.pk).update(spec=version.spec)


def _moved(old, new) -> None:
    """Everything that is of `old` is of `new` now. No action of ours does this: somebody wrote it by SQL."""
    for relation in old._meta.related_objects:
        rows = relation.related_model.objects.filter(**{relation.field.name: old})
        rows.update(**{relation.field.name: new})


def _application(row):
    ours = row.release.application
    more = {"team": ours.team, "owners_group": ours.owners_group, "created_at": ours.created_at}
    _moved(ours, Application.objects.create(name="checkout", **more))


def _environment(row):
    version = PipelineVersion.objects.get(pk=row.pipeline_version_id)
    next(s for s in version.spec["stages"] if s["environment"] == "prod")["environment"] = "prod-2"
    PipelineVersion.objects.filter(pk=version.pk).update(spec=version.spec)
    other = Environment.objects.get(pk="prod")
    other.pk, other.uid, other.rank = "prod-2", new_env(), 31
    other.save(force_insert=True)
    _moved(Environment.objects.get(pk="prod"), other)


CHANGES = {
    "application": _application,
    "environment": _environment,
    "version": lambda d: Release.objects.filter(pk=d.release_id).update(version="9.9.9"),
    "artifacts": _artifacts,
    "account": lambda d: Account.objects.filter(pk=d.environment.account_id).update(account_id="9" * 12),
    "region": lambda d: Environment.objects.filter(pk="prod").update(region="us-east-1"),
    "role_arn": lambda d: Account.objects.filter(pk=d.environment.account_id).update(
        deploy_role_arn="arn:aws:iam::333333333333:role/other"
    ),
    "target_kind": _target_kind,
    "parameters": lambda d: Deployment.objects.filter(pk=d.pk).update(parameters={"Stage": "blue"}),
    "plan_digest": lambda d: Deployment.objects.filter(pk=d.pk).update(plan_digest=OTHER),
    "pipeline_version": lambda d: PipelineVersion.objects.filter(pk=d.pipeline_version_id).update(number=77),
    "test_specs": lambda d: Build.objects.filter(pk=d.release.build_id).update(
        test_spec={**TEST_SPEC, "digest": OTHER}
    ),
    "gate_version": lambda d: Environment.objects.filter(pk="prod").update(gate_version=77),
}


def test_every_bound_field_has_its_change():
    assert set(CHANGES) == set(FIELDS_V1)


@pytest.mark.parametrize("field", CHANGES)
def test_that_field_alone_voids_the_votes_and_asks_again(world, field):
    approved = world.approved()
    CHANGES[field](approved)
    assert world.start(approved).state != "running"
    after = world.settle(approved)
    assert (after.state, ApprovalRequest.objects.get().state) == ("needs_approval", "void")
    assert list(Vote.objects.values_list("void", "changed_fields")) == [(True, [field])] * 2


UNBOUND = {
    "reason": lambda w, d: Deployment.objects.filter(pk=d.pk).update(reason="Another reason than before."),
    "submitter": lambda w, d: Build.objects.filter(pk=d.release.build_id).update(
        submitter="zoe@acme.example"
    ),
    "new member": lambda w, d: set_group_members(
        actor=SYSTEM, name="payments-owners", members=["omar", "olga", "rosa", "zoe"]
    ),
    "tier": lambda w, d: Environment.objects.filter(pk="prod").update(tier="gold"),
    "alias": lambda w, d: Account.objects.filter(pk=d.environment.account_id).update(alias="renamed"),
    "not before": lambda w, d: Deployment.objects.filter(pk=d.pk).update(not_before=now()),
}


@pytest.mark.parametrize("edit", UNBOUND)
def test_what_is_not_bound_keeps_the_votes(world, edit):
    approved = world.approved()
    UNBOUND[edit](world, approved)
    world.settle(approved)
    assert not Vote.objects.filter(void=True).exists()
    assert world.start(approved).state == "running"


def test_on_content_of_an_unknown_schema_nothing_starts_and_new_votes_are_asked_for(world):
    """A newer version of the product wrote it, and this one runs now."""
    approved = world.approved()
    foreign = {**approved.approval.subject, "schema": "v9", "colour": "blue"}
    ApprovalRequest.objects.update(subject=foreign, content_hash=OTHER)
    Vote.objects.update(content_hash=OTHER)
    assert world.start(approved).started_at is None
    after = world.settle(approved)
    assert (after.state, after.started_at, after.approval.state) == ("needs_approval", None, "void")
    assert after.approval.subject["schema"] == "v1"
    assert after.approval.past_subjects[OTHER] == foreign, "what the old votes were given for stays readable"
    assert list(Vote.objects.values_list("void", "changed_fields")) == [(True, ["schema"])] * 2
    assert world.start(approved).started_at is None
    for name in ("rita", "omar"):
        world.vote(approved, name)
    assert world.start(approved).state == "running"


def test_a_vote_given_for_content_of_an_unknown_schema_is_refused_by_that_name(world):
    asked = world.asked()
    ApprovalRequest.objects.update(past_subjects={OTHER: {"schema": "v9"}})
    with pytest.raises(Refusal) as caught:
        cast_vote(
            actor=world.actor("rita"), request_id=asked.approval_id, decision="approve", content_hash=OTHER
        )
    assert (caught.value.code, caught.value.extra["changed_fields"]) == ("content_changed", ["schema"])
    assert not Vote.objects.exists()
