"""Cancel: at once before the start, never past the point of no return, the same answer twice."""

import pytest

from approvals.models import ApprovalRequest
from deployments.actions.cancel import cancel
from deployments.models import Deployment, Intent, Step
from kernel.refusals import Refusal
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def stop(world, deployment, who="dana", reason="Not today"):
    return cancel(actor=world.actor(who), deployment_id=deployment.pk, reason=reason)


def test_a_waiting_request_ends_at_once_and_its_approval_is_closed():
    world = World()
    deployment, request = world.waiting()
    assert stop(world, deployment).state == "cancelled"
    assert ApprovalRequest.objects.get(pk=request.pk).state == "closed"
    assert stop(world, deployment).state == "cancelled"


def test_a_running_one_stops_at_the_safe_point():
    world = World()
    deployment, _ = world.waiting()
    Deployment.objects.filter(pk=deployment.pk).update(state="running")
    row = stop(world, deployment)
    assert (row.state, row.cancel_requested_by) == ("running", "dana")


def test_once_aws_is_being_changed_it_is_too_late():
    world = World()
    deployment, _ = world.waiting()
    Deployment.objects.filter(pk=deployment.pk).update(state="running")
    step = Step.objects.get(deployment=deployment, kind="apply")
    Intent.objects.create(
        deployment=deployment,
        step=step,
        api="cloudformation.ExecuteChangeSet",
        purpose="apply",
        token="t",
        request_digest="sha256:0",
        epoch=1,
        created_at=deployment.requested_at,
    )
    with pytest.raises(Refusal) as caught:
        stop(world, deployment)
    assert caught.value.code == "point_of_no_return"
    assert Deployment.objects.get(pk=deployment.pk).cancel_requested_at is None


def test_an_ended_one_says_so():
    world = World()
    row = world.ran(world.release())
    with pytest.raises(Refusal) as caught:
        stop(world, row, "rita")
    assert caught.value.code == "already_ended"


def test_a_reason_is_needed_and_a_stranger_may_not():
    world = World()
    deployment, _ = world.waiting()
    for who, reason, status in (("dana", " ", 422), ("omar", "no right", 403), ("eve", "not seen", 404)):
        with pytest.raises(Refusal) as caught:
            stop(world, deployment, who, reason)
        assert caught.value.status == status
    assert Deployment.objects.get(pk=deployment.pk).state == "needs_approval"
