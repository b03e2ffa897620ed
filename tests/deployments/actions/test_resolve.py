"""A person settles what AWS could not tell."""

import pytest

from deployments.actions.resolve import resolve
from deployments.models import Deployment, Lane
from kernel.refusals import Refusal
from tests.deployments.company import World

pytestmark = pytest.mark.django_db
WHY = "The stack is UPDATE_COMPLETE in the console."


def stuck(world) -> Deployment:
    deployment, _ = world.waiting()
    Deployment.objects.filter(pk=deployment.pk).update(state="needs_human")
    return deployment


def test_a_release_manager_records_what_is_true_and_the_lane_is_free():
    world = World()
    deployment = stuck(world)
    assert resolve(
        actor=world.actor("rita"), deployment_id=deployment.pk, outcome="succeeded", reason=WHY
    ).ended_at
    lane = Lane.objects.get(application_id="payments", environment_id="prod")
    assert (lane.version, lane.in_progress_id) == ("1.0.0", None)


@pytest.mark.parametrize(
    ("who", "outcome", "reason", "code"),
    [
        ("rita", "running", WHY, "outcome_invalid"),
        ("rita", "failed", "short", "reason_required"),
        ("dana", "failed", WHY, "forbidden"),
    ],
)
def test_anything_else_is_refused_and_changes_nothing(who, outcome, reason, code):
    world = World()
    deployment = stuck(world)
    with pytest.raises(Refusal) as caught:
        resolve(actor=world.actor(who), deployment_id=deployment.pk, outcome=outcome, reason=reason)
    assert caught.value.code == code
    assert Deployment.objects.get(pk=deployment.pk).state == "needs_human"


def test_what_does_not_wait_for_a_person_is_not_settled_by_one():
    world = World()
    deployment, _ = world.waiting()
    with pytest.raises(Refusal) as caught:
        resolve(actor=world.actor("rita"), deployment_id=deployment.pk, outcome="failed", reason=WHY)
    assert caught.value.code == "illegal_transition"
